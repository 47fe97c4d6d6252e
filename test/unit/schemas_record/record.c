/* schemas.record: every record there and back, and what a reader refuses.
 *
 * One table of records drives the general tests: each is made, read, written again; cut
 * everywhere; given a byte too many; and changed in every byte, where a reader must
 * refuse or have understood exactly those bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schemas/record/card.h"
#include "schemas/record/directory.h"
#include "schemas/record/entry.h"
#include "schemas/record/epoch.h"
#include "schemas/record/event.h"
#include "schemas/record/grant.h"

#define S(text) sb_bytes_str(text)

static struct sb_bytes two_classes[] = {{(const uint8_t *)"interna", 7},
                                        {(const uint8_t *)"publica", 7}};
static const struct sb_codes classes = {two_classes, 2};

static void make_card(struct sb_buf *out)
{
    struct sb_card_key keys[] = {
        {.use = S("curve"), .pk = {1}, .not_before = 5, .not_after = 1ull << 40},
        {.use = S("sign"), .pk = {2}, .not_before = 0, .not_after = 300}};
    struct sb_card card = {.code = S("pnc"),
                           .name = S("Polic\xc3\xad"
                                     "a"),
                           .card_no = 2,
                           .prev_hash = {7},
                           .keys = keys,
                           .n_keys = 2};
    sb_card_write(&card, out);
}

static int again_card(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    struct sb_card card;
    int rc = sb_card_read(b, a, &card, NULL);
    if (rc == 0)
        sb_card_write(&card, out);
    return rc;
}

static void make_grant(struct sb_buf *out)
{
    struct sb_grant g = {.id = S("g-1"),
                         .publisher = S("pnc"),
                         .type = S("comun.alerta"),
                         .reader = S("igm"),
                         .reader_sign_key_id = {3},
                         .classes = classes,
                         .basis = S("Acuerdo 1-2023"),
                         .not_before = 1,
                         .not_after = 2};
    sb_grant_write(&g, out);
}

static int again_grant(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    struct sb_grant g;
    int rc = sb_grant_read(b, a, &g, NULL);
    if (rc == 0)
        sb_grant_write(&g, out);
    return rc;
}

static struct sb_directory sample_directory(void)
{
    static struct sb_dir_root roots[2];
    static struct sb_key_status statuses[1];
    static struct sb_bytes cards[2];
    static struct sb_bytes grants[2];
    static struct sb_dir_member members[2];
    static struct sb_limit limits[1];
    roots[0] = (struct sb_dir_root){.key_id = {1}, .pk = {2}, .holder = S("A")};
    roots[1] = (struct sb_dir_root){.key_id = {2}, .pk = {3}, .holder = S("B")};
    statuses[0] = (struct sb_key_status){.key_id = {9}, .status = S("revoked")};
    cards[0] = S("card one");
    cards[1] = S("card two");
    grants[0] = S("grant one");
    grants[1] = S("grant two");
    members[0] = (struct sb_dir_member){
        .code = S("igm"), .status = S("active"), .cards = cards, .n_cards = 1};
    members[1] = (struct sb_dir_member){.code = S("pnc"),
                                        .status = S("suspended"),
                                        .cards = cards,
                                        .n_cards = 2,
                                        .keys = statuses,
                                        .n_keys = 1};
    limits[0] = (struct sb_limit){.code = S("events-a-day"), .value = 70000};
    return (struct sb_directory){.exchange = S("sns"),
                                 .nonce = {4},
                                 .version = 41,
                                 .prev_hash = {5},
                                 .issued = 100,
                                 .expires = 200,
                                 .threshold = 2,
                                 .roots = roots,
                                 .n_roots = 2,
                                 .curve_pk = {6},
                                 .log_pk = {7},
                                 .address = S("tcp://10.0.0.1:5555"),
                                 .generation = 2,
                                 .last_final_note = S("note\n"),
                                 .members = members,
                                 .n_members = 2,
                                 .grants = grants,
                                 .n_grants = 2,
                                 .catalogue = {8},
                                 .quorum = 3,
                                 .freshness = 604800000,
                                 .keep = 3024000000,
                                 .limits = limits,
                                 .n_limits = 1};
}

static void make_directory(struct sb_buf *out)
{
    struct sb_directory d = sample_directory();
    sb_directory_write(&d, out);
}

static int again_directory(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    struct sb_directory d;
    int rc = sb_directory_read(b, a, &d, NULL);
    if (rc == 0)
        sb_directory_write(&d, out);
    return rc;
}

static struct sb_epoch_core sample_core(void)
{
    static struct sb_epoch_reader readers[2];
    readers[0] = (struct sb_epoch_reader){
        .reader = S("igm"), .seal_key_id = {1}, .classes = {two_classes, 1}};
    readers[1] = (struct sb_epoch_reader){
        .reader = S("pnc"), .seal_key_id = {2}, .classes = classes};
    return (struct sb_epoch_core){.suite = SB_SUITE,
                                  .stream = S("pnc/comun.alerta"),
                                  .claim_no = 3,
                                  .epoch_no = 4,
                                  .directory_hash = {5},
                                  .not_before = 1000,
                                  .not_after = 2000,
                                  .readers = readers,
                                  .n_readers = 2};
}

static void
write_epoch(struct sb_buf *out, const struct sb_epoch_core *core, size_t n_classes)
{
    struct sb_buf bytes = {0};
    struct sb_epoch_class ecs[] = {{.name = S("interna"), .ec = {1}},
                                   {.name = S("publica"), .ec = {2}}};
    struct sb_bytes cts[] = {S("wrapped to igm"), S("wrapped to pnc")};
    sb_epoch_core_write(core, &bytes);
    struct sb_epoch e = {.core_bytes = sb_buf_bytes(&bytes),
                         .classes = ecs,
                         .n_classes = n_classes,
                         .cts = cts,
                         .n_cts = core->n_readers};
    sb_epoch_write(&e, out);
    sb_buf_free(&bytes);
}

static void make_epoch(struct sb_buf *out)
{
    struct sb_epoch_core core = sample_core();
    write_epoch(out, &core, 2);
}

static int again_epoch(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    struct sb_epoch e;
    struct sb_buf core = {0};
    int rc = sb_epoch_read(b, a, &e, NULL);
    if (rc == 0) {
        sb_epoch_core_write(&e.core, &core); /* from the struct, not the slice */
        e.core_bytes = sb_buf_bytes(&core);
        sb_epoch_write(&e, out);
    }
    sb_buf_free(&core);
    return rc;
}

