/* Which proofs a reader asks for, and the receipts that follow from them. */
#include "adapters/engine/receipt.h"

#include <stdlib.h>

#define SAVE_MS 1000u

static bool is_due(const struct sb_subscription *sub, uint64_t mono_ms)
{
    return sub &&
           (sub->receipt_mono == 0 || mono_ms - sub->receipt_mono >= SB_RECEIPT_MS);
}

static int rising(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

/* What was asked about stays the same until it is proved: the newest batch is often
 * newer than the tree. */
size_t
sb_receipt_wanted(struct sb_receive *r, uint64_t mono_ms, uint64_t *indices, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_readings && n < max; i++) {
        struct sb_reading *at = r->readings[i];
        if (at->adopting || !at->receipt_dirty ||
            !is_due(sb_receive_sub(r, at), mono_ms))
            continue;
        if (!at->awaited.seq)
            at->awaited = at->newest;
        if (at->awaited.seq)
            indices[n++] = at->awaited.index;
    }
    if (n)
        qsort(indices, n, sizeof *indices, rising);
    return n;
}

static int by_stream(const void *a, const void *b)
{
    const struct sb_head *x = a;
    const struct sb_head *y = b;
    return sb_bytes_cmp(x->stream, y->stream);
}

static int send_receipt(struct sb_receive *r,
                        const struct sb_receipt *said,
                        uint64_t now_ms,
                        struct sb_err *err)
{
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    sb_receipt_write(said, &body);
    int rc = sb_buf_check(&body, err);
    if (!rc)
        rc = sb_env_sign(r->env, sb_buf_bytes(&body), now_ms, &record, NULL, err);
    if (!rc) {
        struct sb_message m = {.cmd = SB_CMD_RECEIPT, .n_payload = 1};
        m.payload[0] = sb_buf_bytes(&record);
        rc = r->env->send(r->env->send_ctx, &m, err);
    }
    sb_buf_free(&body);
    sb_buf_free(&record);
    return rc;
}

/* Of one subscription: the heads that the message proves. */
static size_t gather(struct sb_receive *r,
                     const struct sb_subscription *sub,
                     const struct sb_round_answer *a,
                     const struct sb_message *m,
                     struct sb_head *out)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_readings; i++) {
        struct sb_reading *at = r->readings[i];
        struct sb_err why = {.code = 0};
        if (!at->awaited.seq || sb_receive_sub(r, at) != sub)
            continue;
        int rc = sb_round_entry(a, m, at->awaited.index, at->awaited.leaf_hash, &why);
        at->awaited.proved = rc == 1;
        if (rc < 0)
            sb_log(r->env->log,
                   SB_LOG_WARNING,
                   "receipt",
                   SB_LOG_ERR(&why),
                   SB_LOG_TEXT("stream", at->name));
        if (rc != 1)
            continue;
        out[n].stream = sb_bytes_str(at->name);
        out[n].seq = at->awaited.seq;
        memcpy(out[n++].batch_hash, at->awaited.hash, SB_HASH);
    }
    if (n)
        qsort(out, n, sizeof *out, by_stream);
    return n;
}

static void told(struct sb_receive *r, const struct sb_subscription *sub)
{
    for (size_t i = 0; i < r->n_readings; i++) {
        struct sb_reading *at = r->readings[i];
        if (!at->awaited.proved || sb_receive_sub(r, at) != sub)
            continue;
        at->receipt_dirty = at->newest.seq != at->awaited.seq;
        at->receipt_unsaved = true;
        at->awaited = (struct sb_applied_batch){.seq = 0};
    }
}

int sb_receipt_proved(struct sb_receive *r,
                      const struct sb_round_answer *a,
                      const struct sb_message *m,
                      uint64_t now_ms,
                      uint64_t mono_ms,
                      struct sb_err *err)
{
    struct sb_head *heads = calloc(r->n_readings + 1, sizeof *heads);
    int rc = heads ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; !rc && i < r->n_subs; i++) {
        struct sb_subscription *sub = &r->subs[i];
        struct sb_err why = {.code = 0};
        if (sub->own || !is_due(sub, mono_ms))
            continue;
        struct sb_receipt said = {
            .reader = r->env->institution,
            .subscription = sb_bytes_str(sub->name),
            .heads = {heads, gather(r, sub, a, m, heads)},
            .tree_size = a->checkpoint.size,
            .time = now_ms,
        };
        memcpy(said.root, a->checkpoint.root, SB_HASH);
        if (said.heads.n == 0)
            continue;
        rc = send_receipt(r, &said, now_ms, &why);
        if (!rc) {
            told(r, sub);
            sub->receipt_mono = mono_ms;
        } else if (rc == SB_E_MEMORY) {
            (void)sb_fail(err, rc, "%s", why.text);
        } else { /* no key, or a full socket, at the moment: the next tree will do */
            if (rc != SB_E_BUSY && rc != SB_E_NO_CONNECTION)
                sb_log(r->env->log, SB_LOG_WARNING, "receipt", SB_LOG_ERR(&why));
            rc = 0;
        }
    }
    free(heads);
    return rc;
}

