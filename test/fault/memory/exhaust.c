/* Purpose: run a scenario once for every allocation that it makes. */
#include "test/fault/memory/exhaust.h"

#include <jansson.h>
#include <stdio.h>

#define SAMPLED 60u /* runs of a long scenario, unless SACBE_FAULT is full */
#define MANY 20000u /* a scenario with more would take too long */

static bool says_it(const struct exhaust_scenario *s, int rc)
{
    bool says = rc == SB_E_MEMORY;
    for (const int *also = s->also; also && *also; also++)
        says = says || rc == *also;
    return says;
}

/* One run; whether the n-th allocation was reached. */
static bool once(const struct exhaust_scenario *s, void *ctx, size_t nth, bool on)
{
    struct sb_err err = {0};
    if (s->begin)
        s->begin(ctx);
    exhaust_arm(nth, on);
    int rc = s->run(ctx, &err);
    size_t n = exhaust_disarm();
    bool failed = exhaust_failed();
    const char *mode = on ? "and all after it" : "alone";
    if (rc != 0 && !failed)
        fail_msg("%s fails by itself: %d %s", s->name, rc, err.text);
    if (rc != 0 && (!says_it(s, rc) || err.code != rc || !err.text[0]))
        fail_msg("%s: allocation %zu of %zu %s failed, and it says %d (%d) \"%s\"",
                 s->name,
                 nth,
                 n,
                 mode,
                 rc,
                 err.code,
                 err.text);
    if (s->judge)
        s->judge(ctx, rc);
    if (s->end)
        s->end(ctx);
    return failed;
}

/* A line of the table in test/fault/README.md. */
static void row(const char *name, size_t n, size_t step)
{
    const char *folder = getenv("SACBE_FAULTS");
    char path[512];
    if (!folder)
        return;
    snprintf(path, sizeof path, "%s/memory-exhausted.row", folder);
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fprintf(
        f,
        "memory exhausted: %s\tallocation 1 to %zu fails (every %zu), alone and with "
        "all after it\t-\t0\t0\t-\ta clean error; what was kept is as it was or "
        "whole\n",
        name,
        n,
        step);
    assert_int_equal(fclose(f), 0);
}

bool exhaust_full(void)
{
    const char *size = getenv("SACBE_FAULT");
    return size && strcmp(size, "full") == 0;
}

void exhaust_each(const struct exhaust_scenario *s, void *ctx)
{
    size_t n = 0;
    size_t step = 1;
    json_set_alloc_funcs(exhaust_spare, free);
    (void)once(s, ctx, 0, false); /* what is made once in a process */
    size_t most = s->most ? s->most : SAMPLED;
    if (exhaust_full())
        most = s->most_full ? s->most_full : MANY;
    if (exhaust_disarm() > most)
        step = exhaust_disarm() / most;
    for (int on = 0; on <= 1; on++) {
        for (n = 1; once(s, ctx, n, on); n += step)
            assert_true(n < MANY);
    }
    print_message("%s: %zu allocations, every %zu\n", s->name, n - 1, step);
    row(s->name, n - 1, step);
}
