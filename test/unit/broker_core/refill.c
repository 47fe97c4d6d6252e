/* broker.core.refill: a publisher's outbox goes byte for byte into the journal of the
 * next generation, whatever its claims, epochs, keys and numbers; new records are held
 * to every rule. */
#include "test/unit/broker_core/scene.h"

#define BATCHES 4

struct outbox {
    struct sb_buf claim;
    struct sb_buf epoch;
    struct sim_batch batches[BATCHES];
};

static void outbox_free(struct outbox *o)
{
    sb_buf_free(&o->claim);
    sb_buf_free(&o->epoch);
    for (size_t i = 0; i < BATCHES; i++)
        sim_batch_free(&o->batches[i]);
}

/* Events 1 to 5 are no longer kept; claim 2 and epoch 2 follow, and four batches. */
static struct scene *lost_journal(struct outbox *o)
{
    struct scene *c = scene_begin(0);
    *o = (struct outbox){0};
    scene_batch(c, 5);
    sim_claim(c->sim, &c->p, &o->claim);
    sim_record(c->sim, 0, c->pnc, SB_CMD_CLAIM, &o->claim);
    sim_epoch(c->sim, &c->p, &o->epoch);
    sim_record(c->sim, 0, c->pnc, SB_CMD_EPOCH, &o->epoch);
    for (size_t i = 0; i < BATCHES; i++) {
        sim_batch(c->sim, &c->p, 2, &o->batches[i]);
        sim_publish(c->sim, 0, c->pnc, &o->batches[i]);
    }
    sim_settle(c->sim);
    sim_checkpoint(c->sim);
    return c;
}

static int refill_from(struct scene *c, struct outbox *o, size_t first)
{
    int worst = 0;
    sim_record(c->sim, 0, c->pnc, SB_CMD_CLAIM, &o->claim);
    sim_settle(c->sim);
    worst = scene_verdict(c, 0);
    sim_record(c->sim, 0, c->pnc, SB_CMD_EPOCH, &o->epoch);
    sim_settle(c->sim);
    worst = worst ? worst : scene_verdict(c, 0);
    for (size_t i = first; i < BATCHES; i++) {
        sim_publish(c->sim, 0, c->pnc, &o->batches[i]);
        sim_settle(c->sim);
        int code = scene_verdict(c, 0);
        worst = worst ? worst : code;
    }
    return worst;
}

static void grant_more(struct scene *c)
{
    static const char *const r[] = {"reservada", NULL};
    world_grant(
        c->sim->world,
        (struct grant_choice){"g9", PNC, IGM, r, NOW - DAY, NOW + 99 * (uint64_t)DAY},
        c->sim->world->members[PNC].vault);
}

static void what_was_kept_is_taken_again_from_where_it_begins(void **state)
{
    (void)state;
    for (size_t first = 0; first < BATCHES; first++) {
        struct outbox o;
        struct scene *c = lost_journal(&o);
        c->sim->now += DAY;
        grant_more(c); /* the old epoch's readers are not those of now */
        sim_generation(c->sim);
        sim_enter(c->sim, 0, PNC, c->pnc);
        assert_int_equal(refill_from(c, &o, first), 0);
        assert_int_equal(c->sim->n_entries, 2 + BATCHES - first);
        /* the same again: known; a hole: refused */
        assert_int_equal(refill_from(c, &o, first), 0);
        assert_int_equal(c->sim->n_entries, 2 + BATCHES - first);
        /* what is sealed now is held to the grants of now */
        struct sim_batch fresh;
        sim_batch(c->sim, &c->p, 1, &fresh);
        sim_publish(c->sim, 0, c->pnc, &fresh);
        sim_settle(c->sim);
        assert_int_equal(scene_verdict(c, 0), SB_E_STALE_EPOCH);
        sim_batch_free(&fresh);
        outbox_free(&o);
        scene_end(c);
    }
}

static void the_first_generation_takes_no_such_thing(void **state)
{
    (void)state;
    struct outbox o;
    struct scene *c = lost_journal(&o);
    c->sim->durable = 0; /* an emptied journal under the same generation */
    while (c->sim->n_notes > 0)
        sb_buf_free(&c->sim->notes[--c->sim->n_notes].text);
    sim_crash(c->sim);
    sim_enter(c->sim, 0, PNC, c->pnc);
    assert_int_equal(refill_from(c, &o, 0), SB_E_FENCED);
    assert_int_equal(c->sim->n_entries, 0);
    outbox_free(&o);
    scene_end(c);
}

static void after_the_first_batch_the_order_is_kept(void **state)
{
    (void)state;
    struct outbox o;
    struct scene *c = lost_journal(&o);
    c->sim->now += DAY;
    sim_generation(c->sim);
    sim_enter(c->sim, 0, PNC, c->pnc);
    sim_record(c->sim, 0, c->pnc, SB_CMD_CLAIM, &o.claim);
    sim_record(c->sim, 0, c->pnc, SB_CMD_EPOCH, &o.epoch);
    sim_publish(c->sim, 0, c->pnc, &o.batches[1]);
    sim_settle(c->sim);
    scene_drain(c, 0);
    sim_publish(c->sim, 0, c->pnc, &o.batches[3]);
    sim_settle(c->sim);
    assert_int_equal(scene_verdict(c, 0), SB_E_GAP);
    sim_publish(c->sim, 0, c->pnc, &o.batches[0]);
    sim_settle(c->sim);
    assert_int_equal(scene_verdict(c, 0), SB_E_CONFLICT);
    struct sim_publisher wrong = {.claim_no = c->p.claim_no + 1, .next_seq = 2};
    sim_claim(c->sim, &wrong, &c->record);
    sim_record(c->sim, 0, c->pnc, SB_CMD_CLAIM, &c->record);
    sim_settle(c->sim);
    assert_true(scene_verdict(c, 0) < 0);
    sim_publish(c->sim, 0, c->pnc, &o.batches[2]);
    sim_settle(c->sim);
    assert_int_equal(scene_verdict(c, 0), 0);
    outbox_free(&o);
    scene_end(c);
}

