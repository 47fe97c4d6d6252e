/* Purpose: dates and times with what is known of them.
 * Invariant: a time that comes out names a day that exists and bears -06:00. */
#include "adapters/engine/transform_time.h"

#include <stdio.h>

#include "schemas/base/text.h"

#define OFFSET_MS (6 * 3600 * 1000) /* -06:00 */

/* Digits and the other characters of a shape, where 'd' stands for a digit. */
static bool has_shape(struct sb_bytes s, const char *shape)
{
    if (s.n < strlen(shape))
        return false;
    for (size_t i = 0; shape[i]; i++) {
        bool digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (shape[i] == 'd' ? !digit : s.p[i] != (uint8_t)shape[i])
            return false;
    }
    return true;
}

static int number_at(struct sb_bytes s, size_t at, size_t n)
{
    int v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (s.p[at + i] - '0');
    return v;
}

static int check_day(struct sb_bytes s)
{
    if (!has_shape(s, "dddd-dd-dd"))
        return SB_E_CONVERSION;
    bool exists =
        sb_text_day_exists(number_at(s, 0, 4), number_at(s, 5, 2), number_at(s, 8, 2));
    return exists ? 0 : SB_E_DATE;
}

int sb_transform_date(const struct sb_value *in, struct sb_value *out)
{
    if (in->type != SB_STR || in->as.s.n != 10)
        return SB_E_CONVERSION;
    int rc = check_day(in->as.s);
    if (rc == 0)
        *out = *in;
    return rc;
}

/* Local time without an offset, made RFC 3339; empty when it has another shape. */
static struct sb_bytes with_offset(struct sb_bytes s, char out[48])
{
    size_t n = s.n;
    bool day = has_shape(s, "dddd-dd-dd") && n >= 16 && n <= 40;
    if (!day || (s.p[10] != ' ' && s.p[10] != 'T'))
        return (struct sb_bytes){0};
    struct sb_bytes clock = sb_bytes(s.p + 11, n - 11);
    bool minutes = has_shape(clock, "dd:dd") && clock.n == 5;
    bool seconds = has_shape(clock, "dd:dd:dd") && clock.n == 8;
    bool fraction = has_shape(clock, "dd:dd:dd.d");
    for (size_t i = 10; fraction && i < clock.n; i++)
        fraction = clock.p[i] >= '0' && clock.p[i] <= '9';
    if (!minutes && !seconds && !fraction)
        return (struct sb_bytes){0};
    snprintf(out,
             48,
             "%.10sT%.*s%s-06:00",
             (const char *)s.p,
             SB_FMT(clock),
             minutes ? ":00" : "");
    return sb_bytes_str(out);
}

int sb_transform_datetime(const struct sb_value *in,
                          struct sb_arena *arena,
                          struct sb_value *out)
{
    if (in->type != SB_STR)
        return SB_E_CONVERSION;
    int rc = check_day(in->as.s);
    if (rc)
        return rc;
    char local[48];
    struct sb_bytes text = with_offset(in->as.s, local);
    int64_t ms = 0;
    if (!sb_text_time_parse(text.n ? text : in->as.s, &ms) || ms < OFFSET_MS)
        return SB_E_CONVERSION;
    char utc[32]; /* 2026-11-23T12:06:42.123Z */
    sb_text_time(utc, (uint64_t)(ms - OFFSET_MS));
    char *done = sb_arena_str(
        arena, "%.19s%.*s-06:00", utc, strncmp(utc + 19, ".000", 4) ? 4 : 0, utc + 19);
    if (!done)
        return SB_E_MEMORY;
    *out = sb_value_text(sb_bytes_str(done));
    return 0;
}

int sb_transform_parts(const struct sb_value *parts,
                       size_t n,
                       struct sb_arena *arena,
                       struct sb_value *out)
{
    static const int lowest[SB_PARTS] = {1, 1, 1, 0, 0};
    static const int highest[SB_PARTS] = {9999, 12, 31, 23, 59};
    int v[SB_PARTS];
    for (size_t i = 0; i < SB_PARTS; i++) {
        v[i] = lowest[i];
        if (i >= n)
            continue;
        struct sb_value number;
        int rc = sb_transform_as(SB_AS_INT, &parts[i], arena, &number);
        if (rc)
            return rc;
        if (number.as.i < lowest[i] || number.as.i > highest[i])
            return SB_E_DATE;
        v[i] = (int)number.as.i;
    }
    if (!sb_text_day_exists(v[0], v[1], v[2]))
        return SB_E_DATE;
    char *text = sb_arena_str(
        arena, "%04d-%02d-%02dT%02d:%02d:00-06:00", v[0], v[1], v[2], v[3], v[4]);
    if (!text)
        return SB_E_MEMORY;
    *out = sb_value_text(sb_bytes_str(text));
    return 0;
}
