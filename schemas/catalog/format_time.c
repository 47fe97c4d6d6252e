/* Purpose: date, time, date-time and duration.
 * Invariant: ASCII only; a day exists, a leap second stands at 23:59:60 UTC. */
#include "schemas/catalog/format.h"

#include "schemas/base/text.h"

/* n digits at s[at], or -1. */
static int digits(struct sb_bytes s, size_t at, size_t n)
{
    int value = 0;
    if (at > s.n || s.n - at < n)
        return -1;
    for (size_t i = at; i < at + n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return -1;
        value = value * 10 + (s.p[i] - '0');
    }
    return value;
}

bool sb_format_date(struct sb_bytes s)
{
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
        return false;
    int year = digits(s, 0, 4);
    int month = digits(s, 5, 2);
    int day = digits(s, 8, 2);
    if (year < 0 || month < 0 || day < 0)
        return false;
    return sb_text_day_exists(year == 0 ? 2000 : year, month, day);
}

/* "Z" or "+hh:mm" fills s; *offset in minutes. */
static bool zone(struct sb_bytes s, int *offset)
{
    *offset = 0;
    if (s.n == 1)
        return s.p[0] == 'Z' || s.p[0] == 'z';
    if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':')
        return false;
    int hour = digits(s, 1, 2);
    int minute = digits(s, 4, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return false;
    *offset = (s.p[0] == '-' ? -1 : 1) * (hour * 60 + minute);
    return true;
}

bool sb_format_time(struct sb_bytes s)
{
    if (s.n < 9 || s.p[2] != ':' || s.p[5] != ':')
        return false;
    int hour = digits(s, 0, 2);
    int minute = digits(s, 3, 2);
    int second = digits(s, 6, 2);
    int offset = 0;
    size_t at = 8;
    if (s.p[at] == '.') {
        while (++at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
            ;
        if (at == 9)
            return false;
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    if (!zone(sb_bytes(s.p + at, s.n - at), &offset))
        return false;
    int utc = (hour * 60 + minute - offset + 2880) % 1440;
    return second < 60 || utc == 1439;
}

bool sb_format_date_time(struct sb_bytes s)
{
    return s.n > 11 && (s.p[10] == 'T' || s.p[10] == 't') &&
           sb_format_date(sb_bytes(s.p, 10)) &&
           sb_format_time(sb_bytes(s.p + 11, s.n - 11));
}

/* "1Y2M3D": parts in the order of `units`, each after the one before without a gap, as
 * the grammar of RFC 3339 has it; how many bytes, or 0. */
static size_t components(struct sb_bytes s, const char *units)
{
    size_t at = 0;
    const char *allowed = NULL; /* the unit that may follow; NULL: any */
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9') {
        while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
            at++;
        const char *unit = at < s.n && s.p[at] ? strchr(units, s.p[at]) : NULL;
        if (!unit || (allowed && unit != allowed))
            return 0;
        allowed = unit + 1;
        at++;
    }
    return at;
}

bool sb_format_duration(struct sb_bytes s)
{
    if (s.n < 3 || s.p[0] != 'P')
        return false;
    struct sb_bytes rest = sb_bytes(s.p + 1, s.n - 1);
    if (rest.p[rest.n - 1] == 'W')
        return components(rest, "W") == rest.n;
    size_t date = components(rest, "YMD");
    if (date == rest.n)
        return true;
    if (rest.p[date] != 'T' || (date == 0 && rest.p[0] != 'T'))
        return false;
    rest = sb_bytes(rest.p + date + 1, rest.n - date - 1);
    return rest.n > 0 && components(rest, "HMS") == rest.n;
}
