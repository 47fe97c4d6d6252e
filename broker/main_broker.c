/* Purpose: sacbe-broker, the daemon in the middle: start, run, stop.
 * Invariant: the readiness line is written once peers can connect.
 * Not: the work (broker/io), the order of a start (broker/cli/daemon_run.h). */
#include <stdlib.h>
#include <unistd.h>

#include "broker/cli/daemon_run.h"
#include "broker/host/installed.h"
#include "broker/io/check.h"
#include "broker/io/settings.h"
#include "keys/vault.h"
#include "schemas/catalog/catalog.h"

struct types { /* priorities, and the catalogue that they borrow from */
    struct sb_catalog *catalog; /* NULL: its default folder is not there */
    struct sb_priority *priorities;
    size_t n;
};

struct work {
    struct sb_broker_config broker;
    struct sb_vault *vault;
    struct types types;
};

static void free_types(struct types *t)
{
    sb_catalog_free(t->catalog);
    free(t->priorities);
    *t = (struct types){0};
}

/* `t` is empty, and stays so when this fails. */
static int fill_types(struct types *t,
                      const struct sb_config *c,
                      const char *folder,
                      struct sb_err *err)
{
    struct sb_err why = {0};
    int rc = sb_catalog_load(&t->catalog, folder, &why);
    if (rc)
        return sb_config_fail(c, "catalogue_folder", rc, err, "%s", why.text);
    t->n = sb_catalog_type_count(t->catalog);
    t->priorities = calloc(t->n + 1, sizeof *t->priorities);
    if (!t->priorities) {
        free_types(t);
        return sb_fail(err, SB_E_MEMORY, "priorities");
    }
    for (size_t i = 0; i < t->n; i++) {
        const struct sb_event_type *type = sb_catalog_type_at(t->catalog, i);
        t->priorities[i].type = sb_bytes_str(type->name);
        t->priorities[i].priority = type->priority > 0 ? (uint64_t)type->priority : 0;
    }
    return 0;
}

/* The types' priorities, for an empty `out`. The default folder may be absent; one that
 * the file names may not. */
static int load_types(struct types *out,
                      const struct sb_config *c,
                      struct sb_log *log,
                      struct sb_err *err)
{
    char found[SB_FOLDER_TEXT];
    const char *folder =
        sb_installed_catalogue(sb_config_text(c, "catalogue_folder"), found);
    if (!sb_config_has(c, "catalogue_folder") && access(folder, R_OK) != 0) {
        sb_log(log,
               SB_LOG_WARNING,
               "broker",
               SB_LOG_TEXT("event", "no_priorities"),
               SB_LOG_TEXT("text", "the catalogue's folder is not there"),
               SB_LOG_TEXT("folder", folder));
        return 0;
    }
    return fill_types(out, c, folder, err);
}

/* The core borrows the new priorities before it asks again, so the old ones may go. */
static int tune(void *ctx,
                const struct sb_config *fresh,
                struct sb_broker_tuning *out,
                struct sb_err *err)
{
    struct work *w = ctx;
    struct types t = {0};
    int rc = load_types(&t, fresh, w->broker.log, err);
    if (rc)
        return rc;
    *out = (struct sb_broker_tuning){.session_ms =
                                         (uint64_t)sb_config_int(fresh, "session"),
                                     .priorities = t.priorities,
                                     .n_priorities = t.n};
    free_types(&w->types);
    w->types = t;
    return 0;
}

/* Everything that the broker borrows while it lives. */
static int prepare(struct work *w, const struct sb_daemon *d, struct sb_err *err)
{
    sb_settings_broker(d->config, &w->broker);
    w->broker.signals = d->signals;
    w->broker.service = d->service;
    w->broker.log = d->log;
    w->broker.tune = tune;
    w->broker.tune_ctx = w;
    int rc = load_types(&w->types, d->config, d->log, err);
    if (!rc)
        rc = sb_vault_open(&w->vault,
                           sb_config_text(d->config, "vault"),
                           sb_bytes(d->passphrase, d->passphrase_n),
                           err);
    w->broker.vault = w->vault;
    w->broker.priorities = w->types.priorities;
    w->broker.n_priorities = w->types.n;
    return rc;
}

static void release(struct work *w)
{
    sb_vault_free(w->vault);
    free_types(&w->types);
}

static int check(const struct sb_daemon *d, struct sb_err *err)
{
    struct work w = {.vault = NULL};
    size_t bad = 0;
    int rc = prepare(&w, d, err);
    if (!rc)
        bad = sb_check_broker(&w.broker, sb_daemon_say_finding, NULL);
    release(&w);
    return rc ? rc : bad > 0;
}

static int run(struct sb_broker *b, const struct sb_daemon *d, struct sb_err *err)
{
    const char *address = sb_broker_address(b);
    sb_log(d->log,
           SB_LOG_INFO,
           "broker",
           SB_LOG_TEXT("event", "listening"),
           SB_LOG_TEXT("address", address),
           SB_LOG_TEXT("version", SB_VERSION));
    int rc = sb_service_ready(d->service, d->ready_fd, address, err);
    return rc ? rc : sb_broker_run(b, err);
}

static int serve(const struct sb_daemon *d, struct sb_err *err)
{
    struct work w = {.vault = NULL};
    struct sb_broker *b = NULL;
    int rc = prepare(&w, d, err);
    if (!rc)
        rc = sb_broker_open(&b, &w.broker, err);
    if (!rc)
        rc = run(b, d, err);
    sb_broker_close(b);
    release(&w);
    return rc;
}

static const struct sb_daemon_program program = {.name = "sacbe-broker",
                                                 .module = "broker",
                                                 .ready = "ready ADDRESS",
                                                 .keys = sb_broker_keys,
                                                 .check = check,
                                                 .serve = serve};

int main(int argc, char **argv)
{
    return sb_daemon_run(argc, argv, &program);
}
