/* broker.core.rules: every answer that FORMATS names, by the input that earns it. */
#include "test/unit/broker_core/sim.h"

#include <stdio.h>

struct scene {
    struct sim *sim;
    struct sim_publisher p;
    uint8_t session[SB_SESSION];
    struct sb_buf record;
};

static struct scene *begin(void)
{
    struct scene *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->sim = sim_new();
    sim_enter(c->sim, 0, PNC, c->session);
    sim_claim(c->sim, &c->p, &c->record);
    sim_record(c->sim, 0, c->session, SB_CMD_CLAIM, &c->record);
    sim_epoch(c->sim, &c->p, &c->record);
    sim_record(c->sim, 0, c->session, SB_CMD_EPOCH, &c->record);
    return c;
}

static void end(struct scene *c)
{
    sb_secrets_free(c->p.secrets);
    sb_buf_free(&c->record);
    sim_free(c->sim);
    free(c);
}

/* The next answer to the publisher: positive index of STORED, or a negative code. */
static int64_t answer(struct scene *c)
{
    struct sim_mail *m = sim_take(c->sim, 0);
    assert_non_null(m);
    int64_t said = 0;
    if (m->m.cmd == SB_CMD_STORED)
        said = (int64_t)m->m.as.stored.index;
    else if (m->m.cmd == SB_CMD_REFUSED)
        said = -(int64_t)m->m.as.refused.code;
    else
        fail_msg("unexpected %s", sb_command_text(m->m.cmd));
    sim_mail_free(m);
    return said;
}

static void answers_come_after_the_commit_only(void **state)
{
    (void)state;
    struct scene *c = begin();
    struct sim_batch b;
    sim_batch(c->sim, &c->p, 3, &b);
    sim_publish(c->sim, 0, c->session, &b);
    assert_null(sim_take(c->sim, 0));
    sim_commit(c->sim, 2);
    assert_int_equal(answer(c), 0);
    assert_int_equal(answer(c), 1);
    assert_null(sim_take(c->sim, 0));
    sim_commit(c->sim, 3);
    assert_int_equal(answer(c), 2);
    /* the same body again: its original index */
    sim_publish(c->sim, 0, c->session, &b);
    sim_settle(c->sim);
    assert_int_equal(answer(c), 2);
    assert_int_equal(c->sim->n_entries, 3);
    assert_int_equal(c->sim->n_logs, 0);
    sim_batch_free(&b);
    end(c);
}

static void a_gap_a_stale_claim_and_a_foreign_chain_are_refused(void **state)
{
    (void)state;
    struct scene *c = begin();
    struct sim_batch first;
    struct sim_batch second;
    struct sim_publisher before = c->p;
    sim_batch(c->sim, &c->p, 2, &first);
    sim_batch(c->sim, &c->p, 2, &second);
    sim_settle(c->sim);
    answer(c);
    answer(c);
    sim_publish(c->sim, 0, c->session, &second);
    assert_int_equal(answer(c), SB_E_GAP);
    sim_publish(c->sim, 0, c->session, &first);
    sim_settle(c->sim);
    assert_int_equal(answer(c), 2);
    /* another body over the same events, under the same claim: equivocation */
    struct sim_batch other;
    struct sim_publisher twin = before;
    sim_batch(c->sim, &twin, 1, &other);
    sim_publish(c->sim, 0, c->session, &other);
    sim_settle(c->sim);
    assert_int_equal(answer(c), SB_E_CONFLICT);
    assert_int_equal(c->sim->last_log, SB_E_EQUIVOCATION);
    /* the right seq with another prev */
    struct sim_publisher wrong = c->p;
    struct sim_batch chained;
    wrong.next_seq = 3;
    wrong.prev[0] ^= 1;
    sim_batch(c->sim, &wrong, 1, &chained);
    sim_publish(c->sim, 0, c->session, &chained);
    assert_int_equal(answer(c), SB_E_CONFLICT);
    /* a newer claim fences the older one */
    struct sim_publisher moved = c->p;
    memcpy(moved.prev, twin.prev, SB_HASH);
    struct sb_record r;
    assert_int_equal(sb_record_read(sb_buf_bytes(&first.record), &r, NULL), 0);
    assert_int_equal(sb_record_hash(moved.prev, r.body, NULL), 0);
    moved.next_seq = 3;
    sim_claim(c->sim, &moved, &c->record);
    sim_record(c->sim, 0, c->session, SB_CMD_CLAIM, &c->record);
    sim_settle(c->sim);
    assert_int_equal(answer(c), 3);
    sim_publish(c->sim, 0, c->session, &second);
    assert_int_equal(answer(c), SB_E_FENCED);
    sim_batch_free(&first);
    sim_batch_free(&second);
    sim_batch_free(&other);
    sim_batch_free(&chained);
    end(c);
}

