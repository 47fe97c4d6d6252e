/* Purpose: from argv to an exit status: parse, run, print, tell the error.
 * Invariant: every refusal ends with its code on standard error, or in the document;
 * the exit status follows from the code. */
#include "broker/cli/state.h"

#include <stdlib.h>
#include <string.h>

#include "broker/cli/explain.h"
#include "broker/cli/output_back.h"

enum { BUILT_IN = 3 };

enum sb_exit sb_cli_exit(int code)
{
    static const int usage[] = {SB_E_USAGE,
                                SB_E_INPUT,
                                SB_E_IO,
                                SB_E_LIMIT,
                                SB_E_ARGUMENT,
                                SB_E_NOT_FOUND,
                                SB_E_EXISTS,
                                SB_E_PERMISSION,
                                SB_E_INTERNAL,
                                SB_E_DB_NEWER,
                                SB_E_SCHEMA_KEYWORD,
                                SB_E_SCHEMA_VALUE,
                                SB_E_SCHEMA_REF,
                                SB_E_SCHEMA_JSON,
                                SB_E_VAULT_MODE,
                                SB_E_VAULT_FORM,
                                SB_E_VAULT_PASSPHRASE,
                                SB_E_BUNDLE,
                                SB_E_ROOTS,
                                SB_E_PROOF_FORM};
    static const int again[] = {SB_E_MEMORY,
                                SB_E_DISK_FULL,
                                SB_E_TIMEOUT,
                                SB_E_INTERRUPTED,
                                SB_E_BUSY,
                                SB_E_STOPPING,
                                SB_E_JOURNAL_LOCKED,
                                SB_E_NO_CONNECTION,
                                SB_E_NO_DAEMON};
    for (size_t i = 0; i < sizeof usage / sizeof usage[0]; i++)
        if (usage[i] == code)
            return SB_EXIT_USAGE;
    for (size_t i = 0; i < sizeof again / sizeof again[0]; i++)
        if (again[i] == code)
            return SB_EXIT_AGAIN;
    int number = sb_code_number(code);
    bool unreadable =
        (number >= 120 && number <= 125) || (number >= 200 && number < 300);
    return unreadable ? SB_EXIT_USAGE : SB_EXIT_NO;
}

/* `sacbe: text (SB-509)`; in Spanish the code's title stands before the text, which is
 * English in every log. */
static void tell(const struct sb_cli *cli, const struct sb_err *err)
{
    const struct sb_explain *e = sb_explain_find(cli->lang, err->code);
    bool title = cli->lang != SB_LANG_EN && e && err->code != SB_E_USAGE;
    struct sb_buf line = {0};
    sb_buf_printf(
        &line, "%s: %s%s", cli->program, title ? e->title : "", title ? ": " : "");
    sb_out_clean(&line, sb_bytes_str(err->text), true);
    sb_buf_printf(&line, " (SB-%d)\n", sb_code_number(err->code));
    if (!line.failed)
        (void)fwrite(line.p, 1, line.n, stderr);
    sb_buf_free(&line);
    char name[128];
    sb_cli_name(cli->family, cli->command, name);
    if (err->code == SB_E_USAGE)
        fprintf(stderr,
                sb_tr(cli, "see: %s %s%s--help\n"),
                cli->program,
                name,
                *name ? " " : "");
}

static enum sb_exit refuse(struct sb_cli *cli, const struct sb_err *err)
{
    struct sb_err ignored;
    int rc = 0;
    if (cli->out) {
        sb_out_error(cli->out, err);
        rc = sb_out_finish(cli->out, &ignored);
        if (rc != 0 && err->code != rc)
            fprintf(stderr, "%s: %s\n", cli->program, ignored.text);
    }
    if (!cli->json || rc == err->code) /* an output that is broken cannot say so */
        tell(cli, err);
    return sb_cli_exit(err->code);
}

static int new_output(struct sb_cli *cli, struct sb_err *err)
{
    enum sb_out_format format = cli->json ? SB_OUT_JSON : SB_OUT_TEXT;
    cli->out = sb_out_new(stdout, format, cli->quiet, cli->lang);
    if (!cli->out)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    if (cli->family)
        sb_out_translate(cli->out, cli->family->spanish);
    return 0;
}

/* A fault of the command line itself is told in the form that was asked for, even when
 * it stands before --json. */
static bool asks_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

static enum sb_exit run(struct sb_cli *cli)
{
    struct sb_err err = {0};
    int rc = new_output(cli, &err);
    if (rc == 0)
        rc = cli->command->run(cli, &err);
    int done = rc;
    if (rc >= 0)
        rc = sb_out_finish(cli->out, &err);
    return rc < 0 ? refuse(cli, &err) : (enum sb_exit)done;
}

/* Help and the version are printed without a struct sb_out. */
static enum sb_exit printed(struct sb_cli *cli)
{
    struct sb_err err = {0};
    if (fflush(stdout) == 0 && !ferror(stdout))
        return SB_EXIT_YES;
    sb_fail(&err, SB_E_IO, "the output cannot be written");
    return refuse(cli, &err);
}

static enum sb_exit parse_and_run(struct sb_cli *cli, int argc, char **argv)
{
    struct sb_err err = {0};
    int rc = sb_cli_parse(cli, argc, argv, &err);
    if (rc != 0) {
        cli->json = asks_json(argc, argv);
        if (cli->json && new_output(cli, &err) != 0)
            return SB_EXIT_AGAIN;
        if (argc < 2)
            sb_cli_help(cli, stderr);
        return refuse(cli, &err);
    }
    if (cli->version) {
        printf("%s %s\n", cli->program, SB_VERSION);
        return printed(cli);
    }
    if (cli->help || !cli->command) {
        sb_cli_help(cli, stdout);
        return printed(cli);
    }
    return run(cli);
}

int sb_cli_main(int argc,
                char **argv,
                const struct sb_cli_family *const *families,
                void *ctx)
{
    size_t n = 0;
    while (families[n])
        n++;
    const struct sb_cli_family **all = calloc(n + BUILT_IN + 1, sizeof *all);
    if (!all)
        return SB_EXIT_AGAIN;
    memcpy(all, families, n * sizeof *all);
    all[n] = &sb_cli_explain;
    all[n + 1] = &sb_cli_completion_family;
    all[n + 2] = &sb_cli_manual_family;
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    struct sb_cli cli = {.program = slash      ? slash + 1
                                    : argc > 0 ? argv[0]
                                               : "sacbe",
                         .families = all,
                         .ctx = ctx,
                         .lang = sb_lang_environment()};
    enum sb_exit status = parse_and_run(&cli, argc, argv);
    sb_out_free(cli.out);
    sb_cli_clear(&cli);
    free(all);
    return (int)status;
}
