/* Purpose: which checkpoint an export takes: the newest final one.
 * Invariant: nothing is judged for anybody. The directories are read under an anchor
 * made of the first one's own roots, only because keys/ answers from a trust; whoever
 * receives the bundle judges them by roots of their own. */
#include "broker/bundle/export_form.h"

#include <stdio.h>

#include "keys/cosign.h"
#include "schemas/record/entry.h"

struct choice {
    struct sb_trust *trust; /* NULL before the first, or when the chain is broken */
    bool broken;
    bool known;      /* a directory was read */
    uint64_t quorum; /* of the newest */
    struct sb_arena *arena;
    struct sb_witness_keys witnesses;
    uint64_t *times;
    uint64_t now_ms; /* of the newest entry */
    uint64_t least;  /* no smaller tree will do */
    bool any;        /* the newest note is held */
    struct sb_export_goal *goal;
};

static void anchor_of(const struct sb_directory *d, struct sb_anchor *a)
{
    *a = (struct sb_anchor){.threshold = d->threshold};
    snprintf(a->exchange, sizeof a->exchange, "%.*s", SB_FMT(d->exchange));
    memcpy(a->nonce, d->nonce, SB_NONCE);
    for (size_t i = 0; i < d->n_roots && i < SB_ROOTS_MAX; i++) {
        struct sb_anchor_root *root = &a->roots[a->n_roots++];
        memcpy(root->pk, d->roots[i].pk, SB_PK);
        snprintf(root->holder, sizeof root->holder, "%.*s", SB_FMT(d->roots[i].holder));
    }
    memcpy(a->curve_pk, d->curve_pk, SB_PK);
    memcpy(a->log_pk, d->log_pk, SB_PK);
    snprintf(a->address, sizeof a->address, "%.*s", SB_FMT(d->address));
}

/* A chain that does not hold leaves the witnesses unknown, and the export goes on. */
static void
trust_next(struct choice *c, const struct sb_directory *d, struct sb_bytes r)
{
    struct sb_anchor anchor;
    if (c->broken)
        return;
    if (!c->trust) {
        anchor_of(d, &anchor);
        c->broken = sb_trust_new(&c->trust, &anchor, NULL) != 0;
    }
    c->broken = c->broken || sb_trust_add(c->trust, r, NULL) != 0;
}

static int
next_directory(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct choice *c = ctx;
    struct sb_record record;
    struct sb_directory d;
    sb_arena_reset(c->arena);
    int rc = sb_record_read(e->record, &record, err);
    if (rc == 0)
        rc = sb_directory_read(record.body, c->arena, &d, err);
    if (rc != 0)
        return sb_err_wrap(
            err, rc, "entry %llu of the journal", (unsigned long long)e->index);
    c->known = true;
    c->quorum = d.quorum;
    trust_next(c, &d, e->record);
    return 0;
}

static int newest_time(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct choice *c = ctx;
    struct sb_entry entry;
    int rc = sb_entry_read(e->leaf, &entry, err);
    c->now_ms = rc == 0 ? entry.stored_ms : 0;
    return rc;
}

static int learn(struct sb_journal_reader *reader, struct choice *c, struct sb_err *err)
{
    uint64_t size = 0;
    int rc =
        sb_journal_each(reader, 0, SB_KIND_DIRECTORY, false, next_directory, c, err);
    if (rc == 0)
        rc = sb_journal_reader_size(reader, &size, err);
    if (rc == 0 && size > 0)
        rc = sb_journal_each(
            reader, size - 1, (enum sb_kind)0, false, newest_time, c, err);
    const struct sb_dir *newest =
        c->trust && !c->broken ? sb_trust_newest(c->trust) : NULL;
    if (rc != 0 || !newest)
        return rc;
    rc = sb_dir_witnesses(newest, c->now_ms, c->arena, &c->witnesses, err);
    if (rc != 0 || c->witnesses.n == 0)
        return rc;
    c->times = sb_arena_alloc(c->arena, c->witnesses.n, sizeof *c->times);
    return c->times ? 0 : sb_fail(err, SB_E_MEMORY, "no memory for witnesses");
}

static uint64_t count(const struct choice *c, struct sb_bytes note)
{
    return c->times ? sb_cosign_times(note, &c->witnesses, c->times) : 0;
}

static int
take(struct choice *c, struct sb_bytes note, uint64_t cosignatures, struct sb_err *err)
{
    struct sb_export_goal *g = c->goal;
    sb_buf_reset(&g->note);
    sb_buf_put(&g->note, note.p, note.n);
    g->cosignatures = cosignatures;
    g->final = c->known && cosignatures >= c->quorum;
    c->any = true;
    int rc = sb_buf_check(&g->note, err);
    return rc == 0 ? sb_checkpoint_text(note, &g->checkpoint, err) : rc;
}

/* From the newest on: the first is kept until a final one comes that holds every record
 * which takes ciphertexts away. */
static int next_note(void *ctx, uint64_t size, struct sb_bytes note, struct sb_err *err)
{
    struct choice *c = ctx;
    if (size < c->least)
        return 1;
    uint64_t cosignatures = count(c, note);
    if (c->any && (!c->known || cosignatures < c->quorum))
        return 0;
    int rc = take(c, note, cosignatures, err);
    if (rc != 0)
        return rc;
    return c->goal->final || !c->known || !c->times ? 1 : 0;
}

static int gone_at(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    uint64_t *least = ctx;
    (void)err;
    *least = e->index + 1;
    return 0;
}

int sb_export_least(struct sb_journal_reader *reader, uint64_t *out, struct sb_err *err)
{
    *out = 0;
    return sb_journal_each(reader, 0, SB_KIND_PRUNE, false, gone_at, out, err);
}

static int with_choice(struct sb_journal_reader *reader,
                       struct sb_export_goal *goal,
                       bool choose,
                       struct sb_err *err)
{
    struct choice c = {.goal = goal, .arena = sb_arena_new(0)};
    int rc = c.arena ? learn(reader, &c, err)
                     : sb_fail(err, SB_E_MEMORY, "no memory for directories");
    if (rc == 0 && choose)
        rc = sb_export_least(reader, &c.least, err);
    if (rc == 0 && choose)
        rc = sb_journal_notes(reader, next_note, &c, err);
    if (rc == 0 && choose && !c.any && c.least > 0)
        rc = sb_fail(err,
                     SB_E_BUSY,
                     "entry %llu, which takes ciphertexts away, is in no signed "
                     "checkpoint yet: try again in a second",
                     (unsigned long long)c.least - 1);
    if (rc == 0 && choose && !c.any)
        rc = sb_fail(err,
                     SB_E_NOT_FOUND,
                     "the journal has no signed checkpoint yet: start the broker once");
    if (rc == 0 && !choose) {
        goal->cosignatures = count(&c, sb_buf_bytes(&goal->note));
        goal->final = c.known && goal->cosignatures >= c.quorum;
    }
    sb_trust_free(c.trust);
    sb_arena_free(c.arena);
    return rc;
}

int sb_export_choose(struct sb_journal_reader *reader,
                     struct sb_export_goal *out,
                     struct sb_err *err)
{
    return with_choice(reader, out, true, err);
}

int sb_export_count(struct sb_journal_reader *reader,
                    struct sb_export_goal *goal,
                    struct sb_err *err)
{
    return with_choice(reader, goal, false, err);
}
