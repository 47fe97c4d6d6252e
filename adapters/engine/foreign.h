/* Somebody else wrote in our name: a stream of ours that another holder of our key has
 * continued.
 *
 * The stream goes on after what was written (adopt.h), but the alarm stands, also over
 * restarts, until an operator says that it was seen. Not here: finding it out. */
#ifndef ADAPTERS_ENGINE_FOREIGN_H
#define ADAPTERS_ENGINE_FOREIGN_H

#include "adapters/engine/stream.h"

/* Whether the broker's newest claim was not made by this state. */
bool sb_foreign_claim(const struct sb_stream *s, const struct sb_own_stream *own);
/* Whether that claim was read back with our stream, and ours comes after it. */
SB_CHECK int sb_foreign_adopted(const struct sb_stream *s,
                                const struct sb_own_stream *own,
                                bool *out,
                                struct sb_err *err);
/* The broker holds more of the stream than our state, under a claim that is not ours:
 * an alarm. A state none of whose claims the broker has answered was lost: it alarms
 * nobody. */
SB_CHECK int sb_foreign_met(struct sb_stream *s,
                            const struct sb_own_stream *own,
                            struct sb_err *err);
/* Raises again what stood when the adapter stopped. */
SB_CHECK int sb_foreign_restore(struct sb_stream *s, struct sb_err *err);
/* An operator has seen it. */
SB_CHECK int sb_foreign_seen(struct sb_stream *s, struct sb_err *err);
/* An operator lets the stream go on although somebody else has claimed it: the claim
 * that the next WELCOME names is allowed, and no other. */
SB_CHECK int sb_foreign_allow(struct sb_stream *s, struct sb_err *err);
/* Of a foreign claim: whether it is the allowed one. */
SB_CHECK int sb_foreign_allowed(struct sb_stream *s,
                                const struct sb_own_stream *own,
                                bool *out,
                                struct sb_err *err);
/* The broker's newest claim is ours: what was allowed is over. */
SB_CHECK int sb_foreign_over(struct sb_stream *s, struct sb_err *err);

#endif
