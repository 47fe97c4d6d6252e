/* What is done from time to time: flushing answers, rejects, evidence, pruning. */
#include "adapters/engine/engine_impl.h"

#include "adapters/engine/full.h"
#include "adapters/engine/publish.h"
#include "broker/host/clock.h"

#define FLUSH_MS 100u
#define SECOND_MS 1000u
#define MINUTE_MS 60000u
#define WAITS_MS 10000u        /* directories come right behind WELCOME */
#define REJECT_AGAIN_MS 30000u /* an answer is waited for as long */

static int quiet(int rc)
{
    return rc == SB_E_BUSY || rc == SB_E_NO_CONNECTION ? 0 : rc;
}

static int send_rejects(struct sb_engine *e, uint64_t mono, struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc =
        sb_sql_start(e->env.state, &row, err, "SELECT record FROM reject LIMIT 64", "");
    if (rc)
        return rc;
    while ((rc = sb_sql_row(e->env.state, row, err)) == 1) {
        struct sb_message m = {.cmd = SB_CMD_REJECT, .n_payload = 1};
        m.payload[0] = sb_sql_bytes(row, 0);
        e->reject_mono = mono; /* their answers are waited for */
        rc = e->env.send(e->env.send_ctx, &m, err);
        if (rc)
            break;
    }
    sb_sql_end(row);
    return quiet(rc);
}

static int minute(struct sb_engine *e, uint64_t now_ms, struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(e->env.trust);
    uint64_t keep = dir ? sb_dir_body(dir)->keep : 0;
    if (keep && now_ms > keep)
        return sb_outbox_prune(e->env.state, now_ms - keep, err);
    return 0;
}

/* What witnesses the broker: proofs asked for, heads said and held against it. */
static int evidence(struct sb_engine *e, uint64_t mono, struct sb_err *err)
{
    uint64_t now = sb_clock_now_ms();
    struct sb_err why = {.code = 0};
    int rc = sb_evidence_tick(&e->evidence, now, mono, err);
    if (!rc)
        rc = sb_watch_tick(&e->watch, now, mono, err);
    if (e->waits && mono - e->waits_mono >= WAITS_MS)
        sb_alarm_raise(e->env.alarms,
                       SB_E_DIR_VERSION,
                       "",
                       "the broker says that its journal is of generation %llu, which "
                       "no directory that we hold has opened: nothing is sent or read",
                       (unsigned long long)e->waiting.as.welcome.generation);
    sb_alarms_tick(e->env.alarms, mono);
    if (!rc && e->here && sb_heads_tick(&e->heads, now, mono, &why) != 0)
        sb_log(e->env.log, SB_LOG_WARNING, "engine", SB_LOG_ERR(&why));
    return rc; /* without a key at the moment, heads wait */
}

int sb_engine_timers(struct sb_engine *e, struct sb_err *err)
{
    uint64_t mono = sb_clock_mono_ms();
    int rc = e->here ? sb_receive_tick(&e->receive, mono, err)
                     : sb_tasks_away(&e->tasks, err);
    if (!rc && e->here)
        rc = sb_tasks_tick(&e->tasks, sb_clock_now_ms(), mono, err);
    if (!rc && mono - e->flush_mono >= FLUSH_MS) {
        e->flush_mono = mono;
        for (size_t i = 0; !rc && i < e->n_streams; i++)
            rc = sb_publish_flush(&e->streams[i], sb_clock_now_ms(), err);
    }
    if (!rc && mono - e->look_mono >= SECOND_MS) {
        e->look_mono = mono;
        rc = sb_engine_look(e, err);
    }
    if (!rc && e->here && mono - e->second_mono >= SECOND_MS) {
        e->second_mono = mono;
        if (e->reject_mono == 0 || mono - e->reject_mono >= REJECT_AGAIN_MS) {
            e->reject_mono = 0;
            rc = send_rejects(e, mono, err);
        }
    }
    if (!rc)
        rc = evidence(e, mono, err);
    if (!rc && (e->state_growth.n == 0 || mono - e->minute_mono >= MINUTE_MS))
        sb_engine_watch_growth(e, mono);
    if (!rc && mono - e->minute_mono >= MINUTE_MS) {
        e->minute_mono = mono;
        rc = minute(e, sb_clock_now_ms(), err);
    }
    return rc;
}