void sb_receipt_again(struct sb_receive *r)
{
    for (size_t i = 0; i < r->n_readings; i++) {
        struct sb_reading *at = r->readings[i];
        if (at->adopting || at->newest.seq == 0)
            continue;
        at->receipt_dirty = true;
        at->receipt_unsaved = true;
    }
}

int sb_receipt_forget(struct sb_receive *r, struct sb_err *err)
{
    if (!r)
        return 0;
    for (size_t i = 0; i < r->n_readings; i++) {
        struct sb_reading *at = r->readings[i];
        at->newest = at->awaited = (struct sb_applied_batch){.seq = 0};
        at->receipt_dirty = at->receipt_unsaved = false;
    }
    return sb_sql_do(r->env->state, err, "DELETE FROM receipt", "");
}

static int save(struct sb_receive *r, struct sb_reading *at, struct sb_err *err)
{
    if (!at->receipt_dirty)
        return sb_sql_do(
            r->env->state, err, "DELETE FROM receipt WHERE stream = ?", "s", at->name);
    return sb_sql_do(r->env->state,
                     err,
                     "INSERT OR REPLACE INTO receipt(stream, seq, hash, entry, leaf)"
                     " VALUES (?, ?, ?, ?, ?)",
                     "subub",
                     at->name,
                     at->newest.seq,
                     sb_bytes(at->newest.hash, SB_HASH),
                     at->newest.index,
                     sb_bytes(at->newest.leaf_hash, SB_HASH));
}

int sb_receipt_save(struct sb_receive *r, uint64_t mono_ms, struct sb_err *err)
{
    bool any = false;
    if (mono_ms - r->saved_mono < SAVE_MS)
        return 0;
    r->saved_mono = mono_ms;
    for (size_t i = 0; i < r->n_readings; i++)
        any = any || r->readings[i]->receipt_unsaved;
    int rc = any ? sb_sql_begin(r->env->state, err) : 0;
    if (rc || !any)
        return rc;
    for (size_t i = 0; !rc && i < r->n_readings; i++)
        if (r->readings[i]->receipt_unsaved)
            rc = save(r, r->readings[i], err);
    if (!rc)
        rc = sb_sql_commit(r->env->state, err);
    else
        sb_sql_rollback(r->env->state);
    for (size_t i = 0; !rc && i < r->n_readings; i++)
        r->readings[i]->receipt_unsaved = false;
    return rc;
}

/* A cursor that stands elsewhere is that of a restored database: it applied less. */
static int load(struct sb_receive *r, sqlite3_stmt *row, struct sb_err *err)
{
    struct sb_applied_batch b = {.seq = sb_sql_uint(row, 1),
                                 .index = sb_sql_uint(row, 3)};
    struct sb_reading *at = sb_receive_reading(r, sb_sql_bytes(row, 0));
    uint64_t seq = 0;
    uint8_t hash[SB_HASH];
    if (!sb_sql_fixed(row, 2, b.hash, SB_HASH) ||
        !sb_sql_fixed(row, 4, b.leaf_hash, SB_HASH))
        return sb_fail(err, SB_E_DB_CORRUPT, "the state file's row of a receipt");
    int rc = at ? sb_receive_place(at, &seq, hash, err) : 0;
    if (!at || rc || seq != b.seq || memcmp(hash, b.hash, SB_HASH) != 0)
        return rc;
    at->newest = b;
    at->receipt_dirty = true;
    return 0;
}

int sb_receipt_load(struct sb_receive *r, struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sb_sql_start(r->env->state,
                          &row,
                          err,
                          "SELECT stream, seq, hash, entry, leaf FROM receipt",
                          "");
    if (rc)
        return rc;
    while ((rc = sb_sql_row(r->env->state, row, err)) == 1) {
        rc = load(r, row, err);
        if (rc)
            break;
    }
    sb_sql_end(row);
    return rc;
}
