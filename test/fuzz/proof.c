/* fuzz.proof: the file of one event's proof. What is read is written again as the same
 * bytes, and its parts are read as what they are. */
#include "broker/bundle/proof_file.h"

#include "keys/note.h"
#include "schemas/record/event.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/schemas_record/samples.h"

static void parts(const struct sb_proof_file *p)
{
    struct sb_err err = {0};
    struct sb_item item;
    struct sb_record record;
    struct sb_checkpoint c;
    fuzz_must(p->n_item_path <= SB_PATH_NODES && p->place.n_path <= SB_PATH_NODES &&
                  p->epoch_place.n_path <= SB_PATH_NODES,
              "paths are bounded");
    fuzz_judged(sb_item_read(p->item, &item, &err), &err);
    fuzz_judged(sb_record_read(p->batch, &record, &err), &err);
    fuzz_judged(sb_checkpoint_text(p->note, &c, &err), &err);
    fuzz_must(!p->disclosed || p->event_key.n == 32, "an event key has 32 bytes");
}

static void one(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_proof_file p;
    struct sb_buf again = {0};
    struct sb_arena *arena = sb_arena_new(64 * SB_MIB);
    int rc = sb_proof_file_read(in, arena, &p, &err);
    fuzz_judged(rc, &err);
    if (rc == 0) {
        sb_proof_file_write(&p, &again);
        fuzz_same(in, &again);
        parts(&p);
    }
    sb_buf_free(&again);
    sb_arena_free(arena);
}

static void write_seed(struct fuzz_seeds *to, bool disclosed)
{
    static const uint8_t hashes[3][SB_HASH] = {{1}, {2}, {3}};
    static const uint8_t key[32] = {9};
    struct sb_buf item = {0};
    struct sb_buf batch = {0};
    struct sb_buf epoch = {0};
    struct sb_buf b = {0};
    struct sb_bytes records[] = {sb_bytes_str("a record"), sb_bytes_str("another")};
    kinds[ITEM].make(&item);
    kinds[ENVELOPE].make(&batch);
    kinds[ENVELOPE].make(&epoch);
    struct sb_proof_file p = {.stream = sb_bytes_str("pnc/comun.alerta"),
                              .seq = 70000,
                              .item = sb_buf_bytes(&item),
                              .item_path = hashes,
                              .n_item_path = 3,
                              .batch = sb_buf_bytes(&batch),
                              .place = {sb_bytes_str("leaf data"), 40, hashes, 3},
                              .epoch = sb_buf_bytes(&epoch),
                              .epoch_place = {sb_bytes_str("leaf"), 3, hashes + 1, 2},
                              .note = sb_bytes_str("sns/journal/1\n41\nAQID\n\n"),
                              .directories = records,
                              .n_directories = 2,
                              .withdrawals = records,
                              .n_withdrawals = 1,
                              .disclosed = disclosed};
    if (disclosed) {
        p.class_name = sb_bytes_str("interna");
        p.event_key = sb_bytes(key, sizeof key);
        p.ciphertext = sb_bytes_str("a ciphertext");
        p.order = sb_bytes_str("Order 12");
        p.act = sb_bytes_str("an act");
    }
    sb_proof_file_write(&p, &b);
    fuzz_seed(to, disclosed ? "disclosed" : "sealed", sb_buf_bytes(&b));
    sb_buf_free(&item);
    sb_buf_free(&batch);
    sb_buf_free(&epoch);
    sb_buf_free(&b);
}

static void seeds(struct fuzz_seeds *to)
{
    write_seed(to, false);
    write_seed(to, true);
}

const struct fuzz_target fuzz_target = {
    .name = "proof", .one = one, .seeds = seeds, .longest = 8192, .mutations = 20000};
