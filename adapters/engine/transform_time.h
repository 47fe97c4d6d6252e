/* Dates and times among the transforms (transform.h says what they return). */
#ifndef ADAPTERS_ENGINE_TRANSFORM_TIME_H
#define ADAPTERS_ENGINE_TRANSFORM_TIME_H

#include "adapters/engine/transform.h"

/* Exactly YYYY-MM-DD; SB_E_DATE for a day that does not exist. */
int sb_transform_date(const struct sb_value *in, struct sb_value *out);
/* RFC 3339, or "YYYY-MM-DD HH:MM[:SS[.fff]]" (also with T), which is local time: the
 * country keeps -06:00 all year. Given in -06:00. */
int sb_transform_datetime(const struct sb_value *in,
                          struct sb_arena *arena,
                          struct sb_value *out);

#endif
