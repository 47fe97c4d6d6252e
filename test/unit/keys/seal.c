/* keys.seal: epochs and events by class; whatever is changed is noticed. */
#include "keys/seal.h"

#include "keys/secrets.h"
#include "test/unit/keys/fixture.h"

static const char *const all[] = {"confidencial", "interna", "publica", NULL};
static const char *const some[] = {"interna", "publica", NULL};

struct scene {
    struct world *w;
    struct sb_secrets *secrets; /* the publisher's, of `all` */
    struct sb_buf record;       /* the epoch */
    struct sb_record envelope;
    struct sb_epoch epoch;
};

static void add_reader(struct scene *s,
                       struct sb_readers *r,
                       size_t member,
                       const char *const *classes)
{
    struct sb_vault_key k;
    struct sb_reader *to = &r->items[r->n++];
    assert_true(sb_vault_newest(s->w->members[member].vault, SB_USE_SEAL, &k));
    to->code = sb_bytes_str(s->w->members[member].code);
    to->classes = codes_of(s->w->arena, classes);
    to->seal.use = k.use;
    memcpy(to->seal.pk, k.pk, SB_PK);
    memcpy(to->seal_key_id, k.key_id, SB_KEY_ID);
}

static struct sb_epoch_core core_of(void)
{
    return (struct sb_epoch_core){.stream = sb_bytes_str("pnc/comun.alerta"),
                                  .claim_no = 1,
                                  .epoch_no = 4,
                                  .not_before = NOW,
                                  .not_after = NOW + DAY};
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    struct sb_reader items[MEMBERS] = {0};
    struct sb_readers readers = {.items = items};
    struct sb_epoch_core core = core_of();
    assert_non_null(s);
    s->w = world_new();
    struct sb_codes classes = codes_of(s->w->arena, all);
    assert_int_equal(sb_secrets_new(&s->secrets, &classes, NULL), 0);
    add_reader(s, &readers, IGM, some);
    add_reader(s, &readers, PNC, all);
    assert_int_equal(sb_epoch_make(&s->w->x,
                                   s->w->members[PNC].vault,
                                   &core,
                                   &readers,
                                   s->secrets,
                                   &s->record,
                                   NULL),
                     0);
    assert_int_equal(sb_record_read(sb_buf_bytes(&s->record), &s->envelope, NULL), 0);
    assert_int_equal(sb_epoch_read(s->envelope.body, s->w->arena, &s->epoch, NULL), 0);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    sb_secrets_free(s->secrets);
    sb_buf_free(&s->record);
    world_free(s->w);
    free(s);
    return 0;
}

static int open_as(struct scene *s, size_t member, struct sb_secrets **out)
{
    struct sb_err err = {0};
    const struct member *m = &s->w->members[member];
    int rc = sb_epoch_open(m->vault, &s->epoch, sb_bytes_str(m->code), out, &err);
    assert_int_equal(rc, err.code);
    return rc;
}

static void each_reader_gets_its_classes(void **state)
{
    struct scene *s = *state;
    struct sb_secrets *own = NULL;
    struct sb_secrets *igm = NULL;
    struct sb_secrets *none = NULL;
    struct sb_vault_key sign;
    assert_true(sb_vault_newest(s->w->members[PNC].vault, SB_USE_SIGN, &sign));
    assert_int_equal(
        sb_verify_record(&s->w->x, &s->envelope, sign.key_id, sign.pk, NULL), 0);
    assert_int_equal(open_as(s, PNC, &own), 0);
    assert_int_equal(open_as(s, IGM, &igm), 0);
    assert_int_equal(open_as(s, STCNS, &none), SB_E_NO_SECRET);
    assert_null(none);
    assert_int_equal(sb_secrets_count(own), 3);
    assert_int_equal(sb_secrets_count(igm), 2);
    assert_false(sb_secrets_has(igm, sb_bytes_str("confidencial")));
    for (size_t i = 0; i < 3; i++) {
        struct sb_bytes name = sb_bytes_str(all[i]);
        const uint8_t *want = sb_secrets_find(s->secrets, name);
        assert_memory_equal(sb_secrets_find(own, name), want, SB_SECRET);
        if (i > 0)
            assert_memory_equal(sb_secrets_find(igm, name), want, SB_SECRET);
    }
    sb_secrets_free(own);
    sb_secrets_free(igm);
}

