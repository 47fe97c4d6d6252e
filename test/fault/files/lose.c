/* Purpose: remember what is not durable, and take it away.
 * Invariant: names are undone in the opposite order; a file's bytes by its inode, so
 * that renames in between do not matter. Not: deciding when (preload.c). */
#include "test/fault/files/lose.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOSE_MAX 512u
#define FD_FIRST 600 /* of the kept descriptors: beyond those of the program */

struct bytes { /* a file with bytes that were not synced */
    int fd;    /* our own */
    dev_t dev;
    ino_t ino;
};

struct name {
    char *from; /* NULL: a link, which is only removed */
    char *to;
    char *before; /* what stood at `to`; NULL: nothing */
};

static struct bytes bytes[LOSE_MAX];
static struct name names[LOSE_MAX];
static size_t n_bytes;
static size_t n_names;

void lose_wrote(int fd)
{
    struct stat st;
    char link[64];
    if (n_bytes == LOSE_MAX || fstat(fd, &st) != 0)
        return;
    for (size_t i = 0; i < n_bytes; i++)
        if (bytes[i].dev == st.st_dev && bytes[i].ino == st.st_ino)
            return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int own = open(link, O_WRONLY | O_CLOEXEC);
    int kept = own < 0 ? -1 : fcntl(own, F_DUPFD_CLOEXEC, FD_FIRST);
    if (own >= 0)
        close(own);
    if (kept >= 0)
        bytes[n_bytes++] = (struct bytes){kept, st.st_dev, st.st_ino};
}

static void free_name(struct name *n)
{
    free(n->from);
    free(n->to);
    free(n->before);
}

static bool is_in(const char *path, const struct stat *folder)
{
    char copy[PATH_MAX];
    struct stat st;
    snprintf(copy, sizeof copy, "%s", path);
    return stat(dirname(copy), &st) == 0 && st.st_dev == folder->st_dev &&
           st.st_ino == folder->st_ino;
}

void lose_synced(int fd)
{
    struct stat st = {0};
    size_t kept = 0;
    bool all = fd < 0 || fstat(fd, &st) != 0;
    for (size_t i = 0; i < n_bytes; i++)
        if (all || (bytes[i].dev == st.st_dev && bytes[i].ino == st.st_ino))
            close(bytes[i].fd);
        else
            bytes[kept++] = bytes[i];
    n_bytes = kept;
    kept = 0;
    for (size_t i = 0; i < n_names; i++)
        if (all || is_in(names[i].to, &st))
            free_name(&names[i]);
        else
            names[kept++] = names[i];
    n_names = kept;
}

static char *whole(int dir, const char *path)
{
    char folder[PATH_MAX];
    char link[64];
    char out[2 * PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    ssize_t n = dir == AT_FDCWD || path[0] == '/'
                    ? 0
                    : readlink(link, folder, sizeof folder - 1);
    if (n <= 0)
        return strdup(path);
    folder[n] = 0;
    snprintf(out, sizeof out, "%s/%s", folder, path);
    return strdup(out);
}

void lose_renames(int from_dir, const char *from, int to_dir, const char *to)
{
    static unsigned long serial;
    char before[PATH_MAX];
    const char *keep = getenv("SACBE_FAIL_KEEP");
    if (n_names == LOSE_MAX || !keep)
        return;
    struct name n = {whole(from_dir, from), whole(to_dir, to), NULL};
    if (!n.from || !n.to) {
        free_name(&n);
        return;
    }
    snprintf(before, sizeof before, "%s/%d-%lu", keep, (int)getpid(), ++serial);
    if (linkat(AT_FDCWD, n.to, AT_FDCWD, before, 0) == 0)
        n.before = strdup(before);
    names[n_names++] = n;
}

void lose_linked(const char *to)
{
    if (n_names < LOSE_MAX)
        names[n_names++] = (struct name){NULL, strdup(to), NULL};
}

static void undo(const struct name *n)
{
    if (n->from)
        (void)syscall(SYS_renameat2, AT_FDCWD, n->to, AT_FDCWD, n->from, 0);
    else
        (void)unlink(n->to);
    if (n->before && linkat(AT_FDCWD, n->before, AT_FDCWD, n->to, 0) != 0)
        abort();
}

void lose_power(void)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (ftruncate(bytes[i].fd, 0) != 0)
            abort();
    while (n_names > 0)
        undo(&names[--n_names]);
}
