/* fuzz.core: the broker's core, whole. Each byte of the input is what happens next:
 * what an honest exchange does (test/unit/broker_core/play.c, which checks all that its
 * publisher and readers hear), and what nobody should: see core_rogue.c. At the end
 * everybody comes back, and nothing was lost, nothing came twice, no credit was passed,
 * nothing went to a class that is not granted, and little is remembered. */
#include "test/fuzz/core_rogue.h"

#include <stdio.h>

#include "test/fuzz/fuzz.h"

static void room(struct play *g, bool low)
{
    struct sb_input in = {.kind = SB_IN_ROOM};
    g->was_low = g->was_low || low;
    in.as.room.low = low;
    in.as.room.retry_ms = 1000;
    sim_step(g->sim, &in);
}

static void directory(struct play *g)
{
    struct sb_input in = {.kind = SB_IN_DIRECTORY};
    if (g->sim->world->dir.version > 8)
        return;
    g->sim->world->dir.freshness += 1000;
    g->sim->world->dir.issued = g->sim->now;
    world_publish(g->sim->world);
    in.as.operator_record.record = sb_dir_record(sb_trust_newest(g->sim->world->trust));
    sim_step(g->sim, &in);
}

/* A stop ends in a new start, as it does for a daemon. */
static void stop(struct play *g)
{
    struct sb_input in = {.kind = SB_IN_STOP};
    sim_step(g->sim, &in);
    sim_settle(g->sim);
    play_crash(g);
}

static void seldom(struct play *g, uint32_t what)
{
    if (what == 0)
        stop(g);
    else if (what == 1)
        play_clock(g);
    else
        directory(g);
}

static void step(struct play *g, struct rogue *r)
{
    uint32_t what = play_dice(g, 16);
    if (what < 10)
        play_roll(g);
    else if (what < 14)
        rogue_roll(r, g);
    else if (what == 14)
        room(g, play_dice(g, 2) == 0);
    else
        seldom(g, play_dice(g, 4));
    rogue_judge(r, g);
}

/* Batches of the stream stand in the journal once, in order, without a hole. */
static void journal_is_dense(const struct sim *s)
{
    uint64_t last = 0;
    for (size_t i = 0; i < s->n_entries; i++) {
        const struct sb_append *a = &s->entries[i].a;
        if (a->kind != SB_KIND_BATCH)
            continue;
        fuzz_must(sb_bytes_is(a->stream, SIM_STREAM), "nobody else published");
        fuzz_must(a->first == last + 1 && a->last >= a->first, "no hole, no repeat");
        last = a->last;
    }
}

static void one(struct sb_bytes in)
{
    static struct play g; /* large */
    struct rogue r = {0};
    uint8_t seed = fuzz_byte(&in);
    fuzz_random(7);
    play_begin(&g, seed);
    g.scripted = true;
    g.script = in;
    for (int i = 0; g.script.n > 0 && i < STEPS; i++)
        step(&g, &r);
    g.scripted = false;
    room(&g, false);
    play_finish(&g);
    journal_is_dense(g.sim);
    rogue_end(&r, &g);
    play_end(&g);
}

static void seeds(struct fuzz_seeds *to)
{
    uint8_t script[240];
    for (uint8_t k = 0; k < 6; k++) {
        char name[16];
        uint32_t x = 2654435761u * (k + 1u);
        for (size_t i = 0; i < sizeof script; i++) {
            x = x * 1664525u + 1013904223u;
            script[i] = (uint8_t)(x >> 24);
        }
        script[0] = k;
        snprintf(name, sizeof name, "schedule-%u", k);
        fuzz_seed(to, name, sb_bytes(script, 40u + 40u * k));
    }
}

const struct fuzz_target fuzz_target = {
    .name = "core", .one = one, .seeds = seeds, .longest = 1024, .mutations = 200};
