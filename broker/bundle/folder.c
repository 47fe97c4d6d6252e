/* Purpose: a folder's files, opened and read with suspicion.
 * Invariant: no call blocks on a pipe or follows a link at a path's end.
 * Not for: writing (writes.h). */
#include "broker/bundle/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int sb_folder_open(int *out, const char *dir, struct sb_err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return sb_fail(err, SB_E_NOT_FOUND, "%s: no such folder", dir);
    if (fd < 0)
        return sb_fail_os(err, errno, "%s: cannot be opened", dir);
    *out = fd;
    return 0;
}

static int cannot_open(const char *path, int code, int os_error, struct sb_err *err)
{
    if (os_error == ENOENT || os_error == ENOTDIR)
        return sb_fail(err, code, "%s is missing", path);
    if (os_error == ELOOP || os_error == ENXIO)
        return sb_fail(err, code, "%s is not a regular file", path);
    return sb_fail_os(err, os_error, "%s: cannot be read", path);
}

int sb_folder_file(
    int dir, const char *path, int code, int *out, uint64_t *size, struct sb_err *err)
{
    struct stat st;
    int fd =
        openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return cannot_open(path, code, errno, err);
    int rc = 0;
    if (fstat(fd, &st) != 0)
        rc = sb_fail_os(err, errno, "%s: cannot be read", path);
    else if (!S_ISREG(st.st_mode))
        rc = sb_fail(err, code, "%s is not a regular file", path);
    if (rc != 0) {
        close(fd);
        return rc;
    }
    *out = fd;
    *size = (uint64_t)st.st_size;
    return 0;
}

bool sb_folder_has(int dir, const char *path)
{
    struct stat st;
    return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

int sb_folder_take(
    int fd, const char *path, int code, void *out, size_t n, struct sb_err *err)
{
    uint8_t *p = out;
    for (size_t done = 0; done < n;) {
        ssize_t got = read(fd, p + done, n - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return sb_fail_os(err, errno, "%s: cannot be read", path);
        if (got == 0)
            return sb_fail(err, code, "%s is cut short", path);
        done += (size_t)got;
    }
    return 0;
}

static int
take_all(int fd, const char *path, int code, struct sb_buf *out, struct sb_err *err)
{
    uint8_t part[8192];
    for (;;) {
        ssize_t got = read(fd, part, sizeof part);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return sb_fail_os(err, errno, "%s: cannot be read", path);
        if (got == 0)
            break;
        sb_buf_put(out, part, (size_t)got);
        if (out->failed == SB_E_LIMIT)
            return sb_fail(err, code, "%s is larger than it may be", path);
    }
    return sb_buf_check(out, err);
}

int sb_folder_rest(int fd,
                   const char *path,
                   int code,
                   size_t max,
                   struct sb_buf *out,
                   struct sb_err *err)
{
    struct sb_buf all = {.limit = max};
    int rc = take_all(fd, path, code, &all, err);
    if (rc == 0)
        *out = all;
    else
        sb_buf_free(&all);
    return rc;
}

int sb_folder_read(int dir,
                   const char *path,
                   int code,
                   size_t max,
                   struct sb_buf *out,
                   struct sb_err *err)
{
    uint64_t size = 0;
    int fd = -1;
    int rc = sb_folder_file(dir, path, code, &fd, &size, err);
    if (rc != 0)
        return rc;
    rc = sb_folder_rest(fd, path, code, max, out, err);
    close(fd);
    return rc;
}
