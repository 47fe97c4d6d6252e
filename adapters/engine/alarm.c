/* A short list of standing alarms. When there is no memory for one more, it is logged
 * all the same. */
#include "adapters/engine/alarm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ALARMS_MAX 1024u

struct sb_alarms {
    struct sb_log *log;
    uint64_t now_ms; /* of the last tick */
    struct sb_alarm *items;
    size_t n;
};

int sb_alarms_new(struct sb_alarms **out, struct sb_log *log, struct sb_err *err)
{
    struct sb_alarms *a = calloc(1, sizeof *a);
    if (!a)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    a->log = log;
    *out = a;
    return 0;
}

void sb_alarms_free(struct sb_alarms *a)
{
    if (!a)
        return;
    free(a->items);
    free(a);
}

static struct sb_alarm *find(const struct sb_alarms *a, int code, const char *about)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->items[i].code == code && strcmp(a->items[i].about, about) == 0)
            return &a->items[i];
    return NULL;
}

static void say(const struct sb_alarms *a, const struct sb_alarm *alarm)
{
    sb_log(a->log,
           SB_LOG_WARNING,
           "alarm",
           SB_LOG_CODE(alarm->code),
           SB_LOG_TEXT("about", alarm->about),
           SB_LOG_TEXT("text", alarm->text));
}

static void stand(struct sb_alarms *a, const struct sb_alarm *alarm)
{
    struct sb_alarm *at = find(a, alarm->code, alarm->about);
    if (at) {
        memcpy(at->text, alarm->text, sizeof at->text);
        return;
    }
    struct sb_alarm *grown =
        a->n < ALARMS_MAX ? realloc(a->items, (a->n + 1) * sizeof *grown) : NULL;
    if (grown) {
        a->items = grown;
        a->items[a->n] = *alarm;
        a->items[a->n++].said_ms = a->now_ms;
    }
    if (alarm->loud)
        say(a, alarm);
}

static void SB_PRINTF(4, 0) tell(struct sb_alarms *a,
                                 struct sb_alarm *alarm,
                                 const char *about,
                                 const char *fmt,
                                 va_list args)
{
    (void)snprintf(alarm->about, sizeof alarm->about, "%s", about);
    (void)vsnprintf(alarm->text, sizeof alarm->text, fmt, args);
    if (a)
        stand(a, alarm);
}

void sb_alarm_raise(
    struct sb_alarms *a, int code, const char *about, const char *fmt, ...)
{
    struct sb_alarm alarm = {.code = code, .loud = true};
    va_list args;
    va_start(args, fmt);
    tell(a, &alarm, about, fmt, args);
    va_end(args);
}

void sb_alarm_note(
    struct sb_alarms *a, int code, const char *about, const char *fmt, ...)
{
    struct sb_alarm alarm = {.code = code};
    va_list args;
    va_start(args, fmt);
    tell(a, &alarm, about, fmt, args);
    va_end(args);
}

void sb_alarm_clear(struct sb_alarms *a, int code, const char *about)
{
    struct sb_alarm *at = a ? find(a, code, about) : NULL;
    if (!at)
        return;
    if (at->loud)
        sb_log(a->log,
               SB_LOG_INFO,
               "alarm",
               SB_LOG_TEXT("event", "over"),
               SB_LOG_CODE(code),
               SB_LOG_TEXT("about", about));
    size_t i = (size_t)(at - a->items);
    memmove(at, at + 1, (a->n - i - 1) * sizeof *at);
    a->n--;
}

void sb_alarms_tick(struct sb_alarms *a, uint64_t mono_ms)
{
    if (!a)
        return;
    a->now_ms = mono_ms;
    for (size_t i = 0; i < a->n; i++) {
        struct sb_alarm *at = &a->items[i];
        if (!at->loud || mono_ms - at->said_ms < SB_ALARM_AGAIN_MS)
            continue;
        at->said_ms = mono_ms;
        say(a, at);
    }
}

bool sb_alarm_stands(const struct sb_alarms *a, int code, const char *about)
{
    return a && find(a, code, about) != NULL;
}

size_t sb_alarms_count(const struct sb_alarms *a)
{
    return a ? a->n : 0;
}

const struct sb_alarm *sb_alarm_at(const struct sb_alarms *a, size_t i)
{
    return &a->items[i];
}
