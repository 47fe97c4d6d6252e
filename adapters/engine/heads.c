/* Our own streams' heads. */
#include "adapters/engine/heads.h"

#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    const struct sb_head *x = a;
    const struct sb_head *y = b;
    return sb_bytes_cmp(x->stream, y->stream);
}

static struct sb_heads gather(const struct sb_heads_said *h, struct sb_head *items)
{
    struct sb_heads heads = {.items = items};
    for (size_t i = 0; i < h->n_streams && heads.n < SB_SUBSCRIPTION_TYPES; i++) {
        const struct sb_stream *s = &h->streams[i];
        if (s->row.stored_seq == 0 || s->adopting || s->row.stopped)
            continue;
        struct sb_head *at = &items[heads.n++];
        at->stream = sb_bytes_str(s->name);
        at->seq = s->row.stored_seq;
        memcpy(at->batch_hash, s->row.stored_hash, SB_HASH);
    }
    if (heads.n)
        qsort(items, heads.n, sizeof items[0], by_name);
    return heads;
}

static int
say(const struct sb_heads_said *h, uint64_t now_ms, bool *said, struct sb_err *err)
{
    struct sb_head items[SB_SUBSCRIPTION_TYPES];
    struct sb_heads heads = gather(h, items);
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    if (heads.n == 0)
        return 0;
    sb_heads_write(h->env->institution, &heads, now_ms, &body);
    int rc = sb_buf_check(&body, err);
    if (!rc)
        rc = sb_env_sign(h->env, sb_buf_bytes(&body), now_ms, &record, NULL, err);
    if (!rc) {
        struct sb_message m = {.cmd = SB_CMD_HEADS, .n_payload = 1};
        m.payload[0] = sb_buf_bytes(&record);
        rc = h->env->send(h->env->send_ctx, &m, err);
    }
    *said = rc == 0;
    sb_buf_free(&body);
    sb_buf_free(&record);
    return rc;
}

int sb_heads_tick(struct sb_heads_said *h,
                  uint64_t now_ms,
                  uint64_t mono_ms,
                  struct sb_err *err)
{
    uint64_t sum = 0;
    bool said = false;
    if ((h->tried_mono && mono_ms - h->tried_mono < SB_HEADS_MS) ||
        h->env->contradicted)
        return 0;
    for (size_t i = 0; i < h->n_streams; i++)
        sum += h->streams[i].row.stored_seq;
    if (!h->again && sum == h->sum && mono_ms - h->said_mono < SB_HEADS_IDLE_MS)
        return 0;
    h->tried_mono = mono_ms;
    int rc = say(h, now_ms, &said, err);
    if (said) {
        h->again = false;
        h->said_mono = mono_ms;
        h->sum = sum;
    }
    return rc == SB_E_BUSY || rc == SB_E_NO_CONNECTION ? 0 : rc;
}
