/* The joins of a stream that is read: leaf, signature, claim, epoch, batch. */
#include "adapters/engine/chain.h"

#include <stdio.h>

#include "schemas/base/text.h"

int sb_chain_open(struct sb_chain *c,
                  const struct sb_env *env,
                  struct sb_bytes stream,
                  uint64_t seq,
                  const uint8_t hash[SB_HASH],
                  struct sb_err *err)
{
    *c = (struct sb_chain){.env = env, .last_seq = seq};
    if (stream.n > SB_STREAM_MAX)
        return sb_fail(err, SB_E_CODE_FORM, "a stream's name is too long");
    (void)snprintf(c->name, sizeof c->name, "%.*s", SB_FMT(stream));
    if (!sb_text_stream_parts(sb_bytes_str(c->name), &c->institution, &c->type, NULL))
        return sb_fail(err, SB_E_CODE_FORM, "\"%s\" is no stream", c->name);
    memcpy(c->last_hash, hash, SB_HASH);
    c->arena = sb_arena_new(0);
    return c->arena ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
}

void sb_chain_close(struct sb_chain *c)
{
    sb_secrets_free(c->secrets);
    sb_arena_free(c->arena);
    c->secrets = NULL;
    c->arena = NULL;
}

struct sb_bytes sb_entry_stream(const struct sb_entry_in *e, struct sb_arena *arena)
{
    struct sb_entry leaf;
    struct sb_record record;
    struct sb_bytes none = {NULL, 0};
    if (sb_entry_read(e->leaf, &leaf, NULL) != 0 ||
        sb_record_read(e->record, &record, NULL) != 0)
        return none;
    struct sb_claim claim;
    struct sb_epoch epoch;
    struct sb_batch batch;
    struct sb_regrant regrant;
    struct sb_withdraw withdraw;
    if (leaf.kind == SB_KIND_CLAIM && sb_claim_read(record.body, &claim, NULL) == 0)
        return claim.stream;
    if (leaf.kind == SB_KIND_EPOCH &&
        sb_epoch_read(record.body, arena, &epoch, NULL) == 0)
        return epoch.core.stream;
    if (leaf.kind == SB_KIND_BATCH && sb_batch_read(record.body, &batch, NULL) == 0)
        return batch.stream;
    if (leaf.kind == SB_KIND_REGRANT &&
        sb_regrant_read(record.body, arena, &regrant, NULL) == 0)
        return regrant.stream;
    if (leaf.kind == SB_KIND_PRUNE &&
        sb_withdraw_read(record.body, &withdraw, NULL) == 0)
        return withdraw.stream;
    return none;
}

/* The leaf names this record, and a directory that is held. */
static int envelope(const struct sb_chain *c,
                    const struct sb_entry_in *e,
                    struct sb_entry *leaf,
                    struct sb_record *record,
                    uint8_t hash[SB_HASH],
                    struct sb_err *err)
{
    int rc = sb_entry_read(e->leaf, leaf, err);
    if (!rc)
        rc = sb_record_read(e->record, record, err);
    if (!rc)
        rc = sb_record_hash(hash, record->body, err);
    if (rc)
        return rc;
    uint8_t whole[SB_HASH];
    sb_sha256(whole, e->record);
    if (memcmp(whole, leaf->record_hash, SB_HASH) != 0)
        return sb_fail(err, SB_E_JOIN, "%s: the entry names another record", c->name);
    if (sb_kind_from_tag(sb_record_tag(record->body)) != leaf->kind)
        return sb_fail(err, SB_E_JOIN, "%s: the entry names another kind", c->name);
    if (!sb_trust_version(c->env->trust, leaf->directory_version))
        return sb_fail(err,
                       SB_E_DIR_VERSION,
                       "%s: directory %llu is not held",
                       c->name,
                       (unsigned long long)leaf->directory_version);
    return 0;
}

static int
take_claim(struct sb_chain *c, const struct sb_record *record, struct sb_err *err)
{
    struct sb_claim claim;
    int rc = sb_claim_read(record->body, &claim, err);
    if (rc)
        return rc;
    if (!sb_bytes_is(claim.stream, c->name))
        return sb_fail(err, SB_E_JOIN, "%s: a claim of another stream", c->name);
    if (c->claim_no && claim.claim_no < c->claim_no)
        return 0; /* told again, from further back */
    if (c->claim_no && claim.claim_no == c->claim_no)
        return memcmp(claim.instance, c->instance, SB_INSTANCE) == 0
                   ? 0
                   : sb_fail(err, SB_E_JOIN, "%s: a claim given twice", c->name);
    bool here = claim.last_seq == c->last_seq &&
                memcmp(claim.last_hash, c->last_hash, SB_HASH) == 0;
    bool before = c->claim_no == 0 && claim.last_seq < c->last_seq;
    if ((c->claim_no && claim.claim_no != c->claim_no + 1) || (!here && !before))
        return sb_fail(err,
                       SB_E_JOIN,
                       "%s: claim %llu does not follow event %llu",
                       c->name,
                       (unsigned long long)claim.claim_no,
                       (unsigned long long)c->last_seq);
    c->claim_no = claim.claim_no;
    memcpy(c->instance, claim.instance, SB_INSTANCE);
    return 0;
}

