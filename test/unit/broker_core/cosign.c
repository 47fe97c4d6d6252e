/* broker.core.cosign: one candidate a round for all, proofs that hold, a quorum that
 * makes it final, lines and notes that are false, and the two that stop the broker. */
#include "test/unit/broker_core/scene.h"

static void ask(struct scene *c, uint64_t peer, size_t member, const uint8_t *session)
{
    sim_cosign(c->sim, peer, member, session, (struct sim_ask){.seen = 0});
    sim_settle(c->sim);
}

/* A member cosigns the candidate that it is given. */
static void
cosign(struct scene *c, uint64_t peer, size_t member, const uint8_t *session)
{
    struct sb_buf line = {0};
    scene_drain(c, peer);
    ask(c, peer, member, session);
    struct sim_mail *m = sim_expect(c->sim, peer, SB_CMD_CHECKPOINT);
    sim_line(c->sim, member, m->m.payload[0], &line);
    sim_mail_free(m);
    sim_cosign(
        c->sim, peer, member, session, (struct sim_ask){.said = sb_buf_bytes(&line)});
    sim_settle(c->sim);
    sb_buf_free(&line);
}

static struct sb_core_status status(struct scene *c, struct sb_arena *arena)
{
    struct sb_core_status st;
    assert_int_equal(sb_core_report(c->sim->core, c->sim->now, arena, &st, NULL), 0);
    return st;
}

static uint64_t final_size(struct scene *c)
{
    struct sb_arena *arena = sb_arena_new(0);
    uint64_t size = status(c, arena).final_size;
    sb_arena_free(arena);
    return size;
}

static uint64_t size_of(struct scene *c, struct sb_bytes note)
{
    struct sb_checkpoint point;
    assert_int_equal(
        sb_checkpoint_open(note, c->sim->world->anchor.log_pk, &point, NULL), 0);
    return point.size;
}

/* The size of the candidate as a session is told it. */
static uint64_t candidate(struct scene *c)
{
    scene_drain(c, 0);
    ask(c, 0, PNC, c->pnc);
    struct sim_mail *m = sim_expect(c->sim, 0, SB_CMD_CHECKPOINT);
    uint64_t size = size_of(c, m->m.payload[0]);
    sim_mail_free(m);
    return size;
}

static void the_answer_proves_what_was_asked_and_the_own_stream(void **state)
{
    (void)state;
    struct scene *c = scene_begin(2);
    ask(c, 0, PNC, c->pnc);
    assert_null(sim_take(c->sim, 0)); /* no candidate yet */
    scene_batch(c, 3);
    scene_batch(c, 2);
    sim_checkpoint(c->sim);
    uint64_t size = c->sim->durable;
    scene_batch(c, 1); /* past the candidate */
    scene_drain(c, 0);
    uint64_t wanted[] = {0, 2, size, 1000};
    sim_cosign(
        c->sim, 0, PNC, c->pnc, (struct sim_ask){.seen = 2, .indices = wanted, .n = 4});
    /* a second question meanwhile is dropped */
    ask(c, 0, PNC, c->pnc);
    struct sim_mail *m = sim_expect(c->sim, 0, SB_CMD_CHECKPOINT);
    const struct sb_message *cp = &m->m;
    uint8_t root[SB_HASH];
    uint8_t seen[SB_HASH];
    sim_root(c->sim, size, root);
    sim_root(c->sim, 2, seen);
    assert_true(cp->as.checkpoint.seen == 2);
    assert_true(sb_proof_consistent(
        2, seen, size, root, cp->as.checkpoint.path, cp->as.checkpoint.n_path));
    assert_int_equal(cp->as.checkpoint.n_own, 1);
    const struct sb_own_proof *own = cp->as.checkpoint.own;
    assert_true(own->last_seq == 5 && own->claim_no == 1 && own->index == size - 1);
    assert_int_equal(cp->as.checkpoint.n_proved, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct sb_proved *p = &cp->as.checkpoint.proved[i];
        uint8_t leaf[SB_HASH];
        sb_tree_leaf(leaf, c->sim->entries[p->index].a.leaf);
        assert_true(sb_proof_included(leaf, p->index, size, p->path, p->n_path, root));
    }
    assert_true(sb_bytes_eq(own->leaf, c->sim->entries[own->index].a.leaf));
    sim_mail_free(m);
    assert_null(sim_take(c->sim, 0));
    scene_end(c);
}

