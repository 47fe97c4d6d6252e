/* Purpose: one text of a configuration as a value of its key's type.
 * Invariant: a value that is not exactly of its type and in its range is refused; there
 * is no "nearest" number and no unit that is guessed. */
#include "broker/host/config_tree.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "schemas/base/text.h"

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit sizes[] = {{"", 1},
                                    {"B", 1},
                                    {"KiB", 1024},
                                    {"MiB", 1024 * 1024},
                                    {"GiB", 1024 * 1024 * 1024},
                                    {"TiB", (int64_t)1024 * 1024 * 1024 * 1024},
                                    {NULL, 0}};
static const struct unit plain_numbers[] = {{"", 1}, {NULL, 0}};

/* -?[0-9]{1,15}, without leading zeros, and a unit. */
static bool parse_number(const char *text, const struct unit *units, int64_t *out)
{
    bool negative = *text == '-';
    const char *p = negative ? text + 1 : text;
    size_t digits = strspn(p, "0123456789");
    if (digits == 0 || digits > 15 || (digits > 1 && *p == '0'))
        return false;
    int64_t v = strtoll(p, NULL, 10);
    for (const struct unit *u = units; u->name; u++) {
        if (strcmp(u->name, p + digits) != 0)
            continue;
        if (v > INT64_MAX / u->factor)
            return false;
        *out = negative ? -v * u->factor : v * u->factor;
        return true;
    }
    return false;
}

static bool is_port(const char *p)
{
    int64_t v = 0;
    if (strcmp(p, "*") == 0)
        return true;
    return parse_number(p, plain_numbers, &v) && v >= 1 && v <= 65535;
}

static bool is_address(const char *t)
{
    if (strncmp(t, "ipc://", 6) == 0)
        return t[6] != '\0';
    if (strncmp(t, "tcp://", 6) != 0)
        return false;
    const char *host = t + 6;
    const char *colon = strrchr(host, ':');
    if (!colon || colon == host || strcspn(host, "/ \t") != strlen(host))
        return false;
    return is_port(colon + 1);
}

static const char *wanted(enum sb_config_type type)
{
    switch (type) {
    case SB_CONFIG_CODE:
    case SB_CONFIG_CODES:
        return "a code: a-z 0-9 _ . - , 64 at most";
    case SB_CONFIG_INT:
        return "a whole number without quotes";
    case SB_CONFIG_BOOL:
        return "true or false";
    case SB_CONFIG_DURATION:
        return "a time with its unit: 500ms 15s 5m 24h 7d";
    case SB_CONFIG_SIZE:
        return "a size: 512 64KiB 8MiB 2GiB";
    case SB_CONFIG_ADDRESS:
        return "an address: tcp://host:port or ipc://path";
    case SB_CONFIG_TEXT:
    case SB_CONFIG_TEXTS:
    case SB_CONFIG_PATH:
    case SB_CONFIG_PATHS:
    case SB_CONFIG_SECTION:
    case SB_CONFIG_SECTIONS:
    case SB_CONFIG_NODE:
        break;
    }
    return "a text that is not empty";
}

static int refuse(const struct sb_config_key *key,
                  const struct sb_yaml_node *node,
                  const char *text,
                  struct sb_err *err)
{
    if (!node)
        return sb_fail(err,
                       SB_E_INTERNAL,
                       "the preset \"%s\" of \"%s\" is wrong",
                       text,
                       key->name);
    return sb_yaml_fail(node,
                        SB_E_CONFIG_TYPE,
                        err,
                        "\"%s\" must be %s, not \"%.64s\"",
                        key->name,
                        wanted(key->type),
                        text);
}

