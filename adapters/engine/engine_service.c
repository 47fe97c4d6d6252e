/* The adapter before its service manager: alive, its line of status, SIGHUP.
 *
 * A mapping makes the events of a source whose capture was opened with it, a sink's
 * statements belong to an open database: both stay as they were started with, and a
 * reload says which files have changed since. */
#include "adapters/engine/engine_impl.h"

#include <stdio.h>
#include <sys/stat.h>

#include "broker/host/clock.h"

void sb_engine_tell_service(struct sb_engine *e)
{
    struct sb_service *s = e->config->service;
    uint64_t flight = 0;
    struct sb_err why = {.code = 0};
    if (!sb_service_turn(s, true, sb_clock_mono_ms()))
        return;
    for (size_t i = 0; i < e->n_streams; i++)
        flight += e->streams[i].in_flight;
    if (e->here)
        sb_service_status(s,
                          "connected to %s, %llu batches on their way, %zu alarms",
                          e->address,
                          (unsigned long long)flight,
                          sb_alarms_count(e->env.alarms));
    else if (sb_client_refusal(e->client, &why))
        sb_service_status(s, "not connected to %s: %s", e->address, why.text);
    else
        sb_service_status(s, "not connected to %s", e->address);
}

static void look_at(struct sb_engine *e, const char *key, struct sb_bytes path)
{
    struct stat st;
    char file[4096];
    (void)snprintf(file, sizeof file, "%.*s", SB_FMT(path));
    bool there = stat(file, &st) == 0;
    if (there &&
        (uint64_t)st.st_ctim.tv_sec * 1000 + (uint64_t)st.st_ctim.tv_nsec / 1000000 <=
            e->loaded_ms)
        return;
    sb_log(e->env.log,
           SB_LOG_WARNING,
           "engine",
           SB_LOG_TEXT("event", "needs_restart"),
           SB_LOG_TEXT("key", key),
           SB_LOG_TEXT("file", file));
}

static int look_at_files(void *ctx, const struct sb_config *fresh, struct sb_err *err)
{
    struct sb_engine *e = ctx;
    (void)fresh;
    (void)err;
    for (size_t i = 0; i < e->n_feeds; i++)
        look_at(e, "publishes", sb_mapping_facts(e->feeds[i].mapping)->path);
    for (size_t i = 0; i < e->n_targets; i++)
        look_at(e, "subscribes", sb_sink_facts(e->targets[i].sink)->path);
    return 0;
}

void sb_engine_reload(struct sb_engine *e)
{
    struct sb_reload r = {.take = look_at_files, .ctx = e};
    sb_service_reload(e->config->service, &r);
}
