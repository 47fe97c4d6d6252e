/* Purpose: the headers that carry proofs and withdrawals (COSIGN, CHECKPOINT, ENTRY,
 * FETCH, FETCHED), to bytes and back.
 * Invariant: one form for one meaning: what says that it has no proof carries none. */
#include "broker/core/message_impl.h"

#include "keys/note.h"
#include "keys/proof.h"

#define LEAF_MAX 256u                /* leaf data: a tag, a kind, two numbers, a hash */
#define WITHDRAWAL_MAX (8u * SB_KIB) /* a reason and SB_SIGS_MAX signatures */
#define PROVED_MAX (SB_PROVE_MAX + SB_OWN_STREAMS_MAX)

static void write_path(const uint8_t (*path)[SB_HASH], size_t n, struct sb_buf *out)
{
    sb_pack_array(out, n);
    for (size_t i = 0; i < n; i++)
        sb_pack_bin(out, sb_bytes(path[i], SB_HASH));
}

static const uint8_t (*read_path(struct sb_unpack *u,
                                 struct sb_arena *arena,
                                 size_t *n))[SB_HASH]
{
    *n = sb_unpack_array(u, 0, SB_PATH_NODES);
    uint8_t(*path)[SB_HASH] = sb_list_alloc(u, arena, n, sizeof *path);
    for (size_t i = 0; i < *n && !u->failed; i++)
        sb_unpack_fixed(u, path[i], SB_HASH);
    return (const uint8_t(*)[SB_HASH])path;
}

static void
write_withdrawals(const struct sb_bytes *records, size_t n, struct sb_buf *out)
{
    sb_pack_array(out, n);
    for (size_t i = 0; i < n; i++)
        sb_pack_bin(out, records[i]);
}

static struct sb_bytes *
read_withdrawals(struct sb_unpack *u, struct sb_arena *arena, size_t *n)
{
    *n = sb_unpack_array(u, 0, SB_WITHDRAWALS_MAX);
    struct sb_bytes *records = sb_list_alloc(u, arena, n, sizeof *records);
    for (size_t i = 0; i < *n && !u->failed; i++)
        records[i] = sb_unpack_bin(u, WITHDRAWAL_MAX);
    return records;
}

/* Fails the reader unless `index` is above the one before. */
static void rising(struct sb_unpack *u, size_t i, uint64_t before, uint64_t index)
{
    if (!u->failed && i > 0 && index <= before)
        sb_unpack_fail(u, index == before ? SB_E_DUPLICATE : SB_E_UNSORTED);
}

static void
read_cosign(struct sb_unpack *u, struct sb_arena *arena, struct sb_message *m)
{
    sb_unpack_array(u, 2, 2);
    m->as.cosign.seen = sb_unpack_uint(u, UINT64_MAX);
    size_t n = sb_unpack_array(u, 0, SB_PROVE_MAX);
    uint64_t *indices = sb_list_alloc(u, arena, &n, sizeof *indices);
    for (size_t i = 0; i < n && !u->failed; i++) {
        indices[i] = sb_unpack_uint(u, UINT64_MAX);
        rising(u, i, i ? indices[i - 1] : 0, indices[i]);
    }
    m->as.cosign.indices = indices;
    m->as.cosign.n_indices = n;
}

static void
read_proved(struct sb_unpack *u, struct sb_arena *arena, struct sb_message *m)
{
    size_t n = sb_unpack_array(u, 0, PROVED_MAX);
    struct sb_proved *proved = sb_list_alloc(u, arena, &n, sizeof *proved);
    for (size_t i = 0; i < n && !u->failed; i++) {
        sb_unpack_array(u, 2, 2);
        proved[i].index = sb_unpack_uint(u, UINT64_MAX);
        proved[i].path = read_path(u, arena, &proved[i].n_path);
        rising(u, i, i ? proved[i - 1].index : 0, proved[i].index);
    }
    m->as.checkpoint.proved = proved;
    m->as.checkpoint.n_proved = n;
}

