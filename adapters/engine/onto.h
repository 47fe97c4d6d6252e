/* A stopped adapter's outbox, opened by a program that seals events of another origin
 * into it (a replay of another exchange): its next start publishes them.
 *
 * While it is held no adapter of that configuration runs: its admin socket is taken.
 * Sealing itself is stream.h's. */
#ifndef ADAPTERS_ENGINE_ONTO_H
#define ADAPTERS_ENGINE_ONTO_H

#include "adapters/engine/engine.h"
#include "adapters/engine/stream.h"

/* As sb_engine_open, of an adapter that has run before and runs no more. SB_E_BUSY: it
 * runs; SB_E_NOT_ENROLLED: it holds no directory; SB_E_CATALOGUE_HASH. */
SB_CHECK int sb_onto_open(struct sb_engine **out,
                          const struct sb_engine_config *config,
                          struct sb_err *err);
struct sb_sql *sb_onto_state(const struct sb_engine *e);
/* The stream into which it publishes a type (the one without partition, where there are
 * several); NULL: it publishes none. Borrowed. */
struct sb_stream *sb_onto_stream(struct sb_engine *e, struct sb_bytes type);

#endif