static void make_regrant(struct sb_buf *out)
{
    struct sb_buf core = {0};
    struct sb_regrant_epoch epochs[] = {
        {.epoch_no = 3, .epoch_hash = {1}, .classes = {two_classes, 1}},
        {.epoch_no = 4, .epoch_hash = {2}, .classes = classes}};
    struct sb_regrant r = {.stream = S("pnc/comun.alerta/2"),
                           .directory_hash = {1},
                           .reader = S("igm"),
                           .seal_key_id = {2},
                           .epochs = epochs,
                           .n_epochs = 2,
                           .ct = S("sealed")};
    sb_regrant_core_write(&r, &core);
    r.core_bytes = sb_buf_bytes(&core);
    sb_regrant_write(&r, out);
    sb_buf_free(&core);
}

static int again_regrant(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    struct sb_regrant r;
    struct sb_buf core = {0};
    int rc = sb_regrant_read(b, a, &r, NULL);
    if (rc == 0) {
        sb_regrant_core_write(&r, &core);
        r.core_bytes = sb_buf_bytes(&core);
        sb_regrant_write(&r, out);
    }
    sb_buf_free(&core);
    return rc;
}

static struct sb_event sample_event(void)
{
    return (struct sb_event){
        .stream = S("pnc/comun.alerta"),
        .epoch_no = 4,
        .seq = 258,
        .schema_version = 1,
        .n_classes = 2,
        .classes = {{.name = S("interna"), .nonce = {1}, .kc = {2}},
                    {.name = S("publica"), .nonce = {3}}}};
}

