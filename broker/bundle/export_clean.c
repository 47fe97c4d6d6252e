/* Purpose: removes what an earlier export has left.
 * Invariant: only files whose names an export gives are removed, and after the end of
 * an export only those that its checkpoint has no need of. */
#include "broker/bundle/export_form.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "broker/bundle/bundle_walk.h"

struct clean {
    int dir;
    uint64_t size;
    bool end;     /* of an export: partial files go that the tree has outgrown */
    bool records; /* at the start: so do records and texts beyond the tree */
};

static bool is_new(const char *path)
{
    size_t n = strlen(path);
    size_t end = strlen(SB_WRITES_NEW);
    return n > end && strcmp(path + n - end, SB_WRITES_NEW) == 0;
}

/* Whether it is a name that an export would have given for a while. */
static bool is_temporary(const char *path, uint64_t size)
{
    char name[SB_TILE_PATH];
    size_t n = strlen(path) - strlen(SB_WRITES_NEW);
    if (n >= sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)n, path);
    return strcmp(name, SB_BUNDLE_NEXT) == 0 ||
           sb_bundle_place(name, size) != SB_PLACE_STRANGER;
}

static bool in_range_files(const char *path)
{
    return strncmp(path, SB_BUNDLE_RECORDS "/", strlen(SB_BUNDLE_RECORDS) + 1) == 0 ||
           strncmp(path, SB_BUNDLE_TEXTS "/", strlen(SB_BUNDLE_TEXTS) + 1) == 0;
}

static bool goes(const struct clean *c, const char *path)
{
    if (is_new(path))
        return is_temporary(path, c->size);
    enum sb_bundle_place place = sb_bundle_place(path, c->size);
    if (!c->end)
        return c->records && place == SB_PLACE_BEYOND && in_range_files(path);
    return place == SB_PLACE_SPARE || place == SB_PLACE_BEYOND ||
           strcmp(path, SB_BUNDLE_NEXT) == 0;
}

static int clean(void *ctx, const char *path, bool regular, struct sb_err *err)
{
    struct clean *c = ctx;
    char folder[4096];
    if (!regular || !goes(c, path))
        return 0;
    if (unlinkat(c->dir, path, 0) != 0 && errno != ENOENT)
        return sb_fail_os(err, errno, "%s: cannot be removed", path);
    const char *slash = strrchr(path, '/');
    if (slash && strstr(path, ".p/")) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        (void)unlinkat(c->dir, folder, AT_REMOVEDIR); /* fails while others are in it */
    }
    return 0;
}

int sb_export_clean_start(struct sb_export *x, struct sb_err *err)
{
    struct clean c = {.dir = sb_writes_dir(x->writes),
                      .size = x->old_checkpoint.size,
                      .records = !x->resumed};
    return sb_bundle_walk(x->config->dir, clean, &c, err);
}

int sb_export_clean_end(struct sb_export *x, struct sb_err *err)
{
    struct clean c = {
        .dir = sb_writes_dir(x->writes), .size = x->goal.checkpoint.size, .end = true};
    return sb_bundle_walk(x->config->dir, clean, &c, err);
}
