/* Purpose: every file below a folder.
 * Invariant: links are named, never followed; no recursion, memory for one folder of
 * each depth. */
#include "broker/bundle/bundle_walk.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>

static int
visit(const FTSENT *e, size_t root, sb_walk_fn fn, void *ctx, struct sb_err *err)
{
    switch (e->fts_info) {
    case FTS_D:
    case FTS_DP:
        return 0;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return sb_fail_os(err, e->fts_errno, "%s: cannot be read", e->fts_path);
    default:
        return fn(ctx, e->fts_path + root, e->fts_info == FTS_F, err);
    }
}

static int walk(char *dir, sb_walk_fn fn, void *ctx, struct sb_err *err)
{
    char *paths[] = {dir, NULL};
    FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
    if (!fts)
        return sb_fail_os(err, errno, "%s: cannot be read", dir);
    int rc = 0;
    while (rc == 0) {
        errno = 0;
        const FTSENT *e = fts_read(fts);
        if (!e && errno != 0)
            rc = sb_fail_os(err, errno, "%s: cannot be read", dir);
        if (!e)
            break;
        rc = visit(e, strlen(dir) + 1, fn, ctx, err);
    }
    fts_close(fts);
    return rc < 0 ? rc : 0;
}

int sb_bundle_walk(const char *dir, sb_walk_fn fn, void *ctx, struct sb_err *err)
{
    char *own = strdup(dir);
    if (!own)
        return sb_fail(err, SB_E_MEMORY, "no memory for reading a folder");
    for (size_t n = strlen(own); n > 1 && own[n - 1] == '/'; n--)
        own[n - 1] = '\0';
    int rc = walk(own, fn, ctx, err);
    free(own);
    return rc;
}
