/* Purpose: a backup's bytes in the place of the journal.
 * Invariant: what stood there is renamed, never written over; the journal's name is
 * given last, to a file that is whole and durable. No broker runs meanwhile. */
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

/* What is left of the journal keeps its bytes under another name. */
static int put_aside(const char *journal, const char *aside, struct sb_err *err)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    char old[PATH_MAX];
    char new[PATH_MAX];
    int rc = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && rc == 0; i++) {
        rc = name_of(old, journal, parts[i], "", err);
        if (rc != 0 || access(old, F_OK) != 0)
            continue;
        if (!aside)
            return sb_fail(err, SB_E_EXISTS, "%s: it is there already", old);
        rc = name_of(new, journal, aside, parts[i], err);
        if (rc == 0 && access(new, F_OK) == 0)
            rc = sb_fail(err, SB_E_EXISTS, "%s: it is there already", new);
        if (rc == 0 && rename(old, new) != 0)
            rc = sb_fail_os(err, errno, "%s: cannot be renamed", old);
    }
    return rc;
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
    char wal[PATH_MAX];
    int rc = name_of(temp, journal, ".new.XXXXXX", "", err);
    if (rc == 0)
        rc = name_of(wal, journal, "-wal", "", err);
    if (rc == 0 && !aside && (access(journal, F_OK) == 0 || access(wal, F_OK) == 0))
        rc = sb_fail(err, SB_E_EXISTS, "%s: it is there already", journal);
    if (rc == 0)
        rc = copy_file(backup, temp, err);
    if (rc != 0)
        return rc;
    rc = put_aside(journal, aside, err);
    if (rc == 0)
        rc = put_note(backup, journal, err);
    if (rc == 0 && rename(temp, journal) != 0)
        rc = sb_fail_os(err, errno, "%s: cannot be named", journal);
    if (rc != 0) {
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
