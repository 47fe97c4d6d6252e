/* broker.host.log: lines, escaping, levels, and the limit of repeated codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker/host/log.h"
#include "schemas/base/text.h"

struct lines {
    struct sb_buf last;
    size_t count;
    uint64_t now_ms;
};

static void keep(void *ctx, struct sb_bytes line)
{
    struct lines *l = ctx;
    sb_buf_reset(&l->last);
    sb_buf_put(&l->last, line.p, line.n);
    l->count++;
}

static uint64_t given_clock(void *ctx)
{
    const struct lines *l = ctx;
    return l->now_ms;
}

static void last_is(const struct lines *l, const char *text)
{
    if (!sb_bytes_is(sb_buf_bytes(&l->last), text))
        fail_msg("\"%.*s\"", SB_FMT(sb_buf_bytes(&l->last)));
}

static void a_line_is_level_module_and_fields(void **state)
{
    (void)state;
    struct lines l = {.now_ms = 1};
    struct sb_log *log = sb_log_new(SB_LOG_INFO, keep, &l);
    sb_log(log,
           SB_LOG_WARNING,
           "broker",
           SB_LOG_TEXT("event", "refused"),
           SB_LOG_CODE(SB_E_GAP),
           SB_LOG_TEXT("peer", "pnc"),
           SB_LOG_U64("seq", UINT64_MAX),
           SB_LOG_INT("off", -3));
    last_is(&l,
            "warning broker event=refused code=SB-509 name=gap peer=pnc "
            "seq=18446744073709551615 off=-3");
    struct sb_err err = {0};
    sb_fail(&err, SB_E_IO, "a disk is gone");
    sb_log(log, SB_LOG_ERROR, "journal", SB_LOG_ERR(&err));
    last_is(&l, "error journal code=SB-102 name=io text=\"a disk is gone\"");
    sb_log(log, SB_LOG_DEBUG, "x", SB_LOG_TEXT("a", "b"));
    assert_int_equal(l.count, 2);
    sb_log_free(log);
    sb_buf_free(&l.last);
}

static void no_value_can_forge_a_line(void **state)
{
    (void)state;
    struct lines l = {0};
    struct sb_log *log = sb_log_new(SB_LOG_INFO, keep, &l);
    sb_log(log,
           SB_LOG_INFO,
           "m",
           SB_LOG_TEXT("a", "x\nerror broker peer=y"),
           SB_LOG_TEXT("b", "say \"hi\\\""),
           SB_LOG_TEXT("c", "Petén"),
           SB_LOG_TEXT("d", "\xff\xc2\x85\x1b[2J"),
           SB_LOG_TEXT("e", ""),
           SB_LOG_TEXT("f", NULL),
           SB_LOG_BYTES("g", sb_bytes("\0z", 2)));
    last_is(&l,
            "info m a=\"x\\x0aerror broker peer=y\" b=\"say \\\"hi\\\\\\\"\" c=Petén "
            "d=\"\\xff\\xc2\\x85\\x1b[2J\" e=\"\" f=\"\" g=\"\\x00z\"");
    char huge[2 * SB_LOG_LINE_MAX];
    for (size_t i = 0; i + 1 < sizeof huge; i += 2)
        memcpy(huge + i, "\xc3\xa9", 2);
    huge[sizeof huge - 2] = '\0';
    sb_log(log, SB_LOG_INFO, "m", SB_LOG_TEXT("a", huge));
    assert_true(l.last.n <= SB_LOG_LINE_MAX);
    assert_true(sb_text_valid(sb_buf_bytes(&l.last)));
    sb_log_free(log);
    sb_buf_free(&l.last);
}

static void repeated_codes_are_limited(void **state)
{
    (void)state;
    struct lines l = {.now_ms = 5000};
    struct sb_log *log = sb_log_new(SB_LOG_INFO, keep, &l);
    sb_log_set_clock(log, given_clock, &l);
    for (int i = 0; i < 1000; i++)
        sb_log(log, SB_LOG_WARNING, "io", SB_LOG_CODE(SB_E_MALFORMED));
    assert_int_equal(l.count, SB_LOG_BURST);
    sb_log(log, SB_LOG_WARNING, "io", SB_LOG_CODE(SB_E_IDENTITY));
    sb_log(log, SB_LOG_WARNING, "io", SB_LOG_TEXT("event", "without a code"));
    assert_int_equal(l.count, SB_LOG_BURST + 2);
    l.now_ms += SB_LOG_PERIOD_MS;
    sb_log(log, SB_LOG_WARNING, "io", SB_LOG_CODE(SB_E_MALFORMED));
    last_is(&l, "warning io code=SB-501 name=malformed suppressed=980");
    sb_log(log, SB_LOG_WARNING, "io", SB_LOG_CODE(SB_E_MALFORMED));
    assert_int_equal(l.count, SB_LOG_BURST + 3);
    l.now_ms += 2 * SB_LOG_PERIOD_MS;
    sb_log(log, SB_LOG_WARNING, "io", SB_LOG_CODE(SB_E_MALFORMED));
    l.now_ms += SB_LOG_PERIOD_MS;
    for (int i = 0; i < 100; i++)
        sb_log(log, SB_LOG_WARNING, "io", SB_LOG_CODE(SB_E_MALFORMED));
    assert_int_equal(l.count, SB_LOG_BURST + 4 + SB_LOG_BURST);
    sb_log_free(log);
    sb_buf_free(&l.last);
}

/* Who floods the log does not hide what another did. */
static void each_institution_has_its_own_limit(void **state)
{
    (void)state;
    struct lines l = {.now_ms = 1000};
    struct sb_log *log = sb_log_new(SB_LOG_INFO, keep, &l);
    sb_log_set_clock(log, given_clock, &l);
    for (int i = 0; i < 1000; i++)
        sb_log(log,
               SB_LOG_WARNING,
               "core",
               SB_LOG_CODE(SB_E_MALFORMED),
               SB_LOG_TEXT("institution", "pnc"));
    assert_int_equal(l.count, SB_LOG_BURST);
    sb_log(log,
           SB_LOG_WARNING,
           "core",
           SB_LOG_CODE(SB_E_MALFORMED),
           SB_LOG_TEXT("institution", "igm"));
    last_is(&l, "warning core code=SB-501 name=malformed institution=igm");
    size_t before = l.count;
    for (int i = 0; i < 2000; i++) { /* more than are counted at once: they share */
        char who[16];
        snprintf(who, sizeof who, "i%d", i);
        sb_log(log,
               SB_LOG_WARNING,
               "core",
               SB_LOG_CODE(SB_E_MALFORMED),
               SB_LOG_TEXT("institution", who));
    }
    assert_in_range(l.count - before, 254, 254 + SB_LOG_BURST);
    l.now_ms += SB_LOG_PERIOD_MS;
    sb_log(log,
           SB_LOG_WARNING,
           "core",
           SB_LOG_CODE(SB_E_MALFORMED),
           SB_LOG_TEXT("institution", "pnc"));
    last_is(&l,
            "warning core code=SB-501 name=malformed institution=pnc suppressed=980");
    sb_log_free(log);
    sb_buf_free(&l.last);
}

