/* Purpose: what a running command may ask of its command line.
 * Invariant: asking for an option that the command's table lacks is the programmer's
 * mistake. */
#include "broker/cli/state.h"

#include <assert.h>
#include <glob.h>
#include <string.h>

static const struct sb_cli_value *find(const struct sb_cli *cli, const char *name)
{
    size_t n = sb_cli_option_count(cli->command);
    size_t i = 0;
    while (i < n && strcmp(cli->command->options[i].name, name) != 0)
        i++;
    assert(i < n && "the option stands in no table");
    return &cli->values[i];
}

bool sb_cli_flag(const struct sb_cli *cli, const char *name)
{
    return find(cli, name)->n > 0;
}

const char *sb_cli_text(const struct sb_cli *cli, const char *name)
{
    const struct sb_cli_value *v = find(cli, name);
    return v->n > 0 ? v->texts[v->n - 1] : NULL;
}

int64_t sb_cli_int(const struct sb_cli *cli, const char *name, int64_t otherwise)
{
    const struct sb_cli_value *v = find(cli, name);
    return v->n > 0 ? v->number : otherwise;
}

const char *const *
sb_cli_values(const struct sb_cli *cli, const char *name, size_t *count)
{
    const struct sb_cli_value *v = find(cli, name);
    *count = v->n;
    return v->texts;
}

size_t sb_cli_arg_count(const struct sb_cli *cli)
{
    return cli->n_args;
}

const char *sb_cli_arg(const struct sb_cli *cli, size_t i)
{
    return i < cli->n_args ? cli->args[i] : NULL;
}

bool sb_cli_dry_run(const struct sb_cli *cli)
{
    return cli->dry_run;
}

bool sb_cli_quiet(const struct sb_cli *cli)
{
    return cli->quiet;
}

void *sb_cli_ctx(const struct sb_cli *cli)
{
    return cli->ctx;
}

struct sb_out *sb_cli_out(const struct sb_cli *cli)
{
    return cli->out;
}

enum sb_lang sb_cli_lang(const struct sb_cli *cli)
{
    return cli->lang;
}

const char *sb_tr(const struct sb_cli *cli, const char *en)
{
    return sb_tr_find(cli->lang, cli->family ? cli->family->spanish : NULL, en);
}

/* The only configuration of this machine; `found` is freed by the caller. */
static int look_up(struct sb_cli *cli, const glob_t *found, struct sb_err *err)
{
    if (found->gl_pathc == 0)
        return sb_fail(err,
                       SB_E_USAGE,
                       sb_tr(cli, "which daemon? no *.yaml in %s (give -c FILE)"),
                       SB_SYSCONFDIR);
    if (found->gl_pathc > 1)
        return sb_fail(err,
                       SB_E_USAGE,
                       sb_tr(cli, "which daemon? %zu *.yaml in %s (give -c FILE)"),
                       found->gl_pathc,
                       SB_SYSCONFDIR);
    cli->found_config = strdup(found->gl_pathv[0]);
    return cli->found_config ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
}

int sb_cli_config(struct sb_cli *cli, const char **path, struct sb_err *err)
{
    int rc = 0;
    if (!cli->config && !cli->found_config) {
        glob_t found = {0};
        if (glob(SB_SYSCONFDIR "/*.yaml", 0, NULL, &found) == GLOB_NOSPACE)
            rc = sb_fail(err, SB_E_MEMORY, "out of memory");
        else
            rc = look_up(cli, &found, err);
        globfree(&found);
    }
    if (rc == 0)
        *path = cli->config ? cli->config : cli->found_config;
    return rc;
}

int sb_cli_passphrase(const struct sb_cli *cli,
                      const char *vault,
                      bool again,
                      struct sb_passphrase *out,
                      struct sb_err *err)
{
    assert(cli->command->flags & SB_CLI_PASSPHRASE);
    char prompt[256];
    char second[256];
    snprintf(prompt, sizeof prompt, sb_tr(cli, "Passphrase of %s: "), vault);
    snprintf(second, sizeof second, sb_tr(cli, "Once more: "));
    struct sb_passphrase_ask ask = {
        .file = cli->passphrase_file, .prompt = prompt, .again = again ? second : NULL};
    return sb_passphrase_get(out, &ask, err);
}
