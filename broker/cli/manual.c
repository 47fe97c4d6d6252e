/* Purpose: the manual page from the tables, and the hidden commands that print pages.
 * Source: man(7). */
#include "broker/cli/pages.h"

#include "broker/cli/state.h"
#include "broker/host/manual.h"

struct page {
    FILE *to;
    enum sb_lang lang;
    const struct sb_tr_row *table;
};

/* English in, the page's language out, with man's own characters escaped. */
static void put(const struct page *p, const char *en)
{
    const char *s = sb_tr_find(p->lang, p->table, en);
    if (*s == '.' || *s == '\'')
        fputs("\\&", p->to);
    for (; *s; s++) {
        if (*s == '\\')
            fputs("\\e", p->to);
        else if (*s == '-')
            fputs("\\-", p->to);
        else
            putc(*s, p->to);
    }
}

static void put_request(const struct page *p, const char *request, const char *en)
{
    fprintf(p->to, ".%s \"", request);
    put(p, en);
    fputs("\"\n", p->to);
}

static void put_line(const struct page *p, const char *en)
{
    put(p, en);
    putc('\n', p->to);
}

static void put_option(const struct page *p, const struct sb_cli_option *o)
{
    char form[96];
    sb_cli_option_form(o, form, sizeof form);
    fputs(".TP\n\\fB", p->to);
    put(p, form);
    fputs("\\fR\n", p->to);
    put_line(p, o->summary);
}

static void put_command(const struct page *p,
                        const struct sb_cli_family *f,
                        const struct sb_cli_command *c)
{
    char name[128];
    char line[256];
    snprintf(line,
             sizeof line,
             "sacbe %s%s%s",
             sb_cli_name(f, c, name),
             c->args ? " " : "",
             c->args ? c->args : "");
    put_request(p, "SS", line);
    put_line(p, c->summary);
    for (size_t i = 0; i < sb_cli_option_count(c); i++)
        put_option(p, &c->options[i]);
    for (size_t i = SB_CLI_COMMON_SHARED; sb_cli_common[i].name; i++)
        if (sb_cli_takes(c, i))
            put_option(p, &sb_cli_common[i]);
    if (c->example) {
        fputs(".PP\n.EX\n$ ", p->to);
        put_line(p, c->example);
        fputs(".EE\n", p->to);
    }
}

static void put_status(const struct page *p)
{
    static const char *const rows[][2] = {
        {"0", "yes: done, valid, present"},
        {"1", "no: a negative answer or a refusal"},
        {"2", "usage, or input that cannot be read"},
        {"3", "indeterminate: neither proved nor refuted"},
        {"75", "try again later"},
    };
    put_request(p, "SH", "EXIT STATUS");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fprintf(p->to, ".TP\n%s\n", rows[i][0]);
        put_line(p, rows[i][1]);
    }
}

void sb_cli_manual(const struct sb_cli_family *const *families,
                   enum sb_lang lang,
                   FILE *to)
{
    struct page p = {.to = to, .lang = lang};
    fprintf(to, ".TH SACBE 1 \"%s\" \"sacbe %s\"\n", SB_MANUAL_DAY, SB_VERSION);
    put_request(&p, "SH", "NAME");
    fputs("sacbe \\- ", to);
    put_line(&p, "operate, audit and connect to an exchange of institutions");
    put_request(&p, "SH", "SYNOPSIS");
    put_line(&p, "sacbe [-c FILE] COMMAND [VERB] [OPTIONS] [ARGUMENTS]");
    put_request(&p, "SH", "OPTIONS OF EVERY COMMAND");
    for (size_t i = 0; i < SB_CLI_COMMON_SHARED; i++)
        put_option(&p, &sb_cli_common[i]);
    put_request(&p, "SH", "COMMANDS");
    for (size_t i = 0; families[i]; i++) {
        p.table = families[i]->spanish;
        for (const struct sb_cli_command *c = families[i]->commands; c->run; c++)
            if (!(c->flags & SB_CLI_HIDDEN))
                put_command(&p, families[i], c);
    }
    p.table = NULL;
    put_status(&p);
}

static int run_manual(struct sb_cli *cli, struct sb_err *err)
{
    sb_cli_manual(cli->families, cli->lang, stdout);
    return fflush(stdout) == 0 ? SB_EXIT_YES
                               : sb_fail(err, SB_E_IO, "the page cannot be written");
}

static int run_bash(struct sb_cli *cli, struct sb_err *err)
{
    sb_cli_completion(cli->families, stdout);
    return fflush(stdout) == 0 ? SB_EXIT_YES
                               : sb_fail(err, SB_E_IO, "the script cannot be written");
}

static const struct sb_cli_command manual_commands[] = {
    {.summary = "Print the manual page",
     .example = "sacbe manual --lang es",
     .flags = SB_CLI_HIDDEN,
     .run = run_manual},
    {.run = NULL}};

static const struct sb_cli_command completion_commands[] = {
    {.verb = "bash",
     .summary = "Print the completion of bash",
     .example = "sacbe completion bash",
     .flags = SB_CLI_HIDDEN,
     .run = run_bash},
    {.run = NULL}};

const struct sb_cli_family sb_cli_manual_family = {
    "manual", "Print the manual page", manual_commands, NULL};
const struct sb_cli_family sb_cli_completion_family = {
    "completion", "Completion for a shell", completion_commands, NULL};
