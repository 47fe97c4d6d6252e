/* Purpose: argv to a command, its options and its arguments, by getopt_long.
 * Invariant: what a table does not have is refused with the nearest name; a command
 * runs only with arguments and values that its table allows. */
#include "broker/cli/state.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "broker/host/yaml.h"

enum { COMMON = 256, OWN = 512 }; /* getopt's numbers of long options */

struct accepted { /* what getopt_long is told */
    struct option longs[SB_CLI_OPTIONS_MAX + 1];
    char shorts[2 * SB_CLI_OPTIONS_MAX + 3];
    const char *names[SB_CLI_OPTIONS_MAX + 1]; /* with dashes, for suggestions */
    char text[SB_CLI_OPTIONS_MAX][40];
    size_t n;
    size_t n_shorts;
};

static void accept_option(struct accepted *a, const struct sb_cli_option *o, int number)
{
    assert(a->n < SB_CLI_OPTIONS_MAX);
    bool value = o->kind != SB_CLI_FLAG;
    a->longs[a->n] =
        (struct option){o->name, value ? required_argument : no_argument, NULL, number};
    snprintf(a->text[a->n], sizeof a->text[a->n], "--%s", o->name);
    a->names[a->n] = a->text[a->n];
    a->n++;
    if (o->letter) {
        a->shorts[a->n_shorts++] = o->letter;
        if (value)
            a->shorts[a->n_shorts++] = ':';
    }
}

/* `stop`: at the first word that is no option. */
static void
accept_all(struct accepted *a, const struct sb_cli_command *command, bool stop)
{
    memset(a, 0, sizeof *a);
    if (stop)
        a->shorts[a->n_shorts++] = '+';
    a->shorts[a->n_shorts++] = ':';
    for (size_t i = 0; sb_cli_common[i].name; i++)
        if (sb_cli_takes(command, i))
            accept_option(a, &sb_cli_common[i], COMMON + (int)i);
    for (size_t i = 0; command && i < sb_cli_option_count(command); i++)
        accept_option(a, &command->options[i], OWN + (int)i);
}

static int set_lang(struct sb_cli *cli, const char *value, struct sb_err *err)
{
    if (strcmp(value, "en") != 0 && strcmp(value, "es") != 0)
        return sb_fail(err, SB_E_USAGE, sb_tr(cli, "--lang must be en or es"));
    cli->lang = sb_lang_parse(value);
    return 0;
}

static int
take_common(struct sb_cli *cli, const char *name, const char *value, struct sb_err *err)
{
    if (strcmp(name, "config") == 0)
        cli->config = value;
    else if (strcmp(name, "lang") == 0)
        return set_lang(cli, value, err);
    else if (strcmp(name, "json") == 0)
        cli->json = true;
    else if (strcmp(name, "quiet") == 0)
        cli->quiet = true;
    else if (strcmp(name, "help") == 0)
        cli->help = true;
    else if (strcmp(name, "version") == 0)
        cli->version = true;
    else if (strcmp(name, "dry-run") == 0)
        cli->dry_run = true;
    else if (strcmp(name, "passphrase-file") == 0)
        cli->passphrase_file = value;
    return 0;
}

static int take_int(const struct sb_cli *cli,
                    const struct sb_cli_option *o,
                    const char *text,
                    int64_t *out,
                    struct sb_err *err)
{
    char *end = NULL;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    bool number =
        errno == 0 && end != text && *end == '\0' && *text != ' ' && *text != '+';
    bool bounded = o->min != 0 || o->max != 0;
    if (!number)
        return sb_fail(err,
                       SB_E_USAGE,
                       sb_tr(cli, "--%s must be a whole number, not \"%.64s\""),
                       o->name,
                       text);
    if (bounded && (v < o->min || v > o->max))
        return sb_fail(err,
                       SB_E_USAGE,
                       sb_tr(cli, "--%s must be from %lld to %lld, not %.64s"),
                       o->name,
                       (long long)o->min,
                       (long long)o->max,
                       text);
    *out = v;
    return 0;
}

static int take_choice(const struct sb_cli *cli,
                       const struct sb_cli_option *o,
                       const char *text,
                       struct sb_err *err)
{
    char all[256] = "";
    size_t n = 0;
    for (size_t i = 0; o->one_of[i]; i++) {
        if (strcmp(o->one_of[i], text) == 0)
            return 0;
        int added =
            snprintf(all + n, sizeof all - n, "%s%s", i ? ", " : "", o->one_of[i]);
        n += added > 0 && (size_t)added < sizeof all - n ? (size_t)added : 0;
    }
    return sb_fail(err,
                   SB_E_USAGE,
                   sb_tr(cli, "--%s must be one of %s, not \"%.64s\""),
                   o->name,
                   all,
                   text);
}

static int take_own(struct sb_cli *cli, size_t i, const char *text, struct sb_err *err)
{
    const struct sb_cli_option *o = &cli->command->options[i];
    struct sb_cli_value *v = &cli->values[i];
    int rc = 0;
    if (v->n > 0 && !o->repeated && o->kind != SB_CLI_FLAG)
        return sb_fail(err, SB_E_USAGE, sb_tr(cli, "--%s stands twice"), o->name);
    if (o->kind == SB_CLI_INT)
        rc = take_int(cli, o, text, &v->number, err);
    else if (o->one_of)
        rc = take_choice(cli, o, text, err);
    if (rc != 0)
        return rc;
    const char **more = reallocarray(v->texts, v->n + 1, sizeof *more);
    if (!more)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    v->texts = more;
    v->texts[v->n++] = text;
    return 0;
}