static void claims_are_the_next_or_fenced(void **state)
{
    (void)state;
    struct scene *c = begin();
    sim_settle(c->sim);
    answer(c);
    answer(c);
    struct sim_publisher far = {.claim_no = 4};
    sim_claim(c->sim, &far, &c->record);
    sim_record(c->sim, 0, c->session, SB_CMD_CLAIM, &c->record);
    assert_int_equal(answer(c), SB_E_FENCED);
    struct sim_publisher twin = {.instance = {9}};
    sim_claim(c->sim, &twin, &c->record);
    sim_record(c->sim, 0, c->session, SB_CMD_CLAIM, &c->record);
    sim_settle(c->sim);
    assert_int_equal(answer(c), SB_E_FENCED);
    struct sim_publisher ahead = {.claim_no = 1, .next_seq = 8};
    sim_claim(c->sim, &ahead, &c->record);
    sim_record(c->sim, 0, c->session, SB_CMD_CLAIM, &c->record);
    assert_int_equal(answer(c), SB_E_CONFLICT);
    end(c);
}

static void a_new_grant_makes_the_epoch_stale(void **state)
{
    (void)state;
    static const char *const r[] = {"reservada", NULL};
    struct scene *c = begin();
    struct sim_batch b;
    sim_settle(c->sim);
    answer(c);
    answer(c);
    world_grant(
        c->sim->world,
        (struct grant_choice){"g3", PNC, IGM, r, NOW - DAY, NOW + 9 * (uint64_t)DAY},
        c->sim->world->members[PNC].vault);
    world_publish(c->sim->world);
    struct sb_input in = {.kind = SB_IN_DIRECTORY};
    in.as.operator_record.record = sb_dir_record(sb_trust_newest(c->sim->world->trust));
    sim_step(c->sim, &in);
    assert_int_equal(c->sim->n_answers, 0);
    sim_settle(c->sim);
    assert_int_equal(c->sim->n_answers, 1);
    assert_int_equal(c->sim->last_answer.code, 0);
    struct sim_mail *pushed = sim_take(c->sim, 0);
    assert_int_equal(pushed->m.cmd, SB_CMD_DIRECTORY);
    sim_mail_free(pushed);
    sim_batch(c->sim, &c->p, 1, &b);
    sim_publish(c->sim, 0, c->session, &b);
    assert_int_equal(answer(c), SB_E_STALE_EPOCH);
    sim_batch_free(&b);
    end(c);
}

static void one_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct scene *c = begin();
    struct sim_batch b;
    sim_settle(c->sim);
    answer(c);
    answer(c);
    sim_batch(c->sim, &c->p, 1, &b);
    struct sb_buf *parts[] = {&b.record, &b.items, &b.cts};
    for (size_t part = 0; part < 3; part++) {
        for (size_t at = 0; at < parts[part]->n; at += 7) {
            parts[part]->p[at] ^= 4;
            sim_publish(c->sim, 0, c->session, &b);
            assert_true(answer(c) < 0);
            parts[part]->p[at] ^= 4;
        }
    }
    assert_int_equal(c->sim->n_entries, 2);
    sim_publish(c->sim, 0, c->session, &b);
    sim_settle(c->sim);
    assert_int_equal(answer(c), 2);
    sim_batch_free(&b);
    end(c);
}

