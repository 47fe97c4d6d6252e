/* Purpose: RFC 3339 times as text and back. Pure: nothing here reads a clock.
 * Days are counted by the C library's timegm and gmtime_r. */
#include "schemas/base/text.h"

#include <stdio.h>
#include <time.h>

void sb_text_time(char out[32], uint64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char day[24];
    if (!gmtime_r(&seconds, &tm) ||
        strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
        snprintf(out, 32, "%s", "(no time)"); /* a year of nine digits */
        return;
    }
    snprintf(out, 32, "%s.%03uZ", day, (unsigned)(ms % 1000));
}

bool sb_text_day_exists(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

/* `n` digits at *at as a number; -1 when they are not digits. Moves *at. */
static int digits(struct sb_bytes s, size_t *at, size_t n)
{
    int v = 0;
    if (s.n - *at < n)
        return -1;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = s.p[*at + i];
        if (c < '0' || c > '9')
            return -1;
        v = v * 10 + (c - '0');
    }
    *at += n;
    return v;
}

static bool sign_at(struct sb_bytes s, size_t *at, const char *any)
{
    if (*at >= s.n || !strchr(any, s.p[*at]) || s.p[*at] == 0)
        return false;
    ++*at;
    return true;
}

static bool fraction(struct sb_bytes s, size_t *at, int *ms)
{
    *ms = 0;
    if (!sign_at(s, at, "."))
        return true;
    size_t start = *at;
    for (int scale = 100; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; scale /= 10)
        *ms += (s.p[(*at)++] - '0') * scale;
    return *at > start;
}

static bool offset(struct sb_bytes s, size_t *at, int *minutes)
{
    *minutes = 0;
    if (sign_at(s, at, "Zz"))
        return true;
    int sign = *at < s.n && s.p[*at] == '-' ? -1 : 1;
    if (!sign_at(s, at, "+-"))
        return false;
    int h = digits(s, at, 2);
    bool colon = sign_at(s, at, ":");
    int m = digits(s, at, 2);
    *minutes = sign * (h * 60 + m);
    return colon && h >= 0 && h <= 23 && m >= 0 && m <= 59;
}

bool sb_text_time_parse(struct sb_bytes s, int64_t *out)
{
    size_t at = 0;
    struct tm tm = {0};
    int year = digits(s, &at, 4);
    bool fine = sign_at(s, &at, "-");
    int month = digits(s, &at, 2);
    fine = sign_at(s, &at, "-") && fine;
    int day = digits(s, &at, 2);
    fine = sign_at(s, &at, "Tt ") && fine;
    tm.tm_hour = digits(s, &at, 2);
    fine = sign_at(s, &at, ":") && fine;
    tm.tm_min = digits(s, &at, 2);
    fine = sign_at(s, &at, ":") && fine;
    tm.tm_sec = digits(s, &at, 2);
    int ms = 0;
    int minutes = 0;
    fine = fine && fraction(s, &at, &ms) && offset(s, &at, &minutes) && at == s.n;
    if (!fine || !sb_text_day_exists(year, month, day) || tm.tm_hour < 0 ||
        tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 ||
        tm.tm_sec > 59)
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    *out = ((int64_t)timegm(&tm) - (int64_t)minutes * 60) * 1000 + ms;
    return true;
}
