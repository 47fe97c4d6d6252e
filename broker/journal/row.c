/* Purpose: read a record as far as the journal must know it.
 * Not a judgement: signatures, chains and rights are not looked at here. */
#include "broker/journal/row.h"

static int read_batch(struct sb_row *row, struct sb_err *err)
{
    struct sb_batch *b = &row->as.batch;
    int rc = sb_batch_read(row->body, b, err);
    if (rc != 0)
        return rc;
    row->stream = b->stream;
    row->first = b->first_seq;
    if (b->count == 0 || b->count > SB_BATCH_EVENTS ||
        b->first_seq > INT64_MAX - SB_BATCH_EVENTS)
        return sb_fail(err, SB_E_RANGE, "a batch's numbers are out of range");
    row->last = b->first_seq + b->count - 1;
    return 0;
}

/* Two records have this kind: a prune record names an index, a withdrawal events. */
static int read_gone(struct sb_row *row, struct sb_err *err)
{
    if (sb_bytes_is(sb_record_tag(row->body), "sacbe/prune/1")) {
        int rc = sb_prune_read(row->body, &row->as.prune, err);
        row->first = row->last = row->as.prune.below;
        return rc;
    }
    int rc = sb_withdraw_read(row->body, &row->as.withdraw, err);
    row->stream = row->as.withdraw.stream;
    row->first = row->as.withdraw.first_seq;
    row->last = row->as.withdraw.last_seq;
    return rc;
}

/* Kinds of which the journal needs nothing but their form. */
static int read_other(struct sb_row *row, struct sb_arena *arena, struct sb_err *err)
{
    struct sb_bytes institution;
    struct sb_heads heads;
    uint64_t time;
    struct sb_manifest manifest;
    struct sb_receipt receipt;
    struct sb_reject reject;
    struct sb_act act;
    if (row->kind == SB_KIND_CATALOGUE)
        return sb_catalogue_read(row->body, arena, &manifest, err);
    if (row->kind == SB_KIND_RECEIPT)
        return sb_receipt_read(row->body, arena, &receipt, err);
    if (row->kind == SB_KIND_REJECT)
        return sb_reject_read(row->body, &reject, err);
    if (row->kind == SB_KIND_HEADS)
        return sb_heads_read(row->body, arena, &institution, &heads, &time, err);
    if (row->kind == SB_KIND_ACT)
        return sb_act_read(row->body, arena, &act, err);
    return sb_pack_scan(row->body, SB_PACK_RECORD, err);
}

static int read_body(struct sb_row *row, struct sb_arena *arena, struct sb_err *err)
{
    int rc = 0;
    if (row->kind == SB_KIND_DIRECTORY) {
        rc = sb_directory_read(row->body, arena, &row->as.directory, err);
        row->first = row->as.directory.version;
    } else if (row->kind == SB_KIND_CLAIM) {
        rc = sb_claim_read(row->body, &row->as.claim, err);
        row->stream = row->as.claim.stream;
        row->first = row->as.claim.claim_no;
    } else if (row->kind == SB_KIND_EPOCH) {
        rc = sb_epoch_read(row->body, arena, &row->as.epoch, err);
        row->stream = row->as.epoch.core.stream;
        row->first = row->as.epoch.core.epoch_no;
    } else if (row->kind == SB_KIND_REGRANT) {
        rc = sb_regrant_read(row->body, arena, &row->as.regrant, err);
        row->stream = row->as.regrant.stream;
        row->reader = row->as.regrant.reader;
    } else if (row->kind == SB_KIND_BATCH) {
        return read_batch(row, err);
    } else if (row->kind == SB_KIND_PRUNE) {
        return read_gone(row, err);
    } else {
        rc = read_other(row, arena, err);
    }
    row->last = row->first;
    return rc;
}

int sb_row_read(enum sb_kind kind,
                struct sb_bytes record,
                struct sb_arena *arena,
                struct sb_row *out,
                struct sb_err *err)
{
    struct sb_record envelope;
    struct sb_row row = {.kind = kind};
    int rc = sb_record_read(record, &envelope, err);
    if (rc != 0)
        return rc;
    row.body = envelope.body;
    if (!sb_kind_text(kind) || sb_kind_from_tag(sb_record_tag(row.body)) != kind)
        return sb_fail(err, SB_E_TAG, "the record is not of its entry's kind");
    rc = read_body(&row, arena, err);
    if (rc == 0)
        rc = sb_record_hash(row.hash, row.body, err);
    if (rc == 0 && (row.first > INT64_MAX || row.last > INT64_MAX))
        rc = sb_fail(err, SB_E_RANGE, "a record's number is out of range");
    if (rc == 0)
        *out = row;
    return rc;
}

int sb_row_leaf(enum sb_kind kind,
                struct sb_bytes leaf,
                struct sb_bytes record,
                struct sb_entry *out,
                struct sb_err *err)
{
    struct sb_entry e;
    uint8_t hash[SB_HASH];
    int rc = sb_entry_read(leaf, &e, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "leaf data");
    if (e.kind != kind)
        return sb_fail(err, SB_E_JOURNAL_ENTRY, "the leaf data names another kind");
    sb_sha256(hash, record);
    if (memcmp(hash, e.record_hash, SB_HASH) != 0)
        return sb_fail(
            err, SB_E_JOURNAL_ENTRY, "the leaf data has another record's hash");
    *out = e;
    return 0;
}
