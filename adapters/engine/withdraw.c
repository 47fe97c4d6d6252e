/* Whether a withdrawal is its publisher's, and what of a batch it covers. */
#include "adapters/engine/withdraw.h"

#include "schemas/base/text.h"

int sb_withdraw_verify(const struct sb_withdrawals *told,
                       struct sb_bytes raw,
                       struct sb_withdraw *out,
                       uint8_t hash[SB_HASH],
                       struct sb_err *err)
{
    struct sb_record record;
    struct sb_withdraw w;
    struct sb_bytes institution;
    int rc = sb_record_read(raw, &record, err);
    if (!rc)
        rc = sb_withdraw_read(record.body, &w, err);
    if (!rc)
        rc = sb_record_hash(hash, record.body, err);
    if (rc)
        return rc;
    if (!sb_bytes_eq(w.stream, told->stream) ||
        !sb_text_stream_parts(told->stream, &institution, NULL, NULL))
        return sb_fail(err,
                       SB_E_JOIN,
                       "%.*s: a withdrawal of another stream",
                       SB_FMT(told->stream));
    const struct sb_dir *newest = sb_trust_newest(told->trust);
    rc = sb_dir_verify(told->trust, newest, institution, &record, w.time, err);
    if (rc && rc != SB_E_MEMORY && told->at && told->at != newest)
        rc = sb_dir_verify(told->trust, told->at, institution, &record, w.time, err);
    if (!rc)
        *out = w;
    return rc;
}

static bool is_empty(const struct sb_cts *cts, size_t i)
{
    for (size_t c = 0; c < cts->n; c++)
        if (cts->classes[c].cts[i].n == 0)
            return true;
    return false;
}

/* Marks the events of the batch that a record covers. A record that is not what it must
 * be covers nothing. */
static int mark(const struct sb_withdrawals *told,
                const struct sb_batch *batch,
                bool *covered,
                struct sb_err *why)
{
    for (size_t k = 0; k < told->n; k++) {
        struct sb_withdraw w;
        uint8_t hash[SB_HASH];
        int rc = sb_withdraw_verify(told, told->records[k], &w, hash, why);
        if (rc == SB_E_MEMORY)
            return rc;
        for (size_t i = 0; !rc && i < batch->count; i++) {
            uint64_t seq = batch->first_seq + i;
            covered[i] = covered[i] || (seq >= w.first_seq && seq <= w.last_seq);
        }
    }
    return 0;
}

int sb_withdraw_cover(const struct sb_withdrawals *told,
                      const struct sb_batch *batch,
                      const struct sb_cts *cts,
                      struct sb_arena *arena,
                      bool **gone,
                      struct sb_err *err)
{
    size_t i = 0;
    *gone = NULL;
    while (i < batch->count && !is_empty(cts, i))
        i++;
    if (i == batch->count)
        return 0;
    bool *covered = sb_arena_alloc(arena, batch->count, sizeof *covered);
    bool *flags = sb_arena_alloc(arena, batch->count, sizeof *flags);
    struct sb_err why = {.code = 0};
    if (!covered || !flags)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = mark(told, batch, covered, &why);
    if (rc)
        return sb_fail(err, rc, "%s", why.text);
    for (; i < batch->count; i++) {
        flags[i] = is_empty(cts, i);
        if (flags[i] && !covered[i])
            return sb_fail(err,
                           SB_E_JOIN,
                           "%.*s@%llu came without its ciphertext, and no withdrawal "
                           "of its publisher covers it%s%s",
                           SB_FMT(told->stream),
                           (unsigned long long)(batch->first_seq + i),
                           why.code ? ": " : "",
                           why.code ? why.text : "");
    }
    *gone = flags;
    return 0;
}
