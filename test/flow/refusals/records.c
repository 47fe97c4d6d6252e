/* Purpose: claims, epochs and batches as an adapter makes them, or as it must not.
 * Not: sending them (rogue.c). */
#include "test/flow/refusals/records.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/host/clock.h"
#include "keys/tree.h"

#define HOUR_MS 3600000u

void must(int rc, const struct sb_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "rogue: SB-%d %s\n", sb_code_number(rc), err->text);
    exit(2);
}

static void sign(const struct stream *s, const struct sb_buf *body, struct sb_buf *out)
{
    struct sb_err err = {0};
    struct sb_vault_key key;
    sb_buf_reset(out);
    if (!sb_vault_newest(s->vault, SB_USE_SIGN, &key))
        must(sb_fail(&err, SB_E_NO_KEY, "no key to sign with"), &err);
    must(sb_sign_record(sb_trust_exchange(s->trust),
                        s->vault,
                        key.key_id,
                        sb_buf_bytes(body),
                        out,
                        &err),
         &err);
}

void make_claim(struct stream *s, uint64_t claim_no, struct sb_buf *out)
{
    struct sb_claim claim = {
        .stream = sb_bytes_str(s->name), .claim_no = claim_no, .last_seq = s->last_seq};
    const struct sb_tree nothing = {.size = 0};
    struct sb_buf body = {0};
    sb_tree_root(&nothing, claim.root);
    claim.tree_size = s->tree_size;
    if (s->tree_size)
        randombytes_buf(claim.root, sizeof claim.root);
    randombytes_buf(claim.instance, sizeof claim.instance);
    memcpy(claim.last_hash, s->last_hash, SB_HASH);
    sb_claim_write(&claim, &body);
    sign(s, &body, out);
    sb_buf_free(&body);
}

static struct sb_codes class_codes(const struct stream *s, struct sb_arena *arena)
{
    struct sb_codes codes = {.n = s->n_classes};
    codes.items = sb_arena_alloc(arena, s->n_classes, sizeof *codes.items);
    for (size_t i = 0; codes.items && i < s->n_classes; i++)
        codes.items[i] = sb_bytes_str(s->classes[i]);
    return codes;
}

/* A member that no grant names, among the others in text order. */
static void
add_reader(const struct sb_dir *dir, struct sb_readers *readers, struct sb_arena *arena)
{
    struct sb_err err = {0};
    const struct sb_directory *body = sb_dir_body(dir);
    struct sb_reader *items = sb_arena_alloc(arena, readers->n + 1, sizeof *items);
    for (size_t m = 0; items && m < body->n_members; m++) {
        struct sb_bytes code = body->members[m].code;
        size_t at = 0;
        while (at < readers->n && sb_bytes_cmp(readers->items[at].code, code) < 0)
            at++;
        if (at < readers->n && sb_bytes_eq(readers->items[at].code, code))
            continue;
        for (size_t i = 0; i < readers->n; i++)
            items[i < at ? i : i + 1] = readers->items[i];
        items[at] = readers->items[at ? 0 : readers->n - 1];
        items[at].code = code;
        must(
            sb_dir_key(
                dir, code, SB_USE_SEAL, NULL, sb_clock_now_ms(), &items[at].seal, &err),
            &err);
        sb_key_id(items[at].seal_key_id, sb_bytes_str(SB_USE_SEAL), items[at].seal.pk);
        readers->items = items;
        readers->n++;
        return;
    }
    must(sb_fail(&err, SB_E_MEMBER, "every member is granted"), &err);
}

/* Leaves one out that is not the publisher. */
static void drop_reader(const struct stream *s, struct sb_readers *readers)
{
    size_t kept = 0;
    bool dropped = false;
    for (size_t i = 0; i < readers->n; i++) {
        if (!dropped && !sb_bytes_is(readers->items[i].code, s->institution))
            dropped = true;
        else
            readers->items[kept++] = readers->items[i];
    }
    readers->n = kept;
}

static void find_readers(const struct stream *s,
                         enum readers which,
                         struct sb_arena *arena,
                         struct sb_readers *out)
{
    struct sb_err err = {0};
    const struct sb_dir *dir = sb_trust_newest(s->trust);
    struct sb_codes own = class_codes(s, arena);
    must(sb_dir_readers(dir,
                        sb_bytes_str(s->institution),
                        sb_bytes_str(s->type),
                        &own,
                        sb_clock_now_ms(),
                        arena,
                        out,
                        &err),
         &err);
    if (which == READERS_ONE_MORE)
        add_reader(dir, out, arena);
    if (which == READERS_ONE_FEWER)
        drop_reader(s, out);
}

