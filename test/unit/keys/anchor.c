/* keys.anchor: anchor.json there and back, its refusals, its words. */
#include <stdio.h>
#include <unistd.h>

#include "test/unit/keys/fixture.h"

struct place {
    struct world *w;
    char path[64];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->w = world_new();
    snprintf(p->path, sizeof p->path, "/tmp/sacbe-anchor-XXXXXX");
    int fd = mkstemp(p->path);
    assert_true(fd >= 0);
    close(fd);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    unlink(p->path);
    world_free(p->w);
    free(p);
    return 0;
}

static void an_anchor_comes_back(void **state)
{
    struct place *p = *state;
    const struct sb_anchor *a = &p->w->anchor;
    struct sb_anchor b = {0};
    assert_int_equal(sb_anchor_write(p->path, a, NULL), 0);
    assert_int_equal(sb_anchor_read(p->path, &b, NULL), 0);
    assert_string_equal(b.exchange, "sns");
    assert_string_equal(b.address, a->address);
    assert_string_equal(b.roots[2].holder, "Holder 2");
    assert_memory_equal(b.nonce, a->nonce, SB_NONCE);
    assert_memory_equal(b.curve_pk, a->curve_pk, SB_PK);
    assert_memory_equal(b.log_pk, a->log_pk, SB_PK);
    assert_int_equal(b.threshold, 2);
    assert_int_equal(b.n_roots, 3);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(b.roots[i].pk, a->roots[i].pk, SB_PK);
}

static void words_tell_anchors_apart(void **state)
{
    struct place *p = *state;
    char words[128];
    char other[128];
    struct sb_anchor a = p->w->anchor;
    sb_anchor_words(&a, words);
    assert_int_equal(strlen(words), 8 * 4 + 7);
    assert_int_equal(strspn(words, "0123456789 "), strlen(words));
    a.threshold = 1;
    sb_anchor_words(&a, other);
    assert_string_not_equal(words, other);
    a = p->w->anchor;
    a.roots[1].pk[0] ^= 1;
    sb_anchor_words(&a, other);
    assert_string_not_equal(words, other);
    a = p->w->anchor;
    a.address[6] = '9';
    sb_anchor_words(&a, other);
    assert_string_not_equal(words, other);
}

/* The written file with `from` replaced by `to`: the code that reading gives. */
static int read_changed(struct place *p, const char *from, const char *to)
{
    struct sb_buf file = {0};
    struct sb_buf changed = {0};
    struct sb_err err = {0};
    struct sb_anchor a;
    assert_int_equal(sb_anchor_write(p->path, &p->w->anchor, NULL), 0);
    assert_int_equal(sb_file_read(p->path, 65536, &file, NULL), 0);
    const uint8_t *at = memmem(file.p, file.n, from, strlen(from));
    assert_non_null(at);
    size_t before = (size_t)(at - file.p);
    sb_buf_put(&changed, file.p, before);
    sb_buf_str(&changed, to);
    sb_buf_put(&changed, at + strlen(from), file.n - before - strlen(from));
    assert_int_equal(sb_file_write(p->path, sb_buf_bytes(&changed), 0644, NULL), 0);
    int rc = sb_anchor_read(p->path, &a, &err);
    assert_int_equal(rc, err.code);
    sb_buf_free(&file);
    sb_buf_free(&changed);
    return rc;
}

static void odd_anchors_are_refused(void **state)
{
    struct place *p = *state;
    assert_int_equal(read_changed(p, "sacbe/anchor/1", "sacbe/anchor/2"), SB_E_TAG);
    assert_int_equal(read_changed(p, "\"address\"", "\"adress\""),
                     SB_E_CONFIG_UNKNOWN_KEY);
    assert_int_equal(read_changed(p, "\"holder\"", "\"owner\""),
                     SB_E_CONFIG_UNKNOWN_KEY);
    assert_int_equal(read_changed(p, "\"threshold\": 2", "\"threshold\": 4"),
                     SB_E_THRESHOLD);
    assert_int_equal(read_changed(p, "\"threshold\": 2", "\"threshold\": 0"),
                     SB_E_THRESHOLD);
    assert_int_equal(read_changed(p, "\"threshold\": 2", "\"threshold\": \"2\""),
                     SB_E_THRESHOLD);
    assert_int_equal(read_changed(p, "\"sns\"", "\"S N S\""), SB_E_CODE_FORM);
    assert_int_equal(read_changed(p, "\"nonce\": \"07", "\"nonce\": \""), SB_E_TYPE);
    assert_int_equal(read_changed(p, "{", "["), SB_E_CONFIG_SYNTAX);
    assert_int_equal(read_changed(p, "\"curve_key\": \"", "\"curve_key\": \"00"),
                     SB_E_BAD_KEY);
    char one[2 * SB_PK + 1];
    char two[2 * SB_PK + 1];
    sb_hex(one, p->w->anchor.roots[0].pk, SB_PK);
    sb_hex(two, p->w->anchor.roots[1].pk, SB_PK);
    assert_int_equal(read_changed(p, two, one), SB_E_DUPLICATE);
    sb_hex(one, p->w->anchor.log_pk, SB_PK);
    memset(two, '0', 2 * SB_PK);
    assert_int_equal(read_changed(p, one, two), SB_E_BAD_KEY);
    struct sb_anchor a;
    assert_int_equal(sb_anchor_read("/nonexistent/anchor.json", &a, NULL),
                     SB_E_NOT_FOUND);
}

#define ANCHOR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ANCHOR_TEST(an_anchor_comes_back),
        ANCHOR_TEST(words_tell_anchors_apart),
        ANCHOR_TEST(odd_anchors_are_refused),
    };
    return cmocka_run_group_tests_name("keys.anchor", tests, NULL, NULL);
}
