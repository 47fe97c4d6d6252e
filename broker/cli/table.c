/* Purpose: what stands in the tables: common options, families and commands by name.
 * Invariant: a name that is not there is answered with the nearest one. */
#include "broker/cli/state.h"

#include <string.h>

#include "broker/host/yaml.h"

enum { FAMILIES_MAX = 128, VERBS_MAX = 64 };

const struct sb_cli_option sb_cli_common[] = {
    {.name = "config",
     .kind = SB_CLI_FILE,
     .letter = 'c',
     .value = "FILE",
     .summary = "the daemon's configuration"},
    {.name = "lang", .kind = SB_CLI_TEXT, .value = "LANG", .summary = "en or es"},
    {.name = "json", .kind = SB_CLI_FLAG, .summary = "one JSON document"},
    {.name = "quiet",
     .kind = SB_CLI_FLAG,
     .letter = 'q',
     .summary = "only failures, and what needs attention"},
    {.name = "help",
     .kind = SB_CLI_FLAG,
     .letter = 'h',
     .summary = "this text, with an example"},
    {.name = "version", .kind = SB_CLI_FLAG, .summary = "the version"},
    {.name = "dry-run",
     .kind = SB_CLI_FLAG,
     .summary = "say what would change, and change nothing"},
    {.name = "passphrase-file",
     .kind = SB_CLI_FILE,
     .value = "FILE",
     .summary = "the vault's passphrase, in a file of mode 0600"},
    {.name = NULL}};

bool sb_cli_takes(const struct sb_cli_command *command, size_t i)
{
    unsigned flags = command ? command->flags : 0;
    if (i == SB_CLI_COMMON_SHARED)
        return (flags & SB_CLI_SHARED) != 0;
    if (i == SB_CLI_COMMON_PASSPHRASE)
        return (flags & SB_CLI_PASSPHRASE) != 0;
    return true;
}

size_t sb_cli_option_count(const struct sb_cli_command *command)
{
    size_t n = 0;
    while (command && command->options && command->options[n].name)
        n++;
    return n;
}

const char *sb_cli_name(const struct sb_cli_family *family,
                        const struct sb_cli_command *command,
                        char out[128])
{
    bool verb = command && command->verb;
    snprintf(out,
             128,
             "%s%s%s",
             family ? family->noun : "",
             verb ? " " : "",
             verb ? command->verb : "");
    return out;
}

const struct sb_cli_command *sb_cli_alone(const struct sb_cli_family *family)
{
    for (const struct sb_cli_command *c = family->commands; c->run; c++)
        if (!c->verb)
            return c;
    return NULL;
}

int sb_cli_find_family(struct sb_cli *cli, const char *noun, struct sb_err *err)
{
    const char *names[FAMILIES_MAX] = {0};
    for (size_t i = 0; i < FAMILIES_MAX - 1 && cli->families[i]; i++) {
        names[i] = cli->families[i]->noun;
        if (strcmp(names[i], noun) == 0) {
            cli->family = cli->families[i];
            return 0;
        }
    }
    const char *near = sb_yaml_nearest(noun, names);
    if (near)
        return sb_fail(err,
                       SB_E_USAGE,
                       sb_tr(cli, "unknown command \"%.64s\" (did you mean \"%s\"?)"),
                       noun,
                       near);
    return sb_fail(err, SB_E_USAGE, sb_tr(cli, "unknown command \"%.64s\""), noun);
}

/* `word` NULL: there is none. A family without verbs takes any word as an argument. */
int sb_cli_find_command(struct sb_cli *cli,
                        const char *word,
                        bool *taken,
                        struct sb_err *err)
{
    const char *names[VERBS_MAX] = {0};
    size_t n = 0;
    const struct sb_cli_command *alone = sb_cli_alone(cli->family);
    for (const struct sb_cli_command *c = cli->family->commands; c->run; c++) {
        if (!c->verb)
            continue;
        if (word && strcmp(c->verb, word) == 0) {
            cli->command = c;
            *taken = true;
            return 0;
        }
        if (n < VERBS_MAX - 1)
            names[n++] = c->verb;
    }
    cli->command = alone;
    *taken = false;
    if (alone || (!word && cli->help))
        return 0;
    const char *near = word ? sb_yaml_nearest(word, names) : NULL;
    if (near)
        return sb_fail(err,
                       SB_E_USAGE,
                       sb_tr(cli, "\"%s\" has no \"%.64s\" (did you mean \"%s\"?)"),
                       cli->family->noun,
                       word,
                       near);
    if (word)
        return sb_fail(err,
                       SB_E_USAGE,
                       sb_tr(cli, "\"%s\" has no \"%.64s\""),
                       cli->family->noun,
                       word);
    return sb_fail(err,
                   SB_E_USAGE,
                   sb_tr(cli, "\"%s\" needs one of its verbs (see --help)"),
                   cli->family->noun);
}
