/* broker.cli.grammar: command lines to commands, help, pages, exit statuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker/cli/grammar.h"
#include "broker/cli/pages.h"
#include "schemas/base/bytes.h"

struct seen { /* what the command was asked */
    int runs;
    bool reveal;
    bool dry_run;
    int64_t count;
    size_t classes;
    char last_class[16];
    char status[16];
    size_t args;
    char arg[16];
    char config[64];
};

static int run_list(struct sb_cli *cli, struct sb_err *err)
{
    struct seen *seen = sb_cli_ctx(cli);
    size_t n = 0;
    const char *const *classes = sb_cli_values(cli, "class", &n);
    const char *config = NULL;
    seen->runs++;
    seen->reveal = sb_cli_flag(cli, "reveal");
    seen->dry_run = sb_cli_dry_run(cli);
    seen->count = sb_cli_int(cli, "count", 7);
    seen->classes = n;
    if (n > 0)
        snprintf(seen->last_class, sizeof seen->last_class, "%s", classes[n - 1]);
    if (sb_cli_text(cli, "status"))
        snprintf(seen->status, sizeof seen->status, "%s", sb_cli_text(cli, "status"));
    seen->args = sb_cli_arg_count(cli);
    if (sb_cli_arg(cli, 0))
        snprintf(seen->arg, sizeof seen->arg, "%s", sb_cli_arg(cli, 0));
    if (sb_cli_config(cli, &config, err) == 0)
        snprintf(seen->config, sizeof seen->config, "%s", config);
    sb_out_text(sb_cli_out(cli), "exchange", "Exchange", "sns");
    return SB_EXIT_YES;
}

static int run_refuse(struct sb_cli *cli, struct sb_err *err)
{
    sb_out_text(sb_cli_out(cli), "member", "Member", "pnc");
    return sb_fail(err, SB_E_GAP, "pnc/a.b: 5 expected");
}

static int run_status(struct sb_cli *cli, struct sb_err *err)
{
    (void)err;
    return sb_cli_flag(cli, "check") ? SB_EXIT_INDETERMINATE : SB_EXIT_NO;
}

static const char *const statuses[] = {"active", "revoked", NULL};
static const struct sb_cli_option list_options[] = {
    {.name = "reveal", .kind = SB_CLI_FLAG, .letter = 'r', .summary = "show values"},
    {.name = "count",
     .kind = SB_CLI_INT,
     .letter = 'n',
     .value = "N",
     .summary = "at most",
     .min = 1,
     .max = 100},
    {.name = "class",
     .kind = SB_CLI_TEXT,
     .repeated = true,
     .value = "CLASS",
     .summary = "of a class"},
    {.name = "status",
     .kind = SB_CLI_TEXT,
     .value = "STATUS",
     .summary = "of a status",
     .one_of = statuses},
    {.name = NULL}};
static const struct sb_cli_option revoke_options[] = {{.name = "reason",
                                                       .kind = SB_CLI_TEXT,
                                                       .required = true,
                                                       .value = "TEXT",
                                                       .summary = "why"},
                                                      {.name = NULL}};
static const struct sb_cli_command member_commands[] = {
    {.verb = "list",
     .summary = "List the members",
     .args = "[CODE]",
     .args_max = 1,
     .options = list_options,
     .example = "sacbe member list --count 3",
     .run = run_list},
    {.verb = "revoke",
     .summary = "Revoke a member",
     .args = "CODE",
     .args_min = 1,
     .args_max = 1,
     .options = revoke_options,
     .example = "sacbe member revoke pnc --reason 'lost key'",
     .flags = SB_CLI_SHARED | SB_CLI_PASSPHRASE,
     .run = run_refuse},
    {.run = NULL}};
static const struct sb_tr_row member_spanish[] = {
    {"Members", "Miembros"},
    {"List the members", "Lista los miembros"},
    {"Revoke a member", "Revoca un miembro"},
    {"show values", "muestra los valores"},
    {"at most", "como máximo"},
    {"of a class", "de una clase"},
    {"of a status", "de un estado"},
    {"why", "por qué"},
    {"Exchange", "Intercambio"},
    {NULL, NULL}};
static const struct sb_cli_option status_options[] = {
    {.name = "check", .kind = SB_CLI_FLAG, .summary = "one line"}, {.name = NULL}};
static const struct sb_cli_command status_commands[] = {
    {.summary = "Show the state",
     .options = status_options,
     .example = "sacbe status --check",
     .run = run_status},
    {.run = NULL}};
