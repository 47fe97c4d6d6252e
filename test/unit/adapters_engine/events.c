/* adapters.engine.events: an event is found, proved and disclosed while the loop goes
 * on. */
#include <sodium.h>
#include <stdio.h>

#include "broker/audit/audit.h"
#include "test/unit/adapters_engine/rig.h"

/* Three alerts, of which the second is corrected and annulled; all in a signed tree. */
static struct rig *started(void)
{
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_insert(r, 2, "dos");
    rig_settle(r);
    rig_insert(r, 3, "tres");
    rig_sql(&r->pnc, "UPDATE aviso SET texto = 'dos y medio' WHERE num = 2");
    rig_settle(r);
    rig_sql(&r->pnc, "DELETE FROM aviso WHERE num = 2");
    rig_settle(r);
    sim_checkpoint(r->sim);
    return r;
}

static struct sb_value answer_of(struct rig_side *s, struct sb_arena *arena)
{
    struct sb_value v = {.type = SB_NIL};
    assert_int_equal(s->answers, 1);
    if (s->answer_code)
        fail_msg("%d: %s", s->answer_code, s->rig->last_line);
    assert_int_equal(sb_value_unpack(sb_buf_bytes(&s->answer), arena, &v, NULL), 0);
    s->answers = 0;
    return v;
}

static void find(struct rig_side *s, const char *id, const char *stream)
{
    struct sb_err err = {.code = 0};
    s->answers = 0;
    if (sb_task_find(&s->tasks, 7, sb_bytes_str(id), sb_bytes_str(stream), &err) != 0)
        fail_msg("%s", err.text);
}

static struct sb_bytes text_of(const struct sb_value *map, const char *key)
{
    const struct sb_value *v = sb_value_get(map, key);
    assert_non_null(v);
    assert_int_equal(v->type, SB_STR);
    return v->as.s;
}

static void check_history(struct rig_side *s)
{
    static const char *const operations[] = {"alta", "correccion", "anulacion"};
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value list = answer_of(s, arena);
    int64_t last = 0;
    assert_int_equal(list.type, SB_ARRAY);
    assert_int_equal(list.as.a.n, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct sb_value *row = &list.as.a.items[i];
        assert_true(sb_bytes_is(text_of(row, "stream"), SIM_STREAM));
        assert_true(sb_bytes_is(text_of(row, "operacion"), operations[i]));
        assert_true(sb_value_get(row, "seq")->as.i > last);
        last = sb_value_get(row, "seq")->as.i;
        assert_true(sb_value_get(row, "batch_index")->as.i > 0);
        assert_true(sb_value_get(row, "time")->as.i > 0);
    }
    sb_arena_free(arena);
}

static void a_fact_is_found_with_its_history(void **state)
{
    (void)state;
    struct rig *r = started();
    find(&r->pnc, "A2", "");
    rig_settle(r);
    check_history(&r->pnc);
    find(&r->stcns, "A2", SIM_STREAM);
    rig_settle(r);
    check_history(&r->stcns);
    find(&r->stcns, "A9", "");
    rig_settle(r);
    struct sb_arena *arena = sb_arena_new(0);
    assert_int_equal(answer_of(&r->stcns, arena).as.a.n, 0);
    sb_arena_free(arena);
    rig_free(r);
}

static void one_question_at_a_time(void **state)
{
    (void)state;
    struct rig *r = started();
    struct sb_err err;
    find(&r->pnc, "A2", "");
    assert_int_equal(
        sb_task_find(&r->pnc.tasks, 8, sb_bytes_str("A1"), sb_bytes_str(""), &err),
        SB_E_BUSY);
    assert_int_equal(sb_task_find(&r->stcns.tasks,
                                  8,
                                  sb_bytes_str("A1"),
                                  sb_bytes_str("igm/comun.alerta"),
                                  &err),
                     SB_E_NOT_FOUND);
    assert_null(r->stcns.tasks.now);
    /* meanwhile the loop goes on, and a session that is lost ends it */
    assert_int_equal(sb_tasks_tick(&r->pnc.tasks, r->sim->now, r->sim->now, &err), 0);
    assert_int_equal(sb_tasks_away(&r->pnc.tasks, &err), 0);
    assert_int_equal(r->pnc.answers, 1);
    assert_int_equal(r->pnc.answer_code, SB_E_NO_CONNECTION);
    rig_settle(r); /* what is answered late is nobody's */
    assert_int_equal(r->pnc.answers, 1);
    find(&r->pnc, "A2", "");
    rig_settle(r);
    check_history(&r->pnc);
    rig_free(r);
}