static void make_item(struct sb_buf *out)
{
    static const uint8_t hashes[2][SB_HASH] = {{1}, {2}};
    struct sb_event e = sample_event();
    struct sb_buf header = {0};
    sb_event_write(&e, &header);
    sb_item_write(sb_buf_bytes(&header), hashes, 2, out);
    sb_buf_free(&header);
}

static int again_item(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    (void)a;
    struct sb_item item;
    struct sb_buf header = {0};
    uint8_t hashes[SB_CLASSES][SB_HASH];
    int rc = sb_item_read(b, &item, NULL);
    if (rc == 0) {
        sb_event_write(&item.event, &header);
        assert_true(sb_bytes_eq(sb_buf_bytes(&header), item.header));
        memcpy(hashes, item.ct_hash, sizeof hashes);
        sb_item_write(sb_buf_bytes(&header),
                      (const uint8_t(*)[SB_HASH])hashes,
                      item.event.n_classes,
                      out);
    }
    sb_buf_free(&header);
    return rc;
}

static struct sb_batch sample_batch(void)
{
    return (struct sb_batch){.stream = S("pnc/comun.alerta"),
                             .claim_no = 1,
                             .first_seq = 70000,
                             .count = 256,
                             .prev = {1},
                             .items_root = {2},
                             .epoch_hash = {3},
                             .mapping = {4},
                             .sent = 1700000000000};
}

static void make_batch(struct sb_buf *out)
{
    struct sb_batch b = sample_batch();
    sb_batch_write(&b, out);
}

static int again_batch(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    (void)a;
    struct sb_batch batch;
    int rc = sb_batch_read(b, &batch, NULL);
    if (rc == 0)
        sb_batch_write(&batch, out);
    return rc;
}

static void make_claim(struct sb_buf *out)
{
    struct sb_claim c = {.stream = S("pnc/comun.alerta"),
                         .claim_no = 2,
                         .instance = {9},
                         .last_seq = 69999,
                         .last_hash = {1},
                         .tree_size = 5,
                         .root = {2}};
    sb_claim_write(&c, out);
}

static int again_claim(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    (void)a;
    struct sb_claim c;
    int rc = sb_claim_read(b, &c, NULL);
    if (rc == 0)
        sb_claim_write(&c, out);
    return rc;
}

static struct sb_head two_heads[] = {
    {.stream = {(const uint8_t *)"igm/a.b", 7}, .seq = 5, .batch_hash = {1}},
    {.stream = {(const uint8_t *)"pnc/a.b", 7}, .seq = 1000, .batch_hash = {2}}};

static void make_receipt(struct sb_buf *out)
{
    struct sb_receipt r = {.reader = S("igm"),
                           .subscription = S("main"),
                           .heads = {two_heads, 2},
                           .tree_size = 10,
                           .root = {3},
                           .time = 1700000000000};
    sb_receipt_write(&r, out);
}

static int again_receipt(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    struct sb_receipt r;
    int rc = sb_receipt_read(b, a, &r, NULL);
    if (rc == 0)
        sb_receipt_write(&r, out);
    return rc;
}

#define HEADS_TIME 7u

static void make_heads(struct sb_buf *out)
{
    const struct sb_heads heads = {two_heads, 2};
    sb_heads_write(S("pnc"), &heads, HEADS_TIME, out);
}

static int again_heads(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    struct sb_bytes who;
    struct sb_heads heads;
    int rc = sb_heads_read(b, a, &who, &heads, NULL);
    if (rc == 0) /* the time is not returned; the sample's is one byte at the end */
        sb_heads_write(who, &heads, b.p[b.n - 1], out);
    return rc;
}

static void make_reject(struct sb_buf *out)
{
    struct sb_reject r = {.reader = S("igm"),
                          .stream = S("pnc/comun.alerta"),
                          .seq = 9,
                          .code = 311,
                          .pointer = S("/personas/0/edad"),
                          .time = 1700000000000};
    sb_reject_write(&r, out);
}

