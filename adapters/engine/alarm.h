/* Standing alarms: what an operator must look at until it is over.
 *
 * An alarm has a code and what it is about (a stream, or nothing); raised again it is
 * the same one with a newer text. A loud one is logged as a warning when it begins and
 * each minute while it stands; a quiet one is shown in status alone. Not here: what an
 * alarm means, and what stops by it. */
#ifndef ADAPTERS_ENGINE_ALARM_H
#define ADAPTERS_ENGINE_ALARM_H

#include "broker/host/log.h"
#include "schemas/base/limits.h"

#define SB_ALARM_AGAIN_MS 60000u

struct sb_alarm {
    int code;
    bool loud;
    char about[SB_STREAM_MAX + 1];
    char text[SB_ERR_TEXT];
    uint64_t said_ms; /* monotonic */
};

struct sb_alarms;

SB_CHECK int
sb_alarms_new(struct sb_alarms **out, struct sb_log *log, struct sb_err *err);
void sb_alarms_free(struct sb_alarms *a); /* takes NULL */

/* `about` "" when it is about no stream. These take NULL for `a` (a raised alarm is
 * then not told). */
void sb_alarm_raise(struct sb_alarms *a,
                    int code,
                    const char *about,
                    const char *fmt,
                    ...) SB_PRINTF(4, 5);
void sb_alarm_note(struct sb_alarms *a,
                   int code,
                   const char *about,
                   const char *fmt,
                   ...) SB_PRINTF(4, 5);
void sb_alarm_clear(struct sb_alarms *a, int code, const char *about);
/* Tells again what has stood for a minute since it was told. */
void sb_alarms_tick(struct sb_alarms *a, uint64_t mono_ms);

bool sb_alarm_stands(const struct sb_alarms *a, int code, const char *about);
size_t sb_alarms_count(const struct sb_alarms *a);
const struct sb_alarm *sb_alarm_at(const struct sb_alarms *a, size_t i);

#endif
