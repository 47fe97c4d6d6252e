/* adapters.engine.apply: events into the reader's database, exactly once. */
#include "test/unit/adapters_engine/rig.h"

#include <stdio.h>
#include <unistd.h>

#include "adapters/engine/cursor.h"
#include "adapters/engine/quarantine.h"

static struct sb_db_ops broken; /* the driver's, but for a commit that may fail */
static const struct sb_db_ops *whole;
static int commits_left;

static int failing_commit(struct sb_db *db, struct sb_err *err)
{
    if (commits_left-- == 0)
        return sb_fail(err, SB_E_IO, "the power went");
    return whole->commit(db, err);
}

/* The next commit of the reader's database fails. */
static void break_commit(struct rig *r)
{
    whole = r->stcns.target.db->ops;
    broken = *whole;
    broken.commit = failing_commit;
    commits_left = 0;
    r->stcns.target.db->ops = &broken;
}

static void nothing_half_applied_survives_a_failed_commit(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_insert(r, 2, "refuse me");
    break_commit(r);
    for (int i = 0; i < 6; i++)
        rig_turn(r);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "0");
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM sacbe_cursor"), "0");
    /* the event set aside was written down before the cursor could have passed it */
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM quarantine"), "1");
    r->stcns.target.db->ops = whole;
    rig_kill(&r->stcns);
    rig_start(&r->stcns);
    rig_enter(&r->stcns);
    rig_settle(r);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT group_concat(id || seq) FROM recibida"), "A11");
    assert_string_equal(rig_ask(&r->stcns, "SELECT seq FROM sacbe_cursor"), "2");
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM quarantine"), "1");
    rig_free(r);
}

static void an_event_stands_in_one_place_alone(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "refuse me");
    break_commit(r);
    for (int i = 0; i < 6; i++)
        rig_turn(r);
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM quarantine"), "1");
    r->stcns.target.db->ops = whole;
    rig_sql(
        &r->stcns,
        "DROP TABLE recibida;"
        "CREATE TABLE recibida(id TEXT PRIMARY KEY, nivel TEXT, texto TEXT, seq INT)");
    r->sim->now += 1000;
    rig_settle(r);
    assert_string_equal(rig_ask(&r->stcns, "SELECT id FROM recibida"), "A1");
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM quarantine"), "0");
    rig_free(r);
}

static void a_held_stream_comes_back_by_itself(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    break_commit(r);
    for (int i = 0; i < 6; i++)
        rig_turn(r);
    assert_int_equal(r->warnings, 1);
    r->stcns.target.db->ops = whole;
    r->sim->now += 1000; /* its pause is over */
    rig_settle(r);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "1");
    assert_int_equal(r->warnings, 1);
    rig_free(r);
}

static int refusals;
static int (*send_on)(void *ctx, const struct sb_message *m, struct sb_err *err);

static int full_socket(void *ctx, const struct sb_message *m, struct sb_err *err)
{
    return refusals-- > 0 ? sb_fail(err, SB_E_BUSY, "full") : send_on(ctx, m, err);
}

static void a_full_socket_does_not_forget_a_held_stream(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    break_commit(r);
    for (int i = 0; i < 6; i++)
        rig_turn(r);
    r->stcns.target.db->ops = whole;
    send_on = r->stcns.env.send;
    r->stcns.env.send = full_socket;
    refusals = 2;
    r->sim->now += 1000;
    rig_settle(r);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "1");
    rig_free(r);
}

