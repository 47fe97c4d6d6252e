/* broker.core.tree: a claim or a receipt names a tree that this journal had, or it is
 * refused before it is stored; only what a refill brings may name another. */
#include "test/unit/broker_core/scene.h"

#define OLD 3u /* a size that no note tells: the journal must be asked */

/* Eight entries; 5 and 8 have a signed checkpoint, 5 is the candidate. */
static struct scene *begin(void)
{
    struct scene *c = scene_begin(1);
    while (c->sim->n_entries < 5)
        scene_batch(c, 1);
    sim_checkpoint(c->sim);
    while (c->sim->n_entries < 8)
        scene_batch(c, 1);
    sim_checkpoint(c->sim);
    scene_drain(c, 0);
    return c;
}

static void claims(struct scene *c, uint64_t size, const uint8_t root[SB_HASH])
{
    c->p.tree_size = size;
    c->p.root = root;
    sim_claim(c->sim, &c->p, &c->record);
    c->p.tree_size = 0;
    c->p.root = NULL;
    sim_record(c->sim, 0, c->pnc, SB_CMD_CLAIM, &c->record);
}

/* Of what it published itself: who may read is not what is asked here. */
static void
receives(struct scene *c, uint64_t size, const uint8_t root[SB_HASH], uint64_t time)
{
    struct sb_head head = {sb_bytes_str(SIM_STREAM), c->p.next_seq - 1, {0}};
    struct sb_receipt said = {.reader = sb_bytes_str("pnc"),
                              .subscription = sb_bytes_str("s"),
                              .heads = {&head, 1},
                              .tree_size = size,
                              .time = time};
    memcpy(head.batch_hash, c->p.prev, SB_HASH);
    memcpy(said.root, root, SB_HASH);
    sb_buf_reset(&c->body);
    sb_receipt_write(&said, &c->body);
    sim_sign(c->sim, PNC, &c->body, &c->record);
    sim_record(c->sim, 0, c->pnc, SB_CMD_RECEIPT, &c->record);
}

static int verdict(struct scene *c)
{
    sim_settle(c->sim);
    return scene_verdict(c, 0);
}

static void what_is_true_is_stored(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, OLD, 5, 7, 8, 9};
    struct scene *c = begin();
    scene_batch(c, 1); /* entry 8: no checkpoint holds it yet */
    scene_drain(c, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t root[SB_HASH];
        sim_root(c->sim, sizes[i], root);
        size_t before = c->sim->n_entries;
        bool told = sizes[i] == 0 || sizes[i] == 5 || sizes[i] == 8;
        claims(c, sizes[i], root);
        assert_int_equal(c->sim->n_entries, before + told);
        assert_int_equal(verdict(c), 0);
        receives(c, sizes[i], root, c->sim->now);
        assert_int_equal(c->sim->n_entries, before + 1 + told);
        assert_int_equal(verdict(c), 0);
        assert_int_equal(c->sim->n_entries, before + 2);
    }
    scene_end(c);
}

static void what_is_false_is_refused(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, OLD, 5, 7, 8, 9, UINT64_MAX};
    struct scene *c = begin();
    struct sim_publisher before = c->p;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t root[SB_HASH];
        sim_root(c->sim, sizes[i] <= 8 ? sizes[i] : 8, root);
        root[31] ^= sizes[i] <= 8; /* the right root of another size is false as well */
        claims(c, sizes[i], root);
        assert_int_equal(verdict(c), SB_E_FORK);
        c->p = before;
        receives(c, sizes[i], root, c->sim->now);
        assert_int_equal(verdict(c), SB_E_FORK);
        assert_int_equal(c->sim->last_log, SB_E_FORK);
        assert_int_equal(c->sim->n_entries, 8);
    }
    claims(c, 0, NULL);
    assert_int_equal(verdict(c), 0); /* the stream goes on */
    scene_end(c);
}

/* After a start only the final note is remembered. */
static void a_restarted_broker_asks_its_journal(void **state)
{
    (void)state;
    struct scene *c = begin();
    uint8_t root[SB_HASH];
    sim_crash(c->sim);
    sim_enter(c->sim, 0, PNC, c->pnc);
    sim_root(c->sim, 5, root);
    root[0] ^= 1;
    claims(c, 5, root);
    assert_non_null(c->sim->questions);
    assert_int_equal(verdict(c), SB_E_FORK);
    c->p.claim_no--;
    root[0] ^= 1;
    claims(c, 5, root);
    assert_int_equal(verdict(c), 0);
    scene_end(c);
}

static void claims_that_do_not_wait_keep_their_order(void **state)
{
    (void)state;
    struct scene *c = begin();
    uint8_t old[SB_HASH];
    uint8_t candidate[SB_HASH];
    sim_root(c->sim, OLD, old);
    sim_root(c->sim, 5, candidate);
    claims(c, OLD, old);
    claims(c, 5, candidate);
    claims(c, 0, NULL);
    claims(c, OLD, old);
    assert_int_equal(c->sim->n_entries, 8);
    sim_settle(c->sim);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(c->sim->entries[8 + i].a.first, 2 + i);
        assert_int_equal(scene_verdict(c, 0), 0);
    }
    claims(c, OLD, old);
    c->p.claim_no--;
    claims(c, OLD, old); /* the same again: it has an index */
    assert_int_equal(verdict(c), 0);
    assert_int_equal(scene_verdict(c, 0), 0);
    assert_int_equal(c->sim->n_entries, 8 + 5);
    scene_end(c);
}