/* A publisher that has several streams must know which one waits for a key. */
static void a_refusal_names_its_stream_whatever_the_signature(void **state)
{
    (void)state;
    struct scene *c = begin();
    struct sim_batch b;
    sim_settle(c->sim);
    answer(c);
    answer(c);
    sim_batch(c->sim, &c->p, 1, &b);
    b.record.p[b.record.n - 1] ^= 1;
    sim_publish(c->sim, 0, c->session, &b);
    struct sim_mail *mail = sim_take(c->sim, 0);
    assert_int_equal(mail->m.as.refused.code, sb_code_number(SB_E_SIGNATURE));
    assert_true(sb_bytes_is(mail->m.as.refused.stream, SIM_STREAM));
    assert_int_equal(mail->m.as.refused.kind, SB_KIND_BATCH);
    sim_mail_free(mail);
    sim_batch_free(&b);
    end(c);
}

static void nobody_publishes_anothers_stream(void **state)
{
    (void)state;
    struct scene *c = begin();
    uint8_t igm[SB_SESSION];
    sim_enter(c->sim, 1, IGM, igm);
    struct sb_vault_key k;
    struct sb_claim claim = {.stream = sb_bytes_str(SIM_STREAM), .claim_no = 2};
    struct sb_buf body = {0};
    const struct sb_vault *v = c->sim->world->members[IGM].vault;
    assert_true(sb_vault_newest(v, SB_USE_SIGN, &k));
    sb_claim_write(&claim, &body);
    sb_buf_reset(&c->record);
    assert_int_equal(
        sb_sign_record(
            &c->sim->world->x, v, k.key_id, sb_buf_bytes(&body), &c->record, NULL),
        0);
    struct sb_message m = {.cmd = SB_CMD_CLAIM, .n_payload = 1};
    memcpy(m.session, igm, SB_SESSION);
    m.payload[0] = sb_buf_bytes(&c->record);
    sim_send(c->sim, 1, IGM, &m);
    struct sim_mail *mail = sim_take(c->sim, 1);
    assert_int_equal(mail->m.as.refused.code, sb_code_number(SB_E_NOT_YOURS));
    sim_mail_free(mail);
    assert_int_equal(c->sim->last_log, SB_E_NOT_YOURS);
    sb_buf_free(&body);
    end(c);
}

static void sessions_need_the_key_the_name_and_the_proof(void **state)
{
    (void)state;
    struct sim *s = sim_new();
    struct sb_message hello = {.cmd = SB_CMD_HELLO};
    hello.as.hello.institution = sb_bytes_str("igm");
    hello.as.hello.role = sb_bytes_str("adapter");
    sim_send(s, 3, PNC, &hello);
    struct sim_mail *mail = sim_take(s, 3);
    assert_int_equal(mail->m.as.refused.code, sb_code_number(SB_E_IDENTITY));
    assert_true(s->dropped[3]);
    sim_mail_free(mail);
    hello.as.hello.institution = sb_bytes_str("pnc");
    sim_send(s, 4, PNC, &hello);
    sim_mail_free(sim_take(s, 4));
    struct sb_message prove = {.cmd = SB_CMD_PROVE};
    struct sb_vault_key k;
    assert_true(sb_vault_newest(s->world->members[PNC].vault, SB_USE_SIGN, &k));
    memcpy(prove.as.prove.key_id, k.key_id, SB_KEY_ID);
    sim_send(s, 4, PNC, &prove);
    mail = sim_take(s, 4);
    assert_int_equal(mail->m.as.refused.code, sb_code_number(SB_E_PROOF));
    sim_mail_free(mail);
    struct sb_message ping = {.cmd = SB_CMD_PING};
    sim_send(s, 4, PNC, &ping);
    mail = sim_take(s, 4);
    assert_int_equal(mail->m.cmd, SB_CMD_WHO);
    sim_mail_free(mail);
    sim_free(s);
}

static void a_malformed_message_costs_its_sender_alone(void **state)
{
    (void)state;
    struct scene *c = begin();
    uint8_t igm[SB_SESSION];
    sim_enter(c->sim, 1, IGM, igm);
    struct sb_message m = {.cmd = SB_CMD_WELCOME};
    memcpy(m.session, igm, SB_SESSION);
    sim_send(c->sim, 1, IGM, &m);
    assert_true(c->sim->dropped[1]);
    assert_false(c->sim->dropped[0]);
    assert_int_equal(c->sim->last_log, SB_E_MALFORMED);
    sim_settle(c->sim);
    assert_int_equal(answer(c), 0);
    end(c);
}