static void what_the_database_refuses_is_set_aside_and_retried(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_insert(r, 2, "refuse me");
    rig_insert(r, 3, "tres");
    rig_settle(r);
    assert_string_equal(rig_ask(&r->stcns, "SELECT group_concat(id) FROM recibida"),
                        "A1,A3");
    assert_string_equal(rig_state(&r->stcns,
                                  "SELECT source || ' ' || key || ' ' || code || ' ' ||"
                                  " id_local FROM quarantine"),
                        SIM_STREAM " 2 311 A2");
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM reject"), "0");
    /* once the table takes it, so does the sink */
    rig_sql(
        &r->stcns,
        "ALTER TABLE recibida RENAME TO old;"
        "CREATE TABLE recibida(id TEXT PRIMARY KEY, nivel TEXT, texto TEXT, seq INT);"
        "INSERT INTO recibida SELECT * FROM old");
    struct sb_buf payload = {0};
    sqlite3_stmt *row = NULL;
    struct sb_sql *own = r->stcns.env.state;
    assert_int_equal(
        sb_sql_start(own, &row, NULL, "SELECT payload, classes FROM quarantine", ""),
        0);
    assert_int_equal(sb_sql_row(own, row, NULL), 1);
    struct sb_bytes p = sb_sql_bytes(row, 0);
    sb_buf_put(&payload, p.p, p.n);
    unsigned classes = (unsigned)sb_sql_uint(row, 1);
    sb_sql_end(row);
    assert_int_equal(sb_apply_again(&r->stcns.target,
                                    sb_buf_bytes(&payload),
                                    classes,
                                    sb_bytes_str(SIM_STREAM),
                                    2,
                                    NULL),
                     0);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT texto FROM recibida WHERE id = 'A2'"), "refuse me");
    sb_buf_free(&payload);
    rig_free(r);
}

/* Overtaken, the refused one would undo the later one when it is tried again. */
static void a_row_s_later_event_waits_behind_the_one_set_aside(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "refuse me");
    rig_settle(r);
    rig_sql(&r->pnc, "UPDATE aviso SET texto = 'mended' WHERE num = 1");
    rig_insert(r, 2, "dos");
    rig_settle(r);
    assert_string_equal(rig_ask(&r->stcns, "SELECT group_concat(id) FROM recibida"),
                        "A2");
    assert_string_equal(rig_state(&r->stcns,
                                  "SELECT group_concat(key || ' ' || id_local || ' ' ||"
                                  " code) FROM (SELECT * FROM quarantine ORDER BY id)"),
                        "1 A1 311,2 A1 311");
    uint64_t before = 0;
    assert_int_equal(sb_quarantine_before(r->stcns.env.state,
                                          sb_bytes_str(SIM_STREAM),
                                          sb_bytes_str("A1"),
                                          2,
                                          &before,
                                          NULL),
                     0);
    assert_int_equal(before, 1);
    rig_free(r);
}

/* An event that no honest adapter seals. */
static void seal_nonsense(struct rig *r)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_value map = {.type = SB_MAP};
    struct sb_buf packed = {0};
    struct sb_sections event = {0};
    static const uint8_t mapping[SB_MAPPING_ID];
    assert_true(sb_value_set(
        &map, sb_bytes_str("id_local"), sb_value_text(sb_bytes_str("A9")), arena));
    assert_true(sb_value_set(
        &map, sb_bytes_str("operacion"), sb_value_text(sb_bytes_str("alta")), arena));
    assert_int_equal(sb_value_pack(&map, &packed, NULL), 0);
    for (size_t c = 0; c < SB_CLASS_COUNT; c++)
        if (r->pnc.stream.type.classes & SB_CLASS_BIT(c))
            event.plain[c] = sb_buf_bytes(&packed);
    assert_int_equal(sb_sql_begin(r->pnc.env.state, NULL), 0);
    assert_int_equal(
        sb_stream_seal(&r->pnc.stream, &event, 1, mapping, r->sim->now, NULL), 0);
    assert_int_equal(sb_sql_commit(r->pnc.env.state, NULL), 0);
    sb_buf_free(&packed);
    sb_arena_free(arena);
}

