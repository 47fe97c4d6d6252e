/* Acts that this institution signs for an auditor to know of: that a key was given out,
 * that withdrawn events were deleted. FORMATS, "Journal"; schemas/record/evidence.h.
 *
 * An act that must reach the journal is kept in the state file until it is stored. */
#ifndef ADAPTERS_ENGINE_DISCLOSE_H
#define ADAPTERS_ENGINE_DISCLOSE_H

#include "adapters/engine/env.h"
#include "schemas/record/evidence.h"

/* Appends the record; `hash` is the body's. SB_E_ARGUMENT: its text has not the form
 * (1 to 512 bytes of UTF-8 where it must have one). */
SB_CHECK int sb_act_sign(const struct sb_env *env,
                         const struct sb_act *act,
                         struct sb_buf *record,
                         uint8_t hash[SB_HASH],
                         struct sb_err *err);
/* Signs and keeps, in the caller's transaction. */
SB_CHECK int
sb_act_keep(struct sb_env *env, const struct sb_act *act, struct sb_err *err);
/* Says those that are kept, once in a session. */
SB_CHECK int sb_act_say(struct sb_env *env, struct sb_err *err);
/* A session begins, or the broker was busy: all are said again. */
SB_CHECK int sb_act_again(struct sb_env *env, struct sb_err *err);
/* Refused because of its key: signed anew, with the key and the time of now. */
SB_CHECK int sb_act_resign(struct sb_env *env,
                           const uint8_t hash[SB_HASH],
                           uint64_t now_ms,
                           struct sb_err *err);
/* Stored, or refused for good. */
SB_CHECK int
sb_act_forget(struct sb_env *env, const uint8_t hash[SB_HASH], struct sb_err *err);

#endif
