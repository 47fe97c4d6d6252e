/* fault.power.adapter: the power goes at any write, sync, truncation or deletion of two
 * adapters' files: outbox, change log, the reader's tables with its cursor. Both start
 * again, the exchange comes to rest, and the reader has each row once, as it is.
 *
 * The broker lives on and remembers what it answered: an outbox that forgot what was
 * stored, or signed the same numbers twice, would be refused or found equivocating. */
#include <stdio.h>

#include "test/fault/power/crash.h"
#include "test/unit/adapters_engine/rig.h"

static void begin(void *ctx)
{
    struct rig *r = ctx;
    rig_start(&r->pnc);
    rig_start(&r->stcns);
    rig_enter(&r->pnc);
    rig_enter(&r->stcns);
}

static void work(void *ctx)
{
    struct rig *r = ctx;
    for (int i = 0; i < 2; i++) {
        rig_insert(r, 10 + 2 * i, "uno");
        rig_turn(r);
        rig_insert(r, 11 + 2 * i, "dos");
        rig_settle(r);
    }
    rig_sql(&r->pnc, "UPDATE aviso SET texto = 'otro' WHERE num = 10");
    rig_settle(r);
    rig_sql(&r->pnc, "DELETE FROM aviso_area WHERE num = 11");
    rig_sql(&r->pnc, "DELETE FROM aviso WHERE num = 11");
    rig_settle(r);
}

/* Its memory is gone; nothing is closed. */
static void forget(struct rig_side *s)
{
    struct sim_mail *m;
    while ((m = sim_take(s->rig->sim, s->peer)) != NULL)
        sim_mail_free(m);
    s->up = s->here = false;
}

static void recover(void *ctx)
{
    struct rig *r = ctx;
    char sent[4096];
    forget(&r->pnc);
    forget(&r->stcns);
    begin(r);
    rig_settle(r);
    snprintf(sent,
             sizeof sent,
             "%s",
             rig_ask(&r->pnc,
                     "SELECT group_concat('A' || num || nivel || texto, ';') FROM"
                     " (SELECT * FROM aviso ORDER BY num)"));
    assert_string_equal(rig_ask(&r->stcns,
                                "SELECT group_concat(id || nivel || texto, ';') FROM"
                                " (SELECT * FROM recibida ORDER BY"
                                " CAST(substr(id, 2) AS INTEGER))"),
                        sent);
    assert_string_equal(rig_state(&r->pnc, "SELECT stopped FROM stream"), "0");
    assert_string_equal(
        rig_state(&r->pnc, "SELECT count(*) FROM batch WHERE stored = 0"), "0");
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM quarantine"), "0");
    assert_string_equal(rig_state(&r->pnc, "SELECT stored_seq FROM stream"),
                        rig_ask(&r->stcns, "SELECT seq FROM sacbe_cursor"));
}

static void every_row_arrives_once(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    rig_run(rig_path(r, "pnc.db"), "PRAGMA journal_mode = WAL");
    rig_insert(r, 1, "antes");
    rig_settle(r);
    rig_kill(&r->pnc);
    rig_kill(&r->stcns);
    const struct crash_scene scene = {.name = "two adapters",
                                      .folder = r->dir,
                                      .ctx = r,
                                      .begin = begin,
                                      .work = work,
                                      .recover = recover};
    crash_all(&scene);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_row_arrives_once)};
    vfs_install();
    return cmocka_run_group_tests_name("fault.power.adapter", tests, NULL, NULL);
}