static const struct sb_tr_row status_spanish[] = {
    {"State", "Estado"},
    {"Show the state", "Muestra el estado"},
    {"one line", "una línea"},
    {NULL, NULL}};
static const struct sb_cli_family member = {
    "member", "Members", member_commands, member_spanish};
static const struct sb_cli_family status_family = {
    "status", "State", status_commands, status_spanish};
static const struct sb_cli_family *const families[] = {&member, &status_family, NULL};

struct told { /* what a run wrote */
    int status;
    char out[8192];
    char err[2048];
};

static void read_back(FILE *f, char *text, size_t n)
{
    rewind(f);
    size_t got = fread(text, 1, n - 1, f);
    text[got] = '\0';
    (void)fclose(f);
}

/* Runs "sacbe ..." with standard output in `out`, which is closed, and the other in a
 * file. */
static void go_into(struct told *told, struct seen *seen, const char *line, FILE *out)
{
    char copy[256];
    char *argv[32] = {0};
    int argc = 0;
    snprintf(copy, sizeof copy, "sacbe %s", line);
    char *rest = NULL;
    for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
        argv[argc++] = w;
    FILE *err = tmpfile();
    (void)fflush(stdout);
    (void)fflush(stderr);
    int kept_out = dup(STDOUT_FILENO);
    int kept_err = dup(STDERR_FILENO);
    dup2(fileno(out), STDOUT_FILENO);
    dup2(fileno(err), STDERR_FILENO);
    told->status = sb_cli_main(argc, argv, families, seen);
    (void)fflush(stdout);
    (void)fflush(stderr);
    __fpurge(stdout); /* what could not be written */
    clearerr(stdout);
    dup2(kept_out, STDOUT_FILENO);
    dup2(kept_err, STDERR_FILENO);
    close(kept_out);
    close(kept_err);
    read_back(out, told->out, sizeof told->out);
    read_back(err, told->err, sizeof told->err);
}

static void go(struct told *told, struct seen *seen, const char *line)
{
    go_into(told, seen, line, tmpfile());
}

static void says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in \"%s\"", part, text);
}

static void options_and_arguments_reach_the_command(void **state)
{
    (void)state;
    struct told t;
    struct seen s = {0};
    go(&t,
       &s,
       "-c a.yaml member list pnc -rn 3 --class publica --class=interna "
       "--status active");
    assert_int_equal(t.status, 0);
    assert_string_equal(t.err, "");
    assert_string_equal(t.out, "Exchange  sns\n");
    assert_true(s.reveal);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.classes, 2);
    assert_string_equal(s.last_class, "interna");
    assert_string_equal(s.status, "active");
    assert_string_equal(s.arg, "pnc");
    assert_string_equal(s.config, "a.yaml");
    s = (struct seen){0};
    go(&t, &s, "member --json list -c b.yaml");
    assert_int_equal(s.runs, 1);
    assert_int_equal(s.count, 7);
    assert_false(s.reveal);
    assert_string_equal(s.config, "b.yaml");
    says(t.out, "\"exchange\": \"sns\"");
    go(&t, &s, "member list -- --odd");
    assert_string_equal(s.arg, "--odd");
    go(&t, &s, "member list --quiet");
    assert_string_equal(t.out, "");
}

static void exit_statuses_are_the_commands(void **state)
{
    (void)state;
    struct told t;
    struct seen s = {0};
    go(&t, &s, "status --check");
    assert_int_equal(t.status, SB_EXIT_INDETERMINATE);
    go(&t, &s, "status");
    assert_int_equal(t.status, SB_EXIT_NO);
    go(&t, &s, "--json status --check");
    assert_int_equal(t.status, SB_EXIT_INDETERMINATE);
    go(&t, &s, "member revoke pnc --reason x --dry-run");
    assert_int_equal(t.status, SB_EXIT_NO);
    assert_string_equal(t.out, "Member  pnc\n");
    assert_string_equal(t.err, "sacbe: pnc/a.b: 5 expected (SB-509)\n");
    go(&t, &s, "member revoke pnc --reason x --json");
    assert_string_equal(t.err, "");
    says(t.out, "\"member\": \"pnc\"");
    says(t.out, "\"code\": \"SB-509\"");
    says(t.out, "\"name\": \"gap\"");
    go(&t, &s, "member revoke pnc --reason x --lang es");
    says(t.err, "sacbe: Hueco en la serie: pnc/a.b: 5 expected (SB-509)");
    assert_int_equal(sb_cli_exit(SB_E_CONFIG_UNKNOWN_KEY), SB_EXIT_USAGE);
    assert_int_equal(sb_cli_exit(SB_E_TRUNCATED), SB_EXIT_USAGE);
    assert_int_equal(sb_cli_exit(SB_E_VAULT_MODE), SB_EXIT_USAGE);
    assert_int_equal(sb_cli_exit(SB_E_NO_DAEMON), SB_EXIT_AGAIN);
    assert_int_equal(sb_cli_exit(SB_E_INVALID), SB_EXIT_NO);
    assert_int_equal(sb_cli_exit(SB_E_JOURNAL_ENTRY), SB_EXIT_NO);
}