static void
read_own_proofs(struct sb_unpack *u, struct sb_arena *arena, struct sb_message *m)
{
    struct sb_order order = {0};
    size_t n = sb_unpack_array(u, 0, SB_OWN_STREAMS_MAX);
    struct sb_own_proof *own = sb_list_alloc(u, arena, &n, sizeof *own);
    for (size_t i = 0; i < n && !u->failed; i++) {
        sb_unpack_array(u, 6, 6);
        own[i].stream = sb_unpack_str(u, SB_STREAM_MAX);
        own[i].claim_no = sb_unpack_uint(u, UINT64_MAX);
        sb_unpack_fixed(u, own[i].instance, SB_INSTANCE);
        own[i].last_seq = sb_unpack_uint(u, INT64_MAX);
        own[i].index = sb_unpack_uint(u, UINT64_MAX);
        own[i].leaf = sb_unpack_bin(u, LEAF_MAX);
        if (own[i].last_seq ? !own[i].leaf.n : own[i].index || own[i].leaf.n)
            sb_unpack_fail(u, SB_E_RANGE);
        sb_order_next(&order, u, own[i].stream);
    }
    m->as.checkpoint.own = own;
    m->as.checkpoint.n_own = n;
}

static void
read_checkpoint(struct sb_unpack *u, struct sb_arena *arena, struct sb_message *m)
{
    sb_unpack_array(u, 4, 4);
    m->as.checkpoint.seen = sb_unpack_uint(u, UINT64_MAX);
    m->as.checkpoint.path = read_path(u, arena, &m->as.checkpoint.n_path);
    if (m->as.checkpoint.seen == 0 && m->as.checkpoint.n_path > 0)
        sb_unpack_fail(u, SB_E_RANGE);
    read_proved(u, arena, m);
    read_own_proofs(u, arena, m);
}

static void
read_fetched(struct sb_unpack *u, struct sb_arena *arena, struct sb_message *m)
{
    sb_unpack_array(u, 11, 11);
    m->as.fetched.code = sb_unpack_uint(u, 9999);
    m->as.fetched.stream = sb_unpack_str(u, SB_STREAM_MAX);
    m->as.fetched.seq = sb_unpack_uint(u, INT64_MAX);
    m->as.fetched.index = sb_unpack_uint(u, UINT64_MAX);
    m->as.fetched.path = read_path(u, arena, &m->as.fetched.n_path);
    m->as.fetched.epoch_index = sb_unpack_uint(u, UINT64_MAX);
    m->as.fetched.epoch_leaf = sb_unpack_bin(u, LEAF_MAX);
    m->as.fetched.epoch_record = sb_unpack_bin(u, SB_RECORD_MAX);
    m->as.fetched.epoch_path = read_path(u, arena, &m->as.fetched.n_epoch_path);
    m->as.fetched.note = sb_unpack_bin(u, SB_NOTE_MAX);
    m->as.fetched.withdrawals =
        read_withdrawals(u, arena, &m->as.fetched.n_withdrawals);
    bool any = m->as.fetched.index || m->as.fetched.n_path ||
               m->as.fetched.epoch_index || m->as.fetched.epoch_leaf.n ||
               m->as.fetched.epoch_record.n || m->as.fetched.n_epoch_path ||
               m->as.fetched.note.n || m->as.fetched.n_withdrawals;
    if (m->as.fetched.code != 0 && any)
        sb_unpack_fail(u, SB_E_RANGE);
}

