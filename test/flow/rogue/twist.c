/* Purpose: read what the rogue broker is to do.
 * Not: doing it (gate.c, forge.c). */
#include "test/flow/rogue/twist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool twist_of(const char *name, struct twist *out)
{
    const char *text = getenv(name);
    char after[32] = "";
    char *end = after;
    struct twist t = {.after = 0};
    if (!text)
        return false;
    _Static_assert(SB_STREAM_MAX >= 128 && SB_CODE_MAX >= 64, "the widths below");
    if (sscanf(text, "%128s %31s %64s", t.stream, after, t.reader) >= 2)
        t.after = strtoull(after, &end, 10);
    if (end == after || *end) {
        twist_say("%s=\"%s\" is no twist", name, text);
        exit(2);
    }
    *out = t;
    return true;
}

bool twist_hits(const struct twist *t, const struct sb_batch *batch)
{
    return sb_bytes_is(batch->stream, t->stream) && batch->first_seq > t->after;
}

void twist_say(const char *fmt, ...)
{
    char line[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    fprintf(stderr, "rogue: %s\n", line);
}
