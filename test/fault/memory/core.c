/* fault.memory.core: beside the core of a simulated exchange runs a second one that
 * gets the same inputs and no memory for its n-th allocation. It does as the first
 * does, or its step says SB_E_MEMORY and its process would stop; nothing of that step
 * was sent or stored, because effects of a failed step are not run. An operator's order
 * may be answered with it, too. */
#include "test/fault/memory/exhaust.h"
#include "test/unit/broker_core/sim_witness.h"

#define STRIDE 4u /* of the allocations that fail, unless SACBE_FAULT is full */

struct twin { /* the second core */
    struct sb_core *core;
    struct sb_effects *effects;
    size_t left; /* allocations until one fails */
    bool on;
    bool dead;
    bool met; /* the failure was reached */
};

static struct twin twin;

static struct sb_trust *same_trust(const struct world *w)
{
    struct sb_trust *t = NULL;
    assert_int_equal(sb_trust_new(&t, &w->anchor, NULL), 0);
    for (uint64_t v = 1; sb_trust_version(w->trust, v); v++)
        assert_int_equal(
            sb_trust_add(t, sb_dir_record(sb_trust_version(w->trust, v)), NULL), 0);
    return t;
}

static void twin_begin(struct sim *s, size_t nth, bool on)
{
    struct sb_core_config config = {.generation = 1, .session_ms = 60000};
    twin = (struct twin){.left = nth, .on = on};
    twin.effects = sb_effects_new();
    assert_int_equal(sb_core_new(&twin.core, &config, same_trust(s->world), NULL), 0);
}

static void twin_end(void)
{
    sb_core_free(twin.core);
    sb_effects_free(twin.effects);
}

static void same_frames(const struct sb_frames *a, const struct sb_frames *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        assert_true(sb_bytes_eq(a->f[i], b->f[i]));
}

/* What the twin wants done is what the first wants done. */
static void same_effects(const struct sb_effects *a, const struct sb_effects *b)
{
    assert_int_equal(sb_effects_count(a), sb_effects_count(b));
    for (size_t i = 0; i < sb_effects_count(a); i++) {
        const struct sb_effect *x = sb_effects_at(a, i);
        const struct sb_effect *y = sb_effects_at(b, i);
        assert_int_equal(x->kind, y->kind);
        if (x->kind == SB_EFFECT_SEND) {
            same_frames(&x->as.send.frames, &y->as.send.frames);
        } else if (x->kind == SB_EFFECT_APPEND) {
            assert_true(sb_bytes_eq(x->as.append.leaf, y->as.append.leaf));
            assert_true(sb_bytes_eq(x->as.append.record, y->as.append.record));
            assert_true(sb_bytes_eq(x->as.append.items, y->as.append.items));
            assert_int_equal(x->as.append.n_cts, y->as.append.n_cts);
        } else if (x->kind == SB_EFFECT_READ) {
            assert_true(x->as.read.from == y->as.read.from);
            assert_int_equal(x->as.read.classes.n, y->as.read.classes.n);
        } else if (x->kind == SB_EFFECT_PROVE) {
            assert_int_equal(x->as.prove.n, y->as.prove.n);
        } else if (x->kind == SB_EFFECT_COSIGNED) {
            assert_true(sb_bytes_eq(x->as.cosigned.note, y->as.cosigned.note));
        }
    }
}

/* Nothing came of an order but the answer that there was no memory for it. */
static bool operator_is_told(void)
{
    const struct sb_effect *e = NULL;
    if (sb_effects_count(twin.effects) == 1)
        e = sb_effects_at(twin.effects, 0);
    return e && e->kind == SB_EFFECT_ANSWER && e->as.answer.err.code == SB_E_MEMORY &&
           sb_dir_body(sb_trust_newest(sb_core_trust(twin.core)))->version == 1;
}

static void follow(struct sim *s, const struct sb_input *in)
{
    struct sb_err err = {0};
    if (twin.dead)
        return;
    exhaust_arm(twin.left, twin.on);
    int rc = sb_core_step(twin.core, in, twin.effects, &err);
    size_t n = exhaust_disarm();
    bool failed = exhaust_failed();
    twin.met = twin.met || failed;
    if (rc != 0) {
        if (!failed || rc != SB_E_MEMORY || err.code != rc || !err.text[0])
            fail_msg("a step says %d (%d) \"%s\"", rc, err.code, err.text);
        twin.dead = true;
        return;
    }
    if (failed && in->kind == SB_IN_DIRECTORY && operator_is_told()) {
        twin.dead = true;
        return;
    }
    same_effects(s->effects, twin.effects);
    if (failed) /* it did without: its state is the first's all the same */
        twin.left = twin.on ? 1 : 0;
    else
        twin.left -= twin.left ? n : 0;
}

struct scene {
    struct sim *sim;
    struct sim_publisher p;
    uint8_t pnc[SB_SESSION]; /* peer 1 */
    uint8_t igm[SB_SESSION]; /* peer 2 */
    struct sim_witness witness;
    struct sb_buf body;
    struct sb_buf record;
};

