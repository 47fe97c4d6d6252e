/* Purpose: the audit of a bundle, part after part.
 * Invariant: the first pass gathers what the second needs to judge (directories,
 * prunes, withdrawals, the tree); only the second says what is wrong with an entry. */
#include "broker/audit/audit_bundle.h"
#include "broker/audit/audit_catalogue.h"
#include "broker/audit/audit_dirs.h"
#include "broker/audit/audit_later.h"
#include "broker/audit/audit_pass.h"
#include "broker/audit/audit_statement.h"
#include "broker/audit/audit_stream.h"
#include "broker/audit/audit_tree.h"

#include <stdlib.h>

static int
gather(struct sb_audit *a, const struct sb_bundle_entry *raw, struct sb_err *err)
{
    struct audit_entry e = {.raw = raw};
    int rc = a->holes ? 0 : audit_tree_leaf(a, raw->leaf, err);
    bool good = rc == 0 && audit_decode(raw, &e, NULL) == 0;
    if (e.leaf.stored_ms > a->facts.last_ms)
        a->facts.last_ms =
            e.leaf.stored_ms; /* the moment of the checkpoint's witnesses */
    if (!good || !raw->inside)
        return rc;
    rc = audit_gather(a, &e, err);
    return rc < 0 ? rc : 0;
}

static void gathered_hole(struct sb_audit *a, uint64_t from, uint64_t to)
{
    (void)from;
    (void)to;
    a->holes = true; /* from here on the leaves do not make a tree */
}

static void hole(struct sb_audit *a, uint64_t from, uint64_t to)
{
    a->unseen++;
    a->lost++;
    a->unplaced = true;
    audit_say(
        a,
        SB_AUDIT_STREAMS,
        SB_AUDIT_INDETERMINATE,
        SB_E_BUNDLE,
        "entries %llu to %llu could not be read; streams are followed again after "
        "them",
        (unsigned long long)from,
        (unsigned long long)to - 1);
}

/* A batch outside the range, or something that is missing and should not be. */
static void outside(struct sb_audit *a, const struct sb_entry *leaf)
{
    bool in_range = a->at >= a->info->from && a->at < a->info->to;
    a->unseen++;
    if (leaf->kind == SB_KIND_BATCH && !in_range) {
        a->facts.outside++;
        return;
    }
    audit_say(a,
              SB_AUDIT_FORM,
              SB_AUDIT_FAILED,
              SB_E_BUNDLE,
              "the %s has no record here, and it is not a batch outside the bundle's "
              "range",
              sb_kind_text(leaf->kind));
}

static void check_sides(struct sb_audit *a, const struct audit_entry *e)
{
    const struct sb_bundle_entry *raw = e->raw;
    bool batch = e->leaf.kind == SB_KIND_BATCH;
    bool in_range = a->at >= a->info->from && a->at < a->info->to;
    if (!batch && (raw->items.n > 0 || raw->texts.n > 0))
        audit_say(a,
                  SB_AUDIT_FORM,
                  SB_AUDIT_FAILED,
                  SB_E_TRAILING,
                  "a %s has neither items nor ciphertexts, and some stand beside it",
                  sb_kind_text(e->leaf.kind));
    if (batch && !in_range)
        audit_say(a,
                  SB_AUDIT_FORM,
                  SB_AUDIT_FAILED,
                  SB_E_BUNDLE,
                  "bundle.json says that this batch is outside its range");
}

static int dispatch(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    switch ((int)e->leaf.kind) {
    case SB_KIND_CATALOGUE:
        return audit_catalogue(a, e, err);
    case SB_KIND_CLAIM:
        return audit_claim(a, e, err);
    case SB_KIND_EPOCH:
        return audit_epoch(a, e, err);
    case SB_KIND_BATCH:
        return audit_batch(a, e, err);
    case SB_KIND_DIRECTORY:
        return 0; /* judged in the first pass */
    default:
        return audit_statement(a, e, err);
    }
}

static int
judge(struct sb_audit *a, const struct sb_bundle_entry *raw, struct sb_err *err)
{
    struct audit_entry e = {.raw = raw};
    struct sb_err why = {0};
    a->facts.entries++;
    int rc = audit_decode(raw, &e, &why);
    if (rc != 0) {
        a->unseen += e.leaf.kind == 0 || e.leaf.kind == SB_KIND_BATCH;
        a->lost += e.leaf.kind != SB_KIND_BATCH;
        a->unplaced = a->unplaced || e.leaf.kind == 0;
        rc = audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
        return rc < 0 ? rc : 0;
    }
    if (a->at == 0 && e.leaf.kind != SB_KIND_DIRECTORY)
        audit_say(a,
                  SB_AUDIT_DIRECTORIES,
                  SB_AUDIT_FAILED,
                  SB_E_JOURNAL_ORDER,
                  "the first entry of a journal must be a directory");
    rc = audit_place(a, &e, err);
    if (rc != 0)
        return rc;
    if (!raw->inside) {
        outside(a, &e.leaf);
        return 0;
    }
    check_sides(a, &e);
    rc = dispatch(a, &e, err);
    return rc < 0 ? rc : 0;
}

static int stranger(void *ctx, const char *path)
{
    struct sb_audit *a = ctx;
    audit_say(a,
              SB_AUDIT_FORM,
              SB_AUDIT_INDETERMINATE,
              SB_E_BUNDLE,
              "%s: not part of the bundle; it was not judged",
              path);
    return 0;
}

