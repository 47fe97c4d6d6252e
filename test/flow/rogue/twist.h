/* What a rogue broker is told to do, by its environment; nothing set: it is honest.
 *
 *   ROGUE_OFFER="FILE"                   once FILE is there, its note stands in every
 *                                        answer to COSIGN; a note that is shown to us
 *                                        goes unheard
 *   ROGUE_WITHHOLD="STREAM SEQ READER"   batches above SEQ never go to READER
 *   ROGUE_SWALLOW="STREAM SEQ"           batches above SEQ are answered STORED, and no
 *                                        journal has them
 *   ROGUE_MUTE="READER"                  no answer to COSIGN proves READER anything
 *   ROGUE_FORGE="STREAM SEQ"             the journal has batches above SEQ otherwise
 *                                        than they were signed
 *
 * Not for: more than one of each; threads that change the environment. */
#ifndef TEST_FLOW_ROGUE_TWIST_H
#define TEST_FLOW_ROGUE_TWIST_H

#include "schemas/base/limits.h"
#include "schemas/record/event.h"

struct twist {
    char stream[SB_STREAM_MAX + 1];
    unsigned long long after;
    char reader[SB_CODE_MAX + 1]; /* empty: of every reader */
};

/* Whether `name` is set; a text that is no twist ends the program. */
bool twist_of(const char *name, struct twist *out);
bool twist_hits(const struct twist *t, const struct sb_batch *batch);
/* One line to standard error, for the scripts that wait for it. */
void twist_say(const char *fmt, ...) SB_PRINTF(1, 2);

#endif