static void an_event_that_breaks_the_catalogue_is_rejected(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    seal_nonsense(r);
    rig_insert(r, 2, "dos");
    rig_settle(r);
    assert_string_equal(
        rig_ask(&r->stcns, "SELECT group_concat(id || seq) FROM recibida"), "A11,A23");
    assert_string_equal(
        rig_state(&r->stcns, "SELECT key || ' ' || code FROM quarantine"), "2 305");
    sqlite3_stmt *row = NULL;
    struct sb_sql *own = r->stcns.env.state;
    struct sb_record record;
    struct sb_reject reject;
    assert_int_equal(sb_sql_start(own, &row, NULL, "SELECT record FROM reject", ""), 0);
    assert_int_equal(sb_sql_row(own, row, NULL), 1);
    assert_int_equal(sb_record_read(sb_sql_bytes(row, 0), &record, NULL), 0);
    assert_int_equal(sb_reject_read(record.body, &reject, NULL), 0);
    assert_int_equal(reject.seq, 2);
    assert_int_equal(reject.code, 305);
    assert_true(sb_bytes_is(reject.reader, "stcns"));
    sb_sql_end(row);
    rig_free(r);
}

static void a_strict_sink_holds_its_stream(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    static const char strict[] = {'s', 't', 'r', 'i', 'c', 't', ' ', ' ', ' ', ' '};
    char path[2 * RIG_PATH];
    struct sb_buf text = {0};
    snprintf(path, sizeof path, "%s/stcns.sink.yaml", r->dir);
    assert_int_equal(sb_file_read(path, 1 << 16, &text, NULL), 0);
    char *at = memmem(text.p, text.n, "quarantine", sizeof strict);
    assert_non_null(at);
    memcpy(at, strict, sizeof strict);
    assert_int_equal(sb_file_write(path, sb_buf_bytes(&text), 0600, NULL), 0);
    sb_buf_free(&text);
    rig_kill(&r->stcns);
    rig_start(&r->stcns);
    rig_enter(&r->stcns);
    rig_insert(r, 1, "uno");
    rig_settle(r);
    rig_insert(r, 2, "refuse me");
    rig_insert(r, 3, "tres");
    for (int i = 0; i < 10; i++)
        rig_turn(r);
    assert_string_equal(rig_ask(&r->stcns, "SELECT group_concat(id) FROM recibida"),
                        "A1");
    assert_int_equal(r->stcns.receive.readings[0]->trouble.code, SB_E_APPLY);
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM quarantine"), "0");
    rig_sql(
        &r->stcns,
        "ALTER TABLE recibida RENAME TO old;"
        "CREATE TABLE recibida(id TEXT PRIMARY KEY, nivel TEXT, texto TEXT, seq INT);"
        "INSERT INTO recibida SELECT * FROM old");
    r->sim->now += 120000;
    rig_settle(r);
    assert_string_equal(rig_ask(&r->stcns, "SELECT group_concat(id) FROM recibida"),
                        "A1,A2,A3");
    rig_free(r);
}

static void a_constraint_checked_at_commit_finds_its_event(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_sql(&r->stcns,
            "DROP TABLE recibida; CREATE TABLE nivel(nombre TEXT PRIMARY KEY);"
            "INSERT INTO nivel VALUES ('verde');"
            "CREATE TABLE recibida(id TEXT PRIMARY KEY, nivel TEXT REFERENCES nivel"
            " DEFERRABLE INITIALLY DEFERRED, texto TEXT, seq INT)");
    rig_sql(&r->pnc,
            "BEGIN; INSERT INTO aviso_area VALUES (1, '01'), (2, '01'), (3, '01');"
            "INSERT INTO aviso VALUES (1, 'verde', 'a'), (2, 'roja', 'b'), (3, "
            "'verde', 'c');"
            "COMMIT");
    rig_settle(r);
    assert_string_equal(rig_ask(&r->stcns, "SELECT group_concat(id) FROM recibida"),
                        "A1,A3");
    assert_string_equal(
        rig_state(&r->stcns, "SELECT key || ' ' || code FROM quarantine"), "2 311");
    assert_string_equal(rig_ask(&r->stcns, "SELECT seq FROM sacbe_cursor"), "3");
    rig_free(r);
}

/* Seals one more event and stops before the reader hears of it. */
static struct sim_mail *next_delivery(struct rig *r)
{
    rig_insert(r, 2, "dos");
    for (int i = 0; i < 40 && r->sim->n_entries < 4; i++) {
        assert_true(sb_feed_turn(&r->pnc.feed, r->sim->now, NULL) >= 0);
        bool busy = false;
        assert_int_equal(sb_publish_pump(&r->pnc.stream, r->sim->now, &busy, NULL), 0);
        sim_settle(r->sim);
    }
    struct sim_mail *m = r->sim->mail[RIG_STCNS];
    while (m && (m->m.cmd != SB_CMD_ENTRY || m->m.payload[3].n == 0))
        m = m->next;
    if (!m) {
        fail_msg("nothing was delivered");
        exit(1);
    }
    return m;
}

