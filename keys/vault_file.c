/* Purpose: reading and creating the file of a vault.
 * Invariant: rights are judged on the open file, never on its name.
 * Not for: other files; schemas/base has those. */
#include "keys/vault_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
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

int sb_vault_file_write(const char *path,
                        struct sb_bytes content,
                        bool replace,
                        struct sb_err *err)
{
    if (replace)
        return sb_file_write(path, content, 0600, err);
    int rc = sb_file_create(path, content, 0600, err);
    if (rc == SB_E_EXISTS)
        return sb_fail(
            err, SB_E_EXISTS, "%s: there is a vault already; move it away first", path);
    return rc;
}
