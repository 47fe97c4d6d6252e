/* Purpose: the journal of the simulation and its answers to the core's questions. */
#include "test/unit/broker_core/sim.h"

void sim_keep_entry(struct sim *s, const struct sb_append *a);
void sim_keep_question(struct sim *s, const struct sb_effect *e);
void sim_restore(struct sim *s);
void sim_answer_prove(struct sim *s, const struct sb_effect *e);
void sim_answer_fetch(struct sim *s, struct sb_arena *arena, const struct sb_effect *e);
void sim_fill(struct sim *s,
              size_t index,
              const struct sb_codes *classes,
              struct sb_arena *arena,
              struct sb_stored_entry *out);

static struct sb_bytes dup(struct sb_arena *arena, struct sb_bytes b)
{
    return b.n ? sb_arena_dup(arena, b) : sb_bytes(NULL, 0);
}

void sim_keep_entry(struct sim *s, const struct sb_append *a)
{
    assert_true(a->index == s->n_entries);
    s->entries = realloc(s->entries, (s->n_entries + 1) * sizeof *s->entries);
    assert_non_null(s->entries);
    struct sim_entry *e = &s->entries[s->n_entries++];
    e->arena = sb_arena_new(0);
    e->a = *a;
    e->a.leaf = dup(e->arena, a->leaf);
    e->a.record = dup(e->arena, a->record);
    e->a.stream = dup(e->arena, a->stream);
    e->a.reader = dup(e->arena, a->reader);
    e->a.items = dup(e->arena, a->items);
    for (size_t i = 0; i < a->n_cts; i++) {
        e->a.ct_class[i] = dup(e->arena, a->ct_class[i]);
        e->a.ct_raw[i] = dup(e->arena, a->ct_raw[i]);
    }
}

static struct sb_codes dup_codes(struct sb_arena *arena, const struct sb_codes *codes)
{
    struct sb_bytes *items = sb_arena_alloc(arena, codes->n, sizeof *items);
    for (size_t i = 0; i < codes->n; i++)
        items[i] = dup(arena, codes->items[i]);
    return (struct sb_codes){items, codes->n};
}

void sim_keep_question(struct sim *s, const struct sb_effect *e)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sim_question *q = sb_arena_alloc(arena, 1, sizeof *q);
    q->arena = arena;
    q->e = *e;
    if (e->kind == SB_EFFECT_LOOKUP) {
        q->e.as.lookup.stream = dup(arena, e->as.lookup.stream);
    } else if (e->kind == SB_EFFECT_OPEN) {
        q->e.as.open.stream = dup(arena, e->as.open.stream);
    } else if (e->kind == SB_EFFECT_PROVE) {
        uint64_t *indices =
            sb_arena_alloc(arena, e->as.prove.n, sizeof *e->as.prove.indices);
        for (size_t i = 0; i < e->as.prove.n; i++)
            indices[i] = e->as.prove.indices[i];
        q->e.as.prove.indices = indices;
    } else if (e->kind == SB_EFFECT_FETCH) {
        q->e.as.fetch.stream = dup(arena, e->as.fetch.stream);
        q->e.as.fetch.classes = dup_codes(arena, &e->as.fetch.classes);
    } else {
        assert_int_equal(e->kind, SB_EFFECT_READ);
        q->e.as.read.stream = dup(arena, e->as.read.stream);
        q->e.as.read.reader = dup(arena, e->as.read.reader);
        q->e.as.read.classes = dup_codes(arena, &e->as.read.classes);
    }
    struct sim_question **at = &s->questions;
    while (*at)
        at = &(*at)->next;
    *at = q;
}

static void answer_lookup(struct sim *s, const struct sb_effect *e)
{
    struct sb_input in = {.kind = SB_IN_FOUND};
    in.as.found.id = e->as.lookup.id;
    for (size_t i = 0; i < s->durable && !in.as.found.found; i++) {
        const struct sb_append *a = &s->entries[i].a;
        if (a->kind != e->as.lookup.kind ||
            !sb_bytes_eq(a->stream, e->as.lookup.stream) ||
            e->as.lookup.first < a->first || e->as.lookup.first > a->last)
            continue;
        in.as.found.found = true;
        in.as.found.index = i;
        memcpy(in.as.found.hash, a->hash, SB_HASH);
    }
    sim_step(s, &in);
}