static int again_reject(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    (void)a;
    struct sb_reject r;
    int rc = sb_reject_read(b, &r, NULL);
    if (rc == 0)
        sb_reject_write(&r, out);
    return rc;
}

static void make_entry(struct sb_buf *out)
{
    struct sb_entry e = {.kind = SB_KIND_BATCH,
                         .stored_ms = 1700000000000,
                         .directory_version = 3,
                         .record_hash = {1}};
    sb_entry_write(&e, out);
}

static int again_entry(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    (void)a;
    struct sb_entry e;
    int rc = sb_entry_read(b, &e, NULL);
    if (rc == 0)
        sb_entry_write(&e, out);
    return rc;
}

static void make_catalogue(struct sb_buf *out)
{
    struct sb_manifest_file files[] = {
        {.path = S("codes/a.csv"), .hash = {1}, .content = S("a,b\n")},
        {.path = S("comun/alerta.json"), .hash = {2}, .content = S("{}")}};
    struct sb_manifest m = {.edition = S("2026-1"), .files = files, .n_files = 2};
    sb_manifest_write(&m, true, out);
}

static int again_catalogue(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    struct sb_manifest m;
    int rc = sb_catalogue_read(b, a, &m, NULL);
    if (rc == 0)
        sb_manifest_write(&m, true, out);
    return rc;
}

static void make_envelope(struct sb_buf *out)
{
    struct sb_signature sigs[2] = {{.key_id = {1}, .sig = {2}}, {.key_id = {3}}};
    sb_record_write(out, S("a body"), sigs, 2);
}

static int again_envelope(struct sb_bytes b, struct sb_arena *a, struct sb_buf *out)
{
    (void)a;
    struct sb_record r;
    int rc = sb_record_read(b, &r, NULL);
    if (rc == 0)
        sb_record_write(out, r.body, r.sigs, r.n);
    return rc;
}

static const struct kind {
    const char *name;
    void (*make)(struct sb_buf *out);
    int (*again)(struct sb_bytes in, struct sb_arena *arena, struct sb_buf *out);
} kinds[] = {
    {"record", make_envelope, again_envelope},
    {"sacbe/card/1", make_card, again_card},
    {"sacbe/grant/1", make_grant, again_grant},
    {"sacbe/dir/1", make_directory, again_directory},
    {"sacbe/epoch/1", make_epoch, again_epoch},
    {"sacbe/regrant/1", make_regrant, again_regrant},
    {"sacbe/item/1", make_item, again_item},
    {"sacbe/batch/1", make_batch, again_batch},
    {"sacbe/claim/1", make_claim, again_claim},
    {"sacbe/receipt/1", make_receipt, again_receipt},
    {"sacbe/heads/1", make_heads, again_heads},
    {"sacbe/reject/1", make_reject, again_reject},
    {"sacbe/entry/1", make_entry, again_entry},
    {"sacbe/catalog/1", make_catalogue, again_catalogue},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

struct bench {
    struct sb_arena *arena;
    struct sb_buf in;
    struct sb_buf out;
};

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->arena = sb_arena_new(64 * SB_MIB);
    assert_non_null(b->arena);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    sb_arena_free(b->arena);
    sb_buf_free(&b->in);
    sb_buf_free(&b->out);
    free(b);
    return 0;
}

static void make(struct bench *b, const struct kind *k)
{
    sb_buf_reset(&b->in);
    k->make(&b->in);
    assert_int_equal(sb_buf_check(&b->in, NULL), 0);
}

static int again(struct bench *b, const struct kind *k, struct sb_bytes in)
{
    sb_arena_reset(b->arena);
    sb_buf_reset(&b->out);
    return k->again(in, b->arena, &b->out);
}

static void every_record_comes_back(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < KINDS; i++) {
        make(b, &kinds[i]);
        assert_int_equal(again(b, &kinds[i], sb_buf_bytes(&b->in)), 0);
        assert_true(sb_bytes_eq(sb_buf_bytes(&b->in), sb_buf_bytes(&b->out)));
        if (i > 0)
            assert_true(
                sb_bytes_is(sb_record_tag(sb_buf_bytes(&b->in)), kinds[i].name));
    }
}