static void any_changed_byte_of_a_wrap_is_noticed(void **state)
{
    struct scene *s = *state;
    struct sb_secrets *out = NULL;
    struct sb_bytes cts[2] = {s->epoch.cts[0], s->epoch.cts[1]};
    uint8_t ct[SB_WRAP_MAX];
    memcpy(ct, cts[0].p, cts[0].n);
    cts[0].p = ct;
    s->epoch.cts = cts;
    for (size_t i = 0; i < cts[0].n; i++) {
        ct[i] ^= 0x40;
        assert_int_equal(open_as(s, IGM, &out), SB_E_OPEN_FAILED);
        ct[i] ^= 0x40;
    }
    cts[0].n--;
    assert_int_equal(open_as(s, IGM, &out), SB_E_OPEN_FAILED);
    cts[0].n++;
    assert_int_equal(open_as(s, IGM, &out), 0);
    sb_secrets_free(out);
}

static void a_wrap_is_bound_to_core_and_reader(void **state)
{
    struct scene *s = *state;
    struct sb_secrets *out = NULL;
    struct sb_err err;
    struct sb_epoch keep = s->epoch;
    uint8_t core[512];
    memcpy(core, keep.core_bytes.p, keep.core_bytes.n);
    core[keep.core_bytes.n - 1] ^= 1;
    s->epoch.core_bytes = sb_bytes(core, keep.core_bytes.n);
    assert_int_equal(open_as(s, IGM, &out), SB_E_OPEN_FAILED);
    s->epoch = keep;
    s->epoch.core.readers[0].reader = sb_bytes_str("ign"); /* another of that length */
    assert_int_equal(
        sb_epoch_open(
            s->w->members[IGM].vault, &s->epoch, sb_bytes_str("ign"), &out, &err),
        SB_E_OPEN_FAILED);
    assert_null(out);
}

static void no_reader_takes_a_key_that_was_not_committed(void **state)
{
    struct scene *s = *state;
    struct sb_secrets *out = NULL;
    struct sb_epoch_class classes[3];
    memcpy(classes, s->epoch.classes, sizeof classes);
    s->epoch.classes = classes;
    classes[1].ec[5] ^= 1; /* interna's commitment: of use to igm */
    assert_int_equal(open_as(s, IGM, &out), SB_E_OPEN_FAILED);
    classes[1].ec[5] ^= 1;
    classes[0].ec[5] ^= 1; /* confidencial's: only pnc can tell */
    assert_int_equal(open_as(s, PNC, &out), SB_E_OPEN_FAILED);
    assert_null(out);
    assert_int_equal(open_as(s, IGM, &out), 0);
    sb_secrets_free(out);
}

static void a_key_that_is_gone_is_told_apart(void **state)
{
    struct scene *s = *state;
    struct sb_secrets *out = NULL;
    struct sb_err err;
    assert_int_equal(
        sb_epoch_open(
            s->w->members[STCNS].vault, &s->epoch, sb_bytes_str("igm"), &out, &err),
        SB_E_NO_KEY);
}

