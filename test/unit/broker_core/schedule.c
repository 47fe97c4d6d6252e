/* broker.core.schedule: thousands of random schedules. Whatever the order of commits,
 * answers, disconnections, crashes and resends: nothing is lost, nothing comes twice in
 * a session, nothing passes the credit, nothing goes to a class that is not granted.
 * In every third the broker's clock is wrong at times: nothing is dated by it.
 * In every fourth the publisher has a quota: it waits as told, and readers never are.
 * Among cosignatures, withdrawals, heads and prunes every proof holds, no false line is
 * kept (sim_evidence.c, play_evidence.c) and the final checkpoint never shrinks. */
#include "test/unit/broker_core/play.h"

#define SCHEDULES 1000

/* No entry is dated before the one behind it, nor by a clock that was wrong by more
 * than a day. */
static void dates_are_right(const struct sim *s, uint64_t begun)
{
    uint64_t last = begun;
    for (size_t i = 0; i < s->n_entries; i++) {
        uint64_t stored = sim_stored_ms(s, i);
        assert_in_range(stored, last, s->now);
        last = stored;
    }
}

static size_t one_schedule(uint32_t seed)
{
    struct play g;
    play_begin(&g, seed);
    for (int i = 0; i < STEPS; i++) {
        play_roll(&g);
        if (seed % 3 == 0 && play_dice(&g, 16) == 0)
            play_clock(&g);
    }
    dates_are_right(g.sim, NOW);
    play_finish(&g);
    play_end(&g);
    return g.n_held;
}

static void nothing_is_lost_and_nothing_comes_twice(void **state)
{
    (void)state;
    size_t held = 0;
    for (uint32_t seed = 1; seed <= SCHEDULES; seed++)
        held += one_schedule(seed);
    assert_true(held > SCHEDULES); /* quotas were met often */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_and_nothing_comes_twice),
    };
    return cmocka_run_group_tests_name("broker.core.schedule", tests, NULL, NULL);
}
