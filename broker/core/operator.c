/* Purpose: the operator's orders: directories, catalogues, prune records.
 * Invariant: an order is answered when it is durable, or at once with its refusal. */
#include "broker/core/core_impl.h"

#include "schemas/record/evidence.h"

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

/* What the core can tell: `below` against `before` is the journal's, which made it. */
static int check_prune(struct step *s,
                       const struct sb_record *record,
                       uint64_t *below,
                       struct sb_err *err)
{
    const struct sb_core *core = s->core;
    const struct sb_dir *dir = sb_trust_newest(core->trust);
    uint64_t retention = sb_dir_body(dir)->retention;
    uint64_t stored = s->in->now_ms > core->stored_ms ? s->in->now_ms : core->stored_ms;
    struct sb_prune prune;
    int rc = sb_dir_verify_log(core->trust, dir, record, err);
    if (rc == 0)
        rc = sb_prune_read(record->body, &prune, err);
    if (rc != 0)
        return rc;
    if (retention == 0)
        return sb_fail(err,
                       SB_E_RETENTION,
                       "directory %llu keeps ciphertexts for ever",
                       (unsigned long long)sb_dir_body(dir)->version);
    if (retention > stored || prune.before > stored - retention)
        return sb_fail(
            err,
            SB_E_RETENTION,
            "directory %llu keeps ciphertexts for %llu days; these are newer",
            (unsigned long long)sb_dir_body(dir)->version,
            (unsigned long long)(retention / 86400000u));
    if (prune.below > core->durable)
        return sb_fail(err,
                       SB_E_RANGE,
                       "entries below %llu; the journal has %llu",
                       (unsigned long long)prune.below,
                       (unsigned long long)core->durable);
    if (prune.below <= core->prune.below)
        return sb_fail(err,
                       SB_E_EXISTS,
                       "everything below entry %llu is pruned already",
                       (unsigned long long)core->prune.below);
    *below = prune.below;
    return 0;
}

/* A directory that has expired by the clock would be dated by it; another one may be
 * what mends the clock's case. */
static int judge_time(struct step *s, struct sb_bytes body, struct sb_err *err)
{
    struct sb_directory d;
    int code = clock_look(s);
    if (s->in->kind != SB_IN_DIRECTORY)
        return code == 0
                   ? 0
                   : sb_fail(err,
                             code,
                             "this machine's clock is wrong, or the directory has "
                             "expired: nothing may be dated by it");
    int rc = sb_directory_read(body, s->out->arena, &d, err);
    if (rc != 0 || d.expires > s->in->now_ms)
        return rc;
    return sb_fail(err,
                   SB_E_DIR_EXPIRED,
                   "directory %llu has expired by this machine's clock",
                   (unsigned long long)d.version);
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
    rc = judge_time(s, record.body, err);
    if (rc != 0)
        return rc;
    if (s->in->kind == SB_IN_CATALOGUE) {
        entry->kind = SB_KIND_CATALOGUE;
        return check_catalogue(s, record.body, err);
    }
    if (s->in->kind == SB_IN_PRUNE) {
        entry->kind = SB_KIND_PRUNE;
        return check_prune(s, &record, &entry->first, err);
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
    uint64_t below = entry.first;
    if (entry.kind == SB_KIND_PRUNE) /* it stands under no number */
        entry.first = 0;
    append_entry(s, &entry, sb_dir_body(sb_trust_newest(s->core->trust))->version);
    if (entry.kind == SB_KIND_PRUNE)
        notice_keep_prune(s, entry.record, below);
    struct wait w = {.kind = entry.kind == SB_KIND_DIRECTORY ? WAIT_DIRECTORY
                             : entry.kind == SB_KIND_PRUNE   ? WAIT_PRUNE
                                                             : WAIT_OPERATOR,
                     .index = s->core->size - 1,
                     .number = entry.first,
                     .request = s->in->as.operator_record.request};
    append_wait(s, &w);
    if (entry.kind != SB_KIND_DIRECTORY)
        return;
    clock_excuse(s, sb_dir_body(sb_trust_newest(s->core->trust))->issued);
    session_review(s);
}
