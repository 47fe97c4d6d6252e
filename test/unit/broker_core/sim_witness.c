/* Purpose: a witness of the simulation. */
#include "test/unit/broker_core/sim_witness.h"

void sim_witness_ask(struct sim *s,
                     struct sim_witness *w,
                     uint64_t peer,
                     size_t member,
                     const uint8_t session[SB_SESSION],
                     unsigned how)
{
    struct sb_buf line = {0};
    uint64_t wanted[] = {0, w->seen, w->seen + 3};
    struct sim_ask ask = {.seen = w->seen, .indices = wanted, .n = w->seen ? 3 : 1};
    if (how > 0 && w->candidate.n > 0) {
        sim_line(s, member, sb_buf_bytes(&w->candidate), &line);
        if (how == 2)
            line.p[line.n - 9] ^= 1;
        ask.said = sb_buf_bytes(&line);
    }
    sim_cosign(s, peer, member, session, ask);
    sb_buf_free(&line);
}

static uint64_t opened(struct sim *s, struct sb_bytes note, uint8_t root[SB_HASH])
{
    struct sb_checkpoint c;
    uint8_t want[SB_HASH];
    assert_int_equal(sb_checkpoint_open(note, s->world->anchor.log_pk, &c, NULL), 0);
    assert_true(c.size <= s->durable);
    sim_root(s, c.size, want);
    assert_memory_equal(c.root, want, SB_HASH);
    memcpy(root, c.root, SB_HASH);
    return c.size;
}

static void
hears_answer(struct sim *s, struct sim_witness *w, const struct sb_message *m)
{
    uint8_t root[SB_HASH];
    uint8_t before[SB_HASH];
    uint64_t size = opened(s, m->payload[0], root);
    uint64_t seen = m->as.checkpoint.seen;
    if (seen > 0) {
        sim_root(s, seen, before);
        assert_true(sb_proof_consistent(
            seen, before, size, root, m->as.checkpoint.path, m->as.checkpoint.n_path));
    }
    for (size_t i = 0; i < m->as.checkpoint.n_proved; i++) {
        const struct sb_proved *p = &m->as.checkpoint.proved[i];
        uint8_t leaf[SB_HASH];
        sb_tree_leaf(leaf, s->entries[p->index].a.leaf);
        assert_true(sb_proof_included(leaf, p->index, size, p->path, p->n_path, root));
    }
    for (size_t i = 0; i < m->as.checkpoint.n_own; i++) {
        const struct sb_own_proof *own = &m->as.checkpoint.own[i];
        uint64_t later = 0;
        if (own->last_seq > 0) {
            const struct sb_append *a = &s->entries[own->index].a;
            assert_true(own->index < size && a->kind == SB_KIND_BATCH);
            assert_true(a->last == own->last_seq && sb_bytes_eq(a->leaf, own->leaf));
            later = own->index + 1;
        }
        for (; later < size; later++)
            assert_int_not_equal(s->entries[later].a.kind, SB_KIND_BATCH);
    }
    sb_buf_reset(&w->candidate);
    sb_buf_put(&w->candidate, m->payload[0].p, m->payload[0].n);
    w->seen = size > w->seen ? size : w->seen;
}

static void hears_batch(struct sim *s, const struct sb_message *m)
{
    uint8_t root[SB_HASH];
    uint8_t leaf[SB_HASH];
    if (m->as.fetched.code != 0)
        return;
    uint64_t size = opened(s, m->as.fetched.note, root);
    sb_tree_leaf(leaf, m->payload[0]);
    assert_true(sb_proof_included(leaf,
                                  m->as.fetched.index,
                                  size,
                                  m->as.fetched.path,
                                  m->as.fetched.n_path,
                                  root));
}

void sim_witness_hears(struct sim *s, struct sim_witness *w, const struct sb_message *m)
{
    if (m->cmd == SB_CMD_CHECKPOINT && m->as.checkpoint.n_proved > 0)
        hears_answer(s, w, m);
    else if (m->cmd == SB_CMD_FETCHED)
        hears_batch(s, m);
}
