/* A stream's claim, epoch and head. Sealing: seal.c; resealing: reseal.c. */
#include "adapters/engine/stream.h"

#include <stdio.h>

#include "adapters/engine/foreign.h"

static int load_epoch(struct sb_stream *s, struct sb_err *err)
{
    struct sb_outbox_record e = {0};
    struct sb_buf raw = {0};
    sb_secrets_free(s->secrets);
    s->secrets = NULL;
    s->epoch_no = 0;
    sb_arena_reset(s->epoch_arena);
    int rc = sb_outbox_epoch(s->env->state, s->row.id, 0, &e, &raw, err);
    struct sb_record record = {0};
    if (!rc) {
        struct sb_bytes kept = sb_arena_dup(s->epoch_arena, sb_buf_bytes(&raw));
        rc = kept.p ? sb_record_read(kept, &record, err)
                    : sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_buf_free(&raw);
    if (!rc)
        rc = sb_epoch_read(record.body, s->epoch_arena, &s->epoch, err);
    if (!rc)
        rc = sb_epoch_open(
            s->env->vault, &s->epoch, s->env->institution, &s->secrets, err);
    if (!rc) {
        s->epoch_no = e.number;
        s->epoch_events = e.events;
        memcpy(s->epoch_hash, e.hash, SB_HASH);
    }
    return rc == SB_E_NOT_FOUND ? 0 : rc;
}

int sb_stream_reload(struct sb_stream *s, struct sb_err *err)
{
    struct sb_outbox_record claim = {0};
    int rc = sb_outbox_stream(s->env->state, sb_bytes_str(s->name), &s->row, err);
    if (!rc)
        rc = sb_outbox_claim(s->env->state, s->row.id, 0, &claim, NULL, err);
    if (rc == SB_E_NOT_FOUND) {
        claim = (struct sb_outbox_record){0};
        rc = 0;
    }
    if (!rc)
        rc = sb_outbox_head(s->env->state, s->row.id, &s->head_seq, s->head_hash, err);
    if (rc)
        return rc;
    s->claim_no = claim.number;
    s->claim_stored = claim.stored;
    memcpy(s->claim_hash, claim.hash, SB_HASH);
    return load_epoch(s, err);
}

int sb_stream_open(struct sb_stream *s,
                   struct sb_env *env,
                   struct sb_bytes name,
                   const struct sb_type_facts *type,
                   struct sb_err *err)
{
    *s = (struct sb_stream){.env = env, .type = *type};
    (void)snprintf(s->name, sizeof s->name, "%.*s", SB_FMT(name));
    s->epoch_arena = sb_arena_new(0);
    if (!s->epoch_arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_stream_reload(s, err);
    if (!rc)
        rc = sb_foreign_restore(s, err);
    if (rc)
        sb_stream_close(s);
    return rc;
}

void sb_stream_close(struct sb_stream *s)
{
    sb_secrets_free(s->secrets);
    sb_arena_free(s->epoch_arena);
    s->secrets = NULL;
    s->epoch_arena = NULL;
}

int sb_stream_make_claim(struct sb_stream *s,
                         uint64_t claim_no,
                         uint64_t now_ms,
                         struct sb_err *err)
{
    struct sb_claim c = {.stream = sb_bytes_str(s->name),
                         .claim_no = claim_no,
                         .last_seq = s->row.stored_seq};
    memcpy(c.instance, s->row.instance, SB_INSTANCE);
    memcpy(c.last_hash, s->row.stored_hash, SB_HASH);
    if (claim_no == 1) {
        sb_sha256(c.root, sb_bytes(NULL, 0));
    } else {
        c.tree_size = s->env->tree_size;
        memcpy(c.root, s->env->root, SB_HASH);
        if (c.tree_size == 0)
            sb_sha256(c.root, sb_bytes(NULL, 0));
    }
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    uint8_t hash[SB_HASH];
    sb_claim_write(&c, &body);
    int rc = sb_buf_check(&body, err);
    if (!rc)
        rc = sb_env_sign(s->env, sb_buf_bytes(&body), now_ms, &record, hash, err);
    if (!rc)
        rc = sb_outbox_add_claim(
            s->env->state, s->row.id, claim_no, hash, sb_buf_bytes(&record), err);
    sb_buf_free(&body);
    sb_buf_free(&record);
    if (rc)
        return rc;
    s->claim_no = claim_no;
    s->claim_stored = false;
    memcpy(s->claim_hash, hash, SB_HASH);
    return 0;
}

static int own_readers(struct sb_stream *s,
                       uint64_t now_ms,
                       struct sb_arena *arena,
                       struct sb_readers *out,
                       struct sb_err *err)
{
    struct sb_bytes names[SB_CLASS_COUNT];
    struct sb_codes own = {names, sb_class_names(s->type.classes, names)};
    struct sb_env *env = s->env;
    return sb_dir_readers_own(env->trust,
                              sb_trust_newest(env->trust),
                              env->vault,
                              s->type.name,
                              &own,
                              now_ms,
                              arena,
                              out,
                              err);
}

/* The record of an epoch with fresh secrets. */
static int make_epoch(struct sb_stream *s,
                      uint64_t epoch_no,
                      uint64_t now_ms,
                      struct sb_arena *arena,
                      struct sb_buf *record,
                      uint8_t hash[SB_HASH],
                      struct sb_err *err)
{
    struct sb_readers readers = {0};
    struct sb_bytes names[SB_CLASS_COUNT];
    struct sb_codes classes = {names, sb_class_names(s->type.classes, names)};
    struct sb_secrets *secrets = NULL;
    struct sb_buf body = {0};
    int rc = own_readers(s, now_ms, arena, &readers, err);
    if (!rc)
        rc = sb_secrets_new(&secrets, &classes, err);
    if (!rc) {
        struct sb_epoch_core core = {.suite = SB_SUITE,
                                     .stream = sb_bytes_str(s->name),
                                     .claim_no = s->claim_no,
                                     .epoch_no = epoch_no,
                                     .not_before = now_ms,
                                     .not_after = now_ms + SB_EPOCH_MS};
        if (readers.until && readers.until < core.not_after)
            core.not_after = readers.until;
        memcpy(
            core.directory_hash, sb_dir_hash(sb_trust_newest(s->env->trust)), SB_HASH);
        rc = sb_epoch_body(&core, &readers, secrets, &body, err);
    }
    if (!rc)
        rc = sb_env_sign(s->env, sb_buf_bytes(&body), now_ms, record, hash, err);
    sb_secrets_free(secrets);
    sb_buf_free(&body);
    return rc;
}

int sb_stream_new_epoch(struct sb_stream *s,
                        uint64_t epoch_no,
                        uint64_t now_ms,
                        struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_buf record = {0};
    uint8_t hash[SB_HASH];
    int rc = arena ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = make_epoch(s, epoch_no, now_ms, arena, &record, hash, err);
    if (!rc)
        rc = sb_outbox_add_epoch(
            s->env->state, s->row.id, epoch_no, hash, sb_buf_bytes(&record), err);
    if (!rc)
        rc = load_epoch(s, err);
    sb_buf_free(&record);
    sb_arena_free(arena);
    return rc;
}

/* Whether events may still be sealed under the newest epoch. */
static int
epoch_holds(struct sb_stream *s, uint64_t now_ms, bool *out, struct sb_err *err)
{
    *out = false;
    if (s->epoch_no == 0 || !s->secrets || s->epoch.core.claim_no > s->claim_no ||
        now_ms >= s->epoch.core.not_after || s->epoch_events >= SB_EPOCH_EVENTS ||
        now_ms < s->epoch.core.not_before)
        return 0;
    const struct sb_dir *newest = sb_trust_newest(s->env->trust);
    if (memcmp(s->epoch.core.directory_hash, sb_dir_hash(newest), SB_HASH) == 0) {
        *out = true;
        return 0;
    }
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    struct sb_readers readers = {0};
    int rc = own_readers(s, now_ms, arena, &readers, err);
    if (!rc)
        *out = sb_readers_match(&readers, &s->epoch.core, NULL) == 0;
    sb_arena_free(arena);
    return rc;
}

static uint64_t next_epoch(const struct sb_stream *s)
{
    return (s->epoch_no > s->row.stored_epoch ? s->epoch_no : s->row.stored_epoch) + 1;
}

int sb_stream_may_seal(const struct sb_stream *s, uint64_t now_ms, struct sb_err *err)
{
    const struct sb_dir *newest = sb_trust_newest(s->env->trust);
    if (!newest)
        return sb_fail(err, SB_E_NOT_ENROLLED, "no directory has arrived yet");
    const struct sb_directory *d = sb_dir_body(newest);
    if (s->env->contradicted)
        return sb_fail(err,
                       SB_E_SPLIT_VIEW,
                       "the broker has signed two histories: nothing is sealed until"
                       " that is settled");
    if (s->need_directory > d->version)
        return sb_fail(err,
                       SB_E_DIR_STALE,
                       "directory %llu exists, %llu is held",
                       (unsigned long long)s->need_directory,
                       (unsigned long long)d->version);
    if (now_ms >= d->expires)
        return sb_fail(
            err,
            SB_E_DIR_EXPIRED,
            "directory %llu has expired: the authority signs a new one (sacbe"
            " directory sign)",
            (unsigned long long)d->version);
    uint64_t fresh = s->env->fresh_ms > d->issued ? s->env->fresh_ms : d->issued;
    if (d->freshness && now_ms > fresh && now_ms - fresh > d->freshness)
        return sb_fail(
            err,
            SB_E_DIR_STALE,
            "no checkpoint has come for %llu days: nothing is sealed until the"
            " broker is heard again",
            (unsigned long long)((now_ms - fresh) / 86400000u));
    return 0;
}

int sb_stream_ready(struct sb_stream *s, uint64_t now_ms, struct sb_err *err)
{
    int rc = sb_stream_may_seal(s, now_ms, err);
    if (!rc && s->claim_no == 0)
        rc = sb_stream_make_claim(s, 1, now_ms, err);
    bool holds = false;
    if (!rc)
        rc = epoch_holds(s, now_ms, &holds, err);
    if (!rc && !holds)
        rc = sb_stream_new_epoch(s, next_epoch(s), now_ms, err);
    return rc;
}
