/* broker.bundle.proof_file: every field, every bound, every truncation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/bundle/proof_file.h"
#include "keys/note.h"
#include "schemas/record/evidence.h"

static const uint8_t hashes[SB_PATH_NODES + 1][SB_HASH] = {{1}, {2}, {3}};
static const uint8_t key[32] = {9};
static struct sb_bytes directories[3];
static struct sb_bytes withdrawals[2];

static struct sb_proof_file sample(void)
{
    static const uint8_t note[300] = "sns/journal/1\n";
    for (size_t i = 0; i < 3; i++)
        directories[i] = sb_bytes_str("a directory record");
    for (size_t i = 0; i < 2; i++)
        withdrawals[i] = sb_bytes_str("a withdrawal");
    return (struct sb_proof_file){
        .stream = sb_bytes_str("pnc/comun.alerta"),
        .seq = 70000,
        .item = sb_bytes_str("an item"),
        .item_path = hashes,
        .n_item_path = 3,
        .batch = sb_bytes_str("a batch record"),
        .place = {sb_bytes_str("leaf data"), UINT64_MAX, hashes, 40},
        .epoch = sb_bytes_str("an epoch record"),
        .epoch_place = {sb_bytes_str("epoch's leaf"), 3, hashes + 1, 2},
        .note = sb_bytes(note, sizeof note),
        .directories = directories,
        .n_directories = 3,
        .withdrawals = withdrawals,
        .n_withdrawals = 2,
        .disclosed = true,
        .class_name = sb_bytes_str("interna"),
        .event_key = sb_bytes(key, sizeof key),
        .ciphertext = sb_bytes_str("ciphertext"),
        .order = sb_bytes_str("Order 12 of the court"),
        .act = sb_bytes_str("an act record"),
    };
}

struct scene {
    struct sb_arena *arena;
    struct sb_buf bytes;
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    struct sb_proof_file p = sample();
    assert_non_null(s);
    s->arena = sb_arena_new(0);
    assert_non_null(s->arena);
    sb_proof_file_write(&p, &s->bytes);
    assert_int_equal(sb_buf_check(&s->bytes, NULL), 0);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    sb_arena_free(s->arena);
    sb_buf_free(&s->bytes);
    free(s);
    return 0;
}

/* What is accepted is written again as those very bytes. */
static int try(struct scene *s, struct sb_bytes bytes)
{
    struct sb_proof_file p = {.seq = 99};
    struct sb_err err = {0};
    sb_arena_reset(s->arena);
    int rc = sb_proof_file_read(bytes, s->arena, &p, &err);
    assert_int_equal(rc, err.code);
    if (rc != 0) {
        assert_int_equal(p.seq, 99);
        return rc;
    }
    struct sb_buf again = {0};
    sb_proof_file_write(&p, &again);
    assert_int_equal(sb_buf_check(&again, NULL), 0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&again), bytes));
    sb_buf_free(&again);
    return 0;
}

static int try_file(struct scene *s, const struct sb_proof_file *p)
{
    struct sb_buf b = {0};
    sb_proof_file_write(p, &b);
    assert_int_equal(sb_buf_check(&b, NULL), 0);
    int rc = try(s, sb_buf_bytes(&b));
    sb_buf_free(&b);
    return rc;
}

static void every_field_comes_back(void **state)
{
    struct scene *s = *state;
    struct sb_proof_file want = sample();
    struct sb_proof_file p;
    assert_int_equal(try(s, sb_buf_bytes(&s->bytes)), 0);
    assert_int_equal(sb_proof_file_read(sb_buf_bytes(&s->bytes), s->arena, &p, NULL),
                     0);
    assert_true(sb_bytes_eq(p.stream, want.stream));
    assert_int_equal(p.seq, want.seq);
    assert_int_equal(p.n_item_path, 3);
    assert_memory_equal(p.item_path, hashes, 3 * SB_HASH);
    assert_true(p.place.index == UINT64_MAX);
    assert_int_equal(p.place.n_path, 40);
    assert_memory_equal(p.place.path, hashes, 40 * SB_HASH);
    assert_true(sb_bytes_eq(p.epoch_place.leaf, want.epoch_place.leaf));
    assert_true(sb_bytes_eq(p.note, want.note));
    assert_int_equal(p.n_directories, 3);
    assert_int_equal(p.n_withdrawals, 2);
    assert_true(p.disclosed);
    assert_true(sb_bytes_eq(p.order, want.order));
    assert_true(sb_bytes_eq(p.act, want.act));
    want.disclosed = false;
    want.n_withdrawals = 0;
    want.n_item_path = 0;
    want.item_path = NULL;
    assert_int_equal(try_file(s, &want), 0);
}

