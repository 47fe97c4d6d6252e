/* Judging FETCHED. */
#include "adapters/engine/task_fetch.h"

#include "adapters/engine/chain.h"
#include "broker/witness/witness.h"
#include "keys/proof.h"
#include "schemas/base/text.h"

struct place { /* one entry as FETCHED brings it */
    struct sb_bytes leaf;
    struct sb_bytes record;
    uint64_t index;
    const uint8_t (*path)[SB_HASH];
    size_t n_path;
    enum sb_kind kind;
};

struct judge {
    const struct sb_env *env;
    struct sb_bytes stream;
    struct sb_bytes institution;
    struct sb_checkpoint tree;
    const struct sb_dir *dir; /* of the place looked at last */
};

static int refusal(const struct sb_message *m, struct sb_err *err)
{
    int code = sb_code_from_number((long)m->as.fetched.code);
    const char *why = "the broker refuses it";
    if (code == SB_E_NOT_FOUND)
        why = "the journal holds no such event";
    else if (code == SB_E_NO_GRANT)
        why = "no grant in force lets this institution read it";
    else if (code == SB_E_BUSY)
        why = "it does not stand in a signed tree yet";
    return sb_fail(err,
                   code ? code : SB_E_REMOTE,
                   "%.*s@%llu: %s",
                   SB_FMT(m->as.fetched.stream),
                   (unsigned long long)m->as.fetched.seq,
                   why);
}

/* In the tree, named by its leaf, signed by the stream's institution with a key that
 * was valid there; a journal begun anew takes over what was signed before: `said_ms`.
 */
static int judge_place(struct judge *j,
                       const struct place *p,
                       struct sb_record *record,
                       struct sb_err *err)
{
    struct sb_entry leaf;
    uint8_t hash[SB_HASH];
    int rc = sb_entry_read(p->leaf, &leaf, err);
    if (!rc)
        rc = sb_record_read(p->record, record, err);
    if (rc)
        return rc;
    sb_tree_leaf(hash, p->leaf);
    if (!sb_proof_included(
            hash, p->index, j->tree.size, p->path, p->n_path, j->tree.root))
        return sb_fail(err,
                       SB_E_PROOF,
                       "%.*s: the path from entry %llu does not lead to the root",
                       SB_FMT(j->stream),
                       (unsigned long long)p->index);
    sb_sha256(hash, p->record);
    if (leaf.kind != p->kind || memcmp(hash, leaf.record_hash, SB_HASH) != 0)
        return sb_fail(err,
                       SB_E_JOIN,
                       "%.*s: entry %llu names another record",
                       SB_FMT(j->stream),
                       (unsigned long long)p->index);
    j->dir = sb_trust_version(j->env->trust, leaf.directory_version);
    if (!j->dir)
        return sb_fail(err,
                       SB_E_DIR_VERSION,
                       "%.*s: directory %llu, in force at entry %llu, is not held",
                       SB_FMT(j->stream),
                       (unsigned long long)leaf.directory_version,
                       (unsigned long long)p->index);
    return sb_chain_signed(j->env->trust, j->dir, j->institution, record, &leaf, err);
}

static int judge_epoch(struct judge *j,
                       const struct sb_message *m,
                       struct sb_arena *arena,
                       struct sb_fetched *out,
                       struct sb_err *err)
{
    const struct place p = {.leaf = m->as.fetched.epoch_leaf,
                            .record = m->as.fetched.epoch_record,
                            .index = m->as.fetched.epoch_index,
                            .path = m->as.fetched.epoch_path,
                            .n_path = m->as.fetched.n_epoch_path,
                            .kind = SB_KIND_EPOCH};
    struct sb_record record;
    uint8_t hash[SB_HASH] = {0};
    int rc = judge_place(j, &p, &record, err);
    if (!rc)
        rc = sb_record_hash(hash, record.body, err);
    if (!rc)
        rc = sb_epoch_read(record.body, arena, &out->epoch, err);
    if (!rc && (memcmp(hash, out->batch.epoch_hash, SB_HASH) != 0 ||
                !sb_bytes_eq(out->epoch.core.stream, j->stream) ||
                p.index >= m->as.fetched.index))
        rc = sb_fail(
            err, SB_E_JOIN, "%.*s: the epoch is not the batch's", SB_FMT(j->stream));
    return rc;
}

static int judge_batch(struct judge *j,
                       const struct sb_message *m,
                       struct sb_fetched *out,
                       struct sb_err *err)
{
    const struct place p = {.leaf = m->payload[0],
                            .record = m->payload[1],
                            .index = m->as.fetched.index,
                            .path = m->as.fetched.path,
                            .n_path = m->as.fetched.n_path,
                            .kind = SB_KIND_BATCH};
    struct sb_record record;
    struct sb_batch *b = &out->batch;
    int rc = judge_place(j, &p, &record, err);
    if (!rc)
        rc = sb_record_hash(out->hash, record.body, err);
    if (!rc)
        rc = sb_batch_read(record.body, b, err);
    if (!rc &&
        (!sb_bytes_eq(b->stream, j->stream) || m->as.fetched.seq < b->first_seq ||
         m->as.fetched.seq - b->first_seq >= b->count))
        rc = sb_fail(err,
                     SB_E_JOIN,
                     "%.*s: the batch is not that of event %llu",
                     SB_FMT(j->stream),
                     (unsigned long long)m->as.fetched.seq);
    return rc;
}

