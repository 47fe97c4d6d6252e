/* keys.roots: the roots for publication there and back, typed wrongly, or hostile. */
#include "keys/roots.h"

#include <stdio.h>
#include <unistd.h>

#include "test/unit/keys/fixture.h"

struct place {
    struct world *w;
    struct sb_buf text; /* the good file */
    char path[64];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->w = world_new();
    sb_roots_write(&p->w->anchor, &p->text);
    assert_int_equal(sb_buf_check(&p->text, NULL), 0);
    snprintf(p->path, sizeof p->path, "/tmp/sacbe-roots-XXXXXX");
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
    sb_buf_free(&p->text);
    world_free(p->w);
    free(p);
    return 0;
}

static int read_bytes(struct place *p,
                      struct sb_bytes text,
                      struct sb_anchor *out,
                      struct sb_err *err)
{
    assert_int_equal(sb_file_write(p->path, text, 0644, NULL), 0);
    return sb_roots_read(p->path, out, err);
}

static bool names_line(const struct place *p, const struct sb_err *err, unsigned line)
{
    char start[96];
    int n = snprintf(start, sizeof start, "%s:%u: ", p->path, line);
    return strncmp(err->text, start, (size_t)n) == 0;
}

static void roots_come_back_sorted(void **state)
{
    struct place *p = *state;
    struct sb_anchor a;
    struct sb_buf again = {0};
    assert_int_equal(read_bytes(p, sb_buf_bytes(&p->text), &a, NULL), 0);
    assert_string_equal(a.exchange, "sns");
    assert_memory_equal(a.nonce, p->w->anchor.nonce, SB_NONCE);
    assert_int_equal(a.threshold, 2);
    assert_int_equal(a.n_roots, 3);
    for (size_t i = 0; i < 3; i++) {
        size_t k = 0;
        while (memcmp(a.roots[i].pk, p->w->anchor.roots[k].pk, SB_PK) != 0)
            k++;
        assert_string_equal(a.roots[i].holder, p->w->anchor.roots[k].holder);
        if (i > 0)
            assert_true(memcmp(a.roots[i - 1].pk, a.roots[i].pk, SB_PK) < 0);
    }
    assert_string_equal(a.address, "");
    sb_roots_write(&a, &again);
    assert_true(sb_bytes_eq(sb_buf_bytes(&again), sb_buf_bytes(&p->text)));
    sb_buf_free(&again);
}

static void an_anchor_serves_as_well(void **state)
{
    struct place *p = *state;
    struct sb_anchor a;
    struct sb_err err;
    assert_int_equal(sb_anchor_write(p->path, &p->w->anchor, NULL), 0);
    assert_int_equal(sb_roots_read(p->path, &a, NULL), 0);
    assert_int_equal(a.n_roots, 3);
    assert_memory_equal(a.log_pk, p->w->anchor.log_pk, SB_PK);
    assert_int_equal(read_bytes(p, sb_bytes_str("\n {\"form\": 1}"), &a, &err),
                     SB_E_TAG);
    assert_int_equal(sb_roots_read("/nonexistent/roots", &a, &err), SB_E_NOT_FOUND);
}

static void typed_by_hand_it_still_reads(void **state)
{
    struct place *p = *state;
    struct sb_anchor a;
    struct sb_buf typed = {0};
    sb_buf_str(&typed, "# published in the gazette\r\n\r\n   \t\n");
    for (size_t i = 0; i < p->text.n; i++) {
        if (p->text.p[i] == '\n')
            sb_buf_str(&typed, " \r\n\n# a remark\n  ");
        else
            sb_buf_byte(&typed, p->text.p[i]);
    }
    assert_int_equal(read_bytes(p, sb_buf_bytes(&typed), &a, NULL), 0);
    assert_int_equal(a.n_roots, 3);
    const uint8_t *key = memmem(p->text.p, p->text.n, "\nroot ", 6);
    assert_non_null(key);
    for (size_t i = (size_t)(key - p->text.p) + 6, n = i + 64; i < n; i++)
        if (p->text.p[i] >= 'a')
            p->text.p[i] = (uint8_t)(p->text.p[i] - 'a' + 'A');
    p->text.n--; /* no newline at the end */
    assert_int_equal(read_bytes(p, sb_buf_bytes(&p->text), &a, NULL), 0);
    assert_int_equal(a.n_roots, 3);
    sb_buf_free(&typed);
}

