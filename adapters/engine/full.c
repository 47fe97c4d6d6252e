/* Purpose: watch the state folder's disk; begin again after it was full.
 * Invariant: after SB_E_DISK_FULL nothing that was in memory is used: what is durable
 * is read again, as after a kill. Not: holding a stream whose reader's database is full
 * (receive.c does). */
#include "adapters/engine/full.h"

#include <poll.h>
#include <signal.h>
#include <sys/statvfs.h>

#include "adapters/engine/engine_impl.h"
#include "broker/host/clock.h"

#define STATE_PAGE 4096u     /* of the state file: SQLite's usual one */
#define ENOUGH (4u * SB_MIB) /* free bytes: what a WAL takes into its file */
#define SCARCE SB_MIB        /* below it an I/O error is a full disk */
#define NAP_MS 250
#define AGAIN_MS 2000u
#define LONGER_MS 10000u /* between two tries with less than ENOUGH */

int sb_engine_load_room(struct sb_engine *e, const char *state, struct sb_err *err)
{
    const struct sb_room_config room = {
        .journal = state,
        .low = (uint64_t)sb_config_int(e->config->config, "disk_low"),
        .log = e->env.log};
    return sb_room_open(&e->room, &room, err);
}

static uint64_t free_bytes(const char *folder)
{
    struct statvfs fs;
    return statvfs(folder, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : UINT64_MAX;
}

bool sb_engine_may_capture(const struct sb_engine *e)
{
    return !e->low && free_bytes(e->state_dir) >= ENOUGH;
}

int sb_engine_look(struct sb_engine *e, struct sb_err *err)
{
    struct sb_room_state now;
    uint64_t pages = 0;
    int rc = sb_sql_number(e->env.state, &pages, 0, err, "PRAGMA freelist_count", "");
    if (rc)
        return rc;
    sb_room_look(e->room, pages * STATE_PAGE, &now);
    e->low = now.low || (now.known && now.free < ENOUGH);
    if (e->low)
        sb_alarm_raise(
            e->env.alarms,
            SB_E_DISK_FULL,
            "",
            "%s: the disk is nearly full (%llu MiB left): nothing is captured"
            " until there is room",
            e->state_dir,
            (unsigned long long)(now.free / SB_MIB));
    else
        sb_alarm_clear(e->env.alarms, SB_E_DISK_FULL, "");
    return 0;
}

static bool told_to_stop(const struct sb_engine_config *config)
{
    int signal = 0;
    while (config->signals && (signal = sb_signals_next(config->signals)) != 0)
        if (signal != SIGHUP)
            return true;
    return false;
}

/* True when it is to be tried again; false when it is told to stop. With little room it
 * is tried, too, but seldom: to send what is kept takes less than to capture. */
static bool waits_for_room(const struct sb_engine_config *config,
                           const struct sb_err *why)
{
    const char *folder = sb_config_text(config->config, "state");
    uint64_t since = sb_clock_mono_ms();
    uint64_t mono = since;
    sb_log(config->log,
           SB_LOG_WARNING,
           "engine",
           SB_LOG_ERR(why),
           SB_LOG_TEXT("event", "waits_for_room"));
    while (mono - since < AGAIN_MS ||
           (mono - since < LONGER_MS && free_bytes(folder) < ENOUGH)) {
        struct pollfd fd = {.fd = -1, .events = POLLIN};
        if (config->signals)
            fd.fd = sb_signals_fd(config->signals);
        (void)poll(&fd, 1, NAP_MS);
        if (told_to_stop(config))
            return false;
        mono = sb_clock_mono_ms();
        (void)sb_service_turn(config->service, true, mono);
    }
    return true;
}

/* SQLite calls a file that it could not make on a full disk an I/O error. */
static bool is_full(const struct sb_engine_config *config, int code)
{
    const char *folder = sb_config_text(config->config, "state");
    return code == SB_E_DISK_FULL || (code == SB_E_IO && free_bytes(folder) < SCARCE);
}

int sb_engine_serve(const struct sb_engine_config *config,
                    int (*ready)(void *ctx, struct sb_err *err),
                    void *ctx,
                    struct sb_err *err)
{
    bool ran = false;
    for (;;) {
        struct sb_engine *e = NULL;
        struct sb_err why = {.code = 0};
        int rc = sb_engine_open(&e, config, &why);
        if (!rc)
            rc = sb_engine_run(e, ran ? NULL : ready, ctx, &why);
        ran = ran || (e && e->ran);
        sb_engine_close(e);
        if (rc && (!ran || !is_full(config, rc)))
            return sb_fail(err, rc, "%s", why.text);
        if (!rc || !waits_for_room(config, &why))
            return 0;
    }
}
