/* Purpose: a backup's bytes in the place of the journal.
 * Invariant: what stood there gets another name, and is never written over; the
 * journal's name is given last, to a file that is whole and durable. No broker runs
 * meanwhile. */
#include "broker/journal/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/journal/copy.h"

#define BLOCK (1u << 20)

/* "<journal><suffix><more>" */
static int name_of(
    char out[PATH_MAX], const char *a, const char *b, const char *c, struct sb_err *err)
{
    int n = snprintf(out, PATH_MAX, "%s%s%s", a, b, c);
    if (n < 0 || n >= PATH_MAX)
        return sb_fail(err, SB_E_ARGUMENT, "%s: the path is too long", a);
    return 0;
}

static int take_lock(const char *journal, int *lock, struct sb_err *err)
{
    char name[PATH_MAX];
    int rc = name_of(name, journal, "-lock", "", err);
    if (rc != 0)
        return rc;
    *lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock < 0)
        return sb_fail_os(err, errno, "cannot open %s", name);
    if (flock(*lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    return sb_fail(err,
                   SB_E_JOURNAL_LOCKED,
                   "a broker uses %s: stop it first (systemctl stop sacbe-broker)",
                   journal);
}

static int copy_bytes(int from, int to)
{
    uint8_t *block = malloc(BLOCK);
    ssize_t n = 0;
    if (!block)
        return ENOMEM;
    int broken = 0;
    while (!broken && (n = read(from, block, BLOCK)) > 0)
        for (ssize_t done = 0; !broken && done < n;) {
            ssize_t put = write(to, block + done, (size_t)(n - done));
            broken = put < 0 && errno != EINTR ? errno : 0;
            done += put > 0 ? put : 0;
        }
    if (!broken && n < 0)
        broken = errno;
    if (!broken && fsync(to) != 0)
        broken = errno;
    free(block);
    return broken;
}

static int copy_file(const char *from, char temp[PATH_MAX], struct sb_err *err)
{
    int source = open(from, O_RDONLY | O_CLOEXEC);
    if (source < 0)
        return sb_fail_os(err, errno, "cannot read %s", from);
    int target = mkostemp(temp, O_CLOEXEC); /* 0600 */
    if (target < 0) {
        int why = errno;
        close(source);
        return sb_fail_os(err, why, "%s: cannot be created", temp);
    }
    int broken = copy_bytes(source, target);
    close(source);
    if (close(target) != 0 && !broken)
        broken = errno;
    if (!broken)
        return 0;
    (void)unlink(temp);
    return sb_fail_os(err, broken, "%s: cannot be written", temp);
}

/* The same file, under both names. */
static bool is_same(const char *a, const char *b)
{
    struct stat x;
    struct stat y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* `from` has a second name from now on; nothing when it is not there. */
static int name_again(const char *from, const char *to, struct sb_err *err)
{
    if (access(from, F_OK) != 0 || link(from, to) == 0)
        return 0;
    if (errno == EEXIST && is_same(from, to))
        return 0;
    return errno == EEXIST
               ? sb_fail(err, SB_E_EXISTS, "%s: it is there already", to)
               : sb_fail_os(err, errno, "%s: cannot be named %s as well", from, to);
}

static int remove_name(const char *name, struct sb_err *err)
{
    if (unlink(name) == 0 || errno == ENOENT)
        return 0;
    return sb_fail_os(err, errno, "%s: cannot be put aside", name);
}

struct names { /* of a journal and of where it is put */
    char wal[PATH_MAX];
    char shm[PATH_MAX];
    char aside[PATH_MAX];
    char aside_wal[PATH_MAX];
};

static int find_names(const char *journal,
                      const char *aside,
                      struct names *out,
                      struct sb_err *err)
{
    int rc = name_of(out->wal, journal, "-wal", "", err);
    if (rc == 0)
        rc = name_of(out->shm, journal, "-shm", "", err);
    if (rc == 0)
        rc = name_of(out->aside, journal, aside ? aside : "", "", err);
    if (rc == 0)
        rc = name_of(out->aside_wal, journal, aside ? aside : "", "-wal", err);
    return rc;
}

/* What is left of the journal keeps its bytes under another name. Both names are there
 * before one of the old ones goes, and each step is durable before the next: wherever
 * the power goes there is the old journal with its WAL, or none under that name. A WAL
 * never stands beside another journal than its own, and a journal that had one never
 * stands without it. The next call goes on from what is left. */
static int put_aside(const char *journal, const struct names *n, struct sb_err *err)
{
    int rc = name_again(n->wal, n->aside_wal, err);
    if (rc == 0)
        rc = name_again(journal, n->aside, err);
    if (rc == 0)
        rc = sb_file_keep_name(journal, err);
    if (rc == 0)
        rc = remove_name(journal, err);
    if (rc == 0)
        rc = sb_file_keep_name(journal, err);
    if (rc == 0)
        rc = remove_name(n->wal, err);
    if (rc == 0)
        rc = remove_name(n->shm, err);
    return rc == 0 ? sb_file_keep_name(journal, err) : rc;
}

/* The journal of before stands in its place again. */
static void give_back(const char *journal, const struct names *n)
{
    if (name_again(n->aside_wal, n->wal, NULL) == 0 &&
        name_again(n->aside, journal, NULL) == 0 &&
        sb_file_keep_name(journal, NULL) == 0 && is_same(journal, n->aside)) {
        (void)unlink(n->aside);
        (void)unlink(n->aside_wal);
    }
}

/* The note that is there is newer than the backup's, or the same. */
static int put_note(const char *backup, const char *journal, struct sb_err *err)
{
    char name[PATH_MAX];
    struct sb_buf note = {0};
    struct sb_journal_expect ignored;
    int rc = name_of(name, journal, "-note", "", err);
    if (rc != 0 || access(name, F_OK) == 0)
        return rc;
    rc = sb_copy_note(backup, &note, &ignored, err);
    if (rc == 0 && note.n > 0)
        rc = sb_file_write(name, sb_buf_bytes(&note), 0600, err);
    sb_buf_free(&note);
    return rc;
}

static int
place(const char *backup, const char *journal, const char *aside, struct sb_err *err)
{
    char temp[PATH_MAX];
    struct names names;
    int rc = name_of(temp, journal, ".new.XXXXXX", "", err);
    if (rc == 0)
        rc = find_names(journal, aside, &names, err);
    if (rc == 0 && !aside &&
        (access(journal, F_OK) == 0 || access(names.wal, F_OK) == 0))
        rc = sb_fail(err, SB_E_EXISTS, "%s: it is there already", journal);
    if (rc == 0)
        rc = copy_file(backup, temp, err);
    if (rc != 0)
        return rc;
    if (aside)
        rc = put_aside(journal, &names, err);
    if (rc == 0)
        rc = put_note(backup, journal, err);
    if (rc == 0 && rename(temp, journal) != 0)
        rc = sb_fail_os(err, errno, "%s: cannot be named", journal);
    if (rc != 0) {
        if (aside)
            give_back(journal, &names);
        (void)unlink(temp);
        return rc;
    }
    return sb_file_keep_name(journal, err);
}

int sb_restore_place(const char *backup,
                     const char *journal,
                     const char *aside,
                     struct sb_err *err)
{
    int lock = -1;
    int rc = take_lock(journal, &lock, err);
    if (rc == 0)
        rc = place(backup, journal, aside, err);
    if (lock >= 0)
        close(lock);
    return rc;
}
