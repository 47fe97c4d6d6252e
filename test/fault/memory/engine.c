/* fault.memory.engine: publishing and applying without memory: a row is in the outbox
 * or still in the source's log, an event is applied or comes again. After a failure
 * that ends the process the adapter begins from its files; every row arrives once, in
 * order, and nothing was refused or put aside for want of memory. */
#include "test/fault/memory/exhaust.h"
#include "test/unit/adapters_engine/rig.h"

#include <stdio.h>

struct place {
    struct rig *rig;
    int rows;
    struct rig_side *side; /* whose process is without memory */
    int (*send)(void *ctx, const struct sb_message *m, struct sb_err *err);
    struct sim_mail *mail;
};

/* The broker has memory, and is asked again later. */
static int swallow(void *ctx, const struct sb_message *m, struct sb_err *err)
{
    (void)ctx;
    (void)m;
    (void)err;
    return 0;
}

/* Two new rows and one that changes. */
static void write_rows(struct place *p)
{
    char sql[96];
    rig_insert(p->rig, ++p->rows, "uno");
    rig_insert(p->rig, ++p->rows, "dos");
    snprintf(
        sql, sizeof sql, "UPDATE aviso SET texto = 'tres' WHERE num = %d", p->rows - 1);
    rig_sql(&p->rig->pnc, sql);
}

static void silence(struct place *p, struct rig_side *s)
{
    p->side = s;
    p->send = s->env.send;
    s->env.send = swallow;
}

static void publish(struct place *p, bool pump)
{
    bool busy = false;
    struct rig *r = p->rig;
    assert_int_equal(sb_feed_turn(&r->pnc.feed, r->sim->now, NULL), 1);
    if (pump)
        assert_int_equal(sb_publish_pump(&r->pnc.stream, r->sim->now, &busy, NULL), 0);
    sim_settle(r->sim);
}

static void begin_open(void *ctx)
{
    struct place *p = ctx;
    write_rows(p);
    sb_feed_close(&p->rig->pnc.feed);
    silence(p, &p->rig->pnc);
}

static void begin_feed(void *ctx)
{
    struct place *p = ctx;
    assert_int_equal(sb_feed_turn(&p->rig->pnc.feed, p->rig->sim->now, NULL), 0);
    write_rows(p);
    silence(p, &p->rig->pnc);
}

static void begin_pump(void *ctx)
{
    struct place *p = ctx;
    write_rows(p);
    publish(p, false);
    silence(p, &p->rig->pnc);
}

static void begin_receive(void *ctx)
{
    struct place *p = ctx;
    write_rows(p);
    publish(p, true);
    p->mail = sim_take(p->rig->sim, RIG_STCNS);
    assert_non_null(p->mail);
    silence(p, &p->rig->stcns);
}

static void begin_reseal(void *ctx)
{
    struct place *p = ctx;
    write_rows(p);
    publish(p, false);
    p->rig->pnc.stream.stale = true;
    p->rig->pnc.stream.reseal_ms = 0;
    silence(p, &p->rig->pnc);
}

/* The answer to a claim made anew. */
static void begin_stored(void *ctx)
{
    struct place *p = ctx;
    struct rig *r = p->rig;
    bool busy = false;
    write_rows(p);
    publish(p, false);
    r->pnc.stream.stale = true;
    r->pnc.stream.reseal_ms = 0;
    assert_int_equal(sb_publish_pump(&r->pnc.stream, r->sim->now, &busy, NULL), 0);
    sim_settle(r->sim);
    p->mail = sim_take(r->sim, RIG_PNC);
    assert_non_null(p->mail);
    assert_int_equal(p->mail->m.cmd, SB_CMD_STORED);
    silence(p, &r->pnc);
}

static int run_stored(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    return sb_publish_stored(&p->rig->pnc.stream, &p->mail->m, err);
}

static int run_feed(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    int rc = sb_feed_turn(&p->rig->pnc.feed, p->rig->sim->now, err);
    return rc < 0 ? rc : 0;
}

static int run_pump(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    bool busy = false;
    return sb_publish_pump(&p->rig->pnc.stream, p->rig->sim->now, &busy, err);
}

static int run_receive(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct rig_side *s = &p->rig->stcns;
    uint64_t now = p->rig->sim->now;
    int rc = sb_receive_entry(&s->receive, &p->mail->m, err);
    while (rc == 0 && (rc = sb_receive_turn(&s->receive, now, now, err)) == 1)
        rc = 0;
    if (rc == 0)
        rc = sb_receive_tick(&s->receive, now, err);
    return rc;
}

static void again(struct rig_side *s)
{
    rig_kill(s);
    rig_start(s);
    rig_enter(s);
}

static void same_as_ever(struct place *p)
{
    struct rig *r = p->rig;
    char all[64];
    rig_settle(r);
    snprintf(all, sizeof all, "%d %d %d", p->rows, p->rows, p->rows / 2);
    assert_string_equal(rig_ask(&r->stcns,
                                "SELECT count(*) || ' ' || count(DISTINCT id) || ' ' ||"
                                " sum(texto = 'tres') FROM recibida"),
                        all);
    assert_int_equal(r->pnc.stream.row.stopped, 0);
    assert_string_equal(rig_ask(&r->pnc, "SELECT count(*) FROM sacbe_change"), "0");
    assert_string_equal(rig_state(&r->pnc, "SELECT count(*) FROM quarantine"), "0");
    assert_string_equal(rig_state(&r->stcns, "SELECT count(*) FROM quarantine"), "0");
}

/* A turn that took nothing yet is given again; else want of memory ends the process. */
static void judge_feed(void *ctx, int rc)
{
    struct place *p = ctx;
    p->side->env.send = p->send;
    if (rc != 0 && !p->side->feed.source)
        again(p->side);
    same_as_ever(p);
}

/* What was said meanwhile was lost with the process, whether it failed or not. */
static void judge(void *ctx, int rc)
{
    struct place *p = ctx;
    (void)rc;
    p->side->env.send = p->send;
    sim_mail_free(p->mail);
    p->mail = NULL;
    again(p->side);
    same_as_ever(p);
}

static void an_adapter(void **state)
{
    struct place p = {.rig = rig_new()};
    struct exhaust_scenario all[] = {
        {.name = "feed opened",
         .begin = begin_open,
         .run = run_feed,
         .judge = judge_feed},
        {.name = "feed", .begin = begin_feed, .run = run_feed, .judge = judge_feed},
        {.name = "publish", .begin = begin_pump, .run = run_pump, .judge = judge},
        {.name = "reseal", .begin = begin_reseal, .run = run_pump, .judge = judge},
        {.name = "stored", .begin = begin_stored, .run = run_stored, .judge = judge},
        {.name = "receive", .begin = begin_receive, .run = run_receive, .judge = judge},
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        all[i].most = 3;
        all[i].most_full = 300;
        exhaust_each(&all[i], &p);
    }
    rig_free(p.rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_adapter)};
    return cmocka_run_group_tests_name("fault.memory.engine", tests, NULL, NULL);
}
