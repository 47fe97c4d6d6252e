/* Purpose: what an earlier export took, without what was withdrawn since.
 * Invariant: only ciphertexts that a withdrawal in the journal covers become empty; the
 * rest stays as it was. Not here: files that are whole, which nobody writes again. */
#include "broker/bundle/export_form.h"

#include "broker/core/payload.h"
#include "schemas/record/event.h"
#include "schemas/record/evidence.h"
#include "schemas/record/record.h"

static void empty(struct sb_cts *cts, uint64_t first_seq, const struct sb_withdraw *w)
{
    for (size_t c = 0; c < cts->n; c++)
        for (size_t i = 0; i < cts->classes[c].n; i++)
            if (w->first_seq <= first_seq + i && first_seq + i <= w->last_seq)
                cts->classes[c].cts[i] = sb_bytes(NULL, 0);
}

int sb_export_withdrawn(const struct sb_stored_entry *e,
                        struct sb_bytes text,
                        struct sb_arena *arena,
                        struct sb_buf *out,
                        struct sb_err *err)
{
    struct sb_record record;
    struct sb_batch batch;
    struct sb_cts cts;
    sb_arena_reset(arena);
    int rc = sb_record_read(e->record, &record, err);
    if (rc == 0)
        rc = sb_batch_read(record.body, &batch, err);
    if (rc == 0)
        rc = sb_cts_read(text, arena, &cts, err);
    for (size_t i = 0; i < e->n_withdrawals && rc == 0; i++) {
        struct sb_withdraw w;
        rc = sb_record_read(e->withdrawals[i], &record, err);
        if (rc == 0)
            rc = sb_withdraw_read(record.body, &w, err);
        if (rc == 0)
            empty(&cts, batch.first_seq, &w);
    }
    if (rc != 0)
        return rc;
    sb_cts_write(out, &cts);
    return sb_buf_check(out, err);
}
