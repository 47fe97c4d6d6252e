/* broker.io.evidence: proofs, cosignatures and fetched batches over real sockets, and a
 * broker that stops when it is shown what it cannot have signed. */
#include <stdio.h>
#include <string.h>

#include "broker/host/clock.h"
#include "broker/witness/round.h"
#include "test/unit/broker_client/bus.h"

static struct bus *bus;
static struct sb_client *pnc;
static struct sb_witness *witness;
static struct sb_round *round_;
static struct sim_publisher publisher;

/* pnc is the one witness that the quorum wants. */
static int set_up(void **state)
{
    (void)state;
    char dir[128];
    bus = bus_new();
    bus_start(bus);
    bus->sim->world->dir.quorum = 1;
    bus_publish_directory(bus);
    pnc = bus_member(bus, PNC);
    publisher = (struct sim_publisher){0};
    snprintf(dir, sizeof dir, "%s/witness", bus->folder);
    const struct sb_vault *vault = bus->sim->world->members[PNC].vault;
    assert_int_equal(sb_witness_open(&witness, dir, sb_bytes_str("pnc"), vault, NULL),
                     0);
    assert_int_equal(sb_round_new(&round_, witness, SB_ROUND_AGAIN_MS, NULL), 0);
    sb_round_begin(round_);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sb_round_free(round_);
    sb_witness_close(witness);
    sb_client_close(pnc);
    bus_free(bus);
    sb_secrets_free(publisher.secrets);
    return 0;
}

static const struct sb_trust *trust(void)
{
    return bus->sim->world->trust;
}

/* Asks until a proof of `index` has come, cosigning on the way. An answer of before the
 * tree held it comes without one. */
static void prove(uint64_t index, struct sb_message *m, struct sb_round_answer *a)
{
    uint64_t until = bus_deadline_ms();
    struct sb_err err = {0};
    *a = (struct sb_round_answer){0};
    bool shown = false;
    while (!shown || !a->proved || a->checkpoint.size <= index) {
        struct sb_message say;
        uint64_t mono = sb_clock_mono_ms();
        assert_true(mono < until);
        sb_round_hurry(round_);
        if (sb_round_due(round_, mono)) {
            assert_int_equal(sb_round_ask(round_, trust(), &index, 1, &say, NULL), 0);
            assert_int_equal(sb_client_send(pnc, &say, NULL), 0);
            (void)sb_round_asked(round_, mono);
        }
        int rc = sb_client_next(pnc, 100, m, &err);
        assert_true(rc >= 0);
        bool came = rc == 1 && m->cmd == SB_CMD_CHECKPOINT;
        shown = came && m->as.checkpoint.n_own == 1;
        if (came && sb_round_take(round_, trust(), m, NOW, a, &err))
            fail_msg("%s", err.text);
    }
}

/* Sends the cosignature that waits, and waits until the broker has it final. */
static void finish(uint64_t size)
{
    struct sb_message m;
    struct sb_round_answer a;
    uint64_t until = bus_deadline_ms();
    struct sb_value status = bus_ask(bus, "status", NULL);
    while ((uint64_t)bus_int(&status, "final") < size) {
        assert_true(sb_clock_mono_ms() < until);
        prove(size - 1, &m, &a);
        status = bus_ask(bus, "status", NULL);
    }
}

static const struct sb_value *one_witness(const struct sb_value *status)
{
    const struct sb_value *list = sb_value_get(status, "witnesses");
    assert_int_equal(list->as.a.n, 3);
    for (size_t i = 0; i < 3; i++)
        if (sb_bytes_is(sb_value_get(&list->as.a.items[i], "institution")->as.s, "pnc"))
            return &list->as.a.items[i];
    fail_msg("pnc is no witness");
    return NULL;
}

static void is_final(uint64_t size)
{
    struct sb_final f;
    struct sb_value point = bus_ask(bus, "checkpoint", NULL);
    assert_true((uint64_t)bus_int(&point, "final_size") >= size);
    struct sb_bytes note = sb_value_get(&point, "final_note")->as.s;
    assert_int_equal(sb_witness_final(trust(), note, NOW, &f, NULL), 0);
    assert_true(f.final);
    assert_int_equal(f.n, 1);
}