static void a_class_outside_the_epoch_is_refused(void **state)
{
    struct scene *s = *state;
    static const char *const odd[] = {"reservada", NULL};
    struct sb_reader items[1] = {0};
    struct sb_readers readers = {.items = items};
    struct sb_epoch_core core = core_of();
    struct sb_buf out = {0};
    struct sb_err err;
    add_reader(s, &readers, PNC, odd);
    assert_int_equal(sb_epoch_body(&core, &readers, s->secrets, &out, &err),
                     SB_E_EPOCH_FORM);
    readers.n = 0;
    assert_int_equal(sb_epoch_body(&core, &readers, s->secrets, &out, &err),
                     SB_E_EPOCH_FORM);
    struct sb_codes unsorted = codes_of(s->w->arena, some);
    struct sb_bytes first = unsorted.items[0];
    unsorted.items[0] = unsorted.items[1];
    unsorted.items[1] = first;
    struct sb_secrets *none = NULL;
    assert_int_equal(sb_secrets_new(&none, &unsorted, &err), SB_E_EPOCH_FORM);
    unsorted.n = 0;
    assert_int_equal(sb_secrets_new(&none, &unsorted, &err), SB_E_EPOCH_FORM);
    assert_int_equal(out.n, 0);
}

struct sealed {
    struct sb_buf item;
    struct sb_buf cts;
    size_t sizes[SB_CLASSES];
    struct sb_item decoded;
};

static void sealed_free(struct sealed *e)
{
    sb_buf_free(&e->item);
    sb_buf_free(&e->cts);
}

static struct sealed seal(struct scene *s, uint64_t seq, const char *const plains[3])
{
    struct sealed e = {0};
    struct sb_section sections[3];
    struct sb_event event = {.stream = sb_bytes_str("pnc/comun.alerta"),
                             .epoch_no = 4,
                             .seq = seq,
                             .schema_version = 1};
    for (size_t i = 0; i < 3; i++)
        sections[i] =
            (struct sb_section){sb_bytes_str(all[i]), sb_bytes_str(plains[i])};
    struct sb_err err;
    assert_int_equal(
        sb_event_seal(s->secrets, &event, sections, &e.item, &e.cts, e.sizes, &err), 0);
    assert_int_equal(sb_item_read(sb_buf_bytes(&e.item), &e.decoded, NULL), 0);
    return e;
}

static struct sb_bytes ct_of(const struct sealed *e, size_t i)
{
    size_t at = 0;
    for (size_t k = 0; k < i; k++)
        at += e->sizes[k];
    return sb_bytes(e->cts.p + at, e->sizes[i]);
}

static void sections_open_for_their_readers(void **state)
{
    struct scene *s = *state;
    static const char *const plains[3] = {"secret",
                                          "",
                                          ("public, sixty-four bytes are a"
                                           " block: this text is longer")};
    struct sb_secrets *igm = NULL;
    struct sb_err err;
    struct sb_buf plain = {0};
    struct sealed e = seal(s, 258, plains);
    assert_int_equal(open_as(s, IGM, &igm), 0);
    assert_int_equal(e.decoded.event.n_classes, 3);
    assert_int_equal(e.sizes[0], 64 + 16);
    assert_int_equal(e.sizes[1], 64 + 16);
    assert_int_equal(e.sizes[0] + e.sizes[1] + e.sizes[2], e.cts.n);
    for (size_t i = 0; i < 3; i++) {
        sb_buf_reset(&plain);
        sb_buf_str(&plain, "before ");
        assert_int_equal(
            sb_event_open(s->secrets, &e.decoded, i, ct_of(&e, i), &plain, &err), 0);
        assert_int_equal(plain.n, 7 + strlen(plains[i]));
        assert_memory_equal(plain.p + 7, plains[i], strlen(plains[i]));
        assert_int_equal(sb_event_open(igm, &e.decoded, i, ct_of(&e, i), &plain, &err),
                         i == 0 ? SB_E_NO_SECRET : 0);
    }
    assert_int_equal(sb_event_open(igm, &e.decoded, 3, ct_of(&e, 0), &plain, &err),
                     SB_E_ARGUMENT);
    assert_null(memmem(e.cts.p, e.cts.n, "secret", 6));
    sb_secrets_free(igm);
    sb_buf_free(&plain);
    sealed_free(&e);
}

