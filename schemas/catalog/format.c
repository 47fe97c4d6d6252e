/* Purpose: the table of formats, and those of networks and of JSON.
 * Invariant: the table is sorted by name. */
#include "schemas/catalog/format.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>

#include "schemas/base/text.h"
#include "schemas/catalog/regex.h"
#include "schemas/catalog/uri.h"

static bool alnum(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool address(struct sb_bytes s, int family)
{
    char text[64];
    uint8_t out[16];
    if (s.n == 0 || s.n >= sizeof text || memchr(s.p, 0, s.n))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return inet_pton(family, text, out) == 1;
}

bool sb_format_ipv4(struct sb_bytes s)
{
    return address(s, AF_INET);
}

bool sb_format_ipv6(struct sb_bytes s)
{
    return address(s, AF_INET6);
}

static bool hostname(struct sb_bytes s)
{
    size_t label = 0;
    if (s.n == 0 || s.n > 253)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '.') {
            if (label == 0 || s.p[i - 1] == '-')
                return false;
            label = 0;
            continue;
        }
        if ((!alnum(c) && c != '-') || (c == '-' && label == 0) || ++label > 63)
            return false;
    }
    return label > 0 && s.p[s.n - 1] != '-';
}

static bool atoms(struct sb_bytes s)
{
    bool open = true; /* an atom must follow */
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '.') {
            if (open)
                return false;
            open = true;
            continue;
        }
        if (c >= 0x80 || c == 0 || (!alnum(c) && !strchr("!#$%&'*+-/=?^_`{|}~", c)))
            return false;
        open = false;
    }
    return !open;
}

static bool quoted(struct sb_bytes s)
{
    if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
        return false;
    for (size_t i = 1; i + 1 < s.n; i++) {
        bool pair = s.p[i] == '\\';
        i += pair;
        if (i + 1 == s.n || s.p[i] < 0x20 || s.p[i] > 0x7e)
            return false;
        if (s.p[i] == '"' && !pair)
            return false;
    }
    return true;
}

static bool email(struct sb_bytes s)
{
    size_t at = s.n;
    while (at > 0 && s.p[at - 1] != '@')
        at--;
    if (at < 2)
        return false;
    struct sb_bytes local = sb_bytes(s.p, at - 1);
    struct sb_bytes domain = sb_bytes(s.p + at, s.n - at);
    if (local.n > 64 || (!atoms(local) && !quoted(local)))
        return false;
    if (domain.n > 2 && domain.p[0] == '[' && domain.p[domain.n - 1] == ']') {
        struct sb_bytes in = sb_bytes(domain.p + 1, domain.n - 2);
        if (in.n > 5 && strncasecmp((const char *)in.p, "IPv6:", 5) == 0)
            return sb_format_ipv6(sb_bytes(in.p + 5, in.n - 5));
        return sb_format_ipv4(in);
    }
    return hostname(domain);
}

static bool uri(struct sb_bytes s)
{
    return sb_uri_valid(s, false, false);
}

static bool uri_reference(struct sb_bytes s)
{
    return sb_uri_valid(s, true, false);
}

static bool iri(struct sb_bytes s)
{
    return sb_uri_valid(s, false, true);
}

static bool iri_reference(struct sb_bytes s)
{
    return sb_uri_valid(s, true, true);
}

static bool uuid(struct sb_bytes s)
{
    uint8_t out[16];
    static const uint8_t lengths[] = {8, 4, 4, 4, 12};
    size_t at = 0;
    if (s.n != 36)
        return false;
    for (size_t i = 0; i < sizeof lengths; i++) {
        if (i > 0 && s.p[at++] != '-')
            return false;
        if (!sb_unhex(out, lengths[i] / 2u, sb_bytes(s.p + at, lengths[i])))
            return false;
        at += lengths[i];
    }
    return true;
}

static bool json_pointer(struct sb_bytes s)
{
    if (s.n && s.p[0] != '/')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '~' && (i + 1 == s.n || (s.p[i + 1] != '0' && s.p[i + 1] != '1')))
            return false;
    return true;
}

static bool relative_json_pointer(struct sb_bytes s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    if (n == 0 || (n > 1 && s.p[0] == '0'))
        return false;
    struct sb_bytes rest = sb_bytes(s.p + n, s.n - n);
    return sb_bytes_is(rest, "#") || json_pointer(rest);
}

static bool regex(struct sb_bytes s)
{
    struct sb_regex *compiled = NULL;
    if (sb_regex_new(&compiled, s, NULL) != 0)
        return false;
    sb_regex_free(compiled);
    return true;
}

static const struct row {
    const char *name;
    sb_format_check *check;
} rows[] = {
    {"date", sb_format_date},
    {"date-time", sb_format_date_time},
    {"duration", sb_format_duration},
    {"email", email},
    {"hostname", hostname},
    {"ipv4", sb_format_ipv4},
    {"ipv6", sb_format_ipv6},
    {"iri", iri},
    {"iri-reference", iri_reference},
    {"json-pointer", json_pointer},
    {"regex", regex},
    {"relative-json-pointer", relative_json_pointer},
    {"time", sb_format_time},
    {"uri", uri},
    {"uri-reference", uri_reference},
    {"uuid", uuid},
};

static int compare(const void *name, const void *row)
{
    const struct row *r = row;
    return sb_bytes_cmp(*(const struct sb_bytes *)name, sb_bytes_str(r->name));
}

sb_format_check *sb_format_find(struct sb_bytes name)
{
    const struct row *r =
        bsearch(&name, rows, sizeof rows / sizeof *rows, sizeof *rows, compare);
    return r ? r->check : NULL;
}