static int check_range(const struct sb_config_key *key,
                       const struct sb_yaml_node *node,
                       const char *text,
                       int64_t v,
                       struct sb_err *err)
{
    bool bounded = key->min != 0 || key->max != 0;
    int64_t max = bounded ? key->max : INT64_MAX;
    if (v >= key->min && v <= max)
        return 0;
    if (!node)
        return refuse(key, NULL, text, err);
    const char *unit = key->type == SB_CONFIG_DURATION ? " ms"
                       : key->type == SB_CONFIG_SIZE   ? " bytes"
                                                       : "";
    return sb_yaml_fail(node,
                        SB_E_CONFIG_RANGE,
                        err,
                        "\"%s\" must be from %" PRId64 " to %" PRId64 "%s, not %.64s",
                        key->name,
                        key->min,
                        max,
                        unit,
                        text);
}

static int convert_number(const struct sb_config_key *key,
                          const struct sb_yaml_node *node,
                          const char *text,
                          struct sb_config_value *out,
                          struct sb_err *err)
{
    const struct unit *units = key->type == SB_CONFIG_DURATION ? durations
                               : key->type == SB_CONFIG_SIZE   ? sizes
                                                               : plain_numbers;
    bool quoted = node && !sb_yaml_is_plain(node);
    int64_t v = 0;
    if (quoted || !parse_number(text, units, &v))
        return refuse(key, node, text, err);
    int rc = check_range(key, node, text, v, err);
    if (rc == 0)
        out->number = v;
    return rc;
}

static int check_choice(const struct sb_config_key *key,
                        const struct sb_yaml_node *node,
                        const char *text,
                        struct sb_err *err)
{
    if (!key->one_of)
        return 0;
    struct sb_buf all = {0};
    for (size_t i = 0; key->one_of[i]; i++) {
        if (strcmp(key->one_of[i], text) == 0) {
            sb_buf_free(&all);
            return 0;
        }
        sb_buf_printf(&all, "%s%s", i ? ", " : "", key->one_of[i]);
    }
    sb_buf_byte(&all, '\0');
    int rc = sb_buf_check(&all, err);
    if (rc == 0 && !node)
        rc = refuse(key, NULL, text, err);
    else if (rc == 0)
        rc = sb_yaml_fail(node,
                          SB_E_CONFIG_RANGE,
                          err,
                          "\"%s\" must be one of %s, not \"%.64s\"",
                          key->name,
                          (const char *)all.p,
                          text);
    sb_buf_free(&all);
    return rc;
}

static int convert_text(struct sb_config_root *root,
                        const struct sb_config_key *key,
                        const struct sb_yaml_node *node,
                        const char *text,
                        struct sb_config_value *out,
                        struct sb_err *err)
{
    bool path = key->type == SB_CONFIG_PATH || key->type == SB_CONFIG_PATHS;
    bool code = key->type == SB_CONFIG_CODE || key->type == SB_CONFIG_CODES;
    if (*text == '\0' || (code && !sb_text_is_code(sb_bytes_str(text))) ||
        (key->type == SB_CONFIG_ADDRESS && !is_address(text)))
        return refuse(key, node, text, err);
    int rc = check_choice(key, node, text, err);
    if (rc != 0)
        return rc;
    bool relative = path && *text != '/';
    out->text = relative ? sb_arena_str(root->arena, "%s/%s", root->folder, text)
                         : sb_arena_str(root->arena, "%s", text);
    return out->text ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
}

int sb_config_convert(struct sb_config_root *root,
                      const struct sb_config_key *key,
                      const struct sb_yaml_node *node,
                      const char *text,
                      struct sb_config_value *out,
                      struct sb_err *err)
{
    if (key->type == SB_CONFIG_INT || key->type == SB_CONFIG_DURATION ||
        key->type == SB_CONFIG_SIZE)
        return convert_number(key, node, text, out, err);
    if (key->type != SB_CONFIG_BOOL)
        return convert_text(root, key, node, text, out, err);
    bool yes = strcmp(text, "true") == 0;
    if ((!yes && strcmp(text, "false") != 0) || (node && !sb_yaml_is_plain(node)))
        return refuse(key, node, text, err);
    out->number = yes;
    return 0;
}
