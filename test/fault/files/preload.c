/* Purpose: LD_PRELOAD: the n-th call of a kind fails, or the machine's power goes
 * there. Invariant: what fails does nothing. When the power goes, files that were not
 * synced are empty, and names that were not synced are the older ones again. Not for:
 * SQLite's files, which have their own disk (test/fault/power/vfs.c).
 *
 *   SACBE_FAIL_CALL   write | fsync | rename | link | end (of the process)
 *   SACBE_FAIL_AT     which one, from 1; 0: none, they are only counted
 *   SACBE_FAIL_HOW    a number: 5 EIO, 28 ENOSPC; or kill; or power
 *   SACBE_FAIL_COUNT  a file that gets the number of calls that were made
 *   SACBE_FAIL_KEEP   a folder of the same file system for what is renamed over */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/fault/files/lose.h"

static unsigned long calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *setting(const char *name)
{
    const char *text = getenv(name);
    return text ? text : "";
}

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort();
    return found;
}

static void count_it(unsigned long n)
{
    FILE *f = fopen(setting("SACBE_FAIL_COUNT"), "we");
    if (!f)
        return;
    fprintf(f, "%lu\n", n);
    (void)fclose(f);
}

/* True: this call is to fail, with errno set. Called with the lock. */
static bool fails(const char *kind)
{
    const char *how = setting("SACBE_FAIL_HOW");
    if (strcmp(setting("SACBE_FAIL_CALL"), kind) != 0)
        return false;
    unsigned long at = strtoul(setting("SACBE_FAIL_AT"), NULL, 10);
    unsigned long n = ++calls;
    if (at == 0)
        count_it(n);
    if (at != n)
        return false;
    if (strcmp(how, "power") == 0)
        lose_power();
    if (strcmp(how, "power") == 0 || strcmp(how, "kill") == 0)
        (void)raise(SIGKILL);
    errno = (int)strtol(how, NULL, 10);
    return true;
}

static bool is_of_sqlite(const char *path)
{
    static const char *const ends[] = {".db", ".db-wal", ".db-shm", ".db-journal"};
    const char *at = strstr(path, ".db");
    for (size_t i = 0; at && i < sizeof ends / sizeof ends[0]; i++)
        if (strcmp(at, ends[i]) == 0)
            return true;
    return false;
}

/* Not a socket nor a terminal. */
static bool is_ours(int fd)
{
    char link[64];
    char target[PATH_MAX];
    struct stat st;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, target, sizeof target - 1);
    if (fd <= STDERR_FILENO || n <= 0 || fstat(fd, &st) != 0)
        return false;
    target[n] = 0;
    return (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) && !is_of_sqlite(target);
}

ssize_t write(int fd, const void *p, size_t n)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        *(void **)&real = next("write");
    if (!is_ours(fd))
        return real(fd, p, n);
    pthread_mutex_lock(&lock);
    bool failed = fails("write");
    if (!failed)
        lose_wrote(fd);
    pthread_mutex_unlock(&lock);
    return failed ? -1 : real(fd, p, n);
}

int fsync(int fd)
{
    static int (*real)(int);
    if (!real)
        *(void **)&real = next("fsync");
    if (!is_ours(fd))
        return real(fd);
    pthread_mutex_lock(&lock);
    bool failed = fails("fsync");
    if (!failed)
        lose_synced(fd);
    pthread_mutex_unlock(&lock);
    return failed ? -1 : real(fd);
}

int syncfs(int fd)
{
    pthread_mutex_lock(&lock);
    bool failed = fails("fsync");
    if (!failed)
        lose_synced(-1);
    pthread_mutex_unlock(&lock);
    (void)fd; /* the machine's own disk is not asked */
    return failed ? -1 : 0;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    static int (*real)(int, const char *, int, const char *);
    if (!real)
        *(void **)&real = next("renameat");
    pthread_mutex_lock(&lock);
    bool failed = fails("rename");
    if (!failed)
        lose_renames(from_dir, from, to_dir, to);
    int rc = failed ? -1 : real(from_dir, from, to_dir, to);
    pthread_mutex_unlock(&lock);
    return rc;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int link(const char *from, const char *to)
{
    static int (*real)(const char *, const char *);
    if (!real)
        *(void **)&real = next("link");
    pthread_mutex_lock(&lock);
    bool failed = fails("link");
    int rc = failed ? -1 : real(from, to);
    if (rc == 0)
        lose_linked(to);
    pthread_mutex_unlock(&lock);
    return rc;
}

__attribute__((destructor)) static void at_end(void)
{
    pthread_mutex_lock(&lock);
    (void)fails("end");
    pthread_mutex_unlock(&lock);
}
