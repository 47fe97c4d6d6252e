/* Purpose: withdrawals and what a journal does with them. Not a test itself. */
#include "test/unit/adapters_engine/rig_withdraw.h"

struct rig *rig_with_events(void)
{
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    rig_insert(r, 2, "dos");
    rig_insert(r, 3, "tres");
    rig_settle(r);
    sim_checkpoint(r->sim);
    return r;
}

void rig_withdraw(struct rig *r, uint64_t first, uint64_t last, bool keep, bool dry)
{
    struct sb_err err = {.code = 0};
    const struct sb_withdraw_wish wish = {.stream = sb_bytes_str(SIM_STREAM),
                                          .first = first,
                                          .last = last,
                                          .reason = sb_bytes_str("sent by mistake"),
                                          .keep = keep,
                                          .dry = dry};
    r->pnc.answers = 0;
    if (sb_task_withdraw(&r->pnc.tasks, 7, &wish, &err) != 0)
        fail_msg("%s", err.text);
    rig_pass(r, 5000);
    assert_int_equal(r->pnc.answers, 1);
    if (r->pnc.answer_code)
        fail_msg("%d: %s", r->pnc.answer_code, r->last_line);
}

int64_t rig_number(struct rig *r, const char *key)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value v;
    assert_int_equal(sb_value_unpack(sb_buf_bytes(&r->pnc.answer), arena, &v, NULL), 0);
    const struct sb_value *found = sb_value_get(&v, key);
    assert_non_null(found);
    int64_t n = found->as.i;
    sb_arena_free(arena);
    return n;
}

size_t rig_entries(const struct rig *r, enum sb_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < r->sim->durable; i++)
        n += r->sim->entries[i].a.kind == kind;
    return n;
}

/* The ciphertexts of these events, as a payload without them. */
static size_t emptied(struct sb_cts *cts, uint64_t at, uint64_t first, uint64_t last)
{
    size_t n = 0;
    for (size_t c = 0; c < cts->n; c++)
        for (size_t i = 0; i < cts->classes[c].n; i++)
            if (at + i >= first && at + i <= last) {
                cts->classes[c].cts[i] = sb_bytes("", 0);
                n++;
            }
    return n;
}

void rig_empty(struct rig *r, uint64_t first, uint64_t last)
{
    for (size_t e = 0; e < r->sim->durable; e++) {
        struct sb_append *a = &r->sim->entries[e].a;
        if (a->kind != SB_KIND_BATCH || a->last < first || a->first > last)
            continue;
        for (size_t c = 0; c < a->n_cts; c++) {
            struct sb_arena *arena = r->sim->entries[e].arena;
            struct sb_buf one = {0};
            struct sb_buf left = {0};
            struct sb_cts cts;
            sb_cts_join(&one, &a->ct_raw[c], 1);
            assert_int_equal(sb_cts_read(sb_buf_bytes(&one), arena, &cts, NULL), 0);
            emptied(&cts, a->first, first, last);
            sb_cts_write(&left, &cts);
            /* behind the array's own byte */
            a->ct_raw[c] = sb_arena_dup(arena, sb_bytes(left.p + 1, left.n - 1));
            sb_buf_free(&one);
            sb_buf_free(&left);
        }
    }
}

size_t rig_empty_in_outbox(struct rig *r, uint64_t seq)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_outbox_batch b;
    struct sb_cts cts;
    size_t n = 0;
    assert_int_equal(
        sb_outbox_batch(
            r->pnc.env.state, r->pnc.stream.row.id, (int64_t)seq, arena, &b, NULL),
        0);
    assert_int_equal(sb_cts_read(b.cts, arena, &cts, NULL), 0);
    for (size_t c = 0; c < cts.n; c++)
        for (size_t i = 0; i < cts.classes[c].n; i++)
            n += cts.classes[c].cts[i].n == 0;
    sb_arena_free(arena);
    return n;
}

uint64_t rig_prune(struct rig *r)
{
    for (size_t e = 0; e < r->sim->durable; e++)
        if (r->sim->entries[e].a.kind == SB_KIND_BATCH) {
            r->sim->entries[e].a.n_cts = 0;
            return e + 1;
        }
    fail_msg("there is no batch");
    return 0;
}

void rig_come_back(struct rig_side *s)
{
    struct sim_mail *m = NULL;
    while ((m = sim_take(s->rig->sim, s->peer)) != NULL)
        sim_mail_free(m);
    rig_start(s);
    rig_enter(s);
}

void rig_lose_journal(struct rig *r)
{
    r->pnc.here = false;
    sb_publish_away(&r->pnc.stream);
    sb_receive_away(&r->pnc.receive);
    r->sim->now += 1000;
    sim_generation(r->sim);
}
