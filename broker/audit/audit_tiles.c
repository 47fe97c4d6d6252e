/* Purpose: a folder of tiles of any log: its checkpoint, every tile, and its entries
 * where they are the leaves.
 * Not here: what the entries mean. */
#include "broker/audit/audit_bundle.h"
#include "broker/audit/audit_tree.h"
#include "broker/bundle/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define ENTRIES_MAX (SB_TILE_WIDTH * (65535u + 2u))

/* 0 and the file's content, 1 when it is not there. */
static int read_file(const char *dir,
                     const char *name,
                     size_t max,
                     struct sb_buf *out,
                     struct sb_err *err)
{
    int fd = -1;
    int rc = sb_folder_open(&fd, dir, err);
    if (rc != 0)
        return rc;
    rc = faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0
             ? sb_folder_read(fd, name, SB_E_TILE, max, out, err)
             : 1;
    close(fd);
    return rc;
}

/* The entries of one file against their leaves: how many are them. */
static int leaves_of(struct sb_audit *a,
                     struct sb_bytes file,
                     uint64_t first,
                     unsigned width,
                     uint64_t *same,
                     struct sb_err *err)
{
    size_t at = 0;
    for (unsigned i = 0; i < width && file.n - at >= 2; i++) {
        uint8_t hash[SB_HASH];
        uint8_t leaf[SB_HASH];
        size_t n = (size_t)file.p[at] << 8 | file.p[at + 1];
        if (file.n - at - 2 < n)
            return 0;
        sb_tree_leaf(hash, sb_bytes(file.p + at + 2, n));
        at += 2 + n;
        int rc = sb_tiles_node(a->leaves, 0, first + i, leaf, err);
        if (rc == SB_E_TILE)
            return 0; /* said when the tiles were verified */
        if (rc != 0)
            return rc;
        *same += memcmp(hash, leaf, SB_HASH) == 0;
    }
    return 0;
}

/* A file of entries, whole or partial: 1 when there is none. */
static int one_file(struct sb_audit *a, uint64_t n, uint64_t *same, struct sb_err *err)
{
    char path[SB_TILE_PATH];
    struct sb_buf file = {0};
    uint64_t first = n * SB_TILE_WIDTH;
    uint64_t left = a->facts.size - first;
    unsigned width = left < SB_TILE_WIDTH ? (unsigned)left : SB_TILE_WIDTH;
    sb_tile_path(path, NULL, -1, n, width);
    int rc = read_file(a->dir, path, ENTRIES_MAX, &file, err);
    if (rc == 1 && width < SB_TILE_WIDTH) {
        sb_tile_path(path, NULL, -1, n, SB_TILE_WIDTH);
        rc = read_file(a->dir, path, ENTRIES_MAX, &file, err);
    }
    if (rc == 0)
        rc = leaves_of(a, sb_buf_bytes(&file), first, width, same, err);
    sb_buf_free(&file);
    return rc == SB_E_TILE ? 0 : rc; /* too large, or no file: none of the leaves */
}

static int entries(struct sb_audit *a, struct sb_err *err)
{
    uint64_t same = 0;
    uint64_t missing = 0;
    for (uint64_t n = 0; n * SB_TILE_WIDTH < a->facts.size; n++) {
        int rc = one_file(a, n, &same, err);
        if (rc < 0)
            return rc;
        missing += rc == 1;
        if (n == 0 && same == 0)
            break; /* of another kind, or not here: no need to read on */
    }
    a->facts.entries = same;
    if (same == a->facts.size)
        return 0;
    if (same == 0)
        audit_say(
            a,
            SB_AUDIT_FORM,
            SB_AUDIT_PASSED,
            SB_E_BUNDLE,
            "its entries are %s: the tree of hashes was judged, not what it is of",
            missing ? "not here" : "of another kind than the leaves");
    else
        audit_say(a,
                  SB_AUDIT_FORM,
                  SB_AUDIT_FAILED,
                  SB_E_INCLUSION,
                  "%llu of %llu entries are missing or not those of the leaves",
                  (unsigned long long)(a->facts.size - same),
                  (unsigned long long)a->facts.size);
    return 0;
}

static int checkpoint(struct sb_audit *a, struct sb_err *err)
{
    struct sb_checkpoint c = {0};
    struct sb_buf note = {0};
    struct sb_err why = {0};
    int rc = read_file(a->dir, "checkpoint", SB_NOTE_MAX, &note, err);
    if (rc == 1)
        rc = sb_fail(err, SB_E_NOT_FOUND, "%s has no checkpoint", a->dir);
    if (rc < 0) {
        sb_buf_free(&note);
        return rc;
    }
    rc = sb_note_open(sb_buf_bytes(&note), a->log, &c, &why);
    sb_buf_free(&note);
    a->facts.asked[SB_AUDIT_CHECKPOINT] = true;
    rc = audit_judge(a, SB_AUDIT_CHECKPOINT, rc, &why);
    if (rc != 0)
        return rc;
    a->facts.size = c.size;
    memcpy(a->facts.root, c.root, SB_HASH);
    memcpy(a->facts.origin, c.origin, sizeof c.origin);
    return 0;
}

static int run(struct sb_audit *a, struct sb_err *err)
{
    int rc = checkpoint(a, err);
    if (rc != 0)
        return rc;
    a->facts.asked[SB_AUDIT_TREE] = true;
    rc = sb_tiles_open(&a->leaves, a->dir, a->facts.size, err);
    if (rc == 0)
        rc = sb_tiles_open(&a->nodes, a->dir, a->facts.size, err);
    if (rc == 0)
        rc = audit_all_tiles(a, a->facts.size, a->facts.root, err);
    if (rc == 0)
        rc = audit_since(a, err);
    return rc == 0 ? entries(a, err) : rc;
}

int sb_audit_tiles(const char *dir,
                   const struct sb_note_key *key,
                   const struct sb_audit_config *config,
                   struct sb_audit_facts *out,
                   struct sb_err *err)
{
    struct sb_audit a;
    struct sb_err why = {0};
    int rc = audit_new(&a, dir, config, &why);
    a.log = key;
    if (rc == 0)
        rc = run(&a, &why);
    if (rc >= 0)
        *out = a.facts;
    else if (err)
        *err = why;
    audit_free(&a);
    return rc < 0 ? rc : 0;
}
