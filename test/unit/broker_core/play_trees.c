/* Purpose: claims and receipts in a random schedule: they name trees that the journal
 * had at any time, and some receipts lie. */
#include "test/unit/broker_core/play.h"

/* A tree of the journal's past; the root of the empty one is that of nothing. */
static uint64_t some_tree(struct play *g, uint8_t root[SB_HASH])
{
    uint64_t size = play_dice(g, (uint32_t)g->sim->durable + 1);
    sim_root(g->sim, size, root);
    return size;
}

static void send_claim(struct play *g)
{
    enum sb_command cmd = g->claiming == SB_KIND_CLAIM ? SB_CMD_CLAIM : SB_CMD_EPOCH;
    sim_record(g->sim, g->peer, g->session, cmd, &g->claim);
}

void play_claims(struct play *g)
{
    uint8_t root[SB_HASH];
    if (!g->peer || g->claiming || g->stored < g->n_batches)
        return;
    g->claiming = SB_KIND_CLAIM;
    g->p.tree_size = some_tree(g, root);
    g->p.root = root;
    sim_claim(g->sim, &g->p, &g->claim);
    g->p.root = NULL;
    send_claim(g);
}

void play_claims_again(struct play *g)
{
    if (g->claiming)
        send_claim(g);
}

void play_claim_stored(struct play *g, const struct sb_message *m)
{
    bool claims = g->claiming == SB_KIND_CLAIM;
    uint64_t awaited = claims ? g->p.claim_no : g->p.epoch_no;
    if (m->as.stored.kind != g->claiming || m->as.stored.number != awaited)
        return;
    g->claiming = claims ? SB_KIND_EPOCH : 0;
    if (claims) {
        sim_epoch(g->sim, &g->p, &g->claim);
        send_claim(g);
    }
}

void play_receipt(struct play *g, struct reader *r)
{
    struct sb_head head = {sb_bytes_str(SIM_STREAM), r->seq, {0}};
    struct sb_receipt said = {.reader =
                                  sb_bytes_str(g->sim->world->members[r->member].code),
                              .subscription = sb_bytes_str("s"),
                              .heads = {&head, 1},
                              .time = g->sim->now};
    if (!r->peer || r->seq == 0)
        return;
    memcpy(head.batch_hash, r->hash, SB_HASH);
    said.tree_size = some_tree(g, said.root);
    if (play_dice(g, 4) == 0) {
        r->lies++;
        said.root[0] ^= 1;
        if (play_dice(g, 4) == 0)
            said.tree_size = g->sim->durable + 1;
    }
    sb_buf_reset(&g->body);
    sb_receipt_write(&said, &g->body);
    sim_sign(g->sim, r->member, &g->body, &g->record);
    sim_member_record(
        g->sim, r->peer, r->member, r->session, SB_CMD_RECEIPT, &g->record);
}

void play_trees_are_ours(const struct play *g)
{
    struct sb_arena *arena = sb_arena_new(0);
    for (size_t i = 0; i < g->sim->n_entries; i++) {
        const struct sb_append *a = &g->sim->entries[i].a;
        struct sb_record record;
        struct sb_claim claim;
        struct sb_receipt receipt;
        uint8_t root[SB_HASH];
        if (a->kind != SB_KIND_CLAIM && a->kind != SB_KIND_RECEIPT)
            continue;
        assert_int_equal(sb_record_read(a->record, &record, NULL), 0);
        if (a->kind == SB_KIND_CLAIM) {
            assert_int_equal(sb_claim_read(record.body, &claim, NULL), 0);
            receipt.tree_size = claim.tree_size;
            memcpy(receipt.root, claim.root, SB_HASH);
        } else {
            assert_int_equal(sb_receipt_read(record.body, arena, &receipt, NULL), 0);
        }
        assert_true(receipt.tree_size <= i);
        sim_root(g->sim, receipt.tree_size, root);
        assert_memory_equal(root, receipt.root, SB_HASH);
    }
    sb_arena_free(arena);
}
