/* Purpose: what each institution has had of its share, and how long the disk lasts, as
 * an operator is told; what is looked at from time to time for that.
 * Invariant: looks only; a count that cannot be saved is counted again.
 * Not: limits (broker/core/share.c), the disk itself (room.c). */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/io/use.h"
#include "broker/io/verbs.h"

#define GROWTH_MS 60000u
#define SAVE_MS 600000u

static uint64_t generation_of(const struct sb_broker *b)
{
    return sb_dir_body(sb_trust_newest(sb_core_trust(b->core)))->generation;
}

static uint64_t used(const struct sb_broker *b)
{
    uint64_t file = sb_use_file(b->config->journal);
    return file > b->room_seen.reusable ? file - b->room_seen.reusable : 0;
}

void sb_broker_use_save(struct sb_broker *b)
{
    struct sb_err why;
    if (!b->core || !b->use_watched || b->committed != b->accepted)
        return;
    if (sb_use_save(b->config->journal, b->core, generation_of(b), &why) != 0)
        sb_log(b->config->log, SB_LOG_INFO, "use", SB_LOG_ERR(&why));
}

void sb_broker_use_tick(struct sb_broker *b, uint64_t mono)
{
    if (!b->use_watched || mono - b->growth_mono >= GROWTH_MS) {
        b->growth_mono = mono;
        sb_forecast_add(&b->growth, mono, used(b));
    }
    if (!b->use_watched || mono - b->use_mono >= SAVE_MS) {
        b->use_watched = true;
        b->use_mono = mono;
        sb_broker_use_save(b);
    }
}

/* Resident memory of this process; 0: unknown. */
static uint64_t resident(void)
{
    char line[128];
    char *here = NULL;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return 0;
    if (!fgets(line, sizeof line, f))
        line[0] = '\0';
    (void)fclose(f);
    (void)strtoull(line, &here, 10); /* of addresses; the resident pages come second */
    return strtoull(here, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static struct sb_value
refusals(const struct sb_share_info *s, struct sb_arena *arena, bool *good)
{
    struct sb_value list = {.type = SB_ARRAY};
    for (size_t i = 0; i < s->n_refusals; i++) {
        struct sb_value row = {.type = SB_MAP};
        uint64_t code = (uint64_t)sb_code_number(s->refusals[i].code);
        sb_verb_put(&row, "code", sb_verb_count(code), arena, good);
        sb_verb_put(&row, "n", sb_verb_count(s->refusals[i].n), arena, good);
        *good = *good && sb_value_push(&list, row, arena);
    }
    return list;
}

static uint64_t refused_quota(const struct sb_share_info *s)
{
    for (size_t i = 0; i < s->n_refusals; i++)
        if (s->refusals[i].code == SB_E_QUOTA)
            return s->refusals[i].n;
    return 0;
}

static struct sb_value
share(const struct sb_share_info *s, struct sb_arena *arena, bool *good)
{
    const struct {
        const char *key;
        uint64_t n;
    } numbers[] = {{"connections", s->connections},
                   {"connections_limit", s->limits[SB_QUOTA_CONNECTIONS]},
                   {"events", s->events},
                   {"events_s", s->events_rate},
                   {"events_s_limit", s->limits[SB_QUOTA_EVENTS]},
                   {"bytes", s->bytes},
                   {"bytes_s", s->bytes_rate},
                   {"bytes_s_limit", s->limits[SB_QUOTA_BYTES]},
                   {"journal_bytes", s->journal_bytes},
                   {"journal_bytes_limit", s->limits[SB_QUOTA_JOURNAL]},
                   {"refused_quota", refused_quota(s)}};
    struct sb_value row = {.type = SB_MAP};
    sb_verb_put(&row, "institution", sb_value_text(s->institution), arena, good);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sb_verb_put(&row, numbers[i].key, sb_verb_count(numbers[i].n), arena, good);
    sb_verb_put(&row, "refusals", refusals(s, arena, good), arena, good);
    return row;
}

void sb_verb_put_limits(const struct sb_broker *b,
                        const struct sb_core_status *st,
                        struct sb_value *map,
                        struct sb_arena *arena,
                        bool *good)
{
    struct sb_value list = {.type = SB_ARRAY};
    uint64_t now = used(b);
    uint64_t growth = sb_forecast_growth(&b->growth, b->config->mono_ms(), now);
    uint64_t days = sb_forecast_days(b->room_seen.free + b->room_seen.reusable, growth);
    for (size_t i = 0; i < st->n_shares; i++)
        *good =
            *good && sb_value_push(&list, share(&st->shares[i], arena, good), arena);
    sb_verb_put(map, "limits", list, arena, good);
    sb_verb_put(map, "journal_used", sb_verb_count(now), arena, good);
    sb_verb_put(map, "queue_bytes", sb_verb_count(b->queued), arena, good);
    sb_verb_put(map, "memory_bytes", sb_verb_count(resident()), arena, good);
    if (growth == 0)
        return; /* nothing grew, or not watched for long enough */
    sb_verb_put(map, "journal_growth", sb_verb_count(growth), arena, good);
    sb_verb_put(map, "disk_days", sb_verb_count(days), arena, good);
}