static void every_truncation_is_refused(void **state)
{
    struct scene *s = *state;
    for (size_t n = 0; n < s->bytes.n; n++) {
        uint8_t *copy = malloc(n + 1); /* so that a sanitizer sees a step too far */
        memcpy(copy, s->bytes.p, n);
        uint8_t *tight = realloc(copy, n ? n : 1);
        assert_true(try(s, sb_bytes(tight, n)) < 0);
        free(tight);
    }
    sb_buf_byte(&s->bytes, 0xc0);
    assert_true(try(s, sb_buf_bytes(&s->bytes)) < 0);
    s->bytes.n--;
}

static void every_value_of_every_byte_is_judged(void **state)
{
    struct scene *s = *state;
    size_t good = 0;
    for (size_t at = 0; at < s->bytes.n; at++) {
        uint8_t kept = s->bytes.p[at];
        for (int v = 0; v < 256; v++) {
            s->bytes.p[at] = (uint8_t)v;
            good += try(s, sb_buf_bytes(&s->bytes)) == 0;
        }
        s->bytes.p[at] = kept;
    }
    assert_true(good > s->bytes.n);
}

static void random_changes_do_not_crash(void **state)
{
    struct scene *s = *state;
    struct sb_buf b = {0};
    unsigned seed = 5;
    for (int round = 0; round < 20000; round++) {
        sb_buf_reset(&b);
        sb_buf_put(&b, s->bytes.p, s->bytes.n);
        for (int change = 0; change < 1 + round % 5; change++) {
            seed = seed * 1103515245u + 12345u;
            b.p[(seed >> 8) % b.n] = (uint8_t)(seed >> 3);
        }
        (void)try(s, sb_buf_bytes(&b));
    }
    sb_buf_free(&b);
}

static void bounds_hold(void **state)
{
    struct scene *s = *state;
    struct sb_proof_file p = sample();
    uint8_t *big = calloc(1, SB_PROOF_FILE_MAX + 1u);
    assert_non_null(big);
#define REFUSED(change)                                                                \
    do {                                                                               \
        p = sample();                                                                  \
        change;                                                                        \
        assert_true(try_file(s, &p) < 0);                                              \
    } while (0)
    REFUSED(p.seq = 0);
    REFUSED(p.seq = (uint64_t)INT64_MAX + 1);
    REFUSED(p.stream = sb_bytes_str("pnc"));
    REFUSED(p.n_item_path = 9);
    REFUSED(p.place.n_path = SB_PATH_NODES + 1);
    REFUSED(p.batch = sb_bytes(NULL, 0));
    REFUSED(p.place.leaf = sb_bytes(NULL, 0));
    REFUSED(p.n_directories = 0);
    REFUSED(directories[1] = sb_bytes(NULL, 0));
    REFUSED(p.event_key = sb_bytes(key, 31));
    REFUSED(p.class_name = sb_bytes_str("Not A Code"));
    REFUSED(p.order = sb_bytes_str(""));
    REFUSED(p.order = sb_bytes(memset(big, 'x', SB_REASON_MAX + 1), SB_REASON_MAX + 1));
    REFUSED(p.item = sb_bytes(big, SB_EVENT_MAX + 1));
    REFUSED(p.ciphertext = sb_bytes(big, SB_EVENT_MAX + 1));
    REFUSED(p.note = sb_bytes(big, SB_NOTE_MAX + 1));
#undef REFUSED
    p = sample();
    directories[0] = sb_bytes(big, 5u * SB_MIB);
    directories[1] = sb_bytes(big, 5u * SB_MIB);
    assert_int_equal(try_file(s, &p), SB_E_PROOF_FORM);
    assert_int_equal(try(s, sb_bytes(big, SB_PROOF_FILE_MAX + 1u)), SB_E_PROOF_FORM);
    p = sample();
    p.n_item_path = 8;
    p.place.n_path = SB_PATH_NODES;
    p.ciphertext = sb_bytes(NULL, 0);
    assert_int_equal(try_file(s, &p), 0);
    free(big);
}

static void what_is_no_proof_is_refused(void **state)
{
    struct scene *s = *state;
    assert_true(try(s, sb_bytes_str("{\"leafIdx\": 1}")) < 0);
    assert_true(try(s, sb_bytes_str("\x90")) < 0);
    assert_true(try(s, sb_bytes(NULL, 0)) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_value_of_every_byte_is_judged),
        cmocka_unit_test(random_changes_do_not_crash),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(what_is_no_proof_is_refused),
    };
    return cmocka_run_group_tests_name(
        "broker.bundle.proof_file", tests, setup, teardown);
}