static void a_round_has_one_candidate_and_a_quorum_ends_it(void **state)
{
    (void)state;
    struct scene *c = scene_begin(2);
    uint8_t igm[SB_SESSION];
    sim_enter(c->sim, 1, IGM, igm);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    uint64_t first = candidate(c);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    scene_tick(c, 9000);
    assert_true(candidate(c) == first);
    scene_tick(c, 1000);
    uint64_t second = candidate(c);
    assert_true(second > first);
    cosign(c, 1, IGM, igm);
    assert_true(final_size(c) == 0);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    assert_true(candidate(c) == second);
    cosign(c, 0, PNC, c->pnc);
    assert_true(final_size(c) == second);
    scene_drain(c, 0);
    scene_tick(c, 1000); /* final: the next one may begin */
    assert_true(candidate(c) > second);
    /* everybody was told of the final note, with its lines; so is who comes later */
    struct sim_mail *m = NULL;
    bool told = false;
    while ((m = sim_take(c->sim, 1)) != NULL) {
        told =
            told || (m->m.cmd == SB_CMD_CHECKPOINT && m->m.as.checkpoint.seen == 0 &&
                     size_of(c, m->m.payload[0]) == second && m->m.payload[0].n > 400);
        sim_mail_free(m);
    }
    assert_true(told);
    uint8_t late[SB_SESSION];
    sim_enter(c->sim, 2, STCNS, late);
    m = sim_expect(c->sim, 2, SB_CMD_CHECKPOINT);
    assert_true(size_of(c, m->m.payload[0]) == second);
    sim_mail_free(m);
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_core_status st = status(c, arena);
    assert_int_equal(st.n_witnesses, 3);
    assert_true(st.witnesses[IGM].size == second && st.witnesses[STCNS].size == 0);
    assert_true(st.quorum == 2 && st.final_ms > NOW);
    sb_arena_free(arena);
    scene_end(c);
}

static void an_older_candidate_may_still_become_final(void **state)
{
    (void)state;
    struct scene *c = scene_begin(1);
    struct sb_buf old = {0};
    struct sb_buf line = {0};
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    uint64_t first = candidate(c);
    sb_buf_put(&old, c->sim->notes[0].text.p, c->sim->notes[0].text.n);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    scene_tick(c, 10000);
    sim_line(c->sim, PNC, sb_buf_bytes(&old), &line);
    sim_cosign(c->sim, 0, PNC, c->pnc, (struct sim_ask){.said = sb_buf_bytes(&line)});
    sim_settle(c->sim);
    assert_true(final_size(c) == first);
    cosign(c, 0, PNC, c->pnc);
    uint64_t second = final_size(c);
    assert_true(second > first);
    /* the older one is cosigned again: kept, but the final size does not fall */
    size_t kept = c->sim->n_cosigned;
    c->sim->now += 5000;
    sim_line(c->sim, PNC, sb_buf_bytes(&old), &line);
    sim_cosign(c->sim, 0, PNC, c->pnc, (struct sim_ask){.said = sb_buf_bytes(&line)});
    sim_settle(c->sim);
    assert_int_equal(c->sim->n_cosigned, kept + 1);
    assert_true(final_size(c) == second);
    sb_buf_free(&old);
    sb_buf_free(&line);
    scene_end(c);
}

static void a_newer_cosignature_refreshes_the_final_note(void **state)
{
    (void)state;
    struct scene *c = scene_begin(1);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    cosign(c, 0, PNC, c->pnc);
    assert_true(final_size(c) > 0);
    assert_int_equal(c->sim->n_cosigned, 1);
    cosign(c, 0, PNC, c->pnc); /* the same second: nothing new */
    assert_int_equal(c->sim->n_cosigned, 1);
    scene_tick(c, 30000);
    struct sb_arena *arena = sb_arena_new(0);
    uint64_t before = status(c, arena).final_ms;
    cosign(c, 0, PNC, c->pnc);
    assert_int_equal(c->sim->n_cosigned, 2);
    assert_true(status(c, arena).final_ms == before + 30000);
    sb_arena_free(arena);
    size_t told = 0; /* beside the answers, which prove the own stream */
    struct sim_mail *m = NULL;
    while ((m = sim_take(c->sim, 0)) != NULL) {
        told += m->m.cmd == SB_CMD_CHECKPOINT && m->m.as.checkpoint.n_own == 0;
        sim_mail_free(m);
    }
    assert_int_equal(told, 1);
    scene_end(c);
}