void make_epoch(struct stream *s, enum readers readers, struct sb_buf *out)
{
    struct sb_err err = {0};
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_codes own = class_codes(s, arena);
    struct sb_readers list;
    struct sb_record record;
    struct sb_epoch_core core = {.suite = SB_SUITE,
                                 .stream = sb_bytes_str(s->name),
                                 .claim_no = s->claim_no,
                                 .epoch_no = s->epoch_no + 1,
                                 .not_before = sb_clock_now_ms()};
    core.not_after = core.not_before + HOUR_MS;
    memcpy(core.directory_hash, sb_dir_hash(sb_trust_newest(s->trust)), SB_HASH);
    find_readers(s, readers, arena, &list);
    sb_secrets_free(s->secrets);
    s->secrets = NULL;
    must(sb_secrets_new(&s->secrets, &own, &err), &err);
    sb_buf_reset(out);
    must(
        sb_epoch_make(
            sb_trust_exchange(s->trust), s->vault, &core, &list, s->secrets, out, &err),
        &err);
    must(sb_record_read(sb_buf_bytes(out), &record, &err), &err);
    must(sb_record_hash(s->epoch_hash, record.body, &err), &err);
    sb_arena_free(arena);
}

/* One sealed event: its item, and the ciphertexts as PUBLISH carries them. */
static void
seal(struct stream *s, uint64_t seq, struct sb_bytes payload, struct batch *out)
{
    struct sb_err err = {0};
    struct sb_event event = {.stream = sb_bytes_str(s->name),
                             .epoch_no = s->epoch_no,
                             .seq = seq,
                             .schema_version = 1};
    struct sb_section sections[SB_CLASSES];
    struct sb_bytes slices[SB_CLASSES];
    struct sb_cts cts = {.n = s->n_classes};
    struct sb_buf item = {0};
    struct sb_buf sealed = {0};
    size_t sizes[SB_CLASSES];
    for (size_t c = 0; c < s->n_classes; c++)
        sections[c] = (struct sb_section){sb_bytes_str(s->classes[c]), payload};
    must(sb_event_seal(s->secrets, &event, sections, &item, &sealed, sizes, &err),
         &err);
    size_t at = 0;
    for (size_t c = 0; c < s->n_classes; at += sizes[c++]) {
        slices[c] = sb_bytes(sealed.p + at, sizes[c]);
        cts.classes[c].name = sections[c].class_name;
        cts.classes[c].cts = &slices[c];
        cts.classes[c].n = 1;
    }
    struct sb_bytes items = sb_buf_bytes(&item);
    sb_items_write(&out->items, &items, 1);
    sb_cts_write(&out->cts, &cts);
    sb_buf_free(&item);
    sb_buf_free(&sealed);
}

void make_batch(struct stream *s,
                uint64_t seq,
                struct sb_bytes payload,
                struct batch *out)
{
    struct sb_err err = {0};
    struct sb_buf body = {0};
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_bytes *items = NULL;
    size_t n = 0;
    *out = (struct batch){0};
    seal(s, seq, payload, out);
    struct sb_batch batch = {.stream = sb_bytes_str(s->name),
                             .claim_no = s->claim_no,
                             .first_seq = seq,
                             .count = 1,
                             .sent = sb_clock_now_ms()};
    must(sb_items_read(sb_buf_bytes(&out->items), arena, &items, &n, &err), &err);
    memcpy(batch.prev, s->last_hash, SB_HASH);
    memcpy(batch.epoch_hash, s->epoch_hash, SB_HASH);
    sb_items_root(batch.items_root, items, n);
    sb_batch_write(&batch, &body);
    sign(s, &body, &out->record);
    must(sb_record_hash(out->hash, sb_buf_bytes(&body), &err), &err);
    sb_buf_free(&body);
    sb_arena_free(arena);
}

void move_on(struct stream *s, const struct batch *b)
{
    s->last_seq++;
    memcpy(s->last_hash, b->hash, SB_HASH);
}

void batch_free(struct batch *b)
{
    sb_buf_free(&b->record);
    sb_buf_free(&b->items);
    sb_buf_free(&b->cts);
}