/* Opens our wrap of the epoch that has just been taken in. */
static int open_epoch(struct sb_chain *c, struct sb_err *err)
{
    sb_secrets_free(c->secrets);
    c->secrets = NULL;
    c->epoch_fault = 0;
    int rc =
        sb_epoch_open(c->env->vault, &c->epoch, c->env->institution, &c->secrets, err);
    if (rc == SB_E_NO_SECRET)
        return 0;
    if (rc == SB_E_OPEN_FAILED || rc == SB_E_NO_KEY) {
        c->epoch_fault = rc; /* its batches tell which events are lost by it */
        return 0;
    }
    return rc;
}

static int take_epoch(struct sb_chain *c,
                      const struct sb_record *record,
                      const uint8_t hash[SB_HASH],
                      struct sb_arena *arena,
                      struct sb_err *err)
{
    struct sb_epoch epoch;
    int rc = sb_epoch_read(record->body, arena, &epoch, err);
    if (rc)
        return rc;
    const struct sb_epoch_core *core = &epoch.core;
    if (c->epoch_no && core->epoch_no <= c->epoch_no)
        return 0;                  /* told again */
    bool first = c->epoch_no == 0; /* in force at the cursor; its claim may follow */
    if (!sb_bytes_is(core->stream, c->name) ||
        (!first && (core->claim_no > c->claim_no || core->epoch_no != c->epoch_no + 1)))
        return sb_fail(err, SB_E_JOIN, "%s: an epoch out of its place", c->name);
    if (!sb_trust_by_hash(c->env->trust, core->directory_hash))
        return sb_fail(
            err, SB_E_JOIN, "%s: an epoch under a directory not on the chain", c->name);
    sb_arena_reset(c->arena);
    struct sb_bytes kept = sb_arena_dup(c->arena, record->body);
    rc = kept.p ? sb_epoch_read(kept, c->arena, &c->epoch, err)
                : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc)
        return rc;
    c->epoch_no = core->epoch_no;
    memcpy(c->epoch_hash, hash, SB_HASH);
    return open_epoch(c, err);
}

static int read_payloads(const struct sb_chain *c,
                         const struct sb_entry_in *e,
                         const struct sb_dir *dir,
                         struct sb_arena *arena,
                         struct sb_chain_batch *out,
                         struct sb_err *err)
{
    out->bare = e->items.n == 0;
    if (out->bare)
        return 0;
    size_t n = 0;
    int rc = sb_items_read(e->items, arena, &out->items, &n, err);
    if (!rc)
        rc = sb_batch_joins(&out->batch, &c->epoch, out->items, n, err);
    if (!rc && e->cts.n)
        rc = sb_cts_read(e->cts, arena, &out->cts, err);
    for (size_t i = 0; !rc && i < out->cts.n; i++)
        if (out->cts.classes[i].n != out->batch.count)
            rc = sb_fail(err, SB_E_JOIN, "%s: ciphertexts do not match", c->name);
    const struct sb_withdrawals told = {
        c->env->trust, dir, sb_bytes_str(c->name), e->withdrawals, e->n_withdrawals};
    return rc ? rc
              : sb_withdraw_cover(
                    &told, &out->batch, &out->cts, arena, &out->gone, err);
}