static void every_cut_and_every_addition_is_refused(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < KINDS; i++) {
        make(b, &kinds[i]);
        for (size_t n = 0; n < b->in.n; n++) {
            uint8_t *exact = malloc(n + 1); /* so that asan sees reading past the end */
            assert_non_null(exact);
            memcpy(exact, b->in.p, n);
            assert_int_not_equal(again(b, &kinds[i], sb_bytes(exact, n)), 0);
            free(exact);
        }
        sb_buf_byte(&b->in, 0);
        assert_int_equal(again(b, &kinds[i], sb_buf_bytes(&b->in)), SB_E_TRAILING);
    }
}

static void every_changed_byte_is_understood_or_refused(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < KINDS; i++) {
        make(b, &kinds[i]);
        for (size_t at = 0; at < b->in.n; at++)
            for (unsigned to = 0; to < 256; to++) {
                uint8_t was = b->in.p[at];
                b->in.p[at] = (uint8_t)to;
                if (again(b, &kinds[i], sb_buf_bytes(&b->in)) == 0 &&
                    !sb_bytes_eq(sb_buf_bytes(&b->in), sb_buf_bytes(&b->out)))
                    fail_msg("%s: byte %zu as %02x is misread", kinds[i].name, at, to);
                b->in.p[at] = was;
            }
    }
}

static void a_record_is_not_another(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < KINDS; i++) {
        make(b, &kinds[i]);
        for (size_t k = 0; k < KINDS; k++)
            if (k != i)
                assert_int_not_equal(again(b, &kinds[k], sb_buf_bytes(&b->in)), 0);
    }
}

static int read_directory(struct bench *b, const struct sb_directory *d)
{
    sb_buf_reset(&b->in);
    sb_directory_write(d, &b->in);
    return again(b, &kinds[3], sb_buf_bytes(&b->in));
}

static void directories_have_their_bounds(void **state)
{
    struct bench *b = *state;
    struct sb_directory d = sample_directory();
    assert_int_equal(read_directory(b, &d), 0);
    d.threshold = 0;
    assert_int_equal(read_directory(b, &d), SB_E_RANGE);
    d.threshold = 3; /* of two roots */
    assert_int_equal(read_directory(b, &d), SB_E_RANGE);
    d = sample_directory();
    d.version = 0;
    assert_int_equal(read_directory(b, &d), SB_E_RANGE);
    d = sample_directory();
    d.expires = d.issued;
    assert_int_equal(read_directory(b, &d), SB_E_RANGE);
    d = sample_directory();
    d.members[0].code = S("zzz");
    assert_int_equal(read_directory(b, &d), SB_E_UNSORTED);
    d.members[0].code = S("pnc");
    assert_int_equal(read_directory(b, &d), SB_E_DUPLICATE);
    d.members[0].code = S("PNC");
    assert_int_equal(read_directory(b, &d), SB_E_CODE_FORM);
    d = sample_directory();
    d.grants[1] = d.grants[0];
    assert_int_equal(read_directory(b, &d), SB_E_DUPLICATE);
    d = sample_directory();
    d.roots[1].key_id[0] = 0;
    assert_int_equal(read_directory(b, &d), SB_E_UNSORTED);
    d = sample_directory();
    d.members[0].n_cards = 0;
    assert_int_equal(read_directory(b, &d), SB_E_RANGE);
}

static int
read_epoch(struct bench *b, const struct sb_epoch_core *core, size_t n_classes)
{
    sb_buf_reset(&b->in);
    write_epoch(&b->in, core, n_classes);
    return again(b, &kinds[4], sb_buf_bytes(&b->in));
}