static void false_lines_change_nothing(void **state)
{
    (void)state;
    struct scene *c = scene_begin(1);
    uint8_t igm[SB_SESSION];
    struct sb_buf line = {0};
    sim_enter(c->sim, 1, IGM, igm);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    sim_line(c->sim, PNC, sb_buf_bytes(&c->sim->notes[0].text), &line);
    /* another's line, every changed byte, and a line with more behind it */
    sim_cosign(c->sim, 1, IGM, igm, (struct sim_ask){.said = sb_buf_bytes(&line)});
    assert_int_equal(c->sim->last_log, SB_E_COSIGNATURE);
    for (size_t i = 0; i < line.n; i++) {
        line.p[i] ^= 1;
        sim_cosign(
            c->sim, 0, PNC, c->pnc, (struct sim_ask){.said = sb_buf_bytes(&line)});
        sim_settle(c->sim);
        scene_drain(c, 0);
        line.p[i] ^= 1;
    }
    sb_buf_str(&line, "\xe2\x80\x94 x y\n");
    sim_cosign(c->sim, 0, PNC, c->pnc, (struct sim_ask){.said = sb_buf_bytes(&line)});
    sim_settle(c->sim);
    assert_int_equal(c->sim->n_cosigned, 0);
    assert_true(final_size(c) == 0);
    assert_false(c->sim->dropped[0]);
    assert_false(c->sim->dropped[1]);
    /* a member whose witness key is revoked is no witness any more */
    struct member *pnc = &c->sim->world->members[PNC];
    struct sb_vault_key k;
    assert_true(sb_vault_newest(pnc->vault, SB_USE_WITNESS, &k));
    memcpy(pnc->keys[0].key_id, k.key_id, SB_KEY_ID);
    pnc->keys[0].status = sb_bytes_str("revoked");
    pnc->n_keys = 1;
    scene_directory(c);
    sim_line(c->sim, PNC, sb_buf_bytes(&c->sim->notes[0].text), &line);
    sim_cosign(c->sim, 0, PNC, c->pnc, (struct sim_ask){.said = sb_buf_bytes(&line)});
    assert_int_equal(c->sim->n_cosigned, 0);
    assert_int_equal(c->sim->last_log, SB_E_COSIGNATURE);
    sb_buf_free(&line);
    scene_end(c);
}

/* As after a restart, which begins with other candidates. */
static void a_line_of_a_round_that_is_over_alarms_nobody(void **state)
{
    (void)state;
    struct scene *c = scene_begin(1);
    uint8_t root[SB_HASH] = {1};
    struct sb_buf note = {0};
    struct sb_buf line = {0};
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    sim_note(c->sim, 900, root, &note);
    sim_line(c->sim, PNC, sb_buf_bytes(&note), &line);
    struct sim_ask said = {.seen = 900, .said = sb_buf_bytes(&line)};
    sim_cosign(c->sim, 0, PNC, c->pnc, said);
    sim_settle(c->sim);
    assert_int_equal(c->sim->n_logs, 0);
    assert_int_equal(c->sim->n_cosigned, 0);
    said.seen = c->sim->notes[0].size; /* of that size there is one, and it is not it */
    sim_cosign(c->sim, 0, PNC, c->pnc, said);
    sim_settle(c->sim);
    assert_int_equal(c->sim->last_log, SB_E_COSIGNATURE);
    sb_buf_free(&note);
    sb_buf_free(&line);
    scene_end(c);
}

/* Says a line of PNC over the first note, signed at this time. */
static void say_line(struct scene *c, uint64_t time_ms)
{
    struct sb_buf line = {0};
    uint64_t now = c->sim->now;
    c->sim->now = time_ms;
    sim_line(c->sim, PNC, sb_buf_bytes(&c->sim->notes[0].text), &line);
    c->sim->now = now;
    sim_cosign(c->sim, 0, PNC, c->pnc, (struct sim_ask){.said = sb_buf_bytes(&line)});
    sim_settle(c->sim);
    sb_buf_free(&line);
}

/* Each line that is taken is a commit, which everybody waits for. */
static void one_witness_does_not_keep_the_journal_busy(void **state)
{
    (void)state;
    struct scene *c = scene_begin(1);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    say_line(c, 1000);
    assert_int_equal(c->sim->n_cosigned, 1);
    for (uint64_t i = 2; i < 200; i++)
        say_line(c, i * 1000);
    assert_int_equal(c->sim->n_cosigned, 2);
    scene_tick(c, 10000);
    for (uint64_t i = 200; i < 400; i++)
        say_line(c, i * 1000);
    assert_int_equal(c->sim->n_cosigned, 3);
    assert_int_equal(c->sim->n_logs, 0);
    scene_end(c);
}

static void a_line_from_the_future_keeps_nothing_fresh(void **state)
{
    (void)state;
    struct scene *c = scene_begin(1);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    say_line(c, c->sim->now + 2 * 3600 * 1000);
    assert_int_equal(c->sim->n_cosigned, 0);
    assert_int_equal(c->sim->last_log, SB_E_COSIGNATURE);
    assert_true(final_size(c) == 0);
    say_line(c, c->sim->now + 60 * 1000); /* clocks differ a little */
    assert_true(final_size(c) > 0);
    scene_end(c);
}