static void publishes(struct scene *c)
{
    sim_enter(c->sim, 1, PNC, c->pnc);
    sim_claim(c->sim, &c->p, &c->record);
    sim_record(c->sim, 1, c->pnc, SB_CMD_CLAIM, &c->record);
    sim_epoch(c->sim, &c->p, &c->record);
    sim_record(c->sim, 1, c->pnc, SB_CMD_EPOCH, &c->record);
    for (int i = 0; i < 2; i++) {
        struct sim_batch b;
        sim_batch(c->sim, &c->p, 2, &b);
        sim_publish(c->sim, 1, c->pnc, &b);
        sim_settle(c->sim);
        sim_publish(c->sim, 1, c->pnc, &b); /* again: the journal is asked */
        sim_batch_free(&b);
    }
    sim_settle(c->sim);
}

static void reads(struct scene *c)
{
    struct sb_bytes type = sb_bytes_str("comun.alerta");
    struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
    struct sb_message credit = {.cmd = SB_CMD_CREDIT};
    struct sb_head head = {sb_bytes_str(SIM_STREAM), 2, {0}};
    struct sb_message applied = {.cmd = SB_CMD_APPLIED};
    sim_enter(c->sim, 2, IGM, c->igm);
    memcpy(m.session, c->igm, SB_SESSION);
    memcpy(credit.session, c->igm, SB_SESSION);
    memcpy(applied.session, c->igm, SB_SESSION);
    m.as.subscribe.name = credit.as.credit.name = applied.as.applied.name =
        sb_bytes_str("s");
    m.as.subscribe.types = (struct sb_codes){&type, 1};
    credit.as.credit.entries = 9;
    credit.as.credit.bytes = SB_MIB;
    applied.as.applied.heads = (struct sb_heads){&head, 1};
    sim_send(c->sim, 2, IGM, &m);
    sim_send(c->sim, 2, IGM, &credit);
    sim_settle(c->sim);
    sim_send(c->sim, 2, IGM, &applied);
}

static void proves(struct scene *c)
{
    struct sb_message fetch = {.cmd = SB_CMD_FETCH};
    struct sim_mail *m = NULL;
    sim_checkpoint(c->sim);
    for (unsigned how = 0; how < 2; how++) {
        sim_witness_ask(c->sim, &c->witness, 2, IGM, c->igm, how);
        sim_settle(c->sim);
        while ((m = sim_take(c->sim, 2)) != NULL) {
            sim_witness_hears(c->sim, &c->witness, &m->m);
            sim_mail_free(m);
        }
    }
    memcpy(fetch.session, c->igm, SB_SESSION);
    fetch.as.fetch.stream = sb_bytes_str(SIM_STREAM);
    fetch.as.fetch.seq = 3;
    sim_send(c->sim, 2, IGM, &fetch);
    sim_settle(c->sim);
}

static void states(struct scene *c)
{
    struct sb_head head = {sb_bytes_str(SIM_STREAM), 4, {1}};
    struct sb_heads heads = {&head, 1};
    struct sb_withdraw w = {.stream = sb_bytes_str(SIM_STREAM),
                            .first_seq = 1,
                            .last_seq = 1,
                            .annulled_by = 4,
                            .reason = sb_bytes_str("a mistake"),
                            .time = c->sim->now};
    sb_heads_write(sb_bytes_str("pnc"), &heads, c->sim->now, &c->body);
    sim_sign(c->sim, PNC, &c->body, &c->record);
    sim_record(c->sim, 1, c->pnc, SB_CMD_HEADS, &c->record);
    sb_buf_reset(&c->body);
    sb_withdraw_write(&w, &c->body);
    sim_sign(c->sim, PNC, &c->body, &c->record);
    sim_record(c->sim, 1, c->pnc, SB_CMD_WITHDRAW, &c->record);
    sim_settle(c->sim);
}

static void ends(struct scene *c)
{
    struct sb_input in = {.kind = SB_IN_DIRECTORY};
    world_publish(c->sim->world);
    in.as.operator_record.record = sb_dir_record(sb_trust_newest(c->sim->world->trust));
    sim_step(c->sim, &in);
    sim_settle(c->sim);
    c->sim->now += 2000;
    in = (struct sb_input){.kind = SB_IN_TICK};
    sim_step(c->sim, &in);
    in = (struct sb_input){.kind = SB_IN_GONE};
    in.as.gone.peer = 2;
    sim_step(c->sim, &in);
    in = (struct sb_input){.kind = SB_IN_STOP};
    sim_step(c->sim, &in);
}

/* All that a core does, once; whether the twin's allocation was reached. */
static bool exchange(size_t nth, bool on)
{
    struct scene c = {.sim = sim_new()};
    twin_begin(c.sim, nth, on);
    c.sim->twin = follow;
    publishes(&c);
    reads(&c);
    proves(&c);
    states(&c);
    ends(&c);
    twin_end();
    sb_secrets_free(c.p.secrets);
    sb_buf_free(&c.witness.candidate);
    sb_buf_free(&c.body);
    sb_buf_free(&c.record);
    sim_free(c.sim);
    return twin.met;
}

static void a_twin_without_memory(void **state)
{
    size_t n = 0;
    size_t step = exhaust_full() ? 1 : STRIDE;
    (void)state;
    for (int on = 0; on <= 1; on++)
        for (n = 1; exchange(n, on); n += step)
            assert_true(n < 20000);
    print_message("core: %zu allocations, every %zu\n", n - 1, step);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_twin_without_memory)};
    return cmocka_run_group_tests_name("fault.memory.core", tests, NULL, NULL);
}