struct wrong {
    const char *line;
    const char *says;
};

static void wrong_usage_is_refused_with_a_suggestion(void **state)
{
    (void)state;
    static const struct wrong wrong[] = {
        {"", "a command is missing"},
        {"membr list", "unknown command \"membr\" (did you mean \"member\"?)"},
        {"xyzzy", "unknown command \"xyzzy\" (SB-801)"},
        {"member lst", "\"member\" has no \"lst\" (did you mean \"list\"?)"},
        {"member", "\"member\" needs one of its verbs"},
        {"--jsno member list",
         "unknown option --jsno of \"sacbe\" (did you mean --json?)"},
        {"member list --statsu x",
         "unknown option --statsu of \"member list\" (did you mean --status?)"},
        {"member list -z", "unknown option -z of \"member list\""},
        {"member list --dry-run", "unknown option --dry-run of \"member list\""},
        {"member list --reveal=1", "--reveal takes no value"},
        {"member list --count", "--count needs a value"},
        {"member list --count 3x", "--count must be a whole number, not \"3x\""},
        {"member list --count 101", "--count must be from 1 to 100, not 101"},
        {"member list --count 1 --count 2", "--count stands twice"},
        {"member list --status odd", "--status must be one of active, revoked"},
        {"member list a b", "\"member list\": unexpected argument \"b\""},
        {"member revoke --reason x", "\"member revoke\" needs CODE"},
        {"member revoke pnc", "\"member revoke\" needs --reason TEXT"},
        {"--lang fr status", "--lang must be en or es"},
        {"status --chek",
         "unknown option --chek of \"status\" (did you mean --check?)"},
        {"explain 999", "there is no code \"999\""},
    };
    struct told t;
    struct seen s = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        go(&t, &s, wrong[i].line);
        assert_int_equal(t.status, SB_EXIT_USAGE);
        says(t.err, wrong[i].says);
        says(t.err, "(SB-801)");
        says(t.err, "see: sacbe ");
        assert_string_equal(t.out, "");
    }
    assert_int_equal(s.runs, 0);
    go(&t, &s, "member lst --json");
    assert_int_equal(t.status, SB_EXIT_USAGE);
    says(t.out, "\"code\": \"SB-801\"");
    assert_string_equal(t.err, "");
    go(&t, &s, "--lang es member lst");
    says(t.err, "\"member\" no tiene \"lst\" (¿quiso decir \"list\"?)");
}

static void help_shows_options_and_an_example(void **state)
{
    (void)state;
    struct told t;
    struct seen s = {0};
    go(&t, &s, "--help");
    assert_int_equal(t.status, 0);
    says(t.out, "  member       Members\n");
    assert_null(strstr(t.out, "completion"));
    go(&t, &s, "member --help");
    says(t.out, "revoke CODE");
    go(&t, &s, "member revoke --help");
    says(t.out, "Usage: sacbe member revoke [OPTIONS] CODE\n");
    says(t.out, "--reason TEXT");
    says(t.out, "--dry-run");
    says(t.out, "--passphrase-file FILE");
    says(t.out, "Example:\n  sacbe member revoke pnc");
    go(&t, &s, "status --help");
    says(t.out, "--check");
    assert_null(strstr(t.out, "--dry-run"));
    go(&t, &s, "--lang es member list --help");
    says(t.out, "Uso: sacbe member list [OPCIONES] [CODE]\n\nLista los miembros.");
    says(t.out, "un solo documento JSON");
    go(&t, &s, "--version");
    assert_int_equal(t.status, 0);
    assert_string_equal(t.out, "sacbe " SB_VERSION "\n");
    assert_int_equal(s.runs, 0);
}

