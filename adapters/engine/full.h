/* The adapter on a disk that fills up: below a mark it captures nothing more, and a
 * state folder that is full ends the engine's memory, never the process.
 *
 * What is not captured yet stands in the institution's own database, what was not
 * committed is taken back: nothing is lost by waiting. */
#ifndef ADAPTERS_ENGINE_FULL_H
#define ADAPTERS_ENGINE_FULL_H

#include "adapters/engine/engine.h"

/* sb_engine_open, sb_engine_run and sb_engine_close; and again when, after it was
 * ready, the state folder was full and has room again. */
SB_CHECK int sb_engine_serve(const struct sb_engine_config *config,
                             int (*ready)(void *ctx, struct sb_err *err),
                             void *ctx,
                             struct sb_err *err);

/* Private to the engine: opens the watch over the state folder; looks at it, raising
 * and clearing the alarm. */
SB_CHECK int
sb_engine_load_room(struct sb_engine *e, const char *state, struct sb_err *err);
SB_CHECK int sb_engine_look(struct sb_engine *e, struct sb_err *err);
/* Asked before each chunk, which can fill a small disk between two looks: the outbox
 * must not take the room that it takes to be sent. */
bool sb_engine_may_capture(const struct sb_engine *e);

#endif
