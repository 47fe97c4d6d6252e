/* Purpose: one sample of each record, and reading it back. */
#include "test/unit/schemas_record/samples_statements.h"

static struct sb_bytes two_classes[] = {{(const uint8_t *)"interna", 7},
                                        {(const uint8_t *)"publica", 7}};

struct sb_codes sample_classes(void)
{
    return (struct sb_codes){two_classes, 2};
}

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

static int again_card(struct sb_bytes b,
                      struct sb_arena *a,
                      struct sb_buf *out,
                      struct sb_err *err)
{
    struct sb_card card;
    int rc = sb_card_read(b, a, &card, err);
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
                         .classes = sample_classes(),
                         .basis = S("Acuerdo 1-2023"),
                         .not_before = 1,
                         .not_after = 2};
    sb_grant_write(&g, out);
}

static int again_grant(struct sb_bytes b,
                       struct sb_arena *a,
                       struct sb_buf *out,
                       struct sb_err *err)
{
    struct sb_grant g;
    int rc = sb_grant_read(b, a, &g, err);
    if (rc == 0)
        sb_grant_write(&g, out);
    return rc;
}

static struct sb_dir_member *sample_members(void)
{
    static struct sb_key_status statuses[1];
    static struct sb_bytes cards[2];
    static struct sb_dir_member members[2];
    statuses[0] = (struct sb_key_status){.key_id = {9}, .status = S("revoked")};
    cards[0] = S("card one");
    cards[1] = S("card two");
    members[0] = (struct sb_dir_member){
        .code = S("igm"), .status = S("active"), .cards = cards, .n_cards = 1};
    members[1] = (struct sb_dir_member){.code = S("pnc"),
                                        .status = S("suspended"),
                                        .cards = cards,
                                        .n_cards = 2,
                                        .keys = statuses,
                                        .n_keys = 1};
    return members;
}

