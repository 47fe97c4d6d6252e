/* Purpose: LD_PRELOAD: a disk that hangs: as long as the file SACBE_HANG exists, no
 * sync of a journal's files returns. Invariant: whoever syncs something else feels
 * nothing. */
#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool is_of_journal(int fd)
{
    char link[64];
    char target[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, target, sizeof target - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    return strstr(target, "/journal.db") != NULL;
}

static void hang(int fd)
{
    const struct timespec nap = {.tv_nsec = 20000000};
    const char *while_there = getenv("SACBE_HANG");
    while (while_there && access(while_there, F_OK) == 0 && is_of_journal(fd))
        nanosleep(&nap, NULL);
}

static int (*next(const char *name))(int)
{
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, name);
    if (!real)
        abort();
    return real;
}

int fsync(int fd)
{
    hang(fd);
    return next("fsync")(fd);
}

int fdatasync(int fildes)
{
    hang(fildes);
    return next("fdatasync")(fildes);
}