static void
subscribe(struct scene *c, const uint8_t session[SB_SESSION], const char *as)
{
    struct sb_bytes type = sb_bytes_str("comun.alerta");
    struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
    memcpy(m.session, session, SB_SESSION);
    m.as.subscribe.name = sb_bytes_str(as);
    m.as.subscribe.types = (struct sb_codes){&type, 1};
    sim_send(c->sim, 1, IGM, &m);
}

static void a_session_has_a_bounded_number_of_subscriptions(void **state)
{
    (void)state;
    struct scene *c = begin();
    uint8_t igm[SB_SESSION];
    char name[SB_CODE_MAX];
    sim_enter(c->sim, 1, IGM, igm);
    for (unsigned i = 0; i < SB_SUBSCRIPTIONS_MAX; i++) {
        snprintf(name, sizeof name, "s%u", i);
        subscribe(c, igm, name);
    }
    subscribe(c, igm, "s0"); /* again, in place of the first */
    assert_null(sim_take(c->sim, 1));
    subscribe(c, igm, "one-more");
    struct sim_mail *mail = sim_take(c->sim, 1);
    assert_non_null(mail);
    assert_int_equal(mail->m.as.refused.code, sb_code_number(SB_E_LIMIT));
    sim_mail_free(mail);
    end(c);
}

static void a_grant_that_begins_later_is_fed_when_it_begins(void **state)
{
    (void)state;
    static const char *const p[] = {"publica", NULL};
    struct scene *c = begin();
    struct sim *s = c->sim;
    uint8_t igm[SB_SESSION];
    struct sim_batch b;
    world_grant(
        s->world,
        (struct grant_choice){
            "g3", PNC, IGM, p, NOW + 40 * (uint64_t)DAY, NOW + 50 * (uint64_t)DAY},
        s->world->members[PNC].vault);
    world_publish(s->world);
    struct sb_input in = {.kind = SB_IN_DIRECTORY};
    in.as.operator_record.record = sb_dir_record(sb_trust_newest(s->world->trust));
    sim_step(s, &in);
    s->now = NOW + 31 * (uint64_t)DAY; /* between two grants */
    sim_enter(s, 1, IGM, igm);
    subscribe(c, igm, "s");
    struct sb_message m = {.cmd = SB_CMD_CREDIT};
    memcpy(m.session, igm, SB_SESSION);
    m.as.credit.name = sb_bytes_str("s");
    m.as.credit.entries = 16;
    m.as.credit.bytes = SB_MIB;
    sim_send(s, 1, IGM, &m);
    sim_settle(s);
    s->now = NOW + 41 * (uint64_t)DAY;
    sim_epoch(s, &c->p, &c->record);
    sim_record(s, 0, c->session, SB_CMD_EPOCH, &c->record);
    sim_batch(s, &c->p, 1, &b);
    sim_publish(s, 0, c->session, &b);
    sim_settle(s);
    size_t with_content = 0;
    struct sim_mail *mail = NULL;
    while ((mail = sim_take(s, 1)) != NULL) {
        with_content += mail->m.cmd == SB_CMD_ENTRY && mail->m.payload[3].n > 0;
        sim_mail_free(mail);
    }
    assert_int_equal(with_content, 1);
    sim_batch_free(&b);
    end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_after_the_commit_only),
        cmocka_unit_test(a_gap_a_stale_claim_and_a_foreign_chain_are_refused),
        cmocka_unit_test(claims_are_the_next_or_fenced),
        cmocka_unit_test(a_new_grant_makes_the_epoch_stale),
        cmocka_unit_test(one_flipped_bit_is_refused),
        cmocka_unit_test(a_refusal_names_its_stream_whatever_the_signature),
        cmocka_unit_test(nobody_publishes_anothers_stream),
        cmocka_unit_test(sessions_need_the_key_the_name_and_the_proof),
        cmocka_unit_test(a_session_has_a_bounded_number_of_subscriptions),
        cmocka_unit_test(a_grant_that_begins_later_is_fed_when_it_begins),
        cmocka_unit_test(a_malformed_message_costs_its_sender_alone),
    };
    return cmocka_run_group_tests_name("broker.core.rules", tests, NULL, NULL);
}