/* kc computed by another implementation from the secret 00 01 ... 1f. */
static void event_keys_are_those_of_the_format(void **state)
{
    struct scene *s = *state;
    static const char *const plains[3] = {"a", "b", "c"};
    for (size_t i = 0; i < SB_SECRET; i++)
        s->secrets->keys[2][i] = (uint8_t)i;
    struct sealed e = seal(s, 258, plains);
    assert_hex(e.decoded.event.classes[2].kc,
               "7f87647e4eb0c2f8c4489c842ea825e2682f4c763b3981b1eec8be2d4e2e164a");
    struct sb_bytes k =
        hex_bytes(s->w->arena,
                  "e72368e7aba223daee0e1407967fd6444cb3dbf7b7f49fb88baeadbed6bb5149");
    struct sb_bytes ct = ct_of(&e, 2);
    uint8_t padded[64];
    assert_int_equal(
        crypto_aead_xchacha20poly1305_ietf_decrypt(padded,
                                                   NULL,
                                                   NULL,
                                                   ct.p,
                                                   ct.n,
                                                   e.decoded.header.p,
                                                   e.decoded.header.n,
                                                   e.decoded.event.classes[2].nonce,
                                                   k.p),
        0);
    assert_memory_equal(padded, "c\x80\0\0", 4);
    sealed_free(&e);
}

static void any_changed_byte_of_an_event_is_noticed(void **state)
{
    struct scene *s = *state;
    static const char *const plains[3] = {"one", "two", "three"};
    struct sb_err err;
    struct sb_buf plain = {0};
    struct sealed e = seal(s, 9, plains);
    for (size_t i = 0; i < e.sizes[0]; i++) {
        e.cts.p[i] ^= 1;
        assert_int_equal(
            sb_event_open(s->secrets, &e.decoded, 0, ct_of(&e, 0), &plain, &err),
            SB_E_OPEN_FAILED);
        e.cts.p[i] ^= 1;
    }
    for (size_t i = 0; i < e.item.n; i++) {
        struct sb_item item;
        e.item.p[i] ^= 1;
        int rc = sb_item_read(sb_buf_bytes(&e.item), &item, &err);
        /* a change elsewhere than in class 0 is seen there or, always, by the root */
        for (size_t c = 0; rc == 0 && c < item.event.n_classes; c++)
            rc = sb_event_open(s->secrets, &item, c, ct_of(&e, c), &plain, &err);
        assert_int_not_equal(rc, 0);
        sb_buf_reset(&plain);
        e.item.p[i] ^= 1;
    }
    assert_int_equal(
        sb_event_open(s->secrets, &e.decoded, 0, ct_of(&e, 1), &plain, &err),
        SB_E_OPEN_FAILED);
    assert_int_equal(plain.n, 0);
    sealed_free(&e);
    sb_buf_free(&plain);
}

static void an_event_too_large_leaves_nothing(void **state)
{
    struct scene *s = *state;
    struct sb_buf item = {0};
    struct sb_buf cts = {0};
    size_t sizes[SB_CLASSES];
    struct sb_err err;
    uint8_t *big = calloc(1, SB_PAYLOAD_MAX + 1);
    assert_non_null(big);
    struct sb_event event = {.stream = sb_bytes_str("pnc/comun.alerta"),
                             .epoch_no = 4,
                             .seq = 1,
                             .schema_version = 1};
    struct sb_section sections[3];
    for (size_t i = 0; i < 3; i++)
        sections[i] = (struct sb_section){sb_bytes_str(all[i]), sb_bytes(big, 1)};
    sb_buf_str(&item, "kept");
    sections[0].plain.n = SB_PAYLOAD_MAX + 1;
    assert_int_equal(
        sb_event_seal(s->secrets, &event, sections, &item, &cts, sizes, &err),
        SB_E_TOO_LARGE);
    sections[0].plain.n = SB_PAYLOAD_MAX;
    sections[1].plain.n = SB_EVENT_MAX - SB_PAYLOAD_MAX - 64;
    assert_int_equal(
        sb_event_seal(s->secrets, &event, sections, &item, &cts, sizes, &err),
        SB_E_TOO_LARGE);
    assert_int_equal(item.n, 4);
    assert_int_equal(cts.n, 0);
    sections[1].plain.n = SB_EVENT_MAX - SB_PAYLOAD_MAX - 1024;
    assert_int_equal(
        sb_event_seal(s->secrets, &event, sections, &item, &cts, sizes, &err), 0);
    struct sb_section swapped = sections[0];
    sections[0] = sections[1];
    sections[1] = swapped;
    assert_int_equal(
        sb_event_seal(s->secrets, &event, sections, &item, &cts, sizes, &err),
        SB_E_ARGUMENT);
    sb_buf_free(&item);
    sb_buf_free(&cts);
    free(big);
}