/* One sentence for all that is gone with good reason, and for what lies outside. */
static void say_sums(struct sb_audit *a)
{
    const struct sb_audit_facts *f = &a->facts;
    if (f->pruned > 0)
        audit_say(a,
                  SB_AUDIT_TEXTS,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_PRUNED,
                  "%llu ciphertexts are pruned under a signed record that policy "
                  "permits; signatures and paths over them hold",
                  (unsigned long long)f->pruned);
    if (f->withdrawn > 0)
        audit_say(
            a,
            SB_AUDIT_TEXTS,
            SB_AUDIT_INDETERMINATE,
            SB_E_WITHDRAWN,
            "%llu ciphertexts are withdrawn by their institutions' signed records",
            (unsigned long long)f->withdrawn);
    if (a->still_there > 0)
        audit_say(a,
                  SB_AUDIT_TEXTS,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_WITHDRAWN,
                  "%llu events are withdrawn and their ciphertexts are still in this "
                  "bundle, in files that may be older: export it again",
                  (unsigned long long)a->still_there);
    if (f->outside > 0)
        audit_say(
            a,
            SB_AUDIT_STREAMS,
            SB_AUDIT_INDETERMINATE,
            SB_E_RANGE,
            "%llu batches are outside the range of this bundle and were not judged",
            (unsigned long long)f->outside);
}

static int begin(struct sb_audit *a, struct sb_err *err)
{
    a->facts.asked[SB_AUDIT_FORM] = true;
    int rc = sb_bundle_open(&a->bundle, a->dir, err);
    if (rc != 0)
        return rc;
    for (int i = 0; i < SB_AUDIT_PARTS; i++)
        a->facts.asked[i] = i != SB_AUDIT_CATALOGUE && i != SB_AUDIT_CONTENT;
    a->facts.asked[SB_AUDIT_CONTENT] = a->config->vault != NULL;
    a->info = sb_bundle_info(a->bundle);
    a->facts.size = a->info->size;
    rc = sb_tiles_open(&a->leaves, a->dir, a->facts.size, err);
    return rc == 0 ? sb_tiles_open(&a->nodes, a->dir, a->facts.size, err) : rc;
}

static int both_passes(struct sb_audit *a, struct sb_err *err)
{
    struct audit_pass first = {
        .bundle = a->bundle, .fn = gather, .hole = gathered_hole, .steps = 2};
    struct audit_pass second = {.bundle = a->bundle,
                                .texts = true,
                                .loud = true,
                                .fn = judge,
                                .hole = hole,
                                .steps_before = 1,
                                .steps = 2};
    int rc = audit_pass(a, &first, err);
    if (rc != 0)
        return rc;
    audit_gathered(a);
    audit_about(a);
    rc = audit_checkpoint(a, err);
    if (rc == 0)
        rc = audit_tiles(a, err);
    if (rc == 0) {
        a->no_texts = &second.no_texts;
        rc = audit_pass(a, &second, err);
        a->no_texts = NULL;
    }
    return rc;
}

int audit_run_bundle(struct sb_audit *a, struct sb_err *err)
{
    if (a->dir && sb_bundle_is_unfinished(a->dir))
        return sb_fail(
            err,
            SB_E_BUNDLE,
            "%s holds an unfinished export: run `sacbe journal export` again",
            a->dir);
    int rc = begin(a, err);
    if (rc == SB_E_BUNDLE || rc == SB_E_TILE || rc == SB_E_NOTE) {
        audit_say(a, SB_AUDIT_FORM, SB_AUDIT_FAILED, rc, "%s", err->text);
        return 0;
    }
    if (rc == 0)
        rc = both_passes(a, err);
    if (rc == 0)
        rc = audit_answer(a, err);
    if (rc == 0)
        rc = audit_copies(a, err);
    if (rc == 0)
        rc = sb_bundle_strangers(a->bundle, stranger, a, err);
    if (rc < 0)
        return rc;
    audit_missing(a);
    say_sums(a);
    return 0;
}

int audit_new(struct sb_audit *a,
              const char *dir,
              const struct sb_audit_config *config,
              struct sb_err *err)
{
    *a = (struct sb_audit){.dir = dir,
                           .config = config,
                           .root_size = UINT64_MAX,
                           .arena = sb_arena_new(0),
                           .names = sb_arena_new(0)};
    return a->arena && a->names ? 0 : audit_no_memory(err);
}

void audit_free(struct sb_audit *a)
{
    for (size_t i = 0; i < a->n_streams; i++)
        audit_stream_free(a->streams[i]);
    free(a->streams);
    free(a->withdrawals);
    free(a->questions);
    free(a->lates);
    audit_catalogues_free(a);
    audit_ranges_free(&a->batch_dirs);
    sb_trust_free(a->trust);
    sb_tiles_close(a->leaves);
    sb_tiles_close(a->nodes);
    sb_bundle_close(a->bundle);
    sb_arena_free(a->arena);
    sb_arena_free(a->names);
}

int sb_audit_bundle(const char *dir,
                    const struct sb_audit_config *config,
                    struct sb_audit_facts *out,
                    struct sb_err *err)
{
    struct sb_audit a;
    struct sb_err why = {0};
    int rc = audit_new(&a, dir, config, &why);
    if (rc == 0)
        rc = audit_run_bundle(&a, &why);
    if (rc == 0)
        *out = a.facts;
    else if (err)
        *err = why;
    audit_free(&a);
    return rc;
}
