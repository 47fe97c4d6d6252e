/* Purpose: drive both adapters and the broker's core by hand. Not a test itself. */
#include "test/unit/adapters_engine/rig.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/engine/cursor.h"
#include "adapters/engine/state.h"
#include "adapters/sqlite/sqlite.h"
#include "schemas/catalog/catalog.h"

static const char mapping[] =
    "mapping: 1\n"
    "type: comun.alerta\n"
    "source: {driver: sqlite, file: pnc.db, table: aviso, key: [num]}\n"
    "event:\n"
    "  sql: |\n"
    "    SELECT 'A' || num AS id_local, 'interior' AS ambito, nivel, texto,\n"
    "           '2026-11-16T06:00:00-06:00' AS ocurrido_en, 'minuto' AS "
    "ocurrido_precision,\n"
    "           '2026-11-16T06:00:00-06:00' AS valida_desde,\n"
    "           '2026-11-17T06:00:00-06:00' AS valida_hasta\n"
    "      FROM aviso WHERE num = :num\n"
    "arrays:\n"
    "- to: area\n"
    "  table: aviso_area\n"
    "  key: [num]\n"
    "  sql: SELECT codigo AS valor FROM aviso_area WHERE num = :num ORDER BY codigo\n";

static const char sink[] =
    "sink: 1\n"
    "type: comun.alerta\n"
    "target: {driver: sqlite, file: stcns.db}\n"
    "alta:\n"
    "- INSERT INTO recibida(id, nivel, texto, seq) VALUES (:id_local, :nivel, :texto, "
    ":seq)\n"
    "correccion:\n"
    "- UPDATE recibida SET nivel = :nivel, texto = :texto, seq = :seq WHERE id = "
    ":id_local\n"
    "anulacion:\n"
    "- DELETE FROM recibida WHERE id = :id_local\n"
    "on_error: quarantine\n";

static const char tables[] =
    "CREATE TABLE aviso(num INTEGER PRIMARY KEY, nivel TEXT, texto TEXT);"
    "CREATE TABLE aviso_area(num INTEGER, codigo TEXT);";

static const char reader_tables[] =
    "CREATE TABLE recibida(id TEXT PRIMARY KEY, nivel TEXT NOT NULL,"
    " texto TEXT CHECK(texto <> 'refuse me'), seq INTEGER NOT NULL);";

void rig_log(void *ctx, struct sb_bytes line)
{
    struct rig *r = ctx;
    if (line.n > 7 && memcmp(line.p, "warning", 7) == 0)
        r->warnings++;
    snprintf(r->last_line, sizeof r->last_line, "%.*s", SB_FMT(line));
}

static int send_to_core(void *ctx, const struct sb_message *m, struct sb_err *err)
{
    struct rig_side *s = ctx;
    struct sb_message copy = *m;
    if (!s->here)
        return sb_fail(err, SB_E_NO_CONNECTION, "away");
    memcpy(copy.session, s->session, SB_SESSION);
    if (m->cmd == SB_CMD_COSIGN && s->rig->broker.answers) {
        rig_answer(s, m);
        return 0;
    }
    sim_send(s->rig->sim, s->peer, s->member, &copy);
    return 0;
}

static void start_env(struct rig_side *s)
{
    struct rig *r = s->rig;
    const struct member *m = &r->sim->world->members[s->member];
    s->env = (struct sb_env){
        .institution = sb_bytes_str(m->code),
        .vault = m->vault,
        .log = r->log,
        .send = send_to_core,
        .send_ctx = s,
        .generation = sb_dir_body(sb_trust_newest(r->sim->world->trust))->generation};
    const char *name = s->member == PNC ? "pnc.state" : "stcns.state";
    assert_int_equal(sb_state_open(&s->env.state, rig_path(r, name), NULL), 0);
    assert_int_equal(sb_trust_new(&s->env.trust, &r->sim->world->anchor, NULL), 0);
    for (uint64_t v = 1;; v++) {
        const struct sb_dir *d = sb_trust_version(r->sim->world->trust, v);
        if (!d)
            break;
        assert_int_equal(sb_trust_add(s->env.trust, sb_dir_record(d), NULL), 0);
    }
    assert_int_equal(sb_alarms_new(&s->env.alarms, r->log, NULL), 0);
}

static int take_answer(void *ctx,
                       uint64_t id,
                       const struct sb_err *refusal,
                       const struct sb_value *value,
                       struct sb_err *err)
{
    struct rig_side *s = ctx;
    assert_int_equal(id, 7);
    s->answers++;
    s->answer_code = refusal ? refusal->code : 0;
    sb_buf_reset(&s->answer);
    if (refusal)
        snprintf(s->rig->last_line, sizeof s->rig->last_line, "%s", refusal->text);
    return refusal ? 0 : sb_value_pack(value, &s->answer, err);
}