static void every_faulty_line_is_named(void **state)
{
    struct place *p = *state;
    static const struct {
        const char *from;
        const char *to;
        unsigned line;
    } rows[] = {{"sacbe roots 1", "sacbe roots 2", 1},
                {"sacbe roots 1\n", "", 1},
                {"exchange sns", "exchange S N S", 2},
                {"exchange sns", "exchange", 2},
                {"exchange sns\n", "", 2},
                {"exchange sns\n", "exchange sns\nexchange sns\n", 3},
                {"nonce 07", "nonce 0", 3},
                {"nonce 07", "nonce 0x", 3},
                {"nonce 07", "nonce 0707", 3},
                {"threshold 2", "threshold 0", 4},
                {"threshold 2", "threshold 02", 4},
                {"threshold 2", "threshold -1", 4},
                {"threshold 2", "threshold 99999999999999999999", 4},
                {"threshold 2", "threshold two", 4},
                {"threshold 2", "threshold 4", 7},
                {"threshold 2\n", "threshold 2\nthreshold 2\n", 5},
                {"root ", "rot ", 5},
                {"root ", "root 0", 5},
                {"root ", "root  # ", 5},
                {" Holder", "Holder", 5},
                {" Holder ", " \x01 ", 5},
                {" Holder ", " \xff ", 5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sb_anchor a;
        struct sb_err err = {0};
        struct sb_buf changed = {0};
        const uint8_t *at =
            memmem(p->text.p, p->text.n, rows[i].from, strlen(rows[i].from));
        assert_non_null(at);
        size_t before = (size_t)(at - p->text.p);
        sb_buf_put(&changed, p->text.p, before);
        sb_buf_str(&changed, rows[i].to);
        at += strlen(rows[i].from);
        sb_buf_put(&changed, at, p->text.n - (size_t)(at - p->text.p));
        assert_int_equal(read_bytes(p, sb_buf_bytes(&changed), &a, &err), SB_E_ROOTS);
        if (!names_line(p, &err, rows[i].line))
            fail_msg("%s for %s: %s", rows[i].to, rows[i].from, err.text);
        sb_buf_free(&changed);
    }
}

static void the_set_of_roots_is_sorted_and_bounded(void **state)
{
    struct place *p = *state;
    struct sb_anchor a;
    struct sb_err err;
    struct sb_buf text = {0};
    const uint8_t *first = memmem(p->text.p, p->text.n, "\nroot ", 6);
    assert_non_null(first);
    struct sb_bytes head = sb_bytes(p->text.p, (size_t)(first + 1 - p->text.p));
    struct sb_bytes roots = sb_bytes(first + 1, p->text.n - head.n);
    size_t line = roots.n / 3; /* holders are of one length */
    sb_buf_put(&text, head.p, head.n);
    assert_int_equal(read_bytes(p, sb_buf_bytes(&text), &a, &err), SB_E_ROOTS);
    sb_buf_put(&text, roots.p + line, line);
    sb_buf_put(&text, roots.p, line);
    assert_int_equal(read_bytes(p, sb_buf_bytes(&text), &a, &err), SB_E_ROOTS);
    assert_true(names_line(p, &err, 6));
    text.n = head.n;
    sb_buf_put(&text, roots.p, line);
    sb_buf_put(&text, roots.p, line);
    assert_int_equal(read_bytes(p, sb_buf_bytes(&text), &a, &err), SB_E_ROOTS);
    text.n = head.n;
    sb_buf_str(&text, "root ");
    for (size_t i = 0; i < 32; i++)
        sb_buf_str(&text, "00");
    sb_buf_str(&text, " Holder\n"); /* a point of low order */
    assert_int_equal(read_bytes(p, sb_buf_bytes(&text), &a, &err), SB_E_ROOTS);
    text.n = 0;
    for (size_t i = 0; i <= 64u * SB_KIB; i++)
        sb_buf_byte(&text, '#');
    assert_int_equal(read_bytes(p, sb_buf_bytes(&text), &a, &err), SB_E_LIMIT);
    sb_buf_free(&text);
}

static void any_bytes_end_in_an_answer(void **state)
{
    struct place *p = *state;
    struct sb_anchor a;
    struct sb_err err;
    uint32_t random = 1;
    for (size_t n = 0; n < p->text.n - 1; n++) {
        int rc = read_bytes(p, sb_bytes(p->text.p, n), &a, &err);
        if (rc != 0)
            assert_int_equal(rc, SB_E_ROOTS);
        else /* all keys are there; the last holder's name is cut */
            assert_int_equal(a.n_roots, n + 79 > p->text.n ? 3 : 2);
    }
    for (size_t i = 0; i < 2000; i++) {
        struct sb_buf text = {0};
        sb_buf_put(&text, p->text.p, p->text.n);
        for (size_t k = 0; k < 3; k++) {
            random = random * 1664525u + 1013904223u;
            text.p[(random >> 8) % text.n] = (uint8_t)random;
        }
        int rc = read_bytes(p, sb_buf_bytes(&text), &a, &err);
        assert_true(rc == 0 || rc == SB_E_ROOTS || rc == SB_E_CONFIG_SYNTAX);
        sb_buf_free(&text);
    }
}

static void a_holder_cannot_write_lines(void **state)
{
    struct place *p = *state;
    struct sb_anchor a = p->w->anchor;
    struct sb_anchor b;
    snprintf(a.roots[0].holder, SB_NAME_MAX, "A\nthreshold 1\n#\x7f");
    sb_buf_reset(&p->text);
    sb_roots_write(&a, &p->text);
    assert_int_equal(read_bytes(p, sb_buf_bytes(&p->text), &b, NULL), 0);
    assert_int_equal(b.threshold, 2);
    assert_non_null(memmem(p->text.p, p->text.n, " A threshold 1 # \n", 18));
}

#define ROOTS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOTS_TEST(roots_come_back_sorted),
        ROOTS_TEST(an_anchor_serves_as_well),
        ROOTS_TEST(typed_by_hand_it_still_reads),
        ROOTS_TEST(every_faulty_line_is_named),
        ROOTS_TEST(the_set_of_roots_is_sorted_and_bounded),
        ROOTS_TEST(any_bytes_end_in_an_answer),
        ROOTS_TEST(a_holder_cannot_write_lines),
    };
    return cmocka_run_group_tests_name("keys.roots", tests, NULL, NULL);
}