struct sb_directory sample_directory(void)
{
    static struct sb_dir_root roots[2];
    static struct sb_bytes grants[2];
    static struct sb_limit limits[1];
    roots[0] = (struct sb_dir_root){.key_id = {1}, .pk = {2}, .holder = S("A")};
    roots[1] = (struct sb_dir_root){.key_id = {2}, .pk = {3}, .holder = S("B")};
    grants[0] = S("grant one");
    grants[1] = S("grant two");
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
                                 .members = sample_members(),
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

static int again_directory(struct sb_bytes b,
                           struct sb_arena *a,
                           struct sb_buf *out,
                           struct sb_err *err)
{
    struct sb_directory d;
    int rc = sb_directory_read(b, a, &d, err);
    if (rc == 0)
        sb_directory_write(&d, out);
    return rc;
}

struct sb_epoch_core sample_core(void)
{
    static struct sb_epoch_reader readers[2];
    readers[0] = (struct sb_epoch_reader){
        .reader = S("igm"), .seal_key_id = {1}, .classes = {two_classes, 1}};
    readers[1] = (struct sb_epoch_reader){
        .reader = S("pnc"), .seal_key_id = {2}, .classes = sample_classes()};
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

void write_epoch(struct sb_buf *out, const struct sb_epoch_core *core, size_t n_classes)
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

static int again_epoch(struct sb_bytes b,
                       struct sb_arena *a,
                       struct sb_buf *out,
                       struct sb_err *err)
{
    struct sb_epoch e;
    struct sb_buf core = {0};
    int rc = sb_epoch_read(b, a, &e, err);
    if (rc == 0) {
        sb_epoch_core_write(&e.core, &core); /* from the struct, not the slice */
        e.core_bytes = sb_buf_bytes(&core);
        rc = sb_buf_check(&core, err);
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
        {.epoch_no = 4, .epoch_hash = {2}, .classes = sample_classes()}};
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

static int again_regrant(struct sb_bytes b,
                         struct sb_arena *a,
                         struct sb_buf *out,
                         struct sb_err *err)
{
    struct sb_regrant r;
    struct sb_buf core = {0};
    int rc = sb_regrant_read(b, a, &r, err);
    if (rc == 0) {
        sb_regrant_core_write(&r, &core);
        r.core_bytes = sb_buf_bytes(&core);
        rc = sb_buf_check(&core, err);
        sb_regrant_write(&r, out);
    }
    sb_buf_free(&core);
    return rc;
}

struct sb_event sample_event(void)
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

static int again_item(struct sb_bytes b,
                      struct sb_arena *a,
                      struct sb_buf *out,
                      struct sb_err *err)
{
    (void)a;
    struct sb_item item;
    struct sb_buf header = {0};
    uint8_t hashes[SB_CLASSES][SB_HASH];
    int rc = sb_item_read(b, &item, err);
    if (rc == 0) {
        sb_event_write(&item.event, &header);
        rc = sb_buf_check(&header, err);
        assert_true(rc != 0 || sb_bytes_eq(sb_buf_bytes(&header), item.header));
        memcpy(hashes, item.ct_hash, sizeof hashes);
        sb_item_write(sb_buf_bytes(&header),
                      (const uint8_t(*)[SB_HASH])hashes,
                      item.event.n_classes,
                      out);
    }
    sb_buf_free(&header);
    return rc;
}

struct sb_batch sample_batch(void)
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

static int again_batch(struct sb_bytes b,
                       struct sb_arena *a,
                       struct sb_buf *out,
                       struct sb_err *err)
{
    (void)a;
    struct sb_batch batch;
    int rc = sb_batch_read(b, &batch, err);
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

static int again_claim(struct sb_bytes b,
                       struct sb_arena *a,
                       struct sb_buf *out,
                       struct sb_err *err)
{
    (void)a;
    struct sb_claim c;
    int rc = sb_claim_read(b, &c, err);
    if (rc == 0)
        sb_claim_write(&c, out);
    return rc;
}

static void make_envelope(struct sb_buf *out)
{
    struct sb_signature sigs[2] = {{.key_id = {1}, .sig = {2}}, {.key_id = {3}}};
    sb_record_write(out, S("a body"), sigs, 2);
}

static int again_envelope(struct sb_bytes b,
                          struct sb_arena *a,
                          struct sb_buf *out,
                          struct sb_err *err)
{
    (void)a;
    struct sb_record r;
    int rc = sb_record_read(b, &r, err);
    if (rc == 0)
        sb_record_write(out, r.body, r.sigs, r.n);
    return rc;
}

const struct kind kinds[KINDS] = {
    [ENVELOPE] = {"record", make_envelope, again_envelope},
    [CARD] = {"sacbe/card/1", make_card, again_card},
    [GRANT] = {"sacbe/grant/1", make_grant, again_grant},
    [DIRECTORY] = {"sacbe/dir/1", make_directory, again_directory},
    [EPOCH] = {"sacbe/epoch/1", make_epoch, again_epoch},
    [REGRANT] = {"sacbe/regrant/1", make_regrant, again_regrant},
    [ITEM] = {"sacbe/item/1", make_item, again_item},
    [BATCH] = {"sacbe/batch/1", make_batch, again_batch},
    [CLAIM] = {"sacbe/claim/1", make_claim, again_claim},
    [RECEIPT] = {"sacbe/receipt/1", make_receipt, again_receipt},
    [HEADS] = {"sacbe/heads/1", make_heads, again_heads},
    [REJECT] = {"sacbe/reject/1", make_reject, again_reject},
    [PRUNE] = {"sacbe/prune/1", make_prune, again_prune},
    [WITHDRAW] = {"sacbe/withdraw/1", make_withdraw, again_withdraw},
    [ACT] = {"sacbe/act/1", make_act, again_act},
    [ENTRY] = {"sacbe/entry/1", make_entry, again_entry},
    [CATALOGUE] = {"sacbe/catalog/1", make_catalogue, again_catalogue},
};

int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->arena = sb_arena_new(64 * SB_MIB);
    assert_non_null(b->arena);
    *state = b;
    return 0;
}

int bench_teardown(void **state)
{
    struct bench *b = *state;
    sb_arena_free(b->arena);
    sb_buf_free(&b->in);
    sb_buf_free(&b->out);
    free(b);
    return 0;
}

void bench_make(struct bench *b, const struct kind *k)
{
    sb_buf_reset(&b->in);
    k->make(&b->in);
    assert_int_equal(sb_buf_check(&b->in, NULL), 0);
}

int bench_again(struct bench *b, const struct kind *k, struct sb_bytes in)
{
    sb_arena_reset(b->arena);
    sb_buf_reset(&b->out);
    return k->again(in, b->arena, &b->out, NULL);
}