static void start_evidence(struct rig_side *s)
{
    char dir[2 * RIG_PATH];
    snprintf(dir,
             sizeof dir,
             "%s/%s.witness",
             s->rig->dir,
             s->member == PNC ? "pnc" : "stcns");
    size_t n = s->member == PNC ? 1 : 0;
    s->evidence = (struct sb_evidence){
        .env = &s->env, .streams = &s->stream, .n_streams = n, .receive = &s->receive};
    s->watch = (struct sb_watch){.env = &s->env, .receive = &s->receive};
    s->heads =
        (struct sb_heads_said){.env = &s->env, .streams = &s->stream, .n_streams = n};
    s->tasks = (struct sb_tasks){.env = &s->env,
                                 .streams = &s->stream,
                                 .n_streams = n,
                                 .receive = &s->receive,
                                 .answer = take_answer,
                                 .ctx = s};
    struct sb_err err;
    if (sb_evidence_open(&s->evidence, dir, &err) != 0 ||
        sb_watch_open(&s->watch, &err) != 0)
        fail_msg("%s", err.text);
}

static void start_pnc(struct rig_side *s)
{
    struct sb_err err;
    struct sb_type_facts type;
    assert_int_equal(
        sb_type_facts(s->rig->catalog, sb_bytes_str("comun.alerta"), &type, &err), 0);
    if (sb_stream_open(&s->stream, &s->env, sb_bytes_str(SIM_STREAM), &type, &err) != 0)
        fail_msg("%s", err.text);
    s->feed = (struct sb_feed){.stream = &s->stream,
                               .driver = &sb_sqlite_driver,
                               .ops = sb_sqlite_driver.source,
                               .name = "comun.alerta",
                               .state_dir = s->rig->dir};
    if (sb_mapping_load(&s->feed.mapping,
                        rig_path(s->rig, "pnc.map.yaml"),
                        s->rig->catalog,
                        &err) != 0)
        fail_msg("%s", err.text);
}