static void the_environment_chooses_the_language(void **state)
{
    (void)state;
    struct told t;
    struct seen s = {0};
    setenv("LC_ALL", "es_GT.UTF-8", 1);
    go(&t, &s, "member list");
    assert_string_equal(t.out, "Intercambio  sns\n");
    go(&t, &s, "--lang en member list");
    assert_string_equal(t.out, "Exchange  sns\n");
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("LANG", "es_GT.UTF-8", 1);
    go(&t, &s, "member list");
    assert_string_equal(t.out, "Exchange  sns\n");
    assert_int_equal(sb_lang_parse("est"), SB_LANG_EN);
    assert_int_equal(sb_lang_parse(NULL), SB_LANG_EN);
    assert_int_equal(sb_lang_parse("es"), SB_LANG_ES);
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    assert_int_equal(sb_lang_environment(), SB_LANG_ES);
    unsetenv("LANG");
    assert_int_equal(sb_lang_environment(), SB_LANG_EN);
}

static void pages_come_from_the_tables(void **state)
{
    (void)state;
    struct told t;
    struct seen s = {0};
    go(&t, &s, "manual");
    assert_int_equal(t.status, 0);
    says(t.out, ".TH SACBE 1");
    says(t.out, ".SS \"sacbe member revoke CODE\"\nRevoke a member\n");
    says(t.out, "\\fB\\-n, \\-\\-count N\\fR");
    says(t.out, "$ sacbe status \\-\\-check\n");
    go(&t, &s, "manual --lang es");
    says(t.out, "Revoca un miembro");
    says(t.out, "ESTADO DE SALIDA");
    go(&t, &s, "completion bash");
    says(t.out, "\"member\") words=\"list revoke\" ;;");
    says(t.out, "\"member list\") words=\" --reveal --count --class --status");
    char path[] = "/tmp/sb-completion-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, t.out, strlen(t.out)), (ssize_t)strlen(t.out));
    close(fd);
    char command[256];
    snprintf(command,
             sizeof command,
             "bash -c '. %s; COMP_WORDS=(sacbe -c x member re); COMP_CWORD=4; _sacbe; "
             "[ \"${COMPREPLY[*]}\" = revoke ]'",
             path);
    assert_int_equal(system(command), 0);
    unlink(path);
}

static void the_tables_are_checked(void **state)
{
    (void)state;
    struct sb_err err = {0};
    if (sb_cli_check_families(families, &err) != 0)
        fail_msg("%s", err.text);
    static const struct sb_cli_command no_example[] = {
        {.summary = "State", .run = run_status}, {.run = NULL}};
    static const struct sb_cli_option twice[] = {
        {.name = "json", .kind = SB_CLI_FLAG, .summary = "State"}, {.name = NULL}};
    static const struct sb_cli_command shadows[] = {
        {.summary = "State", .options = twice, .example = "sacbe x", .run = run_status},
        {.run = NULL}};
    static const struct sb_cli_command english[] = {
        {.summary = "No Spanish here", .example = "sacbe x", .run = run_status},
        {.run = NULL}};
    const struct sb_cli_command *const bad[] = {no_example, shadows, english};
    const char *const expected[] = {"no example", "--json is common", "no Spanish of"};
    for (size_t i = 0; i < 3; i++) {
        struct sb_cli_family x = {"x", "State", bad[i], status_spanish};
        const struct sb_cli_family *const one[] = {&x, NULL};
        assert_int_equal(sb_cli_check_families(one, &err), SB_E_STATE);
        says(err.text, expected[i]);
    }
    const struct sb_cli_family *const both[] = {&member, &member, NULL};
    assert_int_equal(sb_cli_check_families(both, &err), SB_E_STATE);
}

static void an_output_that_breaks_is_no_success(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "--help", "--version", "member list pnc", "member list pnc --json"};
    struct told t;
    struct seen s = {0};
    for (size_t i = 0; i < 4; i++) {
        go_into(&t, &s, lines[i], fopen("/dev/full", "r+"));
        assert_int_equal(t.status, SB_EXIT_USAGE);
        assert_string_equal(t.err, "sacbe: the output cannot be written (SB-102)\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_reach_the_command),
        cmocka_unit_test(exit_statuses_are_the_commands),
        cmocka_unit_test(wrong_usage_is_refused_with_a_suggestion),
        cmocka_unit_test(help_shows_options_and_an_example),
        cmocka_unit_test(the_environment_chooses_the_language),
        cmocka_unit_test(pages_come_from_the_tables),
        cmocka_unit_test(the_tables_are_checked),
        cmocka_unit_test(an_output_that_breaks_is_no_success),
    };
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    unsetenv("LANG");
    return cmocka_run_group_tests_name("broker.cli.grammar", tests, NULL, NULL);
}