static void say_note(struct scene *c, uint64_t size, const uint8_t root[SB_HASH])
{
    struct sb_buf note = {0};
    sim_note(c->sim, size, root, &note);
    sim_cosign(c->sim, 0, PNC, c->pnc, (struct sim_ask){.said = sb_buf_bytes(&note)});
    sim_settle(c->sim);
    sb_buf_free(&note);
}

static void what_we_signed_and_have_not_stops_the_broker(void **state)
{
    (void)state;
    uint8_t root[SB_HASH];
    struct scene *c = scene_begin(1);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    sim_root(c->sim, 2, root);
    say_note(c, 2, root); /* our own history */
    assert_int_equal(c->sim->stopped, 0);
    assert_int_equal(c->sim->n_logs, 0);
    root[0] ^= 1;
    say_note(c, 2, root);
    assert_int_equal(c->sim->stopped, SB_E_JOURNAL_ROOT);
    c->sim->stopped = 0;
    say_note(c, c->sim->durable + 1, root);
    assert_int_equal(c->sim->stopped, SB_E_JOURNAL_SHORT);
    scene_end(c);
}

static void what_others_signed_stops_nothing(void **state)
{
    (void)state;
    uint8_t root[SB_HASH] = {1};
    struct sb_buf note = {0};
    struct scene *c = scene_begin(1);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    sim_note(c->sim, 900, root, &note);
    for (size_t i = 0; i < note.n; i++) {
        note.p[i] ^= 2;
        sim_cosign(
            c->sim, 0, PNC, c->pnc, (struct sim_ask){.said = sb_buf_bytes(&note)});
        sim_settle(c->sim);
        scene_drain(c, 0);
        assert_int_equal(c->sim->stopped, 0);
        note.p[i] ^= 2;
    }
    assert_int_equal(c->sim->last_log, SB_E_COSIGNATURE);
    sb_buf_free(&note);
    scene_end(c);
}

static void without_a_quorum_a_signed_note_is_final(void **state)
{
    (void)state;
    struct scene *c = scene_begin(0);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    assert_true(final_size(c) == c->sim->durable);
    assert_true(candidate(c) == c->sim->durable);
    uint64_t before = final_size(c);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    assert_true(final_size(c) > before);
    assert_true(candidate(c) == before); /* not more often than once a second */
    scene_tick(c, 1000);
    assert_true(candidate(c) > before);
    scene_end(c);
}

static void a_restart_keeps_the_final_note(void **state)
{
    (void)state;
    struct scene *c = scene_begin(1);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    cosign(c, 0, PNC, c->pnc);
    uint64_t size = final_size(c);
    scene_batch(c, 1);
    sim_checkpoint(c->sim);
    sim_crash(c->sim);
    assert_true(final_size(c) == size);
    sim_enter(c->sim, 0, PNC, c->pnc);
    assert_true(candidate(c) > size);
    /* it is cosigned again though it is no candidate any more */
    struct sb_buf line = {0};
    size_t kept = c->sim->n_cosigned;
    c->sim->now += 60000;
    sim_line(c->sim, PNC, sb_buf_bytes(&c->sim->notes[0].text), &line);
    sim_cosign(c->sim, 0, PNC, c->pnc, (struct sim_ask){.said = sb_buf_bytes(&line)});
    assert_int_equal(c->sim->n_cosigned, kept + 1);
    sb_buf_free(&line);
    scene_end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_proves_what_was_asked_and_the_own_stream),
        cmocka_unit_test(a_round_has_one_candidate_and_a_quorum_ends_it),
        cmocka_unit_test(an_older_candidate_may_still_become_final),
        cmocka_unit_test(a_newer_cosignature_refreshes_the_final_note),
        cmocka_unit_test(a_line_of_a_round_that_is_over_alarms_nobody),
        cmocka_unit_test(false_lines_change_nothing),
        cmocka_unit_test(one_witness_does_not_keep_the_journal_busy),
        cmocka_unit_test(a_line_from_the_future_keeps_nothing_fresh),
        cmocka_unit_test(what_we_signed_and_have_not_stops_the_broker),
        cmocka_unit_test(what_others_signed_stops_nothing),
        cmocka_unit_test(without_a_quorum_a_signed_note_is_final),
        cmocka_unit_test(a_restart_keeps_the_final_note),
    };
    return cmocka_run_group_tests_name("broker.core.cosign", tests, NULL, NULL);
}