static void start_stcns(struct rig_side *s)
{
    struct sb_err err;
    s->target = (struct sb_target){.env = &s->env};
    assert_int_equal(
        sb_type_facts(
            s->rig->catalog, sb_bytes_str("comun.alerta"), &s->target.type, &err),
        0);
    if (sb_sink_load(&s->target.sink,
                     rig_path(s->rig, "stcns.sink.yaml"),
                     s->rig->catalog,
                     &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(sb_sqlite_driver.db_open(
                         &s->target.db, rig_path(s->rig, "stcns.db"), false, &err),
                     0);
    assert_int_equal(sb_cursor_install(s->target.db, &err), 0);
    s->receive =
        (struct sb_receive){.env = &s->env, .targets = &s->target, .n_targets = 1};
    assert_int_equal(sb_receive_open(&s->receive, &err), 0);
}

void rig_start(struct rig_side *s)
{
    start_env(s);
    if (s->member == PNC) {
        start_pnc(s);
        s->receive = (struct sb_receive){.env = &s->env, .own = &s->stream, .n_own = 1};
        assert_int_equal(sb_receive_open(&s->receive, NULL), 0);
    } else {
        start_stcns(s);
    }
    start_evidence(s);
    s->up = true;
}

void rig_kill(struct rig_side *s)
{
    if (!s->up)
        return;
    sb_receive_close(&s->receive);
    if (s->member == PNC) {
        sb_feed_close(&s->feed);
        sb_mapping_free(s->feed.mapping);
        sb_stream_close(&s->stream);
    } else {
        s->target.db->ops->close(s->target.db);
        sb_sink_free(s->target.sink);
    }
    sb_tasks_close(&s->tasks);
    sb_evidence_close(&s->evidence);
    sb_alarms_free(s->env.alarms);
    sb_sql_close(s->env.state);
    sb_trust_free(s->env.trust);
    struct sim_mail *m = NULL;
    while ((m = sim_take(s->rig->sim, s->peer)) != NULL)
        sim_mail_free(m);
    s->up = s->here = false;
}

static struct sim_mail *handshake(struct rig_side *s)
{
    struct sim *sim = s->rig->sim;
    const struct member *who = &sim->world->members[s->member];
    struct sb_message hello = {.cmd = SB_CMD_HELLO};
    struct sb_vault_key k;
    hello.as.hello.institution = sb_bytes_str(who->code);
    hello.as.hello.role = sb_bytes_str("adapter");
    hello.as.hello.version = sb_bytes_str("0");
    hello.as.hello.directory_version =
        sb_dir_body(sb_trust_newest(s->env.trust))->version;
    sim_send(sim, s->peer, s->member, &hello);
    struct sim_mail *challenge = sim_take(sim, s->peer);
    assert_non_null(challenge);
    uint8_t said[2 * SB_PK + SB_CHALLENGE_NONCE];
    memcpy(said, sim->world->anchor.curve_pk, SB_PK);
    assert_true(sb_vault_newest(who->vault, SB_USE_CURVE, &k));
    memcpy(said + SB_PK, k.pk, SB_PK);
    memcpy(said + 2 * SB_PK, challenge->m.as.challenge.nonce, SB_CHALLENGE_NONCE);
    sim_mail_free(challenge);
    struct sb_message prove = {.cmd = SB_CMD_PROVE};
    assert_true(sb_vault_newest(who->vault, SB_USE_SIGN, &k));
    memcpy(prove.as.prove.key_id, k.key_id, SB_KEY_ID);
    assert_int_equal(sb_sign_bytes(&sim->world->x,
                                   who->vault,
                                   k.key_id,
                                   "sacbe/prove/1",
                                   sb_bytes(said, sizeof said),
                                   prove.as.prove.sig,
                                   NULL),
                     0);
    sim_send(sim, s->peer, s->member, &prove);
    struct sim_mail *welcome = sim_take(sim, s->peer);
    assert_non_null(welcome);
    assert_int_equal(welcome->m.cmd, SB_CMD_WELCOME);
    return welcome;
}

void rig_enter(struct rig_side *s)
{
    struct sim_mail *m = handshake(s);
    bool anew = m->m.as.welcome.generation > s->env.generation;
    uint64_t now = s->rig->sim->now;
    memcpy(s->session, m->m.session, SB_SESSION);
    s->here = true;
    if (s->member == PNC) {
        const struct sb_own_stream *own =
            m->m.as.welcome.n_streams ? &m->m.as.welcome.streams[0] : NULL;
        assert_int_equal(sb_publish_welcome(&s->stream, own, anew, now, NULL), 0);
    }
    assert_int_equal(sb_evidence_welcome(&s->evidence, anew, now, NULL), 0);
    assert_int_equal(sb_watch_welcome(&s->watch, anew, now, now, NULL), 0);
    assert_int_equal(sb_tasks_welcome(&s->tasks, anew, NULL), 0);
    s->env.generation = m->m.as.welcome.generation;
    s->heads.again = true;
    assert_int_equal(sb_receive_welcome(&s->receive, s->rig->sim->now, NULL), 0);
    sim_mail_free(m);
}

static void hear_one(struct rig_side *s, const struct sb_message *m)
{
    struct sb_err err = {.code = 0};
    int rc = 0;
    struct sb_checkpoint seen = sb_evidence_before(&s->evidence);
    if (m->cmd == SB_CMD_DIRECTORY) {
        rc = sb_trust_add(s->env.trust, m->payload[0], &err);
        sb_evidence_directory(&s->evidence, &seen);
    }
    if (m->cmd == SB_CMD_ENTRY)
        rc = sb_receive_entry(&s->receive, m, &err);
    else if (m->cmd == SB_CMD_FETCHED ||
             (m->cmd == SB_CMD_STORED && sb_tasks_kind(m->as.stored.kind)) ||
             (m->cmd == SB_CMD_REFUSED && sb_tasks_kind(m->as.refused.kind)))
        rc = sb_tasks_message(&s->tasks, m, &err);
    else if (m->cmd == SB_CMD_STORED && s->member == PNC)
        rc = sb_publish_stored(&s->stream, m, &err);
    else if (m->cmd == SB_CMD_REFUSED && s->member == PNC)
        rc = sb_publish_refused(&s->stream, m, s->rig->sim->now, &err);
    else if (m->cmd == SB_CMD_REFUSED && m->as.refused.code == 513)
        sb_receive_refused(
            &s->receive,
            m->as.refused.stream,
            s->rig->sim->now,
            &(struct sb_err){.code = SB_E_CURSOR, .text = "no such place"});
    else if (m->cmd == SB_CMD_CHECKPOINT)
        rc = sb_evidence_checkpoint(
            &s->evidence, m, s->rig->sim->now, s->rig->sim->now, &err);
    else if (m->cmd == SB_CMD_NOTICE)
        rc = sb_watch_notice(&s->watch, m->payload[0], s->rig->sim->now, &err);
    else if (m->cmd == SB_CMD_STORED)
        return;
    if (rc)
        fail_msg("%s: %s", sb_command_text(m->cmd), err.text);
}

void rig_hear(struct rig_side *s, size_t most)
{
    struct sim_mail *m = NULL;
    while (most-- && (m = sim_take(s->rig->sim, s->peer)) != NULL) {
        hear_one(s, &m->m);
        sim_mail_free(m);
    }
}

static void witness(struct rig_side *s)
{
    uint64_t now = s->rig->sim->now;
    struct sb_err err = {.code = 0};
    if (sb_evidence_tick(&s->evidence, now, now, &err) != 0 ||
        sb_watch_tick(&s->watch, now, now, &err) != 0 ||
        (s->here && sb_heads_tick(&s->heads, now, now, &err) != 0))
        fail_msg("%s", err.text);
    sb_alarms_tick(s->env.alarms, now);
}

static size_t turn_side(struct rig_side *s)
{
    struct sb_err err = {.code = 0};
    bool busy = false;
    size_t moved = 0;
    uint64_t now = s->rig->sim->now;
    if (!s->up)
        return 0;
    rig_hear(s, SIZE_MAX);
    if (s->member == PNC) {
        int rc = sb_feed_turn(&s->feed, now, &err);
        if (rc < 0 && rc != SB_E_SPLIT_VIEW)
            fail_msg("feed: %s", err.text);
        moved += rc == 1;
        if (sb_publish_pump(&s->stream, now, &busy, &err) != 0)
            fail_msg("pump: %s", err.text);
        moved += s->stream.in_flight || s->stream.asked;
        if (sb_publish_flush(&s->stream, now, &err) != 0)
            fail_msg("flush: %s", err.text);
    }
    int rc = sb_receive_turn(&s->receive, now, now, &err);
    if (rc < 0)
        fail_msg("receive: %s", err.text);
    moved += rc == 1;
    if (s->here && sb_receive_tick(&s->receive, now, &err) != 0)
        fail_msg("tick: %s", err.text);
    if (s->here && sb_tasks_tick(&s->tasks, now, now, &err) != 0)
        fail_msg("tasks: %s", err.text);
    moved += s->tasks.now != NULL;
    if (s->rig->witnessing)
        witness(s);
    return moved;
}

static size_t both(struct rig *r)
{
    size_t moved = turn_side(&r->pnc);
    sim_settle(r->sim);
    moved += turn_side(&r->stcns);
    sim_settle(r->sim);
    r->sim->now += 30;
    return moved + (r->sim->mail[RIG_PNC] != NULL) + (r->sim->mail[RIG_STCNS] != NULL);
}

void rig_turn(struct rig *r)
{
    (void)both(r);
}

void rig_pass(struct rig *r, uint64_t ms)
{
    for (uint64_t until = r->sim->now + ms; r->sim->now < until; r->sim->now += 970)
        rig_turn(r);
}

void rig_settle(struct rig *r)
{
    for (int quiet = 0, i = 0; quiet < 3; i++) {
        quiet = both(r) ? 0 : quiet + 1;
        if (i > 20000)
            fail_msg("the exchange does not come to rest");
    }
}

void rig_new_grant(struct rig *r, const char *id, const char *const *classes)
{
    struct world *w = r->sim->world;
    world_grant(w,
                (struct grant_choice){
                    id, PNC, IGM, classes, NOW - DAY, NOW + 9 * (uint64_t)DAY},
                w->members[PNC].vault);
    world_publish(w);
    struct sb_input in = {.kind = SB_IN_DIRECTORY};
    in.as.operator_record.record = sb_dir_record(sb_trust_newest(w->trust));
    sim_step(r->sim, &in);
    sim_settle(r->sim);
}

struct rig *rig_new(void)
{
    struct rig *r = calloc(1, sizeof *r);
    struct sb_err err;
    assert_non_null(r);
    r->sim = sim_new();
    if (sb_catalog_load(&r->catalog, SB_TEST_SNS, &err) != 0)
        fail_msg("%s", err.text);
    snprintf(r->dir, sizeof r->dir, "/tmp/sacbe-rig-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    rig_write(r, "pnc.map.yaml", mapping);
    rig_write(r, "stcns.sink.yaml", sink);
    rig_run(rig_path(r, "pnc.db"), tables);
    rig_run(rig_path(r, "stcns.db"), reader_tables);
    r->log = sb_log_new(SB_LOG_INFO, rig_log, r);
    r->pnc = (struct rig_side){.rig = r, .member = PNC, .peer = RIG_PNC};
    r->stcns = (struct rig_side){.rig = r, .member = STCNS, .peer = RIG_STCNS};
    rig_start(&r->pnc);
    rig_start(&r->stcns);
    if (sb_sqlite_driver.capture_install(r->pnc.feed.mapping, NULL, &err) != 0)
        fail_msg("%s", err.text);
    rig_enter(&r->pnc);
    rig_enter(&r->stcns);
    return r;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void rig_free(struct rig *r)
{
    rig_kill(&r->pnc);
    rig_kill(&r->stcns);
    sb_buf_free(&r->broker.last);
    sb_buf_free(&r->pnc.answer);
    sb_buf_free(&r->stcns.answer);
    sb_catalog_free(r->catalog);
    sb_log_free(r->log);
    sim_free(r->sim);
    (void)nftw(r->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(r);
}
