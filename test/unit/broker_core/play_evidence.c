/* Purpose: what happens in a random schedule beside the streams: cosignatures,
 * withdrawals, heads, prunes, fetches, checkpoints, time. */
#include "test/unit/broker_core/play.h"

uint32_t play_dice(struct play *g, uint32_t n)
{
    if (g->scripted) {
        struct sb_bytes *b = &g->script;
        uint32_t next = b->n ? b->p[0] : 0;
        *b = b->n ? sb_bytes(b->p + 1, b->n - 1) : *b;
        return next % n;
    }
    g->seed ^= g->seed << 13;
    g->seed ^= g->seed >> 17;
    g->seed ^= g->seed << 5;
    return g->seed % n;
}

static uint64_t last_stored(const struct play *g)
{
    struct sb_record r;
    struct sb_batch b;
    if (g->stored == 0)
        return 0;
    const struct sim_batch *last = &g->batches[g->stored - 1];
    assert_int_equal(sb_record_read(sb_buf_bytes(&last->record), &r, NULL), 0);
    assert_int_equal(sb_batch_read(r.body, &b, NULL), 0);
    return b.first_seq + b.count - 1;
}

static void publisher_withdraws(struct play *g)
{
    uint64_t last = last_stored(g);
    if (!g->peer || last == 0)
        return;
    struct sb_withdraw w = {.stream = sb_bytes_str(SIM_STREAM),
                            .first_seq = 1 + play_dice(g, (uint32_t)last),
                            .reason = sb_bytes_str("a mistake"),
                            .time = g->sim->now};
    w.last_seq = w.first_seq;
    w.annulled_by = w.last_seq < last && play_dice(g, 2) ? last : 0;
    sb_buf_reset(&g->body);
    sb_withdraw_write(&w, &g->body);
    sim_sign(g->sim, PNC, &g->body, &g->record);
    sim_record(g->sim, g->peer, g->session, SB_CMD_WITHDRAW, &g->record);
}

static void publisher_heads(struct play *g)
{
    struct sb_head head = {sb_bytes_str(SIM_STREAM), last_stored(g), {0}};
    struct sb_heads heads = {&head, 1};
    if (!g->peer || head.seq == 0)
        return;
    sb_buf_reset(&g->body);
    sb_heads_write(sb_bytes_str("pnc"), &heads, g->sim->now, &g->body);
    sim_sign(g->sim, PNC, &g->body, &g->record);
    sim_record(g->sim, g->peer, g->session, SB_CMD_HEADS, &g->record);
}

static void operator_prunes(struct play *g)
{
    struct sb_prune p = {.before = g->sim->now - 2 * (uint64_t)DAY,
                         .below = 1 + play_dice(g, (uint32_t)g->sim->durable + 1),
                         .time = g->sim->now};
    struct sb_input in = {.kind = SB_IN_PRUNE};
    const struct world *w = g->sim->world;
    struct sb_vault_key k;
    assert_true(sb_vault_newest(w->broker, SB_USE_LOG, &k));
    sb_buf_reset(&g->body);
    sb_prune_write(&p, &g->body);
    sb_buf_reset(&g->record);
    struct sb_bytes body = sb_buf_bytes(&g->body);
    assert_int_equal(sb_sign_record(&w->x, w->broker, k.key_id, body, &g->record, NULL),
                     0);
    in.as.operator_record.record = sb_buf_bytes(&g->record);
    sim_step(g->sim, &in);
}

static void reader_fetches(struct play *g, struct reader *r)
{
    struct sb_message m = {.cmd = SB_CMD_FETCH};
    if (!r->peer)
        return;
    memcpy(m.session, r->session, SB_SESSION);
    m.as.fetch.stream = sb_bytes_str(SIM_STREAM);
    m.as.fetch.seq = 1 + play_dice(g, 40);
    sim_send(g->sim, r->peer, r->member, &m);
}

static void somebody_cosigns(struct play *g, struct reader *r)
{
    unsigned how = play_dice(g, 4);
    how = how == 3 ? 1 : how;
    if (play_dice(g, 2) && r->peer)
        sim_witness_ask(g->sim, &r->witness, r->peer, r->member, r->session, how);
    else if (g->peer)
        sim_witness_ask(g->sim, &g->witness, g->peer, PNC, g->session, how);
}

static void time_passes(struct play *g)
{
    struct sb_input in = {.kind = SB_IN_TICK};
    g->sim->now += play_dice(g, 4) * 1000;
    sim_step(g->sim, &in);
}

void play_final_never_shrinks(struct play *g)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_core_status st;
    assert_int_equal(sb_core_report(g->sim->core, g->sim->now, arena, &st, NULL), 0);
    assert_true(st.final_size >= g->final_size);
    g->final_size = st.final_size;
    assert_int_equal(g->sim->stopped, 0);
    sb_arena_free(arena);
}

/* What happens beside the streams. */
void play_roll_evidence(struct play *g)
{
    struct reader *r = &g->readers[play_dice(g, 2)];
    switch (play_dice(g, 12)) {
    case 0:
        publisher_withdraws(g);
        break;
    case 1:
        publisher_heads(g);
        break;
    case 2:
        operator_prunes(g);
        break;
    case 3:
        reader_fetches(g, r);
        break;
    case 4:
    case 5:
        sim_checkpoint(g->sim);
        break;
    case 6:
    case 7:
        time_passes(g);
        break;
    case 8:
        play_final_never_shrinks(g);
        break;
    default:
        somebody_cosigns(g, r);
        break;
    }
}
