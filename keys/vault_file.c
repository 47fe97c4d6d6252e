/* Purpose: reading and creating the file of a vault.
 * Invariant: rights are judged on the open file, never on its name.
 * Not for: other files; schemas/base has those. */
#include "keys/vault_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct sb_buf sb_guarded_new(void)
{
    uint8_t *p = sodium_malloc(SB_VAULT_FILE_MAX);
    size_t size = p ? SB_VAULT_FILE_MAX : 0;
    return (struct sb_buf){.p = p, .cap = size, .limit = size};
}

void sb_guarded_free(struct sb_buf *b)
{
    sodium_free(b->p);
    *b = (struct sb_buf){0};
}

static int check_rights(const char *path, int fd, struct sb_err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return sb_fail_os(err, errno, "%s: cannot be read", path);
    if (!S_ISREG(st.st_mode))
        return sb_fail(err, SB_E_VAULT_MODE, "%s: not a regular file", path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return sb_fail(err,
                       SB_E_VAULT_MODE,
                       "%s: mode %04o lets others at the secret keys; run chmod 0600",
                       path,
                       (unsigned)(st.st_mode & 07777));
    if (st.st_uid != geteuid() && geteuid() != 0)
        return sb_fail(err,
                       SB_E_VAULT_MODE,
                       "%s: belongs to another user; run this as its owner",
                       path);
    return 0;
}

static int read_all(const char *path, int fd, struct sb_buf *b, struct sb_err *err)
{
    for (;;) {
        if (b->n == b->cap)
            return sb_fail(err, SB_E_VAULT_FORM, "%s: too long to be a vault", path);
        ssize_t n = read(fd, b->p + b->n, b->cap - b->n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sb_fail_os(err, errno, "%s: cannot be read", path);
        if (n == 0)
            return 0;
        b->n += (size_t)n;
    }
}

int sb_vault_file_read(const char *path, struct sb_buf *guarded, struct sb_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return sb_fail(err, SB_E_NOT_FOUND, "%s: no such vault", path);
    if (fd < 0 && errno == EACCES)
        return sb_fail(err, SB_E_VAULT_MODE, "%s: we may not read it", path);
    if (fd < 0)
        return sb_fail_os(err, errno, "%s: cannot be read", path);
    int rc = check_rights(path, fd, err);
    if (rc == 0)
        rc = read_all(path, fd, guarded, err);
    close(fd);
    return rc;
}

static int write_all(int fd, struct sb_bytes content)
{
    for (size_t done = 0; done < content.n;) {
        ssize_t n = write(fd, content.p + done, content.n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        done += (size_t)n;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

static int sync_folder(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int broken = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return broken;
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

int sb_vault_file_write(const char *path,
                        struct sb_bytes content,
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
    int broken = fchmod(fd, 0600) == 0 ? write_all(fd, content) : errno;
    if (close(fd) != 0 && broken == 0)
        broken = errno;
    if (broken == 0)
        broken = give_name(temp, path, replace);
    if (broken != 0)
        unlink(temp);
    if (broken == EEXIST)
        return sb_fail(
            err, SB_E_EXISTS, "%s: there is a vault already; move it away first", path);
    if (broken == 0)
        broken = sync_folder(path);
    return broken == 0 ? 0 : sb_fail_os(err, broken, "%s: cannot be written", path);
}