static int unknown(const struct sb_cli *cli,
                   const struct accepted *a,
                   const char *word,
                   struct sb_err *err)
{
    char name[128];
    char bare[64];
    if (optopt > 0 && optopt < COMMON)
        snprintf(bare, sizeof bare, "-%c", optopt);
    else
        snprintf(bare, sizeof bare, "%.*s", (int)strcspn(word, "="), word);
    if (optopt >= COMMON)
        return sb_fail(err, SB_E_USAGE, sb_tr(cli, "%s takes no value"), bare);
    sb_cli_name(cli->family, cli->command, name);
    const char *of = *name ? name : cli->program;
    const char *near = sb_yaml_nearest(bare, a->names);
    if (near)
        return sb_fail(err,
                       SB_E_USAGE,
                       sb_tr(cli, "unknown option %s of \"%s\" (did you mean %s?)"),
                       bare,
                       of,
                       near);
    return sb_fail(
        err, SB_E_USAGE, sb_tr(cli, "unknown option %s of \"%s\""), bare, of);
}

/* A letter stands for its long option. */
static int number_of(const struct sb_cli_command *command, int letter)
{
    for (size_t i = 0; sb_cli_common[i].name; i++)
        if (sb_cli_common[i].letter == letter)
            return COMMON + (int)i;
    for (size_t i = 0; i < sb_cli_option_count(command); i++)
        if (command->options[i].letter == letter)
            return OWN + (int)i;
    return letter;
}

/* Options of argv[*at...]; stops at the first word where there is no command yet. */
static int
take_options(struct sb_cli *cli, int argc, char **argv, int *at, struct sb_err *err)
{
    struct accepted a;
    accept_all(&a, cli->command, cli->command == NULL);
    char **from = argv + *at - 1; /* getopt skips its first */
    int n = argc - *at + 1;
    optind = 0;
    opterr = 0;
    int got = 0;
    int rc = 0;
    while (rc == 0 && (got = getopt_long(n, from, a.shorts, a.longs, NULL)) != -1) {
        if (got == '?')
            return unknown(cli, &a, from[optind - 1], err);
        if (got == ':')
            return sb_fail(
                err, SB_E_USAGE, sb_tr(cli, "%s needs a value"), from[optind - 1]);
        if (got < COMMON)
            got = number_of(cli->command, got);
        if (got >= OWN)
            rc = take_own(cli, (size_t)(got - OWN), optarg, err);
        else
            rc = take_common(cli, sb_cli_common[got - COMMON].name, optarg, err);
    }
    *at += optind - 1;
    return rc;
}

static int check_whole(const struct sb_cli *cli, struct sb_err *err)
{
    const struct sb_cli_command *c = cli->command;
    char name[128];
    sb_cli_name(cli->family, c, name);
    for (size_t i = 0; i < sb_cli_option_count(c); i++)
        if (c->options[i].required && cli->values[i].n == 0)
            return sb_fail(err,
                           SB_E_USAGE,
                           sb_tr(cli, "\"%s\" needs --%s %s"),
                           name,
                           c->options[i].name,
                           c->options[i].value ? c->options[i].value : "");
    if (cli->n_args < c->args_min)
        return sb_fail(err,
                       SB_E_USAGE,
                       sb_tr(cli, "\"%s\" needs %s"),
                       name,
                       c->args ? c->args : "");
    if (cli->n_args > c->args_max)
        return sb_fail(err,
                       SB_E_USAGE,
                       sb_tr(cli, "\"%s\": unexpected argument \"%.64s\""),
                       name,
                       cli->args[c->args_max]);
    return 0;
}

static int
parse_command(struct sb_cli *cli, int argc, char **argv, int at, struct sb_err *err)
{
    cli->values = calloc(sb_cli_option_count(cli->command) + 1, sizeof *cli->values);
    cli->args = calloc((size_t)argc + 1, sizeof *cli->args);
    if (!cli->values || !cli->args)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = take_options(cli, argc, argv, &at, err);
    if (rc != 0 || cli->help || cli->version)
        return rc;
    for (int i = at; i < argc; i++)
        cli->args[cli->n_args++] = argv[i];
    return check_whole(cli, err);
}

int sb_cli_parse(struct sb_cli *cli, int argc, char **argv, struct sb_err *err)
{
    int at = 1;
    int rc = take_options(cli, argc, argv, &at, err);
    if (rc != 0 || cli->version)
        return rc;
    if (at >= argc)
        return cli->help ? 0
                         : sb_fail(err, SB_E_USAGE, sb_tr(cli, "a command is missing"));
    rc = sb_cli_find_family(cli, argv[at++], err);
    bool taken = false;
    if (rc == 0 && at < argc && argv[at][0] == '-' && sb_cli_alone(cli->family)) {
        cli->command = sb_cli_alone(cli->family);
        return parse_command(cli, argc, argv, at, err);
    }
    if (rc == 0)
        rc = take_options(cli, argc, argv, &at, err);
    if (rc != 0 || cli->version)
        return rc;
    rc = sb_cli_find_command(cli, at < argc ? argv[at] : NULL, &taken, err);
    if (rc != 0 || !cli->command)
        return rc;
    return parse_command(cli, argc, argv, taken ? at + 1 : at, err);
}

void sb_cli_clear(struct sb_cli *cli)
{
    for (size_t i = 0; cli->values && i < sb_cli_option_count(cli->command); i++)
        free(cli->values[i].texts);
    free(cli->values);
    free(cli->args);
    free(cli->found_config);
}
