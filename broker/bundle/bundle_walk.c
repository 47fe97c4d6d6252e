/* Purpose: every file below a folder.
 * Invariant: links are named, never followed; no recursion; memory and descriptors for
 * one folder of each depth, and no deeper than a bundle can be. Not by fts(3), which
 * ends the process when there is no memory. */
#include "broker/bundle/bundle_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH 24u /* of folders; a bundle of 2^63 entries has half as many */

struct walk {
    char path[PATH_MAX];
    size_t root; /* where a name within the folder begins */
    DIR *dirs[DEPTH];
    size_t ends[DEPTH]; /* of each folder's path */
    size_t depth;
};

static int cannot(const struct walk *w, int why, struct sb_err *err)
{
    return sb_fail_os(err, why, "%s: cannot be read", w->path);
}

/* Takes `fd`, the folder at w->path. */
static int enter(struct walk *w, int fd, struct sb_err *err)
{
    int why = errno;
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        why = fd < 0 ? why : errno;
        if (fd >= 0)
            close(fd);
        return cannot(w, why, err);
    }
    w->ends[w->depth] = strlen(w->path);
    w->dirs[w->depth++] = d;
    return 0;
}

static int
visit(struct walk *w, const char *name, sb_walk_fn fn, void *ctx, struct sb_err *err)
{
    size_t end = w->ends[w->depth - 1];
    size_t n = strlen(name);
    int at = dirfd(w->dirs[w->depth - 1]);
    struct stat st;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (end + 1 + n >= sizeof w->path)
        return cannot(w, ENAMETOOLONG, err);
    w->path[end] = '/';
    memcpy(w->path + end + 1, name, n + 1);
    if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return cannot(w, errno, err);
    if (!S_ISDIR(st.st_mode) || w->depth == DEPTH)
        return fn(ctx, w->path + w->root, S_ISREG(st.st_mode), err);
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return enter(w, fd, err);
}

static int walk(struct walk *w, sb_walk_fn fn, void *ctx, struct sb_err *err)
{
    int rc = enter(w, open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err);
    while (rc == 0 && w->depth > 0) {
        errno = 0;
        const struct dirent *e = readdir(w->dirs[w->depth - 1]);
        if (e) {
            rc = visit(w, e->d_name, fn, ctx, err);
            continue;
        }
        w->path[w->ends[w->depth - 1]] = '\0';
        if (errno != 0)
            rc = cannot(w, errno, err);
        closedir(w->dirs[--w->depth]);
    }
    while (w->depth > 0)
        closedir(w->dirs[--w->depth]);
    return rc < 0 ? rc : 0;
}

int sb_bundle_walk(const char *dir, sb_walk_fn fn, void *ctx, struct sb_err *err)
{
    struct walk w = {.depth = 0};
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    if (n >= sizeof w.path)
        return sb_fail(err, SB_E_ARGUMENT, "%.200s: the path is too long", dir);
    memcpy(w.path, dir, n);
    w.root = n + 1;
    return walk(&w, fn, ctx, err);
}