static void answer_open(struct sim *s, const struct sb_effect *e)
{
    struct sb_input in = {.kind = SB_IN_OPENED};
    in.as.opened.id = e->as.open.id;
    for (size_t i = 0; i < s->durable && !in.as.opened.found; i++) {
        const struct sb_append *a = &s->entries[i].a;
        if (!sb_bytes_eq(a->stream, e->as.open.stream))
            continue;
        if (a->kind == SB_KIND_CLAIM)
            in.as.opened.claim_index = i;
        if (a->kind == SB_KIND_EPOCH)
            in.as.opened.epoch_index = i;
        if (a->kind != SB_KIND_BATCH || e->as.open.seq > a->last ||
            e->as.open.seq < a->first)
            continue;
        in.as.opened.found = true;
        in.as.opened.index = i;
        in.as.opened.last_seq = a->last;
        memcpy(in.as.opened.hash, a->hash, SB_HASH);
    }
    sim_step(s, &in);
}

static void
answer_read(struct sim *s, struct sb_arena *arena, const struct sb_effect *e)
{
    struct sb_stored_entry entries[64];
    struct sb_input in = {.kind = SB_IN_READ};
    in.as.read.id = e->as.read.id;
    in.as.read.entries = entries;
    in.as.read.through = e->as.read.below - 1;
    assert_true(e->as.read.below <= s->durable);
    for (size_t i = e->as.read.from; i < e->as.read.below; i++) {
        const struct sb_append *a = &s->entries[i].a;
        if (!sb_bytes_eq(a->stream, e->as.read.stream))
            continue;
        if (in.as.read.n == e->as.read.max_entries || in.as.read.n == 64) {
            in.as.read.through = i - 1;
            break;
        }
        sim_fill(s, i, &e->as.read.classes, arena, &entries[in.as.read.n++]);
    }
    sim_step(s, &in);
}

bool sim_answer(struct sim *s)
{
    struct sim_question *q = s->questions;
    if (!q)
        return false;
    s->questions = q->next;
    if (q->e.kind == SB_EFFECT_LOOKUP)
        answer_lookup(s, &q->e);
    else if (q->e.kind == SB_EFFECT_OPEN)
        answer_open(s, &q->e);
    else if (q->e.kind == SB_EFFECT_PROVE)
        sim_answer_prove(s, &q->e);
    else if (q->e.kind == SB_EFFECT_FETCH)
        sim_answer_fetch(s, q->arena, &q->e);
    else
        answer_read(s, q->arena, &q->e);
    sb_arena_free(q->arena);
    return true;
}

void sim_commit(struct sim *s, size_t size)
{
    struct sb_input in = {.kind = SB_IN_COMMITTED};
    if (size <= s->durable)
        return;
    s->durable = size;
    in.as.committed.size = size;
    sim_step(s, &in);
}

void sim_settle(struct sim *s)
{
    do
        sim_commit(s, s->n_entries);
    while (sim_answer(s) || s->durable < s->n_entries);
}

void sim_restore(struct sim *s)
{
    struct sb_stream_state st = {.stream = sb_bytes_str(SIM_STREAM)};
    for (size_t i = 0; i < s->durable; i++) {
        const struct sb_append *a = &s->entries[i].a;
        if (a->kind == SB_KIND_CLAIM) {
            st.claim_no = a->first;
            st.claim_index = i;
            memcpy(st.claim_hash, a->hash, SB_HASH);
            memcpy(st.instance, a->instance, SB_INSTANCE);
        } else if (a->kind == SB_KIND_EPOCH) {
            st.epoch_no = a->first;
            st.epoch_index = i;
            st.epoch = a->record;
            memcpy(st.epoch_hash, a->hash, SB_HASH);
        } else if (a->kind == SB_KIND_BATCH) {
            st.last_seq = a->last;
            st.last_index = i;
            memcpy(st.last_hash, a->hash, SB_HASH);
        } else if (a->kind == SB_KIND_PRUNE && a->stream.n == 0) {
            assert_int_equal(sb_core_restore_prune(s->core, a->record, NULL), 0);
        }
    }
    if (st.claim_no)
        assert_int_equal(sb_core_restore(s->core, &st, NULL), 0);
}
