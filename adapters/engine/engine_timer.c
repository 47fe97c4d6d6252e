/* What is done from time to time: flushing answers, rejects, heads, receipts, pruning.
 */
#include "adapters/engine/engine_impl.h"

#include <stdlib.h>

#include "adapters/engine/publish.h"
#include "broker/host/clock.h"

#define FLUSH_MS 100u
#define SECOND_MS 1000u
#define MINUTE_MS 60000u
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

static int by_name(const void *a, const void *b)
{
    const struct sb_head *x = a;
    const struct sb_head *y = b;
    return sb_bytes_cmp(x->stream, y->stream);
}

/* Where our streams stand, signed, so that a reader who is kept behind can know. */
static int send_heads(struct sb_engine *e, uint64_t now_ms, struct sb_err *err)
{
    struct sb_head items[SB_SUBSCRIPTION_TYPES];
    struct sb_heads heads = {.items = items};
    for (size_t i = 0; i < e->n_streams && heads.n < SB_SUBSCRIPTION_TYPES; i++) {
        const struct sb_stream *s = &e->streams[i];
        if (s->row.stored_seq == 0)
            continue;
        struct sb_head *h = &items[heads.n++];
        h->stream = sb_bytes_str(s->name);
        h->seq = s->row.stored_seq;
        memcpy(h->batch_hash, s->row.stored_hash, SB_HASH);
    }
    if (heads.n == 0)
        return 0;
    qsort(items, heads.n, sizeof items[0], by_name);
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    sb_heads_write(e->env.institution, &heads, now_ms, &body);
    int rc = sb_buf_check(&body, err);
    if (!rc)
        rc = sb_env_sign(&e->env, sb_buf_bytes(&body), now_ms, &record, NULL, err);
    if (!rc) {
        struct sb_message m = {.cmd = SB_CMD_HEADS, .n_payload = 1};
        m.payload[0] = sb_buf_bytes(&record);
        rc = e->env.send(e->env.send_ctx, &m, err);
    }
    sb_buf_free(&body);
    sb_buf_free(&record);
    return quiet(rc);
}

/* Only when something was stored since the last heads: an idle exchange stays silent.
 */
static bool moved(struct sb_engine *e)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < e->n_streams; i++)
        sum += e->streams[i].row.stored_seq;
    bool changed = sum != e->heads_sum;
    e->heads_sum = sum;
    return changed;
}

static int minute(struct sb_engine *e, uint64_t now_ms, struct sb_err *err)
{
    struct sb_err why = {.code = 0};
    int rc = 0;
    if (e->here && moved(e))
        rc = send_heads(e, now_ms, &why);
    if (e->here && !rc)
        rc = sb_receive_receipts(&e->receive, now_ms, &why);
    if (rc) /* no key at the moment: statements can wait */
        sb_log(e->env.log, SB_LOG_WARNING, "engine", SB_LOG_ERR(&why));
    const struct sb_dir *dir = sb_trust_newest(e->env.trust);
    uint64_t keep = dir ? sb_dir_body(dir)->keep : 0;
    if (keep && now_ms > keep)
        return sb_outbox_prune(e->env.state, now_ms - keep, err);
    return 0;
}

int sb_engine_timers(struct sb_engine *e, struct sb_err *err)
{
    uint64_t mono = sb_clock_mono_ms();
    int rc = e->here ? sb_receive_tick(&e->receive, mono, err) : 0;
    if (!rc && mono - e->flush_mono >= FLUSH_MS) {
        e->flush_mono = mono;
        for (size_t i = 0; !rc && i < e->n_streams; i++)
            rc = sb_publish_flush(&e->streams[i], err);
    }
    if (!rc && e->here && mono - e->second_mono >= SECOND_MS) {
        e->second_mono = mono;
        if (e->reject_mono == 0 || mono - e->reject_mono >= REJECT_AGAIN_MS) {
            e->reject_mono = 0;
            rc = send_rejects(e, mono, err);
        }
    }
    if (!rc && mono - e->minute_mono >= MINUTE_MS) {
        e->minute_mono = mono;
        rc = minute(e, sb_clock_now_ms(), err);
    }
    return rc;
}