static void a_batch_is_proved_cosigned_and_final(void **state)
{
    (void)state;
    struct sb_message m;
    struct sb_round_answer a;
    struct sb_entry leaf;
    bus_publish(bus, pnc, &publisher, 3); /* entries 2, 3 and 4 */
    prove(4, &m, &a);
    assert_int_equal(m.as.checkpoint.n_own, 1);
    const struct sb_own_proof *own = &m.as.checkpoint.own[0];
    assert_int_equal(own->index, 4);
    assert_int_equal(sb_round_own(&a, &m, own, &leaf, NULL), 0);
    finish(5);
    is_final(5);
    struct sb_value status = bus_ask(bus, "status", NULL);
    assert_true(bus_int(one_witness(&status), "size") >= 5);
    assert_int_equal(bus_int(&status, "quorum"), 1);
    int64_t final = bus_int(&status, "final");
    bus_stop(bus);
    bus_start(bus); /* the cosignatures were kept */
    is_final((uint64_t) final);
    status = bus_ask(bus, "status", NULL);
    assert_int_equal(bus_int(&status, "final"), final);
    bus_stop(bus);
}

static void expect_fetched(uint64_t seq, struct sb_message *m)
{
    struct sb_message ask = {.cmd = SB_CMD_FETCH};
    ask.as.fetch.stream = sb_bytes_str(SIM_STREAM);
    ask.as.fetch.seq = seq;
    assert_int_equal(sb_client_send(pnc, &ask, NULL), 0);
    bus_expect(pnc, SB_CMD_FETCHED, m);
    assert_int_equal(m->as.fetched.seq, seq);
}

static void a_batch_is_fetched_with_its_paths(void **state)
{
    (void)state;
    struct sb_message m;
    struct sb_checkpoint c;
    uint8_t leaf[SB_HASH];
    bus_publish(bus, pnc, &publisher, 3);
    finish(5);
    expect_fetched(2, &m);
    assert_int_equal(m.as.fetched.code, 0);
    assert_int_equal(sb_witness_read(trust(), m.as.fetched.note, &c, NULL), 0);
    sb_tree_leaf(leaf, m.payload[0]);
    assert_true(sb_proof_included(leaf,
                                  m.as.fetched.index,
                                  c.size,
                                  m.as.fetched.path,
                                  m.as.fetched.n_path,
                                  c.root));
    sb_tree_leaf(leaf, m.as.fetched.epoch_leaf);
    assert_true(sb_proof_included(leaf,
                                  m.as.fetched.epoch_index,
                                  c.size,
                                  m.as.fetched.epoch_path,
                                  m.as.fetched.n_epoch_path,
                                  c.root));
    assert_true(m.payload[3].n > 0); /* its own publisher reads it */
    expect_fetched(99, &m);
    assert_int_not_equal(m.as.fetched.code, 0);
    bus_stop(bus);
}

/* A note that the broker's key signed, of more entries than the journal has. */
static void a_note_of_a_lost_journal_stops_the_broker(void **state)
{
    (void)state;
    struct sb_checkpoint c = {.origin = "sns/journal/1", .size = 1000};
    struct sb_message m = {.cmd = SB_CMD_COSIGN, .n_payload = 1};
    struct sb_buf note = {0};
    assert_int_equal(sb_checkpoint_sign(bus->sim->world->broker, &c, &note, NULL), 0);
    m.as.cosign.seen = 1000;
    m.payload[0] = sb_buf_bytes(&note);
    assert_int_equal(sb_client_send(pnc, &m, NULL), 0);
    assert_int_equal(bus_join(bus), SB_E_JOURNAL_SHORT);
    assert_true(bus->logged[606] >= 1);
    sb_buf_free(&note);
}

static void another_history_stops_the_broker(void **state)
{
    (void)state;
    struct sb_checkpoint c = {.origin = "sns/journal/1", .size = 2, .root = {1}};
    struct sb_message m = {.cmd = SB_CMD_COSIGN, .n_payload = 1};
    struct sb_buf note = {0};
    assert_int_equal(sb_checkpoint_sign(bus->sim->world->broker, &c, &note, NULL), 0);
    m.as.cosign.seen = 2;
    m.payload[0] = sb_buf_bytes(&note);
    assert_int_equal(sb_client_send(pnc, &m, NULL), 0);
    assert_int_equal(bus_join(bus), SB_E_JOURNAL_ROOT);
    sb_buf_free(&note);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_batch_is_proved_cosigned_and_final),
        CASE(a_batch_is_fetched_with_its_paths),
        CASE(a_note_of_a_lost_journal_stops_the_broker),
        CASE(another_history_stops_the_broker),
    };
    return cmocka_run_group_tests_name("broker.io.evidence", tests, NULL, NULL);
}
