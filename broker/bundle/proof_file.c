/* Purpose: proof files <-> bytes.
 * Invariant: what is read is byte for byte what would be written.
 * Not here: whether the proof proves anything (broker/audit). */
#include "broker/bundle/proof_file.h"

#include "schemas/record/event.h"
#include "keys/note.h"
#include "schemas/record/evidence.h"

#define ITEM_LEVELS 8u     /* of the tree in a batch */
#define RECORDS_MAX 65536u /* of one list; the file's size is the narrower bound */

_Static_assert(SB_BATCH_EVENTS <= 1u << ITEM_LEVELS, "the height of a batch's tree");

static void write_path(const uint8_t (*path)[SB_HASH], size_t n, struct sb_buf *out)
{
    sb_pack_array(out, n);
    for (size_t i = 0; i < n; i++)
        sb_pack_bin(out, sb_bytes(path[i], SB_HASH));
}

static void write_place(const struct sb_proof_place *p, struct sb_buf *out)
{
    sb_pack_array(out, 3);
    sb_pack_bin(out, p->leaf);
    sb_pack_uint(out, p->index);
    write_path(p->path, p->n_path, out);
}

static void write_records(const struct sb_bytes *records, size_t n, struct sb_buf *out)
{
    sb_pack_array(out, n);
    for (size_t i = 0; i < n; i++)
        sb_pack_bin(out, records[i]);
}

void sb_proof_file_write(const struct sb_proof_file *p, struct sb_buf *out)
{
    sb_pack_array(out, 13);
    sb_pack_cstr(out, SB_PROOF_TAG);
    sb_pack_str(out, p->stream);
    sb_pack_uint(out, p->seq);
    sb_pack_bin(out, p->item);
    write_path(p->item_path, p->n_item_path, out);
    sb_pack_bin(out, p->batch);
    write_place(&p->place, out);
    sb_pack_bin(out, p->epoch);
    write_place(&p->epoch_place, out);
    sb_pack_bin(out, p->note);
    write_records(p->directories, p->n_directories, out);
    write_records(p->withdrawals, p->n_withdrawals, out);
    sb_pack_array(out, p->disclosed ? 5 : 0);
    if (!p->disclosed)
        return;
    sb_pack_str(out, p->class_name);
    sb_pack_bin(out, p->event_key);
    sb_pack_bin(out, p->ciphertext);
    sb_pack_str(out, p->order);
    sb_pack_bin(out, p->act);
}

/* A record is never empty. */
static struct sb_bytes read_record(struct sb_unpack *u)
{
    struct sb_bytes b = sb_unpack_bin(u, SB_RECORD_MAX);
    if (!u->failed && b.n == 0)
        sb_unpack_fail(u, SB_E_RANGE);
    return b;
}

static const uint8_t (*read_path(
    struct sb_unpack *u, struct sb_arena *arena, size_t max, size_t *count))[SB_HASH]
{
    size_t n = sb_unpack_array(u, 0, max);
    uint8_t(*path)[SB_HASH] = sb_list_alloc(u, arena, &n, sizeof *path);
    for (size_t i = 0; i < n && !u->failed; i++)
        sb_unpack_fixed(u, path[i], SB_HASH);
    *count = n;
    return (const uint8_t(*)[SB_HASH])path;
}

static void
read_place(struct sb_unpack *u, struct sb_arena *arena, struct sb_proof_place *out)
{
    sb_unpack_array(u, 3, 3);
    out->leaf = read_record(u);
    out->index = sb_unpack_uint(u, UINT64_MAX);
    out->path = read_path(u, arena, SB_PATH_NODES, &out->n_path);
}

static struct sb_bytes *
read_records(struct sb_unpack *u, struct sb_arena *arena, size_t min, size_t *count)
{
    size_t n = sb_unpack_array(u, min, RECORDS_MAX);
    struct sb_bytes *records = sb_list_alloc(u, arena, &n, sizeof *records);
    for (size_t i = 0; i < n && !u->failed; i++)
        records[i] = read_record(u);
    *count = n;
    return records;
}

static void read_disclosed(struct sb_unpack *u, struct sb_proof_file *p)
{
    size_t n = sb_unpack_array(u, 0, 5);
    if (u->failed || n == 0)
        return;
    if (n != 5) {
        sb_unpack_fail(u, SB_E_ARITY);
        return;
    }
    p->disclosed = true;
    p->class_name = sb_unpack_code(u);
    p->event_key = sb_unpack_bin(u, 32);
    p->ciphertext = sb_unpack_bin(u, SB_EVENT_MAX);
    p->order = sb_unpack_str(u, SB_REASON_MAX);
    p->act = read_record(u);
    if (!u->failed && (p->event_key.n != 32 || p->order.n == 0))
        sb_unpack_fail(u, SB_E_RANGE);
}

static void
read_all(struct sb_unpack *u, struct sb_arena *arena, struct sb_proof_file *p)
{
    sb_unpack_tag(u, SB_PROOF_TAG, 13);
    p->stream = sb_stream_read(u);
    p->seq = sb_unpack_uint(u, INT64_MAX);
    if (!u->failed && p->seq == 0)
        sb_unpack_fail(u, SB_E_RANGE);
    p->item = sb_unpack_bin(u, SB_EVENT_MAX);
    p->item_path = read_path(u, arena, ITEM_LEVELS, &p->n_item_path);
    p->batch = read_record(u);
    read_place(u, arena, &p->place);
    p->epoch = read_record(u);
    read_place(u, arena, &p->epoch_place);
    p->note = sb_unpack_bin(u, SB_NOTE_MAX);
    p->directories = read_records(u, arena, 1, &p->n_directories);
    p->withdrawals = read_records(u, arena, 0, &p->n_withdrawals);
    read_disclosed(u, p);
}

int sb_proof_file_read(struct sb_bytes bytes,
                       struct sb_arena *arena,
                       struct sb_proof_file *out,
                       struct sb_err *err)
{
    struct sb_proof_file p = {0};
    if (bytes.n > SB_PROOF_FILE_MAX)
        return sb_fail(err,
                       SB_E_PROOF_FORM,
                       "a proof file has at most %u bytes, this has %zu",
                       SB_PROOF_FILE_MAX,
                       bytes.n);
    int rc = sb_pack_scan(bytes, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "proof file");
    struct sb_unpack u = sb_unpack(bytes);
    read_all(&u, arena, &p);
    rc = sb_unpack_end(&u, "proof file", err);
    if (rc == 0)
        *out = p;
    return rc;
}
