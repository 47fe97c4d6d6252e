/* Purpose: bundles whose leaves and tiles fit each other, made of other entries: under
 * the old checkpoint, under a new one of the broker's, or under one that the witnesses
 * cosigned as well. */
#include "test/flow/mutate/mutate.h"

#include "broker/core/payload.h"
#include "keys/sign.h"

#include <stdio.h>
#include <string.h>

enum signing { OLD_NOTE, BROKER_ALONE, WITH_WITNESSES };

/* A list of its own over the same arena. */
static struct forge copy_of(const struct trial *t)
{
    struct forge g = t->f;
    g.entries = calloc(g.n, sizeof *g.entries);
    assert_non_null(g.entries);
    memcpy(g.entries, t->f.entries, g.n * sizeof *g.entries);
    return g;
}

/* Writes the bundle, and frees the list. */
static bool
written(struct trial *t, struct change *c, struct forge *g, enum signing signing)
{
    char path[512];
    struct sb_buf note = {0};
    forge_wipe(t->forged);
    forge_write(g, t->b.w->broker, t->forged);
    forge_note(g, g->n, t->b.w->broker, &note);
    if (signing == WITH_WITNESSES)
        trial_cosign(t, &note);
    struct sb_bytes text = sb_buf_bytes(signing == OLD_NOTE ? &t->note : &note);
    snprintf(path, sizeof path, "%s/checkpoint", t->forged);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    assert_int_equal(fclose(f), 0);
    sb_buf_free(&note);
    free(g->entries);
    c->dir = t->forged;
    return true;
}

/* What the broker alone may do: only other people's notes tell, when nothing of the
 * content does. */
static enum signing by_broker(struct trial *t, struct change *c)
{
    c->since = trial_below(t, 2) == 0;
    c->told = !c->since;
    return BROKER_ALONE;
}

/* An entry goes; or it goes and its place is taken by the one before. */
static bool entry_dropped(struct trial *t, struct change *c)
{
    struct forge g = copy_of(t);
    size_t at = 1 + trial_below(t, g.n - 1);
    forge_remove(&g, at);
    if (trial_below(t, 2) == 0)
        return written(t, c, &g, by_broker(t, c));
    struct forge_entry before = g.entries[at - 1];
    if (trial_below(t, 2) == 0)
        forge_insert(&g, at, &before);
    return written(t, c, &g, OLD_NOTE);
}

static bool entries_swapped(struct trial *t, struct change *c)
{
    struct forge g = copy_of(t);
    size_t a = trial_below(t, g.n);
    size_t b = (a + 1 + trial_below(t, g.n - 1)) % g.n;
    struct forge_entry x = g.entries[a];
    g.entries[a] = g.entries[b];
    g.entries[b] = x;
    if (trial_below(t, 2) == 0) /* times out of order */
        return written(t, c, &g, (enum signing)trial_below(t, 3));
    uint64_t ms = g.entries[a].leaf.stored_ms;
    g.entries[a].leaf.stored_ms = g.entries[b].leaf.stored_ms;
    g.entries[b].leaf.stored_ms = ms;
    return written(t, c, &g, by_broker(t, c));
}

static size_t some_batch(struct trial *t)
{
    size_t at = trial_below(t, t->f.n);
    while (t->f.entries[at].leaf.kind != SB_KIND_BATCH)
        at = (at + 1) % t->f.n;
    return at;
}

static bool batch_replayed(struct trial *t, struct change *c)
{
    struct forge g = copy_of(t);
    size_t from = some_batch(t);
    size_t to = from + 1 + trial_below(t, g.n - from);
    struct forge_entry again = g.entries[from];
    again.leaf.stored_ms = g.entries[to - 1].leaf.stored_ms;
    again.leaf.directory_version = g.entries[to - 1].leaf.directory_version;
    forge_insert(&g, to, &again);
    return written(t, c, &g, (enum signing)trial_below(t, 3));
}

/* One ciphertext away, or changed for another. */
static bool change_text(struct trial *t, struct forge_entry *e)
{
    struct sb_cts cts;
    struct sb_buf out = {0};
    assert_int_equal(sb_cts_read(e->texts, t->f.arena, &cts, NULL), 0);
    struct sb_class_cts *a = &cts.classes[trial_below(t, cts.n)];
    struct sb_class_cts *b = &cts.classes[trial_below(t, cts.n)];
    struct sb_bytes *x = &a->cts[trial_below(t, a->n)];
    struct sb_bytes *y = &b->cts[trial_below(t, b->n)];
    if (x->n == 0 || y->n == 0) /* withdrawn */
        return false;
    struct sb_bytes kept = *x;
    *x = trial_below(t, 2) == 0 || x == y ? sb_bytes(NULL, 0) : *y;
    if (x->n > 0)
        *y = kept;
    sb_cts_write(&out, &cts);
    e->texts = forge_keep(&t->f, sb_buf_bytes(&out));
    sb_buf_free(&out);
    return true;
}

