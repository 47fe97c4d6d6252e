/* Purpose: many files written beside their names, made durable together, then named.
 * Invariant: no rename comes before a syncfs that covers the file's bytes.
 * Not for: one small file (sb_file_write). */
#include "broker/bundle/writes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/bundle/folder.h"

#define QUEUE 1024u            /* names that wait for one syncfs */
#define BUFFER (256u * SB_KIB) /* of a growing file */
#define NEW_PATH (SB_TILE_PATH + 8u)

struct sb_writes {
    int dir;
    uint64_t files;
    size_t n;
    char queue[QUEUE][SB_TILE_PATH];
};

struct sb_write {
    int fd;
    char path[SB_TILE_PATH];
    struct sb_buf waiting;
};

int sb_writes_open(struct sb_writes **out, const char *dir, struct sb_err *err)
{
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return sb_fail_os(err, errno, "%s: cannot be made", dir);
    struct sb_writes *w = calloc(1, sizeof *w);
    if (!w)
        return sb_fail(err, SB_E_MEMORY, "no memory for writing files");
    int rc = sb_folder_open(&w->dir, dir, err);
    if (rc != 0) {
        free(w);
        return rc;
    }
    *out = w;
    return 0;
}

void sb_writes_close(struct sb_writes *w)
{
    if (!w)
        return;
    close(w->dir);
    free(w);
}

int sb_writes_dir(const struct sb_writes *w)
{
    return w->dir;
}

uint64_t sb_writes_files(const struct sb_writes *w)
{
    return w->files;
}

static void new_name(char out[NEW_PATH], const char *path)
{
    snprintf(out, NEW_PATH, "%s%s", path, SB_WRITES_NEW);
}

/* The folders that lead to a path. */
static int make_folders(int dir, const char *path, struct sb_err *err)
{
    char folder[NEW_PATH];
    for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(at - path), path);
        if (mkdirat(dir, folder, 0777) != 0 && errno != EEXIST)
            return sb_fail_os(err, errno, "%s: cannot be made", folder);
    }
    return 0;
}

int sb_write_open(struct sb_write **out,
                  struct sb_writes *w,
                  const char *path,
                  struct sb_err *err)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    char name[NEW_PATH];
    struct sb_write *f = calloc(1, sizeof *f);
    if (!f)
        return sb_fail(err, SB_E_MEMORY, "no memory for writing a file");
    snprintf(f->path, sizeof f->path, "%s", path);
    new_name(name, path);
    int rc = 0;
    f->fd = openat(w->dir, name, flags, 0666);
    if (f->fd < 0 && errno == ENOENT) {
        rc = make_folders(w->dir, name, err);
        if (rc == 0)
            f->fd = openat(w->dir, name, flags, 0666);
    }
    if (rc == 0 && f->fd < 0)
        rc = sb_fail_os(err, errno, "%s: cannot be created", name);
    if (rc != 0)
        free(f);
    else
        *out = f;
    return rc;
}

static int write_all(int fd, const char *path, struct sb_bytes b, struct sb_err *err)
{
    for (size_t done = 0; done < b.n;) {
        ssize_t n = write(fd, b.p + done, b.n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sb_fail_os(err, errno, "%s: cannot be written", path);
        done += (size_t)n;
    }
    return 0;
}

int sb_write_put(struct sb_write *f, struct sb_bytes b, struct sb_err *err)
{
    if (f->waiting.n + b.n <= BUFFER) {
        sb_buf_put(&f->waiting, b.p, b.n);
        return sb_buf_check(&f->waiting, err);
    }
    int rc = write_all(f->fd, f->path, sb_buf_bytes(&f->waiting), err);
    sb_buf_reset(&f->waiting);
    return rc == 0 ? write_all(f->fd, f->path, b, err) : rc;
}

void sb_write_drop(struct sb_write *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    sb_buf_free(&f->waiting);
    free(f);
}

int sb_write_end(struct sb_writes *w, struct sb_write *f, struct sb_err *err)
{
    int rc = write_all(f->fd, f->path, sb_buf_bytes(&f->waiting), err);
    if (close(f->fd) != 0 && rc == 0)
        rc = sb_fail_os(err, errno, "%s: cannot be written", f->path);
    f->fd = -1;
    if (rc == 0)
        memcpy(w->queue[w->n++], f->path, SB_TILE_PATH);
    sb_write_drop(f);
    return rc == 0 && w->n == QUEUE ? sb_writes_flush(w, err) : rc;
}

int sb_writes_put(struct sb_writes *w,
                  const char *path,
                  struct sb_bytes content,
                  struct sb_err *err)
{
    struct sb_write *f = NULL;
    int rc = sb_write_open(&f, w, path, err);
    if (rc != 0)
        return rc;
    rc = sb_write_put(f, content, err);
    if (rc == 0)
        return sb_write_end(w, f, err);
    sb_write_drop(f);
    return rc;
}

static int sync_all(struct sb_writes *w, struct sb_err *err)
{
    if (syncfs(w->dir) == 0)
        return 0;
    return sb_fail_os(err, errno, "the folder cannot be made durable");
}

int sb_writes_flush(struct sb_writes *w, struct sb_err *err)
{
    if (w->n == 0)
        return 0;
    int rc = sync_all(w, err);
    for (size_t i = 0; i < w->n && rc == 0; i++) {
        char name[NEW_PATH];
        new_name(name, w->queue[i]);
        if (renameat(w->dir, name, w->dir, w->queue[i]) != 0)
            rc = sb_fail_os(err, errno, "%s: cannot be named", w->queue[i]);
        else
            w->files++;
    }
    w->n = 0;
    return rc == 0 ? sync_all(w, err) : rc;
}
