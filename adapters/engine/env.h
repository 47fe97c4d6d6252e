/* What the engine's modules share: keys, trust, state, the way to the broker.
 *
 * Plain data, borrowed by everyone, owned by whoever set it up (engine.c, or a test).
 * Times are arguments everywhere else, so that tests can say what time it is. */
#ifndef ADAPTERS_ENGINE_ENV_H
#define ADAPTERS_ENGINE_ENV_H

#include "adapters/engine/alarm.h"
#include "adapters/engine/sql.h"
#include "broker/core/message.h"
#include "broker/host/log.h"
#include "keys/trust.h"

struct sb_env {
    struct sb_bytes institution;
    const struct sb_vault *vault;
    struct sb_trust *trust;
    struct sb_sql *state;
    struct sb_log *log; /* may be NULL: standard error */
    /* 0, SB_E_NO_CONNECTION or SB_E_BUSY (try again later), or an error. */
    int (*send)(void *ctx, const struct sb_message *m, struct sb_err *err);
    void *send_ctx;
    struct sb_alarms *alarms; /* may be NULL */
    uint64_t tree_size;       /* newest tree that was verified: what a claim names */
    uint8_t root[SB_HASH];
    uint64_t generation; /* of the broker's journal; 0: not met yet */
    uint64_t fresh_ms; /* age of the newest final checkpoint runs from here; 0: none */
    bool contradicted; /* the broker showed two histories: nothing is sealed or sent */
};

/* Whether the broker's journal may be of this generation: it is the one that we met, or
 * a directory that we hold has opened it. */
bool sb_env_opened(const struct sb_env *env, uint64_t generation);
/* The sign key of ours that the newest directory accepts now. SB_E_NOT_ENROLLED with
 * what to do when there is none. */
SB_CHECK int sb_env_sign_key(const struct sb_env *env,
                             uint64_t now_ms,
                             uint8_t key_id[SB_KEY_ID],
                             struct sb_err *err);
/* Appends the record of `body` signed with it; `hash` (may be NULL) is the body's. */
SB_CHECK int sb_env_sign(const struct sb_env *env,
                         struct sb_bytes body,
                         uint64_t now_ms,
                         struct sb_buf *record,
                         uint8_t hash[SB_HASH],
                         struct sb_err *err);

#endif