static void a_broker_that_is_silent_ends_it(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    find(&r->pnc, "A1", "");
    struct sb_err err;
    uint64_t now = r->sim->now;
    assert_int_equal(sb_tasks_tick(&r->pnc.tasks, now, now, &err), 0);
    now += SB_TASK_SILENT_MS;
    assert_int_equal(sb_tasks_tick(&r->pnc.tasks, now, now, &err), 0);
    assert_int_equal(r->pnc.answers, 1);
    assert_int_equal(r->pnc.answer_code, SB_E_TIMEOUT);
    assert_null(r->pnc.tasks.now);
    rig_free(r);
}

/* Not in a signed tree yet: asked again until it is. */
static void what_is_not_signed_yet_is_waited_for(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    find(&r->pnc, "A1", "");
    rig_pass(r, 3000);
    assert_int_equal(r->pnc.answers, 0);
    sim_checkpoint(r->sim);
    rig_pass(r, 3000);
    struct sb_arena *arena = sb_arena_new(0);
    assert_int_equal(answer_of(&r->pnc, arena).as.a.n, 1);
    sb_arena_free(arena);
    rig_free(r);
}

static void
prove(struct rig_side *s, uint64_t seq, const char *class, const char *order)
{
    struct sb_err err = {.code = 0};
    const struct sb_prove_wish wish = {.stream = sb_bytes_str(SIM_STREAM),
                                       .seq = seq,
                                       .class_name = sb_bytes_str(class),
                                       .order = sb_bytes_str(order)};
    s->answers = 0;
    if (sb_task_prove(&s->tasks, 7, &wish, &err) != 0)
        fail_msg("%s", err.text);
}

/* The proof of the answer. */
static void read_proof(struct rig_side *s,
                       struct sb_arena *arena,
                       struct sb_buf *bytes,
                       struct sb_proof_file *out)
{
    struct sb_value map = answer_of(s, arena);
    struct sb_bytes text = text_of(&map, "file");
    size_t n = 0;
    uint8_t *raw = sb_arena_alloc(arena, text.n, 1);
    assert_int_equal(sodium_base642bin(raw,
                                       text.n,
                                       (const char *)text.p,
                                       text.n,
                                       NULL,
                                       &n,
                                       NULL,
                                       sodium_base64_VARIANT_ORIGINAL),
                     0);
    sb_buf_reset(bytes);
    sb_buf_put(bytes, raw, n);
    struct sb_err err;
    if (sb_proof_file_read(sb_buf_bytes(bytes), arena, out, &err) != 0)
        fail_msg("%s", err.text);
}

static void say(void *ctx, const struct sb_audit_finding *f)
{
    (void)ctx;
    if (f->verdict == SB_AUDIT_FAILED)
        fail_msg("%s", f->text);
}

