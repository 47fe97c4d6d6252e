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
#define TOLD_MAX 100u /* files, one by one; the rest in one sentence */

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

struct look { /* at one file of entries */
    char path[SB_TILE_PATH];
    bool there;
    bool more;      /* a whole file in place of a partial one goes on */
    unsigned width; /* entries of the tree that it stands for */
    unsigned same;  /* of these, its leaves */
    unsigned blind; /* of these, those whose leaves cannot be read, which was said */
    bool ends;      /* after them it is at its end */
};

static int is_leaf(struct sb_audit *a,
                   struct sb_bytes entry,
                   uint64_t index,
                   struct look *l,
                   struct sb_err *err)
{
    uint8_t hash[SB_HASH];
    uint8_t leaf[SB_HASH];
    int rc = sb_tiles_node(a->leaves, 0, index, leaf, err);
    if (rc == SB_E_TILE)
        l->blind++; /* said when the tiles were verified */
    if (rc != 0)
        return rc == SB_E_TILE ? 0 : rc;
    sb_tree_leaf(hash, entry);
    l->same += memcmp(hash, leaf, SB_HASH) == 0;
    return 0;
}

/* The entries of one file against their leaves. */
static int leaves_of(struct sb_audit *a,
                     struct sb_bytes file,
                     uint64_t first,
                     struct look *l,
                     struct sb_err *err)
{
    size_t at = 0;
    for (unsigned i = 0; i < l->width; i++) {
        size_t left = file.n - at;
        size_t n = left < 2 ? 0 : (size_t)file.p[at] << 8 | file.p[at + 1];
        if (left < 2 || left - 2 < n)
            return 0;
        int rc = is_leaf(a, sb_bytes(file.p + at + 2, n), first + i, l, err);
        if (rc != 0)
            return rc;
        at += 2 + n;
    }
    l->ends = l->more || at == file.n;
    return 0;
}

/* A file of entries, whole or partial. */
static int one_file(struct sb_audit *a, uint64_t n, struct look *l, struct sb_err *err)
{
    struct sb_buf file = {0};
    uint64_t first = n * SB_TILE_WIDTH;
    uint64_t left = a->facts.size - first;
    *l = (struct look){.width = left < SB_TILE_WIDTH ? (unsigned)left : SB_TILE_WIDTH};
    sb_tile_path(l->path, NULL, -1, n, l->width);
    int rc = read_file(a->dir, l->path, ENTRIES_MAX, &file, err);
    if (rc == 1 && l->width < SB_TILE_WIDTH) {
        char whole[SB_TILE_PATH];
        sb_tile_path(whole, NULL, -1, n, SB_TILE_WIDTH);
        rc = read_file(a->dir, whole, ENTRIES_MAX, &file, err);
        l->more = rc != 1;
        if (l->more)
            memcpy(l->path, whole, sizeof whole);
    }
    l->there = rc != 1;
    if (rc == 0)
        rc = leaves_of(a, sb_buf_bytes(&file), first, l, err);
    sb_buf_free(&file);
    return rc == SB_E_TILE || rc == 1 ? 0 : rc; /* too large, or no regular file */
}

/* Whether any entry of any file is its leaf, and whether there is a file at all. */
static int find_kind(struct sb_audit *a, bool *same, bool *any, struct sb_err *err)
{
    *same = *any = false;
    for (uint64_t n = 0; !*same && n * SB_TILE_WIDTH < a->reach; n++) {
        struct look l;
        int rc = one_file(a, n, &l, err);
        if (rc != 0)
            return rc;
        *any = *any || l.there;
        *same = l.same > 0;
    }
    return 0;
}

static void wrong(struct sb_audit *a, const struct look *l)
{
    unsigned lost = l->width - l->same - l->blind;
    if (!l->there)
        audit_say(a,
                  SB_AUDIT_FORM,
                  SB_AUDIT_FAILED,
                  SB_E_BUNDLE,
                  "%s: this file of entries is missing",
                  l->path);
    else if (lost > 0)
        audit_say(a,
                  SB_AUDIT_FORM,
                  SB_AUDIT_FAILED,
                  SB_E_BUNDLE,
                  "%s: %u of %u entries are cut off or not those of the leaves",
                  l->path,
                  lost,
                  l->width);
    else
        audit_say(a,
                  SB_AUDIT_FORM,
                  SB_AUDIT_FAILED,
                  SB_E_BUNDLE,
                  "%s is cut short, or goes on after its last entry",
                  l->path);
}

/* All files, of which one at least holds entries of the leaves. */
static int judge_entries(struct sb_audit *a, struct sb_err *err)
{
    uint64_t bad = 0;
    for (uint64_t n = 0; n * SB_TILE_WIDTH < a->reach; n++) {
        struct look l;
        int rc = one_file(a, n, &l, err);
        if (rc != 0)
            return rc;
        a->facts.entries += l.same;
        if (l.there && l.ends && l.same + l.blind == l.width)
            continue;
        if (++bad <= TOLD_MAX)
            wrong(a, &l);
    }
    if (bad > TOLD_MAX)
        audit_say(a,
                  SB_AUDIT_FORM,
                  SB_AUDIT_FAILED,
                  SB_E_BUNDLE,
                  "%llu more files of entries are missing or wrong",
                  (unsigned long long)(bad - TOLD_MAX));
    return 0;
}

static int entries(struct sb_audit *a, struct sb_err *err)
{
    bool same = false;
    bool any = false;
    int rc = find_kind(a, &same, &any, err);
    if (rc != 0 || a->facts.size == 0)
        return rc;
    if (same)
        return judge_entries(a, err);
    audit_say(a,
              SB_AUDIT_FORM,
              SB_AUDIT_PASSED,
              SB_E_BUNDLE,
              "its entries are %s: the tree of hashes was judged, not what it is of",
              any ? "of another kind than the leaves" : "not here");
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
    rc = audit_judge(a, SB_AUDIT_CHECKPOINT, rc, &why, err);
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
