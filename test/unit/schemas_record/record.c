/* schemas.record: every record there and back.
 *
 * Each sample is read and written again; cut everywhere; given a byte too many; and
 * changed in every byte, where a reader must refuse or have understood exactly those
 * bytes. */
#include "test/unit/schemas_record/samples.h"

static void every_record_comes_back(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < KINDS; i++) {
        bench_make(b, &kinds[i]);
        assert_int_equal(bench_again(b, &kinds[i], sb_buf_bytes(&b->in)), 0);
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
        bench_make(b, &kinds[i]);
        for (size_t n = 0; n < b->in.n; n++) {
            uint8_t *exact = malloc(n + 1); /* so that asan sees reading past the end */
            assert_non_null(exact);
            memcpy(exact, b->in.p, n);
            assert_int_not_equal(bench_again(b, &kinds[i], sb_bytes(exact, n)), 0);
            free(exact);
        }
        sb_buf_byte(&b->in, 0);
        assert_int_equal(bench_again(b, &kinds[i], sb_buf_bytes(&b->in)),
                         SB_E_TRAILING);
    }
}

static void every_changed_byte_is_understood_or_refused(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < KINDS; i++) {
        bench_make(b, &kinds[i]);
        for (size_t at = 0; at < b->in.n; at++)
            for (unsigned to = 0; to < 256; to++) {
                uint8_t was = b->in.p[at];
                b->in.p[at] = (uint8_t)to;
                if (bench_again(b, &kinds[i], sb_buf_bytes(&b->in)) == 0 &&
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
        bench_make(b, &kinds[i]);
        for (size_t k = 0; k < KINDS; k++)
            if (k != i)
                assert_int_not_equal(bench_again(b, &kinds[k], sb_buf_bytes(&b->in)),
                                     0);
    }
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
    assert_int_equal(sb_kind_from_tag(S("sacbe/prune/1")), SB_KIND_PRUNE);
    assert_int_equal(sb_kind_from_tag(S("sacbe/withdraw/1")), SB_KIND_PRUNE);
    assert_int_equal(sb_kind_from_tag(S("sacbe/act/1")), SB_KIND_ACT);
    assert_string_equal(sb_kind_text(SB_KIND_PRUNE), "prune");
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
    assert_int_equal(bench_again(b, &kinds[CATALOGUE], sb_buf_bytes(&b->in)), SB_E_TAG);
}

#define RECORD_TEST(name)                                                              \
    cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORD_TEST(every_record_comes_back),
        RECORD_TEST(every_cut_and_every_addition_is_refused),
        RECORD_TEST(every_changed_byte_is_understood_or_refused),
        RECORD_TEST(a_record_is_not_another),
        RECORD_TEST(kinds_have_texts_and_tags),
        RECORD_TEST(a_manifest_is_the_catalogue_without_contents),
    };
    return cmocka_run_group_tests_name("schemas.record", tests, NULL, NULL);
}