static void who_goes_away_takes_it_along(void **state)
{
    (void)state;
    struct scene *c = begin();
    uint8_t old[SB_HASH];
    sim_root(c->sim, OLD, old);
    claims(c, OLD, old);
    receives(c, OLD, old, c->sim->now);
    struct sb_input gone = {.kind = SB_IN_GONE};
    sim_step(c->sim, &gone);
    sim_settle(c->sim);
    assert_int_equal(c->sim->n_entries, 8);
    sim_enter(c->sim, 0, PNC, c->pnc);
    c->p.claim_no--;
    claims(c, OLD, old);
    sim_enter(c->sim, 0, PNC, c->pnc); /* another session of the same peer */
    sim_settle(c->sim);
    assert_int_equal(c->sim->n_entries, 8);
    c->p.claim_no--;
    claims(c, OLD, old);
    assert_int_equal(verdict(c), 0);
    scene_end(c);
}

static void a_broker_that_stops_stores_nothing_more(void **state)
{
    (void)state;
    struct scene *c = begin();
    uint8_t old[SB_HASH];
    sim_root(c->sim, OLD, old);
    claims(c, OLD, old);
    struct sb_input stop = {.kind = SB_IN_STOP};
    sim_step(c->sim, &stop);
    assert_int_equal(verdict(c), SB_E_STOPPING);
    assert_int_equal(c->sim->n_entries, 8);
    scene_end(c);
}

static void what_waits_is_bounded(void **state)
{
    (void)state;
    struct scene *c = begin();
    uint8_t old[SB_HASH];
    sim_root(c->sim, OLD, old);
    receives(c, OLD, old, c->sim->now);
    size_t at_most = (1u << 20) / c->record.n;
    for (size_t i = 0; i < at_most; i++)
        sim_record(c->sim, 0, c->pnc, SB_CMD_RECEIPT, &c->record);
    assert_int_equal(scene_verdict(c, 0), SB_E_QUOTA);
    claims(c, OLD, old);
    size_t refused = 0;
    struct sim_mail *m = NULL;
    while ((m = sim_take(c->sim, 0)) != NULL) {
        assert_int_equal(m->m.as.refused.code, sb_code_number(SB_E_QUOTA));
        sim_mail_free(m);
        refused++;
    }
    assert_true(refused > 1 && refused < at_most / 2);
    sim_settle(c->sim);
    assert_int_equal(c->sim->n_entries, 9); /* one receipt, said again and again */
    scene_drain(c, 0);
    c->p.claim_no--;
    claims(c, OLD, old);
    assert_int_equal(verdict(c), 0);
    scene_end(c);
}

/* A refilled claim names a tree of the journal before; later ones are held to this. */
static void a_refill_may_name_the_journal_before(void **state)
{
    (void)state;
    struct scene *c = begin();
    struct sb_buf claim = {0};
    struct sb_buf epoch = {0};
    uint8_t old[SB_HASH];
    sim_root(c->sim, 8, old);
    claims(c, 8, old);
    assert_int_equal(verdict(c), 0);
    sb_buf_put(&claim, c->record.p, c->record.n);
    sim_epoch(c->sim, &c->p, &epoch);
    c->sim->now += DAY;
    sim_generation(c->sim);
    sim_enter(c->sim, 0, PNC, c->pnc);
    sim_record(c->sim, 0, c->pnc, SB_CMD_CLAIM, &claim);
    assert_int_equal(verdict(c), 0);
    sim_record(c->sim, 0, c->pnc, SB_CMD_EPOCH, &epoch);
    assert_int_equal(verdict(c), 0);
    receives(c, 8, old, c->sim->now - DAY); /* nobody keeps receipts to send again */
    assert_int_equal(verdict(c), SB_E_FORK);
    sim_epoch(c->sim, &c->p, &epoch);
    sim_record(c->sim, 0, c->pnc, SB_CMD_EPOCH, &epoch);
    assert_int_equal(verdict(c), 0);
    scene_batch(c, 1);
    scene_drain(c, 0);
    claims(c, 2, old);
    assert_int_equal(verdict(c), SB_E_FORK);
    c->p.claim_no--;
    sim_root(c->sim, 2, old);
    claims(c, 2, old);
    assert_int_equal(verdict(c), 0);
    sb_buf_free(&claim);
    sb_buf_free(&epoch);
    scene_end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_true_is_stored),
        cmocka_unit_test(what_is_false_is_refused),
        cmocka_unit_test(a_restarted_broker_asks_its_journal),
        cmocka_unit_test(claims_that_do_not_wait_keep_their_order),
        cmocka_unit_test(who_goes_away_takes_it_along),
        cmocka_unit_test(a_broker_that_stops_stores_nothing_more),
        cmocka_unit_test(what_waits_is_bounded),
        cmocka_unit_test(a_refill_may_name_the_journal_before),
    };
    return cmocka_run_group_tests_name("broker.core.tree", tests, NULL, NULL);
}