static void the_joins_of_a_batch(void **state)
{
    struct scene *s = *state;
    static const char *const plains[3] = {"a", "b", "c"};
    struct sealed e[3];
    struct sb_bytes items[3];
    struct sb_err err;
    for (size_t i = 0; i < 3; i++) {
        e[i] = seal(s, 10 + i, plains);
        items[i] = sb_buf_bytes(&e[i].item);
    }
    struct sb_batch batch = {.stream = sb_bytes_str("pnc/comun.alerta"),
                             .claim_no = 1,
                             .first_seq = 10,
                             .count = 3};
    sb_items_root(batch.items_root, items, 3);
    assert_int_equal(sb_batch_joins(&batch, &s->epoch, items, 3, &err), 0);
    assert_int_equal(sb_batch_joins(&batch, &s->epoch, items, 2, &err), SB_E_JOIN);
    struct sb_batch other = batch;
    other.first_seq = 11;
    assert_int_equal(sb_batch_joins(&other, &s->epoch, items, 3, &err), SB_E_JOIN);
    other = batch;
    other.stream = sb_bytes_str("igm/comun.alerta");
    assert_int_equal(sb_batch_joins(&other, &s->epoch, items, 3, &err), SB_E_JOIN);
    other = batch;
    other.items_root[0] ^= 1;
    assert_int_equal(sb_batch_joins(&other, &s->epoch, items, 3, &err),
                     SB_E_ITEMS_ROOT);
    struct sb_epoch epoch = s->epoch;
    epoch.core.epoch_no++;
    assert_int_equal(sb_batch_joins(&batch, &epoch, items, 3, &err), SB_E_JOIN);
    epoch = s->epoch;
    epoch.n_classes--;
    assert_int_equal(sb_batch_joins(&batch, &epoch, items, 3, &err), SB_E_JOIN);
    struct sb_bytes swapped[3] = {items[1], items[0], items[2]};
    assert_int_equal(sb_batch_joins(&batch, &s->epoch, swapped, 3, &err),
                     SB_E_ITEMS_ROOT);
    other = batch;
    sb_items_root(other.items_root, swapped, 3);
    assert_int_equal(sb_batch_joins(&other, &s->epoch, swapped, 3, &err), SB_E_JOIN);
    for (size_t i = 0; i < 3; i++)
        sealed_free(&e[i]);
}

#define SEAL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEAL_TEST(each_reader_gets_its_classes),
        SEAL_TEST(any_changed_byte_of_a_wrap_is_noticed),
        SEAL_TEST(a_wrap_is_bound_to_core_and_reader),
        SEAL_TEST(no_reader_takes_a_key_that_was_not_committed),
        SEAL_TEST(a_key_that_is_gone_is_told_apart),
        SEAL_TEST(a_class_outside_the_epoch_is_refused),
        SEAL_TEST(sections_open_for_their_readers),
        SEAL_TEST(event_keys_are_those_of_the_format),
        SEAL_TEST(any_changed_byte_of_an_event_is_noticed),
        SEAL_TEST(an_event_too_large_leaves_nothing),
        SEAL_TEST(the_joins_of_a_batch),
    };
    return cmocka_run_group_tests_name("keys.seal", tests, NULL, NULL);
}