void sb_message_evidence_read(struct sb_unpack *u,
                              struct sb_arena *arena,
                              struct sb_message *m)
{
    if (m->cmd == SB_CMD_COSIGN) {
        read_cosign(u, arena, m);
    } else if (m->cmd == SB_CMD_CHECKPOINT) {
        read_checkpoint(u, arena, m);
    } else if (m->cmd == SB_CMD_ENTRY) {
        sb_unpack_array(u, 3, 3);
        m->as.entry.name = sb_unpack_code(u);
        m->as.entry.index = sb_unpack_uint(u, UINT64_MAX);
        m->as.entry.withdrawals =
            read_withdrawals(u, arena, &m->as.entry.n_withdrawals);
    } else if (m->cmd == SB_CMD_FETCH) {
        sb_unpack_array(u, 2, 2);
        m->as.fetch.stream = sb_unpack_str(u, SB_STREAM_MAX);
        m->as.fetch.seq = sb_unpack_uint(u, INT64_MAX);
    } else {
        read_fetched(u, arena, m);
    }
}

static void write_checkpoint(const struct sb_message *m, struct sb_buf *out)
{
    sb_pack_array(out, 4);
    sb_pack_uint(out, m->as.checkpoint.seen);
    write_path(m->as.checkpoint.path, m->as.checkpoint.n_path, out);
    sb_pack_array(out, m->as.checkpoint.n_proved);
    for (size_t i = 0; i < m->as.checkpoint.n_proved; i++) {
        const struct sb_proved *p = &m->as.checkpoint.proved[i];
        sb_pack_array(out, 2);
        sb_pack_uint(out, p->index);
        write_path(p->path, p->n_path, out);
    }
    sb_pack_array(out, m->as.checkpoint.n_own);
    for (size_t i = 0; i < m->as.checkpoint.n_own; i++) {
        const struct sb_own_proof *o = &m->as.checkpoint.own[i];
        sb_pack_array(out, 6);
        sb_pack_str(out, o->stream);
        sb_pack_uint(out, o->claim_no);
        sb_pack_bin(out, sb_bytes(o->instance, SB_INSTANCE));
        sb_pack_uint(out, o->last_seq);
        sb_pack_uint(out, o->index);
        sb_pack_bin(out, o->leaf);
    }
}

static void write_fetched(const struct sb_message *m, struct sb_buf *out)
{
    sb_pack_array(out, 11);
    sb_pack_uint(out, m->as.fetched.code);
    sb_pack_str(out, m->as.fetched.stream);
    sb_pack_uint(out, m->as.fetched.seq);
    sb_pack_uint(out, m->as.fetched.index);
    write_path(m->as.fetched.path, m->as.fetched.n_path, out);
    sb_pack_uint(out, m->as.fetched.epoch_index);
    sb_pack_bin(out, m->as.fetched.epoch_leaf);
    sb_pack_bin(out, m->as.fetched.epoch_record);
    write_path(m->as.fetched.epoch_path, m->as.fetched.n_epoch_path, out);
    sb_pack_bin(out, m->as.fetched.note);
    write_withdrawals(m->as.fetched.withdrawals, m->as.fetched.n_withdrawals, out);
}

void sb_message_evidence_write(const struct sb_message *m, struct sb_buf *out)
{
    if (m->cmd == SB_CMD_COSIGN) {
        sb_pack_array(out, 2);
        sb_pack_uint(out, m->as.cosign.seen);
        sb_pack_array(out, m->as.cosign.n_indices);
        for (size_t i = 0; i < m->as.cosign.n_indices; i++)
            sb_pack_uint(out, m->as.cosign.indices[i]);
    } else if (m->cmd == SB_CMD_CHECKPOINT) {
        write_checkpoint(m, out);
    } else if (m->cmd == SB_CMD_ENTRY) {
        sb_pack_array(out, 3);
        sb_pack_str(out, m->as.entry.name);
        sb_pack_uint(out, m->as.entry.index);
        write_withdrawals(m->as.entry.withdrawals, m->as.entry.n_withdrawals, out);
    } else if (m->cmd == SB_CMD_FETCH) {
        sb_pack_array(out, 2);
        sb_pack_str(out, m->as.fetch.stream);
        sb_pack_uint(out, m->as.fetch.seq);
    } else {
        write_fetched(m, out);
    }
}
