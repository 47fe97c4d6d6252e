/* Purpose: the parameters that a statement names, without any database.
 * Invariant: what stands in a text, a quoted identifier or a comment is no parameter.
 */
#include "adapters/engine/sink_impl.h"

static bool in_name(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c >= 0x80;
}

/* Index after the text that ends with `end`, from `at` on. */
static size_t after(struct sb_bytes sql, size_t at, const char *end)
{
    size_t n = strlen(end);
    const uint8_t *found = at < sql.n ? memmem(sql.p + at, sql.n - at, end, n) : NULL;
    return found ? (size_t)(found - sql.p) + n : sql.n;
}

/* Skips a quoted part or a comment at `at`; `at` itself when there is none. */
static size_t skip(struct sb_bytes sql, size_t at)
{
    uint8_t c = sql.p[at];
    uint8_t d = at + 1 < sql.n ? sql.p[at + 1] : 0;
    if (c == '\'' || c == '"' || c == '`') {
        const char end[2] = {(char)c, '\0'};
        return after(sql, at + 1, end);
    }
    if (c == '-' && d == '-')
        return after(sql, at + 2, "\n");
    if (c == '/' && d == '*')
        return after(sql, at + 2, "*/");
    if (c == ':' && d == ':')
        return at + 2;
    return at;
}

bool sb_sink_next_name(struct sb_bytes sql, size_t *at, struct sb_bytes *name)
{
    size_t i = *at;
    while (i < sql.n) {
        size_t next = skip(sql, i);
        if (next != i) {
            i = next;
            continue;
        }
        size_t end = i + 1;
        while (sql.p[i] == ':' && end < sql.n && in_name(sql.p[end]))
            end++;
        if (sql.p[i] == ':' && end > i + 1) {
            *name = sb_bytes(sql.p + i + 1, end - i - 1);
            *at = end;
            return true;
        }
        i++;
    }
    *at = sql.n;
    return false;
}