static bool text_changed(struct trial *t, struct change *c)
{
    struct forge g = copy_of(t);
    struct forge_entry *e = &g.entries[some_batch(t)];
    if (trial_below(t, 8) == 0)
        e->texts = sb_bytes(NULL, 0);
    else if (!change_text(t, e)) {
        free(g.entries);
        return false;
    }
    return written(t, c, &g, OLD_NOTE);
}

static bool tail_signed_anew(struct trial *t, struct change *c)
{
    struct forge g = copy_of(t);
    size_t from = 1 + trial_below(t, g.n - 1);
    uint64_t later = 1 + trial_below(t, 100000);
    switch (trial_below(t, 3)) {
    case 0: /* cut */
        g.n = from;
        break;
    case 1: /* stored later than it was */
        for (size_t i = from; i < g.n; i++)
            g.entries[i].leaf.stored_ms += later;
        break;
    default: /* every second entry withheld */
        for (size_t i = from; i < g.n; i++)
            forge_remove(&g, i);
    }
    return written(t, c, &g, by_broker(t, c));
}

/* True of its time, against an auditor who has seen more. */
static bool bundle_older(struct trial *t, struct change *c)
{
    struct forge g = copy_of(t);
    g.n = 1 + trial_below(t, g.n - 1);
    c->since = true;
    return written(t, c, &g, WITH_WITNESSES);
}

static const struct sb_vault *vault_of(const struct world *w, const uint8_t *key_id)
{
    struct sb_vault_key key;
    for (size_t i = 0; i < 4; i++)
        if (sb_vault_newest(w->roots[i], SB_USE_ROOT, &key) &&
            memcmp(key.key_id, key_id, SB_KEY_ID) == 0)
            return w->roots[i];
    for (size_t i = 0; i < MEMBERS; i++)
        if (sb_vault_newest(w->members[i].vault, SB_USE_SIGN, &key) &&
            memcmp(key.key_id, key_id, SB_KEY_ID) == 0)
            return w->members[i].vault;
    return NULL;
}

/* The same body, signed by the same keys in another exchange of these institutions. */
static bool signed_elsewhere(struct trial *t, struct change *c)
{
    const uint8_t nonce[SB_NONCE] = {1};
    struct sb_exchange other;
    struct sb_record record;
    struct sb_buf out = {0};
    size_t at = trial_below(t, t->f.n);
    assert_int_equal(sb_record_read(t->f.entries[at].record, &record, NULL), 0);
    if (record.n == 0) /* the catalogue: a directory names it, nobody signs it */
        return false;
    sb_exchange_id(&other, sb_bytes_str("sns"), nonce);
    sb_record_write(&out, record.body, NULL, 0);
    for (size_t i = 0; i < record.n; i++) {
        struct sb_buf more = {0};
        const struct sb_vault *v = vault_of(t->b.w, record.sigs[i].key_id);
        assert_non_null(v);
        assert_int_equal(
            sb_sign_add(
                &other, v, record.sigs[i].key_id, sb_buf_bytes(&out), &more, NULL),
            0);
        sb_buf_free(&out);
        out = more;
    }
    struct forge g = copy_of(t);
    g.entries[at].record = forge_keep(&t->f, sb_buf_bytes(&out));
    sb_buf_free(&out);
    return written(t, c, &g, WITH_WITNESSES);
}

/* An entry of another exchange in place of one, or between two. */
static bool foreign_entry(struct trial *t, struct change *c)
{
    const struct forge *other = &t->foreign->f;
    struct forge_entry e = other->entries[trial_below(t, other->n)];
    if (e.leaf.kind == SB_KIND_CATALOGUE) /* is the same */
        return false;
    struct forge g = copy_of(t);
    size_t at = trial_below(t, g.n);
    e.leaf.stored_ms = g.entries[at].leaf.stored_ms;
    e.leaf.directory_version = g.entries[at].leaf.directory_version;
    if (trial_below(t, 2) == 0)
        forge_remove(&g, at);
    forge_insert(&g, at, &e);
    return written(t, c, &g, WITH_WITNESSES);
}

const struct kind kinds_of_forgery[] = {
    {"an entry dropped", entry_dropped},
    {"entries swapped", entries_swapped},
    {"a batch replayed", batch_replayed},
    {"a ciphertext gone or changed", text_changed},
    {"a tail signed anew", tail_signed_anew},
    {"an older bundle", bundle_older},
    {"signed in another exchange", signed_elsewhere},
    {"another exchange's entry", foreign_entry},
    {NULL, NULL},
};