static void one_flipped_bit_holds_the_stream(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_insert(r, 1, "uno");
    rig_settle(r);
    struct sim_mail *m = next_delivery(r);
    uint8_t *bytes = malloc(m->m.payload[2].n);
    if (!bytes)
        abort();
    memcpy(bytes, m->m.payload[2].p, m->m.payload[2].n);
    bytes[m->m.payload[2].n - 1] ^= 1;
    m->m.payload[2].p = bytes;
    rig_hear(&r->stcns, SIZE_MAX);
    assert_int_equal(sb_receive_turn(&r->stcns.receive, r->sim->now, r->sim->now, NULL),
                     1);
    assert_int_equal(r->stcns.receive.readings[0]->trouble.code, SB_E_ITEMS_ROOT);
    assert_string_equal(rig_ask(&r->stcns, "SELECT count(*) FROM recibida"), "1");
    free(bytes);
    rig_free(r);
}

/* How much of a delivery a dishonest broker keeps to itself. */
static void withhold(struct sim_mail *m, size_t classes, struct sb_buf *out)
{
    struct sb_bytes raw[SB_CLASSES];
    struct sb_cts cts;
    assert_int_equal(sb_cts_read(m->m.payload[3], m->arena, &cts, NULL), 0);
    assert_int_equal(cts.n, 2);
    for (size_t i = 0; i < classes; i++)
        raw[i] = cts.classes[i].raw;
    sb_cts_join(out, raw, classes);
    m->m.payload[3] = sb_buf_bytes(out);
}

static void what_a_grant_gives_cannot_be_withheld(void **state)
{
    (void)state;
    for (int kept = -1; kept < 2; kept++) { /* -1: the record alone */
        struct rig *r = rig_new();
        struct sb_buf cts = {0};
        rig_insert(r, 1, "uno");
        rig_settle(r);
        struct sim_mail *m = next_delivery(r);
        if (kept < 0)
            m->m.payload[2] = m->m.payload[3] = sb_bytes(NULL, 0);
        else
            withhold(m, (size_t)kept, &cts);
        rig_hear(&r->stcns, SIZE_MAX);
        assert_int_equal(
            sb_receive_turn(&r->stcns.receive, r->sim->now, r->sim->now, NULL), 1);
        assert_int_equal(r->stcns.receive.readings[0]->trouble.code, SB_E_JOIN);
        assert_string_equal(rig_ask(&r->stcns, "SELECT seq FROM sacbe_cursor"), "1");
        r->sim->now += 1000; /* asked again, and told the whole */
        rig_settle(r);
        assert_string_equal(
            rig_ask(&r->stcns, "SELECT group_concat(id || seq) FROM recibida"),
            "A11,A22");
        sb_buf_free(&cts);
        rig_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_half_applied_survives_a_failed_commit),
        cmocka_unit_test(an_event_stands_in_one_place_alone),
        cmocka_unit_test(a_held_stream_comes_back_by_itself),
        cmocka_unit_test(a_full_socket_does_not_forget_a_held_stream),
        cmocka_unit_test(what_the_database_refuses_is_set_aside_and_retried),
        cmocka_unit_test(a_row_s_later_event_waits_behind_the_one_set_aside),
        cmocka_unit_test(an_event_that_breaks_the_catalogue_is_rejected),
        cmocka_unit_test(a_strict_sink_holds_its_stream),
        cmocka_unit_test(a_constraint_checked_at_commit_finds_its_event),
        cmocka_unit_test(one_flipped_bit_holds_the_stream),
        cmocka_unit_test(what_a_grant_gives_cannot_be_withheld),
    };
    return cmocka_run_group_tests_name("adapters.engine.apply", tests, NULL, NULL);
}
