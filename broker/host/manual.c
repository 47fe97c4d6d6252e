/* Purpose: a table of keys as a manual page.
 * Invariant: every key of the table stands in it, with what it takes and its default.
 * Source: mdoc(7). */
#include "broker/host/manual.h"

#include <ctype.h>
#include <inttypes.h>

static const char *takes(enum sb_config_type type)
{
    switch (type) {
    case SB_CONFIG_TEXT:
        return "A text";
    case SB_CONFIG_CODE:
        return "A code: small letters, digits, _ . -";
    case SB_CONFIG_PATH:
        return "A path";
    case SB_CONFIG_INT:
        return "A number";
    case SB_CONFIG_BOOL:
        return "true or false";
    case SB_CONFIG_DURATION:
        return "A time with its unit: 500ms 15s 5m 24h 7d";
    case SB_CONFIG_SIZE:
        return "A size: 512 64KiB 8MiB 2GiB";
    case SB_CONFIG_ADDRESS:
        return "An address: tcp://host:port";
    case SB_CONFIG_TEXTS:
        return "A list of texts";
    case SB_CONFIG_CODES:
        return "A list of codes";
    case SB_CONFIG_PATHS:
        return "A list of paths";
    case SB_CONFIG_SECTION:
        return "A map, with these keys:";
    case SB_CONFIG_SECTIONS:
        return "A list of maps, each with these keys:";
    case SB_CONFIG_NODE:
        return "A map of its own form";
    }
    return "";
}

static void put_range(const struct sb_config_key *k, FILE *to)
{
    if (k->min == 0 && k->max == 0)
        return;
    const char *unit = k->type == SB_CONFIG_DURATION ? " ms"
                       : k->type == SB_CONFIG_SIZE   ? " bytes"
                                                     : "";
    if (k->max == INT64_MAX)
        fprintf(to, ", at least %" PRId64 "%s", k->min, unit);
    else
        fprintf(to, ", from %" PRId64 " to %" PRId64 "%s", k->min, k->max, unit);
}

/* A line of its own for each fact: mdoc(7) wants sentences so. */
static void put_key(const struct sb_config_key *k, FILE *to)
{
    fprintf(to, ".It Cm %s\n", k->name);
    if (k->summary && *k->summary)
        fprintf(to, "%c%s.\n", toupper((unsigned char)k->summary[0]), k->summary + 1);
    bool nested = k->type == SB_CONFIG_SECTION || k->type == SB_CONFIG_SECTIONS;
    fputs(takes(k->type), to);
    if (!nested)
        put_range(k, to);
    fputs(nested ? "\n" : ".\n", to);
    if (k->preset)
        fprintf(to, "Default: %s.\n", k->preset);
    if (k->required)
        fputs("Required.\n", to);
}

static void put_keys(const struct sb_config_key *keys, FILE *to)
{
    fputs(".Bl -tag -width Ds\n", to);
    for (const struct sb_config_key *k = keys; k->name; k++) {
        put_key(k, to);
        if (k->keys)
            put_keys(k->keys, to); /* as deep as the tables */
    }
    fputs(".El\n", to);
}

void sb_config_manual(const char *program, const struct sb_config_key *keys, FILE *to)
{
    fprintf(to, ".Dd %s\n.Dt ", SB_MANUAL_DATE);
    for (const char *c = program; *c; c++)
        putc(toupper((unsigned char)*c), to);
    fprintf(to,
            ".YAML 5\n.Os\n.Sh NAME\n.Nm %s.yaml\n.Nd configuration of %s\n"
            ".Sh DESCRIPTION\n"
            "A YAML file, read by\n.Ql %s -c Ar file .\n"
            "A key that is not listed here is an error, and so is one that stands\n"
            "twice; anchors, aliases and tags are refused.\n"
            "Relative paths stand beside the file.\n.Pp\n"
            ".Ql %s -c Ar file --check\n"
            "looks at what it says and changes nothing.\n"
            "After SIGHUP what can be taken without a new start is taken; each other\n"
            "key that has changed is logged as\n.Ql event=needs_restart .\n",
            program,
            program,
            program,
            program);
    put_keys(keys, to);
    fprintf(to, ".Sh SEE ALSO\n.Xr sacbe 1 ,\n.Xr %s 8\n", program);
}
