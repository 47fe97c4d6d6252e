/* sacbe-adapter: the daemon beside an institution's database: start, run, stop.
 *
 * Readiness is told once the loop runs, connected or not. Not here: the work
 * (adapters/engine), the order of a start (broker/cli/daemon_run.h). */
#include "adapters/csv/csv.h"
#include "adapters/engine/full.h"
#include "adapters/engine/settings.h"
#include "adapters/sqlite/sqlite.h"
#include "broker/cli/daemon_run.h"

static const struct sb_driver *const drivers[] = {
    &sb_sqlite_driver, &sb_csv_driver, NULL};

static struct sb_engine_config prepare(const struct sb_daemon *d)
{
    return (struct sb_engine_config){.config = d->config,
                                     .drivers = drivers,
                                     .passphrase = d->passphrase,
                                     .passphrase_n = d->passphrase_n,
                                     .log = d->log,
                                     .signals = d->signals,
                                     .service = d->service};
}

static int check(const struct sb_daemon *d, struct sb_err *err)
{
    struct sb_engine_config config = prepare(d);
    return sb_engine_check(&config, sb_daemon_say_finding, NULL, err);
}

static int ready(void *ctx, struct sb_err *err)
{
    const struct sb_daemon *d = ctx;
    return sb_service_ready(d->service, d->ready_fd, NULL, err);
}

static int serve(const struct sb_daemon *d, struct sb_err *err)
{
    struct sb_engine_config config = prepare(d);
    struct sb_daemon told = *d;
    return sb_engine_serve(&config, ready, &told, err);
}

static const struct sb_daemon_program program = {.name = "sacbe-adapter",
                                                 .module = "engine",
                                                 .ready = "ready",
                                                 .keys = sb_adapter_keys,
                                                 .check = check,
                                                 .serve = serve};

int main(int argc, char **argv)
{
    return sb_daemon_run(argc, argv, &program);
}
