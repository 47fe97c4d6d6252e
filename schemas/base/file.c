/* Purpose: small files read whole and replaced atomically.
 * Not for: databases, or files that grow. */
#include "schemas/base/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int sb_file_read(const char *path, size_t max, struct sb_buf *out, struct sb_err *err)
{
    FILE *f = fopen(path, "rbe");
    if (!f && errno == ENOENT)
        return sb_fail(err, SB_E_NOT_FOUND, "%s: no such file", path);
    if (!f)
        return sb_fail_os(err, errno, "%s: cannot be read", path);
    struct sb_buf b = {.limit = max};
    uint8_t part[8192];
    size_t n = 0;
    while (!b.failed && (n = fread(part, 1, sizeof part, f)) > 0)
        sb_buf_put(&b, part, n);
    int broken = ferror(f) ? errno : 0;
    (void)fclose(f);
    int rc = broken ? sb_fail_os(err, broken, "%s: cannot be read", path)
             : b.failed == SB_E_LIMIT
                 ? sb_fail(err, SB_E_LIMIT, "%s: larger than %zu bytes", path, max)
                 : sb_buf_check(&b, err);
    if (rc == 0)
        *out = b;
    else
        sb_buf_free(&b);
    return rc;
}

static int write_all(int fd, struct sb_bytes content)
{
    size_t done = 0;
    while (done < content.n) {
        ssize_t n = write(fd, content.p + done, content.n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        done += (size_t)n;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

int sb_file_keep_name(const char *path, struct sb_err *err)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int broken = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return broken ? sb_fail_os(err, broken, "%s: cannot be made durable", path) : 0;
}

/* rename() replaces what is there; link() refuses to, in one step. */
static int give_name(const char *temp, const char *path, bool replace)
{
    if (replace)
        return rename(temp, path) == 0 ? 0 : errno;
    if (link(temp, path) != 0)
        return errno;
    return unlink(temp) == 0 ? 0 : errno;
}

static int put_file(const char *path,
                    struct sb_bytes content,
                    unsigned mode,
                    bool replace,
                    struct sb_err *err)
{
    char temp[PATH_MAX];
    int n = snprintf(temp, sizeof temp, "%s.new.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temp)
        return sb_fail(err, SB_E_ARGUMENT, "%s: the path is too long", path);
    int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return sb_fail_os(err, errno, "%s: cannot be created", path);
    int broken = fchmod(fd, (mode_t)mode) == 0 ? write_all(fd, content) : errno;
    if (close(fd) != 0 && broken == 0)
        broken = errno;
    if (broken == 0)
        broken = give_name(temp, path, replace);
    if (broken != 0)
        unlink(temp);
    if (broken == EEXIST && !replace)
        return sb_fail(err, SB_E_EXISTS, "%s: it is there already", path);
    if (broken != 0)
        return sb_fail_os(err, broken, "%s: cannot be written", path);
    int rc = sb_file_keep_name(path, err);
    if (rc != 0 && !replace)
        unlink(path); /* or the same again would be refused */
    return rc;
}

int sb_file_write(const char *path,
                  struct sb_bytes content,
                  unsigned mode,
                  struct sb_err *err)
{
    return put_file(path, content, mode, true, err);
}

int sb_file_create(const char *path,
                   struct sb_bytes content,
                   unsigned mode,
                   struct sb_err *err)
{
    return put_file(path, content, mode, false, err);
}
