/* Purpose: byte strings after their lengths, read one at a time.
 * Invariant: no length is believed before it is held against what the file still has
 * and against the caller's maximum. */
#include "broker/bundle/pieces.h"

#include <errno.h>
#include <unistd.h>

static int broken(const struct sb_pieces *f, struct sb_err *err)
{
    if (ferror(f->file))
        return sb_fail_os(err, errno, "%s: cannot be read", f->path);
    return sb_fail(err, SB_E_BUNDLE, "%s is cut short", f->path);
}

int sb_pieces_open(struct sb_pieces *f,
                   int dir,
                   const char *what,
                   uint64_t n,
                   unsigned width,
                   struct sb_err *err)
{
    char exact[SB_TILE_PATH];
    int fd = -1;
    int rc =
        sb_tile_file(dir, what, 0, n, width, SB_E_BUNDLE, f->path, &fd, &f->left, err);
    if (rc != 0)
        return rc;
    f->file = fdopen(fd, "rb");
    if (!f->file) {
        close(fd);
        return sb_fail(err, SB_E_MEMORY, "no memory for reading %s", f->path);
    }
    sb_tile_path(exact, what, 0, n, width);
    f->more = strcmp(exact, f->path) != 0;
    return 0;
}

void sb_pieces_close(struct sb_pieces *f)
{
    if (f->file)
        (void)fclose(f->file);
    f->file = NULL;
}

static int next_length(struct sb_pieces *f, uint32_t *n, struct sb_err *err)
{
    uint8_t b[4];
    if (f->left < sizeof b)
        return sb_fail(err, SB_E_BUNDLE, "%s is cut short", f->path);
    if (fread(b, 1, sizeof b, f->file) != sizeof b)
        return broken(f, err);
    f->left -= sizeof b;
    *n = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    if (*n > f->left)
        return sb_fail(err, SB_E_BUNDLE, "%s is cut short", f->path);
    return 0;
}

int sb_pieces_next(struct sb_pieces *f,
                   size_t max,
                   struct sb_buf *out,
                   struct sb_err *err)
{
    uint8_t part[8192];
    uint32_t n = 0;
    sb_buf_reset(out);
    int rc = next_length(f, &n, err);
    if (rc != 0)
        return rc;
    if (n > max)
        return sb_fail(err, SB_E_BUNDLE, "%s: %u bytes are too many", f->path, n);
    for (size_t left = n; left > 0;) {
        size_t take = left < sizeof part ? left : sizeof part;
        if (fread(part, 1, take, f->file) != take)
            return broken(f, err);
        sb_buf_put(out, part, take);
        left -= take;
    }
    f->left -= n;
    return sb_buf_check(out, err);
}

int sb_pieces_skip(struct sb_pieces *f, struct sb_err *err)
{
    uint32_t n = 0;
    int rc = next_length(f, &n, err);
    if (rc != 0)
        return rc;
    if (fseeko(f->file, (off_t)n, SEEK_CUR) != 0)
        return sb_fail_os(err, errno, "%s: cannot be read", f->path);
    f->left -= n;
    return 0;
}

int sb_pieces_end(const struct sb_pieces *f, struct sb_err *err)
{
    if (f->more || f->left == 0)
        return 0;
    return sb_fail(err, SB_E_BUNDLE, "%s goes on after its last entry", f->path);
}