/* A second card whose sign key lives on when the first one's has ended. */
static void renew_key(struct scene *c)
{
    struct world *w = c->sim->world;
    struct member *pnc = &w->members[PNC];
    assert_int_equal(sb_vault_add(pnc->vault, SB_USE_SIGN, c->sim->now, NULL, NULL), 0);
    assert_int_equal(sb_card_next(&w->x,
                                  pnc->vault,
                                  sb_buf_bytes(&pnc->cards[0]),
                                  c->sim->now,
                                  2 * YEAR,
                                  &pnc->cards[1],
                                  NULL),
                     0);
    pnc->n_cards = 2;
}

static void a_key_that_has_ended_still_vouches_for_what_it_signed(void **state)
{
    (void)state;
    for (int revoked = 0; revoked < 2; revoked++) {
        struct outbox o;
        struct sb_vault_key old;
        struct scene *c = lost_journal(&o);
        struct member *pnc = &c->sim->world->members[PNC];
        assert_true(sb_vault_newest(pnc->vault, SB_USE_SIGN, &old));
        c->sim->now = NOW + 300 * (uint64_t)DAY;
        renew_key(c);
        if (revoked) {
            memcpy(pnc->keys[0].key_id, old.key_id, SB_KEY_ID);
            pnc->keys[0].status = sb_bytes_str("revoked");
            pnc->n_keys = 1;
        }
        c->sim->now = NOW + 380 * (uint64_t)DAY; /* the first card has ended */
        c->sim->world->dir.expires = NOW + 3 * YEAR;
        c->sim->world->n_grants = 0; /* the old key vouches for no grant */
        sim_generation(c->sim);
        sim_enter(c->sim, 0, PNC, c->pnc);
        int code = refill_from(c, &o, 0);
        if (revoked)
            assert_true(code < 0 && c->sim->n_entries == 0);
        else
            assert_int_equal(code, 0);
        outbox_free(&o);
        scene_end(c);
    }
}

static void subscribe(struct scene *c, const uint8_t *igm, uint64_t seq, uint8_t *hash)
{
    struct sb_bytes type = sb_bytes_str("comun.alerta");
    struct sb_head head = {sb_bytes_str(SIM_STREAM), seq, {0}};
    struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
    memcpy(head.batch_hash, hash, SB_HASH);
    memcpy(m.session, igm, SB_SESSION);
    m.as.subscribe.name = sb_bytes_str("s");
    m.as.subscribe.types = (struct sb_codes){&type, 1};
    m.as.subscribe.cursors = (struct sb_heads){&head, 1};
    sim_send(c->sim, 1, IGM, &m);
    m = (struct sb_message){.cmd = SB_CMD_CREDIT};
    memcpy(m.session, igm, SB_SESSION);
    m.as.credit.name = sb_bytes_str("s");
    m.as.credit.entries = 64;
    m.as.credit.bytes = SB_MIB;
    sim_send(c->sim, 1, IGM, &m);
}

/* First seqs of the batches that igm is given. */
static uint64_t given(struct scene *c, uint64_t *first)
{
    uint64_t n = 0;
    struct sim_mail *m = NULL;
    while ((m = sim_take(c->sim, 1)) != NULL) {
        struct sb_record r;
        struct sb_batch b;
        assert_int_not_equal(m->m.cmd, SB_CMD_REFUSED);
        if (m->m.cmd == SB_CMD_ENTRY &&
            sb_record_read(m->m.payload[1], &r, NULL) == 0 &&
            sb_batch_read(r.body, &b, NULL) == 0 && n++ == 0)
            *first = b.first_seq;
        sim_mail_free(m);
    }
    return n;
}

static void hash_of(const struct sim_batch *b, uint8_t hash[SB_HASH])
{
    struct sb_record r;
    assert_int_equal(sb_record_read(sb_buf_bytes(&b->record), &r, NULL), 0);
    assert_int_equal(sb_record_hash(hash, r.body, NULL), 0);
}

static void readers_wait_for_the_refill_and_go_on(void **state)
{
    (void)state;
    for (uint64_t at = 0; at < 2; at++) {
        struct outbox o;
        struct scene *c = lost_journal(&o);
        uint8_t igm[SB_SESSION];
        uint8_t hash[SB_HASH];
        uint64_t first = 0;
        hash_of(&o.batches[at], hash);
        c->sim->now += DAY;
        sim_generation(c->sim);
        sim_enter(c->sim, 0, PNC, c->pnc);
        sim_enter(c->sim, 1, IGM, igm);
        subscribe(c, igm, 7 + 2 * at, hash);
        /* batch 0 (events 6 and 7) is no longer kept: its cursor lies before */
        assert_int_equal(refill_from(c, &o, 1), 0);
        sim_checkpoint(c->sim);
        scene_tick(c, 1000);
        sim_settle(c->sim);
        assert_true(given(c, &first) == BATCHES - 1 - at);
        assert_true(first == 8 + 2 * at);
        outbox_free(&o);
        scene_end(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_kept_is_taken_again_from_where_it_begins),
        cmocka_unit_test(the_first_generation_takes_no_such_thing),
        cmocka_unit_test(after_the_first_batch_the_order_is_kept),
        cmocka_unit_test(a_key_that_has_ended_still_vouches_for_what_it_signed),
        cmocka_unit_test(readers_wait_for_the_refill_and_go_on),
    };
    return cmocka_run_group_tests_name("broker.core.refill", tests, NULL, NULL);
}
