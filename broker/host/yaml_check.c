/* Purpose: what readers of YAML ask of a node, with one wording for each fault.
 * Invariant: a plain scalar is a number or a truth value only when it is asked for. */
#include "broker/host/yaml.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/base/text.h"

static const char *kind_name(enum sb_yaml_kind kind)
{
    return kind == SB_YAML_MAP    ? "a map (key: value)"
           : kind == SB_YAML_LIST ? "a list ([a, b] or lines with -)"
                                  : "a single value";
}

const char *sb_yaml_nearest(const char *word, const char *const *words)
{
    size_t most = strlen(word) < 4 ? 1 : strlen(word) < 8 ? 2 : 3;
    const char *best = NULL;
    for (size_t i = 0; words[i]; i++) {
        size_t d = sb_text_distance(word, words[i], most);
        if (d <= most && (!best || d < sb_text_distance(word, best, most)))
            best = words[i];
    }
    return best;
}

int sb_yaml_check_keys(const struct sb_yaml_node *map,
                       const char *where,
                       const char *const *keys,
                       struct sb_err *err)
{
    for (const struct sb_yaml_node *c = sb_yaml_first(map); c; c = sb_yaml_next(c)) {
        const char *key = sb_yaml_key(c);
        size_t i = 0;
        while (keys[i] && strcmp(keys[i], key) != 0)
            i++;
        if (keys[i])
            continue;
        const char *near = sb_yaml_nearest(key, keys);
        return sb_yaml_fail(c,
                            SB_E_CONFIG_UNKNOWN_KEY,
                            err,
                            "unknown key \"%.64s\"%s%s%s%s%s%s",
                            key,
                            where ? " in \"" : "",
                            where ? where : "",
                            where ? "\"" : "",
                            near ? " (did you mean \"" : "",
                            near ? near : "",
                            near ? "\"?)" : "");
    }
    return 0;
}

int sb_yaml_expect(const struct sb_yaml_node *n,
                   enum sb_yaml_kind kind,
                   const char *what,
                   struct sb_err *err)
{
    if (sb_yaml_kind(n) == kind)
        return 0;
    return sb_yaml_fail(
        n, SB_E_CONFIG_TYPE, err, "\"%s\" must be %s", what, kind_name(kind));
}

/* The key that was misspelt for `key`, or NULL. */
static const struct sb_yaml_node *meant(const struct sb_yaml_node *map, const char *key)
{
    const char *const words[] = {key, NULL};
    const struct sb_yaml_node *c =
        sb_yaml_kind(map) == SB_YAML_MAP ? sb_yaml_first(map) : NULL;
    while (c && !sb_yaml_nearest(sb_yaml_key(c), words))
        c = sb_yaml_next(c);
    return c;
}

int sb_yaml_need(const struct sb_yaml_node *map,
                 const char *key,
                 enum sb_yaml_kind kind,
                 const struct sb_yaml_node **out,
                 struct sb_err *err)
{
    const struct sb_yaml_node *n = sb_yaml_get(map, key);
    const struct sb_yaml_node *other = n ? NULL : meant(map, key);
    if (other)
        return sb_yaml_fail(other,
                            SB_E_CONFIG_UNKNOWN_KEY,
                            err,
                            "unknown key \"%.64s\" (did you mean \"%s\"?)",
                            sb_yaml_key(other),
                            key);
    if (!n || sb_yaml_is_null(n))
        return sb_yaml_fail(
            n ? n : map, SB_E_CONFIG_MISSING, err, "\"%s\" is missing", key);
    int rc = sb_yaml_expect(n, kind, key, err);
    if (rc == 0)
        *out = n;
    return rc;
}

bool sb_yaml_is_null(const struct sb_yaml_node *n)
{
    const char *t = sb_yaml_text(n);
    return sb_yaml_kind(n) == SB_YAML_SCALAR && sb_yaml_is_plain(n) &&
           (*t == '\0' || strcmp(t, "~") == 0 || strcmp(t, "null") == 0);
}

static const char *name_of(const struct sb_yaml_node *n)
{
    return sb_yaml_key(n) ? sb_yaml_key(n) : "item";
}

/* -?(0|[1-9][0-9]{0,18}), so that a zip code or a version is never taken for a number.
 */
static bool is_decimal(const char *t)
{
    const char *digits = *t == '-' ? t + 1 : t;
    size_t n = strspn(digits, "0123456789");
    return n > 0 && n < 20 && digits[n] == '\0' && (n == 1 || digits[0] != '0');
}

int sb_yaml_int(const struct sb_yaml_node *n,
                int64_t min,
                int64_t max,
                int64_t *out,
                struct sb_err *err)
{
    const char *text = sb_yaml_text(n);
    if (sb_yaml_kind(n) != SB_YAML_SCALAR || !sb_yaml_is_plain(n) || !is_decimal(text))
        return sb_yaml_fail(n,
                            SB_E_CONFIG_TYPE,
                            err,
                            "\"%s\" must be a whole number without quotes",
                            name_of(n));
    /* 19 digits may pass int64: strtoll then gives the nearest, which is no match. */
    long long v = strtoll(text, NULL, 10);
    char again[24];
    snprintf(again, sizeof again, "%lld", v);
    if (strcmp(again, text) != 0 || v < min || v > max)
        return sb_yaml_fail(n,
                            SB_E_CONFIG_RANGE,
                            err,
                            "\"%s\" must be from %" PRId64 " to %" PRId64 ", not %s",
                            name_of(n),
                            min,
                            max,
                            text);
    *out = v;
    return 0;
}

int sb_yaml_bool(const struct sb_yaml_node *n, bool *out, struct sb_err *err)
{
    const char *text = sb_yaml_text(n);
    bool yes = strcmp(text, "true") == 0;
    if (!sb_yaml_is_plain(n) || (!yes && strcmp(text, "false") != 0))
        return sb_yaml_fail(
            n, SB_E_CONFIG_TYPE, err, "\"%s\" must be true or false", name_of(n));
    *out = yes;
    return 0;
}