/* Each ciphertext is there and the one that its item names, or withdrawn. */
static int judge_texts(const struct sb_fetched *f, struct sb_err *err)
{
    for (size_t i = 0; i < f->batch.count; i++) {
        struct sb_item item;
        int rc = sb_item_read(f->items[i], &item, err);
        if (rc)
            return rc;
        for (size_t c = 0; c < item.event.n_classes; c++) {
            struct sb_bytes ct = sb_fetched_ct(f, item.event.classes[c].name, i);
            uint8_t hash[SB_HASH];
            sb_hash(hash, "sacbe/ct/1", ct);
            if (ct.n && memcmp(hash, item.ct_hash[c], SB_HASH) != 0)
                return sb_fail(err,
                               SB_E_JOIN,
                               "%.*s@%llu: a ciphertext is not the one that its item"
                               " names",
                               SB_FMT(f->batch.stream),
                               (unsigned long long)item.event.seq);
        }
    }
    return 0;
}

static int judge_payloads(struct judge *j,
                          const struct sb_message *m,
                          struct sb_arena *arena,
                          struct sb_fetched *out,
                          struct sb_err *err)
{
    size_t n = 0;
    if (m->payload[2].n == 0)
        return sb_fail(err,
                       SB_E_NO_SECRET,
                       "%.*s@%llu: its epoch leaves this institution out",
                       SB_FMT(j->stream),
                       (unsigned long long)m->as.fetched.seq);
    int rc = sb_items_read(m->payload[2], arena, &out->items, &n, err);
    if (!rc)
        rc = sb_batch_joins(&out->batch, &out->epoch, out->items, n, err);
    if (!rc && m->payload[3].n)
        rc = sb_cts_read(m->payload[3], arena, &out->cts, err);
    for (size_t c = 0; !rc && c < out->cts.n; c++)
        if (out->cts.classes[c].n != out->batch.count)
            rc = sb_fail(
                err, SB_E_JOIN, "%.*s: ciphertexts do not match", SB_FMT(j->stream));
    const struct sb_withdrawals told = {j->env->trust,
                                        j->dir,
                                        j->stream,
                                        m->as.fetched.withdrawals,
                                        m->as.fetched.n_withdrawals};
    if (!rc)
        rc = sb_withdraw_cover(&told, &out->batch, &out->cts, arena, &out->gone, err);
    return rc ? rc : judge_texts(out, err);
}

int sb_fetched_read(const struct sb_env *env,
                    const struct sb_message *m,
                    struct sb_arena *arena,
                    struct sb_fetched *out,
                    struct sb_err *err)
{
    struct judge j = {.env = env, .stream = m->as.fetched.stream};
    struct sb_fetched f = {.items = NULL};
    if (m->as.fetched.code)
        return refusal(m, err);
    if (!sb_text_stream_parts(j.stream, &j.institution, NULL, NULL))
        return sb_fail(err, SB_E_REMOTE, "the broker names no stream");
    int rc = sb_witness_read(env->trust, m->as.fetched.note, &j.tree, err);
    if (!rc)
        rc = judge_batch(&j, m, &f, err);
    if (!rc)
        rc = judge_epoch(&j, m, arena, &f, err);
    if (!rc)
        rc = judge_payloads(&j, m, arena, &f, err);
    if (!rc)
        *out = f;
    return rc;
}

void sb_fetched_forget(struct sb_fetched_keys *k)
{
    sb_secrets_free(k->secrets);
    *k = (struct sb_fetched_keys){.known = false};
}

int sb_fetched_open(const struct sb_env *env,
                    const struct sb_fetched *f,
                    struct sb_fetched_keys *k,
                    struct sb_err *err)
{
    struct sb_err why = {.code = 0};
    if (k->known && memcmp(k->epoch_hash, f->batch.epoch_hash, SB_HASH) == 0)
        return 0;
    sb_fetched_forget(k);
    int rc = sb_epoch_open(env->vault, &f->epoch, env->institution, &k->secrets, &why);
    if (rc == SB_E_MEMORY)
        return sb_fail(err, rc, "%s", why.text);
    if (rc)
        k->secrets = NULL;
    k->known = true;
    memcpy(k->epoch_hash, f->batch.epoch_hash, SB_HASH);
    return 0;
}

struct sb_bytes
sb_fetched_ct(const struct sb_fetched *f, struct sb_bytes name, size_t i)
{
    for (size_t c = 0; c < f->cts.n; c++)
        if (sb_bytes_eq(f->cts.classes[c].name, name))
            return f->cts.classes[c].cts[i];
    return (struct sb_bytes){NULL, 0};
}

int sb_fetched_event(const struct sb_fetched *f,
                     const struct sb_fetched_keys *k,
                     size_t i,
                     struct sb_arena *arena,
                     struct sb_value *out,
                     struct sb_err *err)
{
    struct sb_item item;
    struct sb_buf plain = {.limit = SB_PAYLOAD_MAX + SB_PAD_BLOCK};
    int rc = 0;
    if (!k->secrets || sb_item_read(f->items[i], &item, NULL) != 0)
        return 0;
    for (size_t c = 0; rc == 0 && c < item.event.n_classes; c++) {
        struct sb_bytes name = item.event.classes[c].name;
        struct sb_bytes ct = sb_fetched_ct(f, name, i);
        if (ct.n == 0 || !sb_secrets_has(k->secrets, name))
            continue;
        sb_buf_reset(&plain);
        if (sb_event_open(k->secrets, &item, c, ct, &plain, NULL) != 0)
            continue;
        struct sb_bytes kept = sb_arena_dup(arena, sb_buf_bytes(&plain));
        if (!kept.p)
            rc = sb_fail(err, SB_E_MEMORY, "out of memory");
        else if (sb_value_unpack(kept, arena, out, NULL) == 0)
            rc = 1;
    }
    sb_buf_free(&plain);
    return rc;
}
