/* Purpose: sacbe-witness, the daemon that watches the broker's journal for an
 * institution and cosigns it: start, run, stop.
 * Invariant: the readiness line is written once it runs, connected or not.
 * Not: the work (broker/watch), the order of a start (broker/cli/daemon_run.h). */
#include "broker/cli/daemon_run.h"
#include "broker/host/clock.h"
#include "broker/watch/settings.h"
#include "broker/watch/watch.h"

static struct sb_watch_config prepare(const struct sb_daemon *d)
{
    return (struct sb_watch_config){.config = d->config,
                                    .passphrase = d->passphrase,
                                    .passphrase_n = d->passphrase_n,
                                    .log = d->log,
                                    .signals = d->signals,
                                    .service = d->service,
                                    .now_ms = sb_clock_now_ms};
}

static int check(const struct sb_daemon *d, struct sb_err *err)
{
    struct sb_watch_config config = prepare(d);
    (void)err;
    return sb_watch_check(&config, sb_daemon_say_finding, NULL) > 0;
}

static int ready(void *ctx, struct sb_err *err)
{
    const struct sb_daemon *d = ctx;
    return sb_service_ready(d->service, d->ready_fd, NULL, err);
}

static int serve(const struct sb_daemon *d, struct sb_err *err)
{
    struct sb_watch_config config = prepare(d);
    struct sb_daemon told = *d;
    struct sb_watch *w = NULL;
    int rc = sb_watch_open(&w, &config, err);
    if (!rc)
        rc = sb_watch_run(w, ready, &told, err);
    sb_watch_close(w);
    return rc;
}

static const struct sb_daemon_program program = {.name = "sacbe-witness",
                                                 .module = "witness",
                                                 .ready = "ready",
                                                 .keys = sb_watch_keys,
                                                 .check = check,
                                                 .serve = serve};

int main(int argc, char **argv)
{
    return sb_daemon_run(argc, argv, &program);
}
