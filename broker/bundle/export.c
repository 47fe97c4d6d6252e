/* Purpose: the journal into a bundle.
 * Invariant: a name stands for a whole file; nothing that a checkpoint needs comes
 * after it, so a folder is at every moment the old bundle or the new one. What an
 * export at work is making stands in export.json, so that the next one knows which
 * files it may keep. */
#include "broker/bundle/export_form.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>

#include "broker/bundle/bundle_walk.h"
#include "broker/bundle/folder.h"

static int not_ours(const struct sb_export *x, const char *what, struct sb_err *err)
{
    return sb_fail(err,
                   SB_E_BUNDLE,
                   "%s %s: export into an empty folder, or one that is missing",
                   x->config->dir,
                   what);
}

static int lock(const struct sb_export *x, struct sb_err *err)
{
    if (flock(sb_writes_dir(x->writes), LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return sb_fail(err,
                       SB_E_STATE,
                       "another export is writing to %s: wait for its end",
                       x->config->dir);
    return sb_fail_os(err, errno, "%s: cannot be locked", x->config->dir);
}

/* "<exchange>/journal/<generation>" */
static int read_origin(struct sb_export *x, struct sb_err *err)
{
    static const char middle[] = "/journal/";
    unsigned long long generation = 0;
    char exchange[SB_CODE_MAX + 1] = "";
    char again[sizeof x->goal.checkpoint.origin];
    const char *origin = x->goal.checkpoint.origin;
    const char *at = strstr(origin, middle);
    if (at && (size_t)(at - origin) < sizeof exchange) {
        snprintf(exchange, sizeof exchange, "%.*s", (int)(at - origin), origin);
        generation = strtoull(at + strlen(middle), NULL, 10);
    }
    snprintf(again, sizeof again, "%s%s%llu", exchange, middle, generation);
    if (generation == 0 || strcmp(again, origin) != 0)
        return sb_fail(err,
                       SB_E_NOTE,
                       "the journal's checkpoint is of \"%s\", no journal",
                       origin);
    memcpy(x->about.exchange, exchange, sizeof exchange);
    x->about.generation = generation;
    x->about.from = x->config->from;
    x->about.to = x->config->to > INT64_MAX ? UINT64_MAX : x->config->to;
    return 0;
}

static int one_file(void *ctx, const char *path, bool regular, struct sb_err *err)
{
    bool *any = ctx;
    (void)err;
    (void)regular;
    *any = strcmp(path, SB_BUNDLE_NEXT SB_WRITES_NEW) != 0;
    return *any ? 1 : 0;
}

static bool is_this_journal(const struct sb_export *x, const struct sb_bundle_about *a)
{
    return strcmp(a->exchange, x->about.exchange) == 0 &&
           a->generation == x->about.generation;
}

/* What the folder holds: nothing, a bundle, or one that was begun. */
static int look(struct sb_export *x, struct sb_err *err)
{
    struct sb_bundle_about about = {0};
    int dir = sb_writes_dir(x->writes);
    bool any = false;
    bool begun = sb_folder_has(dir, SB_BUNDLE_NEXT);
    bool held = sb_folder_has(dir, SB_BUNDLE_CHECKPOINT);
    int rc = 0;
    if (begun)
        rc = sb_bundle_about_read(dir, SB_BUNDLE_NEXT, &about, err);
    if (rc == 0 && !begun && !held)
        rc = sb_bundle_walk(x->config->dir, one_file, &any, err);
    if (rc == 0 && any)
        return not_ours(x, "is neither empty nor a bundle", err);
    if (rc == 0 && begun && !is_this_journal(x, &about))
        return not_ours(x, "holds the beginning of another journal's bundle", err);
    x->resumed = begun && about.from == x->about.from && about.to == x->about.to;
    return rc == 0 && held ? sb_bundle_open(&x->old, x->config->dir, err) : rc;
}

static int root_at(struct sb_export *x,
                   const struct sb_checkpoint *c,
                   bool *same,
                   struct sb_err *err)
{
    uint8_t root[SB_HASH];
    int rc = sb_proof_root(c->size, sb_journal_node, x->reader, root, err);
    if (rc == 0)
        *same = memcmp(root, c->root, SB_HASH) == 0;
    return rc;
}

/* The old bundle is a beginning of this journal. */
static int check_old(struct sb_export *x, struct sb_err *err)
{
    const struct sb_bundle_info *info = sb_bundle_info(x->old);
    struct sb_bundle_about about = {.generation = info->generation};
    uint64_t size = 0;
    bool same = false;
    snprintf(about.exchange, sizeof about.exchange, "%.*s", SB_FMT(info->exchange));
    if (!is_this_journal(x, &about))
        return not_ours(x, "is the bundle of another journal", err);
    int rc = sb_checkpoint_text(info->note, &x->old_checkpoint, err);
    if (rc == 0)
        rc = sb_journal_reader_size(x->reader, &size, err);
    if (rc == 0 && info->size <= size)
        rc = root_at(x, &x->old_checkpoint, &same, err);
    if (rc == 0 && !same)
        return not_ours(
            x, "is the bundle of a tree that the journal does not continue", err);
    x->old_range = (struct sb_range){info->from, info->to};
    return rc;
}

/* A bundle may be ahead of the newest final checkpoint, when it was of one that was
 * only signed: then its own tree stays. */
static int keep_tree(struct sb_export *x, struct sb_err *err)
{
    struct sb_export_goal *g = &x->goal;
    struct sb_bytes note = sb_bundle_info(x->old)->note;
    if (x->old_checkpoint.size <= g->checkpoint.size)
        return 0;
    g->checkpoint = x->old_checkpoint;
    sb_buf_reset(&g->note);
    sb_buf_put(&g->note, note.p, note.n);
    int rc = sb_buf_check(&g->note, err);
    return rc == 0 ? sb_export_count(x->reader, g, err) : rc;
}

static int set_range(struct sb_export *x, struct sb_err *err)
{
    uint64_t size = x->goal.checkpoint.size;
    const struct sb_range *old = &x->old_range;
    struct sb_range *r = &x->range;
    *r = (struct sb_range){x->about.from, x->about.to};
    r->to = r->to < size ? r->to : size;
    r->from = r->from < size ? r->from : size;
    if (old->from < old->to && (old->from < r->from || r->to < old->to))
        return sb_fail(err,
                       SB_E_BUNDLE,
                       "%s holds the batches from %llu to %llu: the range must be the "
                       "same or wider; export a narrower one into another folder",
                       x->config->dir,
                       (unsigned long long)old->from,
                       (unsigned long long)old->to);
    return 0;
}

static int prepare(struct sb_export *x, struct sb_err *err)
{
    bool same = false;
    int rc = sb_export_choose(x->reader, &x->goal, err);
    if (rc == 0)
        rc = read_origin(x, err);
    if (rc == 0)
        rc = root_at(x, &x->goal.checkpoint, &same, err);
    if (rc == 0 && !same)
        return sb_fail(err,
                       SB_E_JOURNAL_ROOT,
                       "the first %llu entries of the journal are not those of its "
                       "signed checkpoint",
                       (unsigned long long)x->goal.checkpoint.size);
    if (rc == 0)
        rc = sb_writes_open(&x->writes, x->config->dir, err);
    if (rc == 0)
        rc = lock(x, err);
    if (rc == 0)
        rc = look(x, err);
    if (rc == 0 && x->old)
        rc = check_old(x, err);
    if (rc == 0 && x->old)
        rc = keep_tree(x, err);
    return rc == 0 ? set_range(x, err) : rc;
}

static int put_about(struct sb_export *x,
                     const char *path,
                     const struct sb_bundle_about *about,
                     struct sb_err *err)
{
    struct sb_buf text = {0};
    int rc = sb_bundle_about_write(about, &text, err);
    if (rc == 0)
        rc = sb_writes_put(x->writes, path, sb_buf_bytes(&text), err);
    if (rc == 0)
        rc = sb_writes_flush(x->writes, err);
    sb_buf_free(&text);
    return rc;
}

static int write_files(struct sb_export *x, struct sb_err *err)
{
    uint8_t root[SB_HASH];
    int rc = sb_export_clean_start(x, err);
    if (rc == 0)
        rc = put_about(x, SB_BUNDLE_NEXT, &x->about, err);
    if (rc == 0)
        rc = sb_tile_writer_within(&x->tiles, x->writes, x->old_checkpoint.size, err);
    if (rc == 0)
        rc = sb_export_blocks(x, err);
    if (rc == SB_E_TILE || rc == SB_E_BUNDLE)
        return sb_err_wrap(err, rc, "the bundle in %s is damaged", x->config->dir);
    if (rc == 0)
        rc = sb_tile_writer_partials(x->tiles, root, err);
    if (rc == 0 && memcmp(root, x->goal.checkpoint.root, SB_HASH) != 0)
        return not_ours(x, "has tiles that do not lead to the checkpoint", err);
    if (rc == 0)
        rc = sb_export_copies(x, err);
    return rc == 0 ? sb_writes_flush(x->writes, err) : rc;
}

/* What was taken away while files were written may be missing in them. */
static int check_least(const struct sb_export *x, struct sb_err *err)
{
    uint64_t least = 0;
    int rc = sb_export_least(x->reader, &least, err);
    if (rc == 0 && least > x->goal.checkpoint.size)
        rc = sb_fail(
            err,
            SB_E_BUSY,
            "ciphertexts were taken away while the export ran: run it again, it "
            "goes on from here");
    return rc;
}

static int finish(struct sb_export *x, struct sb_err *err)
{
    struct sb_bundle_about about = x->about;
    about.from = x->range.from;
    about.to = x->range.to;
    int rc = check_least(x, err);
    if (rc != 0)
        return rc;
    rc = put_about(x, SB_BUNDLE_JSON, &about, err);
    if (rc == 0)
        rc = sb_writes_put(
            x->writes, SB_BUNDLE_CHECKPOINT, sb_buf_bytes(&x->goal.note), err);
    if (rc == 0)
        rc = sb_writes_flush(x->writes, err);
    return rc == 0 ? sb_export_clean_end(x, err) : rc;
}

int sb_bundle_export(struct sb_journal_reader *reader,
                     const struct sb_export_config *config,
                     struct sb_export_facts *out,
                     struct sb_err *err)
{
    struct sb_export x = {.reader = reader, .config = config};
    int rc = config->from > config->to
                 ? sb_fail(err, SB_E_ARGUMENT, "the range's end is before its start")
                 : prepare(&x, err);
    if (rc == 0)
        rc = write_files(&x, err);
    if (rc == 0)
        rc = finish(&x, err);
    if (rc == 0)
        *out = (struct sb_export_facts){
            .size = x.goal.checkpoint.size,
            .entries = x.entries,
            .files = sb_writes_files(x.writes),
            .cosignatures = x.goal.cosignatures,
            .final = x.goal.final,
        };
    sb_bundle_close(x.old);
    sb_tile_writer_close(x.tiles);
    sb_writes_close(x.writes);
    sb_buf_free(&x.goal.note);
    return rc;
}