/* As a stranger with the roots judges it. */
static void audit(const struct rig *r, struct sb_bytes proof)
{
    struct sb_err err;
    struct sb_audit_facts facts;
    const struct sb_audit_config config = {.roots = &r->sim->world->anchor, .say = say};
    if (sb_audit_proof(proof, &config, &facts, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_not_equal(sb_audit_result(&facts), SB_AUDIT_FAILED);
}

static void check_paths(const struct rig *r, const struct sb_proof_file *p)
{
    struct sb_checkpoint tree;
    struct sb_record record;
    struct sb_batch batch;
    uint8_t leaf[SB_HASH];
    assert_int_equal(
        sb_checkpoint_open(p->note, r->sim->world->anchor.log_pk, &tree, NULL), 0);
    sb_tree_leaf(leaf, p->place.leaf);
    assert_true(sb_proof_included(
        leaf, p->place.index, tree.size, p->place.path, p->place.n_path, tree.root));
    sb_tree_leaf(leaf, p->epoch_place.leaf);
    assert_true(sb_proof_included(leaf,
                                  p->epoch_place.index,
                                  tree.size,
                                  p->epoch_place.path,
                                  p->epoch_place.n_path,
                                  tree.root));
    assert_int_equal(sb_record_read(p->batch, &record, NULL), 0);
    assert_int_equal(sb_batch_read(record.body, &batch, NULL), 0);
    assert_true(sb_items_included(p->item,
                                  p->seq - batch.first_seq,
                                  batch.count,
                                  p->item_path,
                                  p->n_item_path,
                                  batch.items_root));
    assert_true(p->n_directories > 0);
}

static void a_proof_holds_by_itself(void **state)
{
    (void)state;
    struct rig *r = started();
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_buf bytes = {0};
    struct sb_proof_file p;
    for (uint64_t seq = 1; seq <= r->pnc.stream.row.stored_seq; seq++) {
        struct rig_side *side = seq % 2 ? &r->pnc : &r->stcns;
        prove(side, seq, "", "");
        rig_settle(r);
        read_proof(side, arena, &bytes, &p);
        assert_int_equal(p.seq, seq);
        assert_false(p.disclosed);
        check_paths(r, &p);
        audit(r, sb_buf_bytes(&bytes));
    }
    sb_buf_free(&bytes);
    sb_arena_free(arena);
    rig_free(r);
}

static void refused(struct rig_side *s, int code)
{
    rig_settle(s->rig);
    assert_int_equal(s->answers, 1);
    assert_int_equal(s->answer_code, code);
    assert_null(s->tasks.now);
}

static void what_cannot_be_proved_is_refused(void **state)
{
    (void)state;
    struct rig *r = started();
    prove(&r->pnc, 99, "", "");
    refused(&r->pnc, SB_E_NOT_FOUND);
    prove(&r->stcns, 1, "reservada", "order 1"); /* stcns holds publica and interna */
    refused(&r->stcns, SB_E_NO_SECRET);
    prove(&r->stcns, 1, "ninguna", "order 1");
    refused(&r->stcns, SB_E_NO_SECRET);
    struct sb_err err;
    const struct sb_prove_wish wish = {.stream = sb_bytes_str(SIM_STREAM),
                                       .seq = 1,
                                       .class_name = sb_bytes_str("publica")};
    assert_int_equal(sb_task_prove(&r->stcns.tasks, 7, &wish, &err), SB_E_ARGUMENT);
    assert_null(r->stcns.tasks.now);
    rig_free(r);
}

static size_t acts(const struct rig *r, size_t below)
{
    size_t n = 0;
    for (size_t i = 0; i < below; i++)
        n += r->sim->entries[i].a.kind == SB_KIND_ACT;
    return n;
}

/* Up to where the act is with the broker and not stored. */
static struct rig *disclosing(void)
{
    struct rig *r = started();
    struct rig_side *s = &r->stcns;
    prove(s, 2, "interna", "Juzgado 3, 118-2026");
    uint64_t now = r->sim->now;
    assert_int_equal(sb_tasks_tick(&s->tasks, now, now, NULL), 0);
    while (sim_answer(r->sim))
        ;
    rig_hear(s, SIZE_MAX);
    assert_int_equal(acts(r, r->sim->n_entries), 0);
    assert_int_equal(sb_tasks_tick(&s->tasks, now, now, NULL), 0);
    rig_hear(s, SIZE_MAX);
    assert_int_equal(acts(r, r->sim->n_entries), 1);
    assert_int_equal(acts(r, r->sim->durable), 0);
    assert_int_equal(s->answers, 0);
    return r;
}

static void a_key_is_given_out_after_its_act_is_stored(void **state)
{
    (void)state;
    struct rig *r = disclosing();
    struct rig_side *s = &r->stcns;
    sim_settle(r->sim);
    assert_int_equal(acts(r, r->sim->durable), 1);
    rig_hear(s, SIZE_MAX);
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_buf bytes = {0};
    struct sb_buf plain = {0};
    struct sb_proof_file p;
    struct sb_item item;
    read_proof(s, arena, &bytes, &p);
    check_paths(r, &p);
    audit(r, sb_buf_bytes(&bytes));
    assert_true(p.disclosed);
    assert_true(sb_bytes_is(p.class_name, "interna"));
    assert_true(sb_bytes_is(p.order, "Juzgado 3, 118-2026"));
    assert_true(sb_bytes_eq(p.act, r->sim->entries[r->sim->durable - 1].a.record));
    assert_int_equal(sb_item_read(p.item, &item, NULL), 0);
    int opened = 0;
    for (size_t c = 0; c < item.event.n_classes; c++) {
        int rc = sb_event_open_key(p.event_key.p, &item, c, p.ciphertext, &plain, NULL);
        bool ours = sb_bytes_is(item.event.classes[c].name, "interna");
        assert_int_equal(rc == 0, ours);
        opened += rc == 0;
    }
    assert_int_equal(opened, 1);
    sb_buf_free(&plain);
    sb_buf_free(&bytes);
    sb_arena_free(arena);
    rig_free(r);
}

static void a_refused_act_gives_no_key(void **state)
{
    (void)state;
    struct rig *r = disclosing();
    struct sb_message m = {.cmd = SB_CMD_REFUSED};
    m.as.refused.kind = SB_KIND_ACT;
    m.as.refused.stream = sb_bytes_str(SIM_STREAM);
    memcpy(m.as.refused.hash, r->sim->entries[r->sim->n_entries - 1].a.hash, SB_HASH);
    m.as.refused.code = (uint64_t)sb_code_number(SB_E_KEY_EXPIRED);
    assert_int_equal(sb_tasks_message(&r->stcns.tasks, &m, NULL), 0);
    assert_int_equal(r->stcns.answers, 1);
    assert_int_equal(r->stcns.answer_code, SB_E_KEY_EXPIRED);
    assert_int_equal(r->stcns.answer.n, 0);
    rig_free(r);
}

/* What FETCHED brings is believed in no part without its proof. */
static void a_broker_that_lies_is_not_believed(void **state)
{
    (void)state;
    for (unsigned twist = 0; twist < 8; twist++) {
        struct rig *r = started();
        struct rig_side *s = &r->stcns;
        struct sb_arena *arena = sb_arena_new(0);
        prove(s, 2, "interna", "order");
        uint64_t now = r->sim->now;
        assert_int_equal(sb_tasks_tick(&s->tasks, now, now, NULL), 0);
        while (sim_answer(r->sim))
            ;
        struct sim_mail *mail = sim_expect(r->sim, s->peer, SB_CMD_FETCHED);
        struct sb_message *m = &mail->m;
        struct sb_bytes *parts[] = {&m->payload[0],
                                    &m->payload[1],
                                    &m->payload[2],
                                    &m->payload[3],
                                    &m->as.fetched.epoch_leaf,
                                    &m->as.fetched.epoch_record,
                                    &m->as.fetched.note};
        if (twist < 7) {
            struct sb_bytes copy = sb_arena_dup(arena, *parts[twist]);
            uint8_t *p = sb_arena_alloc(arena, copy.n, 1);
            memcpy(p, copy.p, copy.n);
            p[twist == 6 ? 20 : copy.n - 1] ^= 1;
            *parts[twist] = sb_bytes(p, copy.n);
        } else {
            m->as.fetched.index++;
        }
        assert_int_equal(sb_tasks_message(&s->tasks, m, NULL), 0);
        if (s->answers != 1)
            fail_msg("twist %u was believed", twist);
        assert_true(s->answer_code < 0);
        assert_int_equal(s->answer.n, 0);
        sim_mail_free(mail);
        sb_arena_free(arena);
        rig_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fact_is_found_with_its_history),
        cmocka_unit_test(one_question_at_a_time),
        cmocka_unit_test(a_broker_that_is_silent_ends_it),
        cmocka_unit_test(what_is_not_signed_yet_is_waited_for),
        cmocka_unit_test(a_proof_holds_by_itself),
        cmocka_unit_test(what_cannot_be_proved_is_refused),
        cmocka_unit_test(a_key_is_given_out_after_its_act_is_stored),
        cmocka_unit_test(a_refused_act_gives_no_key),
        cmocka_unit_test(a_broker_that_lies_is_not_believed),
    };
    return cmocka_run_group_tests_name("adapters.engine.events", tests, NULL, NULL);
}
