/* Purpose: help of the program, of a family, of a command, from the tables.
 * Not for: the manual page, which manual.c makes of the same tables. */
#include "broker/cli/state.h"

#include <string.h>

#include "schemas/base/text.h"

void sb_cli_option_form(const struct sb_cli_option *o, char *out, size_t n)
{
    char letter[8] = "";
    if (o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    snprintf(out,
             n,
             "%s--%s%s%s",
             letter,
             o->name,
             o->value ? " " : "",
             o->value ? o->value : "");
}

static void put_pair(FILE *to, const char *left, size_t room, const char *right)
{
    size_t n = sb_text_width(sb_bytes_str(left));
    fprintf(to, "  %s%*s%s\n", left, (int)(n < room ? room - n : 1), "", right);
}

static const char *
in_family(const struct sb_cli *cli, const struct sb_cli_family *family, const char *en)
{
    return sb_tr_find(cli->lang, family->spanish, en);
}

static bool hidden(const struct sb_cli_family *family)
{
    for (const struct sb_cli_command *c = family->commands; c->run; c++)
        if (!(c->flags & SB_CLI_HIDDEN))
            return false;
    return true;
}

static void help_program(const struct sb_cli *cli, FILE *to)
{
    fprintf(to,
            sb_tr(cli, "Usage: %s [-c FILE] COMMAND [VERB] [OPTIONS] [ARGUMENTS]\n\n"),
            cli->program);
    for (size_t i = 0; cli->families[i]; i++) {
        const struct sb_cli_family *f = cli->families[i];
        if (!hidden(f))
            put_pair(to, f->noun, 13, in_family(cli, f, f->summary));
    }
    fprintf(to, sb_tr(cli, "\n\"%s COMMAND --help\" tells more.\n"), cli->program);
}

static void help_family(const struct sb_cli *cli, FILE *to)
{
    const struct sb_cli_family *f = cli->family;
    fprintf(to, "%s %s: %s\n\n", cli->program, f->noun, sb_tr(cli, f->summary));
    for (const struct sb_cli_command *c = f->commands; c->run; c++) {
        char left[128];
        snprintf(left,
                 sizeof left,
                 "%s%s%s",
                 c->verb ? c->verb : f->noun,
                 c->args ? " " : "",
                 c->args ? c->args : "");
        if (!(c->flags & SB_CLI_HIDDEN))
            put_pair(to, left, 22, sb_tr(cli, c->summary));
    }
    fprintf(
        to, sb_tr(cli, "\n\"%s %s VERB --help\" tells more.\n"), cli->program, f->noun);
}

static void help_command(const struct sb_cli *cli, FILE *to)
{
    const struct sb_cli_command *c = cli->command;
    char name[128];
    char form[96];
    fprintf(to,
            sb_tr(cli, "Usage: %s %s [OPTIONS]%s%s\n\n%s.\n\nOptions:\n"),
            cli->program,
            sb_cli_name(cli->family, c, name),
            c->args ? " " : "",
            c->args ? c->args : "",
            sb_tr(cli, c->summary));
    for (size_t i = 0; i < sb_cli_option_count(c); i++) {
        sb_cli_option_form(&c->options[i], form, sizeof form);
        put_pair(to, form, 26, sb_tr(cli, c->options[i].summary));
    }
    for (size_t i = 0; sb_cli_common[i].name; i++) {
        sb_cli_option_form(&sb_cli_common[i], form, sizeof form);
        if (sb_cli_takes(c, i))
            put_pair(to, form, 26, sb_tr(cli, sb_cli_common[i].summary));
    }
    fprintf(to, sb_tr(cli, "\nExample:\n  %s\n"), c->example ? c->example : name);
}

void sb_cli_help(const struct sb_cli *cli, FILE *to)
{
    if (cli->command)
        help_command(cli, to);
    else if (cli->family)
        help_family(cli, to);
    else
        help_program(cli, to);
}
