/* Purpose: records that are judged alone: heads, receipts, rejects, re-grants of the
 * members, directories and catalogues of the operator. */
#include "broker/core/core_impl.h"

#include "schemas/base/text.h"

struct statement {
    struct session *from;
    enum sb_kind kind;
    struct sb_record record;
    uint8_t hash[SB_HASH];
    struct sb_bytes signer; /* the institution that the statement names */
    struct sb_bytes stream; /* re-grants and rejects; else empty */
    struct sb_bytes reader; /* re-grants */
    uint64_t number;        /* rejects: the event's seq */
};

static enum sb_kind kind_of(enum sb_command cmd)
{
    switch ((unsigned)cmd) {
    case SB_CMD_HEADS:
        return SB_KIND_HEADS;
    case SB_CMD_RECEIPT:
        return SB_KIND_RECEIPT;
    case SB_CMD_REJECT:
        return SB_KIND_REJECT;
    default:
        return SB_KIND_REGRANT;
    }
}

static int read_statement(struct step *s, struct statement *t, struct sb_err *err)
{
    struct sb_bytes body = t->record.body;
    struct sb_arena *arena = s->out->arena;
    struct sb_heads heads;
    uint64_t time;
    struct sb_receipt receipt;
    struct sb_reject reject;
    struct sb_regrant regrant;
    int rc = 0;
    t->signer = sb_bytes_str(t->from->institution);
    if (t->kind == SB_KIND_HEADS) {
        rc = sb_heads_read(body, arena, &t->signer, &heads, &time, err);
    } else if (t->kind == SB_KIND_RECEIPT) {
        rc = sb_receipt_read(body, arena, &receipt, err);
        if (rc == 0)
            t->signer = receipt.reader;
    } else if (t->kind == SB_KIND_REJECT) {
        rc = sb_reject_read(body, &reject, err);
        if (rc == 0) {
            t->signer = reject.reader;
            t->stream = reject.stream;
            t->number = reject.seq;
        }
    } else {
        rc = sb_regrant_read(body, arena, &regrant, err);
        if (rc == 0) {
            t->stream = regrant.stream;
            t->reader = regrant.reader;
            rc = accept_own(t->from, regrant.stream, err);
        }
    }
    if (rc == 0 && !sb_bytes_is(t->signer, t->from->institution))
        rc = sb_fail(err,
                     SB_E_NOT_YOURS,
                     "a %s in the name of %.*s",
                     sb_kind_text(t->kind),
                     SB_FMT(t->signer));
    if (rc == 0 && t->stream.n && !stream_find(s->core, t->stream))
        rc = sb_fail(
            err, SB_E_NOT_FOUND, "a %s about an unknown stream", sb_kind_text(t->kind));
    return rc;
}

static void store_statement(struct step *s, const struct statement *t)
{
    struct stream *st = t->stream.n ? stream_find(s->core, t->stream) : NULL;
    struct sb_append entry = {.kind = t->kind,
                              .record = t->record.raw,
                              .first = t->number,
                              .last = t->number,
                              .reader = t->reader};
    if (st)
        entry.stream = sb_bytes_str(st->name);
    memcpy(entry.hash, t->hash, SB_HASH);
    append_entry(s, &entry, sb_dir_body(sb_trust_newest(s->core->trust))->version);
    if (t->kind == SB_KIND_REGRANT)
        st->tail = s->core->size - 1;
    accept_wait(s, t->from, t->kind, st, t->hash, t->number);
}

void accept_statement(struct step *s, struct session *from, const struct sb_message *m)
{
    struct statement t = {.from = from, .kind = kind_of(m->cmd)};
    struct sb_err why;
    int rc = accept_record(s, from, m->payload[0], &t.record, t.hash, &why);
    if (rc == 0)
        rc = read_statement(s, &t, &why);
    if (rc != 0)
        session_refuse(s, from, t.kind, t.stream, t.hash, 0, &why);
    else
        store_statement(s, &t);
}

static int check_catalogue(struct step *s, struct sb_bytes body, struct sb_err *err)
{
    struct sb_manifest manifest;
    int rc = sb_catalogue_read(body, s->out->arena, &manifest, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < manifest.n_files; i++) {
        uint8_t hash[SB_HASH];
        sb_hash(hash, "sacbe/file/1", manifest.files[i].content);
        if (memcmp(hash, manifest.files[i].hash, SB_HASH) != 0)
            return sb_fail(err,
                           SB_E_CATALOGUE_HASH,
                           "%.*s is not the file of its hash",
                           SB_FMT(manifest.files[i].path));
    }
    uint8_t hash[SB_HASH];
    struct sb_buf bytes = {0};
    sb_manifest_write(&manifest, false, &bytes);
    sb_hash(hash, "sacbe/manifest/1", sb_buf_bytes(&bytes));
    sb_buf_free(&bytes);
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(s->core->trust));
    if (memcmp(hash, d->catalogue, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_CATALOGUE_HASH,
                       "directory %llu names another catalogue",
                       (unsigned long long)d->version);
    return 0;
}

/* Checks the record, and takes a directory into the trust. */
static int take(struct step *s, struct sb_append *entry, struct sb_err *err)
{
    struct sb_record record;
    struct sb_bytes raw = s->in->as.operator_record.record;
    int rc = sb_record_read(raw, &record, err);
    if (rc == 0)
        rc = sb_record_hash(entry->hash, record.body, err);
    if (rc != 0)
        return rc;
    if (s->core->stopping)
        return sb_fail(err, SB_E_STOPPING, "the broker is stopping");
    entry->record = raw;
    if (s->in->kind == SB_IN_CATALOGUE) {
        entry->kind = SB_KIND_CATALOGUE;
        return check_catalogue(s, record.body, err);
    }
    entry->kind = SB_KIND_DIRECTORY;
    uint64_t before = sb_dir_body(sb_trust_newest(s->core->trust))->version;
    rc = sb_trust_add(s->core->trust, raw, err);
    if (rc != 0)
        return rc;
    entry->first = entry->last = sb_dir_body(sb_trust_newest(s->core->trust))->version;
    if (entry->first == before)
        return sb_fail(err,
                       SB_E_EXISTS,
                       "directory %llu is in force already",
                       (unsigned long long)before);
    return 0;
}

void accept_operator(struct step *s)
{
    struct sb_append entry = {0};
    struct sb_err why;
    if (take(s, &entry, &why) != 0) {
        struct sb_effect *e = effect_add(s->out, SB_EFFECT_ANSWER);
        e->as.answer.request = s->in->as.operator_record.request;
        e->as.answer.err = why;
        return;
    }
    append_entry(s, &entry, sb_dir_body(sb_trust_newest(s->core->trust))->version);
    struct wait w = {.kind = entry.kind == SB_KIND_DIRECTORY ? WAIT_DIRECTORY
                                                             : WAIT_OPERATOR,
                     .index = s->core->size - 1,
                     .number = entry.first,
                     .request = s->in->as.operator_record.request};
    append_wait(s, &w);
    if (entry.kind == SB_KIND_DIRECTORY)
        session_review(s);
}