/* Where a batch stands: 1 after the place, 0 behind it, or out of it. */
static int place_batch(const struct sb_chain *c,
                       const struct sb_record *record,
                       struct sb_chain_batch *out,
                       struct sb_err *err)
{
    struct sb_batch *b = &out->batch;
    int rc = sb_batch_read(record->body, b, err);
    if (rc)
        return rc;
    out->last_seq = b->first_seq + b->count - 1;
    if (!sb_bytes_is(b->stream, c->name))
        return sb_fail(err, SB_E_JOIN, "%s: a batch of another stream", c->name);
    if (c->claim_no == 0)
        return 0; /* left over from before we asked anew: it comes again in its place */
    bool inside = memcmp(out->hash, c->last_hash, SB_HASH) == 0;
    if (out->last_seq <= c->last_seq)
        return 0; /* applied before */
    if (inside ? b->first_seq > c->last_seq
               : b->first_seq != c->last_seq + 1 ||
                     memcmp(b->prev, c->last_hash, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_JOIN,
                       "%s: batch at %llu does not follow event %llu",
                       c->name,
                       (unsigned long long)b->first_seq,
                       (unsigned long long)c->last_seq);
    if (b->claim_no != c->claim_no || c->epoch_no == 0 ||
        memcmp(b->epoch_hash, c->epoch_hash, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_JOIN,
                       "%s: batch at %llu is not of the newest claim and epoch",
                       c->name,
                       (unsigned long long)b->first_seq);
    out->skip = inside ? c->last_seq - b->first_seq + 1 : 0;
    return 1;
}

/* Whether a record says that it was made before this generation of the journal was
 * opened. A claim says nothing of time, and gives no right to anything. */
static bool is_taken_over(const struct sb_trust *trust,
                          const struct sb_dir *dir,
                          const struct sb_record *record,
                          enum sb_kind kind)
{
    struct sb_batch batch;
    struct sb_epoch epoch;
    uint64_t opened = sb_dir_opened(trust, dir);
    bool old = kind == SB_KIND_CLAIM;
    if (sb_dir_body(dir)->generation < 2)
        return false;
    if (kind == SB_KIND_BATCH && sb_batch_read(record->body, &batch, NULL) == 0)
        old = batch.sent < opened;
    struct sb_arena *arena = kind == SB_KIND_EPOCH ? sb_arena_new(0) : NULL;
    if (arena && sb_epoch_read(record->body, arena, &epoch, NULL) == 0)
        old = epoch.core.not_before < opened;
    sb_arena_free(arena);
    return old;
}

int sb_chain_signed(const struct sb_trust *trust,
                    const struct sb_dir *dir,
                    struct sb_bytes institution,
                    const struct sb_record *record,
                    const struct sb_entry *leaf,
                    struct sb_err *err)
{
    int rc = sb_dir_verify(trust, dir, institution, record, leaf->stored_ms, err);
    if (rc != SB_E_KEY_EXPIRED || !is_taken_over(trust, dir, record, leaf->kind))
        return rc;
    return sb_dir_verify_aged(trust, dir, institution, record, err);
}

/* A withdrawal is judged at the time that it names itself: a journal begun anew takes
 * it again. */
static int signature(const struct sb_chain *c,
                     const struct sb_entry *leaf,
                     const struct sb_record *record,
                     struct sb_chain_batch *out,
                     struct sb_err *err)
{
    struct sb_trust *trust = c->env->trust;
    const struct sb_dir *dir = sb_trust_version(trust, leaf->directory_version);
    if (leaf->kind != SB_KIND_PRUNE)
        return sb_chain_signed(trust, dir, c->institution, record, leaf, err);
    const struct sb_withdrawals told = {
        .trust = trust, .at = dir, .stream = sb_bytes_str(c->name)};
    return sb_withdraw_verify(&told, record->raw, &out->withdraw, out->hash, err);
}

int sb_chain_take(struct sb_chain *c,
                  const struct sb_entry_in *e,
                  struct sb_arena *arena,
                  struct sb_chain_batch *out,
                  struct sb_err *err)
{
    struct sb_entry leaf;
    struct sb_record record;
    *out = (struct sb_chain_batch){.index = e->index};
    int rc = envelope(c, e, &leaf, &record, out->hash, err);
    if (!rc)
        rc = signature(c, &leaf, &record, out, err);
    if (rc)
        return rc;
    if (leaf.kind == SB_KIND_PRUNE)
        return c->claim_no ? 2 : 0;
    if (leaf.kind == SB_KIND_CLAIM)
        return take_claim(c, &record, err);
    if (leaf.kind == SB_KIND_EPOCH)
        return take_epoch(c, &record, out->hash, arena, err);
    if (leaf.kind != SB_KIND_BATCH)
        return 0; /* re-grants: their layout is fixed, their use comes later */
    rc = place_batch(c, &record, out, err);
    if (rc != 1)
        return rc;
    const struct sb_dir *dir = sb_trust_version(c->env->trust, leaf.directory_version);
    rc = read_payloads(c, e, dir, arena, out, err);
    return rc ? rc : 1;
}

void sb_chain_move(struct sb_chain *c, const struct sb_chain_batch *b)
{
    c->last_seq = b->last_seq;
    memcpy(c->last_hash, b->hash, SB_HASH);
}
