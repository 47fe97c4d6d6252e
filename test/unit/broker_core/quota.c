/* broker.core.quota: the codes of limits, and the bucket under random schedules: over
 * any time it lets through its rate, its burst and one message, and never starves. */
#include "broker/core/quota.h"

#include "test/unit/keys/fixture.h"

#define SEEDS 400

static uint32_t dice(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % n;
}

static void codes_are_general_or_of_one_institution(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        bool good;
        enum sb_quota quota;
        const char *who;
    } rows[] = {{"events_s", true, SB_QUOTA_EVENTS, ""},
                {"events_s.pnc", true, SB_QUOTA_EVENTS, "pnc"},
                {"bytes_s.a.b", true, SB_QUOTA_BYTES, "a.b"},
                {"journal_bytes.x", true, SB_QUOTA_JOURNAL, "x"},
                {"connections", true, SB_QUOTA_CONNECTIONS, ""},
                {"events_s.", false, SB_QUOTA_EVENTS, ""},
                {"events_second", false, SB_QUOTA_EVENTS, ""},
                {"events", false, SB_QUOTA_EVENTS, ""},
                {"", false, SB_QUOTA_EVENTS, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum sb_quota quota = SB_QUOTAS;
        struct sb_bytes who = sb_bytes(NULL, 0);
        bool good = sb_quota_parse(sb_bytes_str(rows[i].code), &quota, &who);
        assert_int_equal(good, rows[i].good);
        if (!good)
            continue;
        assert_int_equal(quota, rows[i].quota);
        assert_true(sb_bytes_is(who, rows[i].who));
    }
}

static void an_institutions_own_limit_counts(void **state)
{
    (void)state;
    struct sb_limit limits[] = {{sb_bytes_str("another"), 7},
                                {sb_bytes_str("events_s"), 100},
                                {sb_bytes_str("events_s.igm"), 0},
                                {sb_bytes_str("events_s.pnc"), 500}};
    struct sb_directory d = {.limits = limits, .n_limits = 4};
    assert_int_equal(sb_quota_limit(&d, SB_QUOTA_EVENTS, sb_bytes_str("pnc")), 500);
    assert_int_equal(sb_quota_limit(&d, SB_QUOTA_EVENTS, sb_bytes_str("igm")), 0);
    assert_int_equal(sb_quota_limit(&d, SB_QUOTA_EVENTS, sb_bytes_str("mp")), 100);
    assert_int_equal(sb_quota_limit(&d, SB_QUOTA_BYTES, sb_bytes_str("pnc")), 0);
}

/* What was told is true to the millisecond: then it may, and not one earlier. */
static void the_wait_is_exact(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= SEEDS; n++) {
        uint32_t seed = n * 2654435761u;
        uint64_t rate = 1 + dice(&seed, 5000);
        uint64_t now = dice(&seed, 1000000);
        struct sb_bucket b = {0};
        for (int i = 0; i < 60; i++) {
            uint64_t amount = 1 + dice(&seed, 600);
            bool urgent = dice(&seed, 4) == 0;
            sb_bucket_fill(&b, rate, now);
            uint64_t wait = sb_bucket_wait(&b, amount, urgent);
            if (wait) {
                struct sb_bucket early = b;
                sb_bucket_fill(&early, rate, now + wait - 1);
                assert_true(sb_bucket_wait(&early, amount, urgent) > 0);
            }
            now += wait;
            sb_bucket_fill(&b, rate, now);
            assert_int_equal(sb_bucket_wait(&b, amount, urgent), 0);
            sb_bucket_take(&b, amount);
            now += dice(&seed, 3) ? 0 : dice(&seed, 3000);
        }
    }
}

static void no_more_than_the_rate_passes(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= SEEDS; n++) {
        uint32_t seed = n * 2246822519u;
        uint64_t rate = 1 + dice(&seed, 3000);
        uint64_t start = dice(&seed, 1000);
        uint64_t now = start;
        uint64_t passed = 0;
        struct sb_bucket b = {0};
        for (int i = 0; i < 300; i++) {
            uint64_t amount = 1 + dice(&seed, 256);
            sb_bucket_fill(&b, rate, now);
            if (sb_bucket_wait(&b, amount, dice(&seed, 2)) == 0) {
                sb_bucket_take(&b, amount);
                passed += amount;
            }
            uint64_t may = rate * SB_BUCKET_SECONDS + rate * (now - start) / 1000 + 256;
            assert_true(passed <= may);
            now += dice(&seed, 200);
        }
    }
}

/* A back-fill that takes all that it may leaves room for an alert at any moment. */
static void what_is_urgent_finds_the_reserve(void **state)
{
    (void)state;
    struct sb_bucket b = {0};
    uint64_t now = 5;
    sb_bucket_fill(&b, 1000, now);
    for (int i = 0; i < 2000; i++) {
        while (sb_bucket_wait(&b, 100, false) == 0)
            sb_bucket_take(&b, 100);
        assert_int_equal(sb_bucket_wait(&b, 256, true), 0);
        now += 37;
        sb_bucket_fill(&b, 1000, now);
    }
}

static void extremes_do_not_overflow(void **state)
{
    (void)state;
    struct sb_bucket b = {0};
    sb_bucket_fill(&b, UINT64_MAX, 0);
    assert_int_equal(sb_bucket_wait(&b, UINT64_MAX, false), 0);
    for (int i = 0; i < 2000; i++)
        sb_bucket_take(&b, UINT64_MAX);
    assert_true(sb_bucket_wait(&b, 1, true) > 0);
    sb_bucket_fill(&b, 1, UINT64_MAX);
    sb_bucket_fill(&b, UINT64_MAX, UINT64_MAX);
    sb_bucket_fill(&b, 1, 0); /* a clock that goes back gives nothing */
    (void)sb_bucket_wait(&b, UINT64_MAX, true);
    struct sb_bucket slow = {0};
    sb_bucket_fill(&slow, 1, 0);
    sb_bucket_take(&slow, 256);
    assert_int_equal(sb_bucket_wait(&slow, 1, true), 247000);
    sb_bucket_fill(&slow, 1, 247000);
    assert_int_equal(sb_bucket_wait(&slow, 1, true), 0);
}

static void a_new_rate_keeps_the_share(void **state)
{
    (void)state;
    struct sb_bucket b = {0};
    sb_bucket_fill(&b, 100, 0);
    sb_bucket_take(&b, 500); /* half of it */
    sb_bucket_fill(&b, 10, 0);
    assert_int_equal(sb_bucket_wait(&b, 50, true), 0);
    assert_true(sb_bucket_wait(&b, 51, true) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_general_or_of_one_institution),
        cmocka_unit_test(an_institutions_own_limit_counts),
        cmocka_unit_test(the_wait_is_exact),
        cmocka_unit_test(no_more_than_the_rate_passes),
        cmocka_unit_test(what_is_urgent_finds_the_reserve),
        cmocka_unit_test(extremes_do_not_overflow),
        cmocka_unit_test(a_new_rate_keeps_the_share),
    };
    return cmocka_run_group_tests_name("broker.core.quota", tests, NULL, NULL);
}
