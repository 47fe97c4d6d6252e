/* The engine: one institution's adapter, in one loop of one thread.
 *
 * Each turn of the loop: what the broker said, what an operator asks, one chunk of each
 * source (high priorities first), what may be sent, one batch to apply (high priorities
 * first), timers. Nothing waits for anything else longer than one chunk. */
#ifndef ADAPTERS_ENGINE_ENGINE_H
#define ADAPTERS_ENGINE_ENGINE_H

#include "adapters/engine/driver.h"
#include "broker/host/config.h"
#include "broker/host/log.h"
#include "broker/host/service.h"
#include "broker/host/signals.h"

struct sb_engine;

struct sb_engine_config {                   /* borrowed while the engine lives */
    const struct sb_config *config;         /* by sb_adapter_keys */
    const struct sb_driver *const *drivers; /* ended by NULL */
    const char *passphrase;                 /* of the vault; n 0: none */
    size_t passphrase_n;
    struct sb_log *log;         /* may be NULL */
    struct sb_signals *signals; /* may be NULL */
    struct sb_service *service; /* told that it lives; SIGHUP reloads; may be NULL */
};

/* Loads keys, catalogue, mappings, sinks, state; opens databases; connects nothing. */
SB_CHECK int sb_engine_open(struct sb_engine **out,
                            const struct sb_engine_config *config,
                            struct sb_err *err);
void sb_engine_close(struct sb_engine *e); /* takes NULL */
/* Runs until SIGTERM, SIGINT or the verb `stop`. `ready` (may be NULL) is called once
 * the loop runs. Errors are the adapter's own (state file, memory): fail stop. */
SB_CHECK int sb_engine_run(struct sb_engine *e,
                           int (*ready)(void *ctx, struct sb_err *err),
                           void *ctx,
                           struct sb_err *err);
/* Looks at everything and changes nothing; calls `say` once per thing looked at, `why`
 * NULL when it is well. 0, or SB_E_STATE when something is not. */
SB_CHECK int
sb_engine_check(const struct sb_engine_config *config,
                void (*say)(void *ctx, const char *what, const struct sb_err *why),
                void *ctx,
                struct sb_err *err);

#endif