static void epochs_have_their_bounds(void **state)
{
    struct bench *b = *state;
    struct sb_epoch_core core = sample_core();
    assert_int_equal(read_epoch(b, &core, 2), 0);
    assert_int_equal(read_epoch(b, &core, 1), SB_E_EPOCH_FORM);
    core.readers[0].classes.n = 0;
    assert_int_equal(read_epoch(b, &core, 2), SB_E_EPOCH_FORM);
    core = sample_core();
    core.suite = 2;
    assert_int_equal(read_epoch(b, &core, 2), SB_E_RANGE);
    core = sample_core();
    core.not_after = core.not_before;
    assert_int_equal(read_epoch(b, &core, 2), SB_E_RANGE);
    core = sample_core();
    core.stream = S("pnc");
    assert_int_equal(read_epoch(b, &core, 2), SB_E_CODE_FORM);
    core = sample_core();
    core.readers[1].reader = S("igm");
    assert_int_equal(read_epoch(b, &core, 2), SB_E_DUPLICATE);
    core = sample_core();
    core.n_readers = 0;
    assert_int_equal(read_epoch(b, &core, 2), SB_E_RANGE);
}

static void batches_and_events_have_their_bounds(void **state)
{
    struct bench *b = *state;
    struct sb_batch batch = sample_batch();
    static const uint8_t hashes[2][SB_HASH] = {{1}, {2}};
    const struct {
        uint64_t first;
        uint64_t count;
        int code;
    } rows[] = {{1, 1, 0},
                {0, 1, SB_E_RANGE},
                {1, 0, SB_E_RANGE},
                {1, 257, SB_E_RANGE},
                {INT64_MAX, 1, 0},
                {INT64_MAX, 2, SB_E_RANGE},
                {1ull << 63, 1, SB_E_RANGE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        batch.first_seq = rows[i].first;
        batch.count = rows[i].count;
        sb_buf_reset(&b->in);
        sb_batch_write(&batch, &b->in);
        assert_int_equal(again(b, &kinds[7], sb_buf_bytes(&b->in)), rows[i].code);
    }
    struct sb_event e = sample_event();
    struct sb_buf header = {0};
    sb_event_write(&e, &header);
    sb_buf_reset(&b->in);
    sb_item_write(sb_buf_bytes(&header), hashes, 1, &b->in); /* a hash too few */
    assert_int_equal(again(b, &kinds[6], sb_buf_bytes(&b->in)), SB_E_ARITY);
    e.classes[1].name = S("a");
    sb_buf_reset(&header);
    sb_event_write(&e, &header);
    sb_buf_reset(&b->in);
    sb_item_write(sb_buf_bytes(&header), hashes, 2, &b->in);
    assert_int_equal(again(b, &kinds[6], sb_buf_bytes(&b->in)), SB_E_UNSORTED);
    sb_buf_free(&header);
}

static void a_grant_says_something(void **state)
{
    struct bench *b = *state;
    struct sb_grant g = {.id = S("g"),
                         .publisher = S("pnc"),
                         .type = S("a.b"),
                         .reader = S("igm"),
                         .classes = classes,
                         .basis = S("law"),
                         .not_before = 1,
                         .not_after = 2};
    struct sb_grant bad[4] = {g, g, g, g};
    bad[0].classes.n = 0;
    bad[1].basis = S("");
    bad[2].not_after = 1;
    bad[3].publisher = S("p/c");
    for (size_t i = 0; i < 4; i++) {
        sb_buf_reset(&b->in);
        sb_grant_write(&bad[i], &b->in);
        assert_int_equal(again(b, &kinds[2], sb_buf_bytes(&b->in)),
                         i == 3 ? SB_E_CODE_FORM : SB_E_RANGE);
    }
}

static void signatures_are_a_sorted_set(void **state)
{
    struct bench *b = *state;
    struct sb_signature sigs[SB_SIGS_MAX + 1] = {0};
    sigs[0].key_id[0] = 2;
    sigs[1].key_id[0] = 1;
    sb_record_write(&b->in, S("body"), sigs, 2);
    assert_int_equal(again(b, &kinds[0], sb_buf_bytes(&b->in)), SB_E_UNSORTED);
    sigs[1].key_id[0] = 2;
    sb_buf_reset(&b->in);
    sb_record_write(&b->in, S("body"), sigs, 2);
    assert_int_equal(again(b, &kinds[0], sb_buf_bytes(&b->in)), SB_E_DUPLICATE);
    for (size_t i = 0; i <= SB_SIGS_MAX; i++)
        sigs[i].key_id[0] = (uint8_t)i;
    sb_buf_reset(&b->in);
    sb_record_write(&b->in, S("body"), sigs, SB_SIGS_MAX + 1);
    assert_int_equal(again(b, &kinds[0], sb_buf_bytes(&b->in)), SB_E_RANGE);
    sb_buf_reset(&b->in);
    sb_record_write(&b->in, S("body"), sigs, SB_SIGS_MAX);
    assert_int_equal(again(b, &kinds[0], sb_buf_bytes(&b->in)), 0);
}

static void streams_in_statements_are_streams(void **state)
{
    struct bench *b = *state;
    struct sb_head bad = {.stream = S("pnc"), .seq = 1};
    const struct sb_heads heads = {&bad, 1};
    struct sb_reject r = {.reader = S("igm"), .stream = S("pnc"), .seq = 1, .code = 1};
    sb_heads_write(S("pnc"), &heads, 1, &b->in);
    assert_int_equal(again(b, &kinds[10], sb_buf_bytes(&b->in)), SB_E_CODE_FORM);
    sb_buf_reset(&b->in);
    sb_reject_write(&r, &b->in);
    assert_int_equal(again(b, &kinds[11], sb_buf_bytes(&b->in)), SB_E_CODE_FORM);
}

static void kinds_have_texts_and_tags(void **state)
{
    (void)state;
    for (int k = SB_KIND_DIRECTORY; k <= SB_KIND_NOTICE; k++) {
        const char *text = sb_kind_text((enum sb_kind)k);
        assert_non_null(text);
        assert_int_equal(sb_kind_from_text(sb_bytes_str(text)), k);
    }
    assert_null(sb_kind_text((enum sb_kind)0));
    assert_null(sb_kind_text((enum sb_kind)(SB_KIND_NOTICE + 1)));
    assert_int_equal(sb_kind_from_text(S("other")), 0);
    assert_int_equal(sb_kind_from_tag(S("sacbe/batch/1")), SB_KIND_BATCH);
    assert_int_equal(sb_kind_from_tag(S("sacbe/batch/2")), 0);
}

static void a_manifest_is_the_catalogue_without_contents(void **state)
{
    struct bench *b = *state;
    struct sb_manifest_file file = {
        .path = S("a.json"), .hash = {1}, .content = S("{}")};
    struct sb_manifest m = {.edition = S("1"), .files = &file, .n_files = 1};
    static const char want[] = "\x93\xb0sacbe/manifest/1\xa1"
                               "1\x91\x92\xa6"
                               "a.json\xc4\x20\x01";
    sb_manifest_write(&m, false, &b->in);
    assert_int_equal(b->in.n, sizeof want - 1 + SB_HASH - 1);
    assert_memory_equal(b->in.p, want, sizeof want - 1);
    assert_int_equal(again(b, &kinds[13], sb_buf_bytes(&b->in)), SB_E_TAG);
}

#define RECORD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORD_TEST(every_record_comes_back),
        RECORD_TEST(every_cut_and_every_addition_is_refused),
        RECORD_TEST(every_changed_byte_is_understood_or_refused),
        RECORD_TEST(a_record_is_not_another),
        RECORD_TEST(directories_have_their_bounds),
        RECORD_TEST(epochs_have_their_bounds),
        RECORD_TEST(batches_and_events_have_their_bounds),
        RECORD_TEST(a_grant_says_something),
        RECORD_TEST(signatures_are_a_sorted_set),
        RECORD_TEST(streams_in_statements_are_streams),
        RECORD_TEST(kinds_have_texts_and_tags),
        RECORD_TEST(a_manifest_is_the_catalogue_without_contents),
    };
    return cmocka_run_group_tests_name("schemas.record", tests, NULL, NULL);
}
