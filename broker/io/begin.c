/* Purpose: begin an empty journal with directories from files.
 * Invariant: entry i is directory first + i, dated by its own version.
 * Not: a journal that has entries (start.c). */
#include "broker/io/begin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATH_BYTES 4096

static int
beside(char out[PATH_BYTES], const char *path, uint64_t version, struct sb_err *err)
{
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash + 1 - path) : 0;
    int n = snprintf(out,
                     PATH_BYTES,
                     "%.*sdirectory-%llu.sbd",
                     folder,
                     path,
                     (unsigned long long)version);
    if (n < 0 || n >= PATH_BYTES)
        return sb_fail(err, SB_E_ARGUMENT, "%.200s: the path is too long", path);
    return 0;
}

/* Reads a record file and, when wanted, tells its version and generation. */
static int read_directory(const char *path,
                          struct sb_buf *record,
                          uint64_t *version,
                          uint64_t *generation,
                          struct sb_err *err)
{
    struct sb_record envelope = {.n = 0};
    struct sb_directory d = {.version = 0};
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "directory");
    int rc = sb_file_read(path, SB_RECORD_MAX, record, err);
    if (!rc)
        rc = sb_record_read(sb_buf_bytes(record), &envelope, err);
    if (!rc)
        rc = sb_directory_read(envelope.body, arena, &d, err);
    if (!rc) {
        *version = d.version;
        *generation = d.generation;
    }
    sb_arena_free(arena);
    return rc;
}

/* Whether the anchor's roots accept the directory in this file as a first one. */
static int accepted(const struct sb_anchor *anchor,
                    const char *path,
                    bool *yes,
                    struct sb_err *err)
{
    struct sb_trust *trust = NULL;
    struct sb_buf record = {0};
    int rc = sb_trust_new(&trust, anchor, err);
    if (!rc)
        rc = sb_file_read(path, SB_RECORD_MAX, &record, err);
    if (!rc)
        *yes = sb_trust_check(trust, sb_buf_bytes(&record), NULL) == 0;
    sb_trust_free(trust);
    sb_buf_free(&record);
    return rc;
}

static int missing(const char *path, uint64_t version, struct sb_err *err)
{
    return sb_fail(err,
                   SB_E_NOT_FOUND,
                   "%s is missing: a new generation's journal begins with every "
                   "directory, so put directory %llu there (sacbe directory show "
                   "finds its version)",
                   path,
                   (unsigned long long)version);
}

/* The first version from which on, below `version`, the anchor's roots accept all. */
static int find_first(const struct sb_anchor *anchor,
                      const char *path,
                      uint64_t version,
                      uint64_t *first,
                      struct sb_err *err)
{
    char name[PATH_BYTES];
    bool yes = true;
    int rc = 0;
    uint64_t v = version;
    while (!rc && yes && v > 1) {
        rc = beside(name, path, v - 1, err);
        if (!rc && access(name, F_OK) && errno == ENOENT)
            rc = missing(name, v - 1, err);
        if (!rc)
            rc = accepted(anchor, name, &yes, err);
        v -= yes ? 1 : 0;
    }
    *first = v;
    return rc;
}

int sb_begin_trust(struct sb_trust *trust,
                   const struct sb_anchor *anchor,
                   const char *path,
                   struct sb_err *err)
{
    struct sb_buf record = {0};
    char name[PATH_BYTES];
    uint64_t version = 0;
    uint64_t generation = 0;
    int rc = read_directory(path, &record, &version, &generation, err);
    if (rc)
        sb_err_wrap(err, rc, "%s", path);
    sb_buf_free(&record);
    uint64_t first = version;
    if (!rc && generation > 1)
        rc = find_first(anchor, path, version, &first, err);
    for (uint64_t v = first; !rc && v < version; v++) {
        rc = beside(name, path, v, err);
        if (!rc)
            rc = sb_trust_add_file(trust, name, err);
    }
    return rc ? rc : sb_trust_add_file(trust, path, err);
}

static const struct sb_dir *oldest(const struct sb_trust *trust)
{
    const struct sb_dir *dir = sb_trust_newest(trust);
    const struct sb_dir *before = dir;
    while (before) {
        dir = before;
        uint64_t version = sb_dir_body(dir)->version;
        before = version ? sb_trust_version(trust, version - 1) : NULL;
    }
    return dir;
}

uint64_t sb_begin_count(const struct sb_trust *trust)
{
    const struct sb_dir *newest = sb_trust_newest(trust);
    if (!newest)
        return 0;
    return sb_dir_body(newest)->version - sb_dir_body(oldest(trust))->version + 1;
}

static int make_entry(struct sb_append *entry,
                      const struct sb_dir *dir,
                      uint64_t index,
                      uint64_t now_ms,
                      struct sb_arena *arena,
                      struct sb_err *err)
{
    uint64_t version = sb_dir_body(dir)->version;
    struct sb_buf bytes = {0};
    struct sb_entry leaf = {
        .kind = SB_KIND_DIRECTORY, .stored_ms = now_ms, .directory_version = version};
    *entry = (struct sb_append){.index = index,
                                .kind = SB_KIND_DIRECTORY,
                                .record = sb_dir_record(dir),
                                .first = version,
                                .last = version};
    sb_sha256(leaf.record_hash, entry->record);
    memcpy(entry->hash, sb_dir_hash(dir), SB_HASH);
    sb_entry_write(&leaf, &bytes);
    int rc = sb_buf_check(&bytes, err);
    if (!rc) {
        entry->leaf = sb_arena_dup(arena, sb_buf_bytes(&bytes));
        if (!entry->leaf.p)
            rc = sb_fail(err, SB_E_MEMORY, "journal");
    }
    sb_buf_free(&bytes);
    return rc;
}

int sb_begin_journal(struct sb_journal *journal,
                     const struct sb_trust *trust,
                     uint64_t now_ms,
                     struct sb_err *err)
{
    const struct sb_directory *newest = sb_dir_body(sb_trust_newest(trust));
    if (newest->expires <= now_ms)
        return sb_fail(
            err,
            SB_E_DIR_EXPIRED,
            "directory %llu has expired by this machine's clock, which would "
            "date all of the journal",
            (unsigned long long)newest->version);
    size_t n = (size_t)sb_begin_count(trust);
    uint64_t first = sb_dir_body(oldest(trust))->version;
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_append *group = calloc(n + 1, sizeof *group);
    int rc = arena && group ? 0 : sb_fail(err, SB_E_MEMORY, "journal");
    for (size_t i = 0; !rc && i < n; i++)
        rc = make_entry(
            &group[i], sb_trust_version(trust, first + i), i, now_ms, arena, err);
    if (!rc)
        rc = sb_journal_append(journal, group, n, err);
    free(group);
    sb_arena_free(arena);
    return rc;
}