/* A counter that is given to another code says what it kept back. */
static void nothing_suppressed_is_forgotten(void **state)
{
    (void)state;
    struct lines l = {.now_ms = 1000};
    struct sb_log *log = sb_log_new(SB_LOG_INFO, keep, &l);
    sb_log_set_clock(log, given_clock, &l);
    for (int i = 0; i < 100; i++)
        sb_log(log,
               SB_LOG_WARNING,
               "core",
               SB_LOG_CODE(SB_E_GAP),
               SB_LOG_TEXT("institution", "pnc"));
    l.now_ms += 2 * SB_LOG_PERIOD_MS;
    for (int i = 0; i < 255; i++) {
        char who[16];
        snprintf(who, sizeof who, "i%d", i);
        sb_log(log,
               SB_LOG_WARNING,
               "core",
               SB_LOG_CODE(SB_E_MALFORMED),
               SB_LOG_TEXT("institution", who));
    }
    size_t before = l.count;
    sb_log(log,
           SB_LOG_WARNING,
           "core",
           SB_LOG_CODE(SB_E_FENCED),
           SB_LOG_TEXT("institution", "last"));
    assert_int_equal(l.count, before + 2);
    sb_log_free(log);
    sb_buf_free(&l.last);
}

static void without_a_handle_lines_go_to_standard_error(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int kept = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    sb_log(NULL, SB_LOG_INFO, "m", SB_LOG_TEXT("a", "b"));
    sb_log(NULL, SB_LOG_DEBUG, "m", SB_LOG_TEXT("a", "hidden"));
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(ends[1]);
    char text[64] = {0};
    assert_int_equal(read(ends[0], text, sizeof text - 1), 11);
    assert_string_equal(text, "info m a=b\n");
    close(ends[0]);
}

static void *write_many(void *arg)
{
    struct sb_log *log = arg;
    for (unsigned i = 0; i < 500; i++)
        sb_log(log,
               SB_LOG_WARNING,
               "thread",
               SB_LOG_CODE(i % 2 ? SB_E_GAP : SB_E_FENCED),
               SB_LOG_U64("i", i));
    return NULL;
}

static void threads_share_a_log(void **state)
{
    (void)state;
    struct lines l = {.now_ms = 1};
    struct sb_log *log = sb_log_new(SB_LOG_INFO, keep, &l);
    sb_log_set_clock(log, given_clock, &l);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, log), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(l.count, 2 * SB_LOG_BURST);
    sb_log_free(log);
    sb_buf_free(&l.last);
}

static void levels_are_parsed(void **state)
{
    (void)state;
    enum sb_log_level level = SB_LOG_ERROR;
    assert_true(sb_log_level_parse("debug", &level));
    assert_int_equal(level, SB_LOG_DEBUG);
    assert_false(sb_log_level_parse("loud", &level));
    sb_log_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_level_module_and_fields),
        cmocka_unit_test(no_value_can_forge_a_line),
        cmocka_unit_test(repeated_codes_are_limited),
        cmocka_unit_test(each_institution_has_its_own_limit),
        cmocka_unit_test(nothing_suppressed_is_forgotten),
        cmocka_unit_test(without_a_handle_lines_go_to_standard_error),
        cmocka_unit_test(threads_share_a_log),
        cmocka_unit_test(levels_are_parsed),
    };
    return cmocka_run_group_tests_name("broker.host.log", tests, NULL, NULL);
}
