/* Purpose: `sacbe explain`: what a code means and what to do.
 * Invariant: each code of schemas/base/code.h has its row in each language (tested). */
#include "broker/cli/explain.h"

#include <stdlib.h>
#include <string.h>

#include "broker/cli/explain_rows.h"
#include "broker/cli/state.h"

static const int codes[] = {
#define ROW(name, number, text) SB_E_##name,
    SB_CODES(ROW)
#undef ROW
};

static const struct sb_explain *find(const struct sb_explain *rows, int number)
{
    for (; rows->number != 0; rows++)
        if (rows->number == number)
            return rows;
    return NULL;
}

const struct sb_explain *sb_explain_find(enum sb_lang lang, int code)
{
    bool es = lang == SB_LANG_ES;
    int number = sb_code_number(code);
    if (number < 400)
        return find(es ? sb_explain_es_data : sb_explain_en_data, number);
    if (number >= 600 && number < 700)
        return find(es ? sb_explain_es_journal : sb_explain_en_journal, number);
    return find(es ? sb_explain_es_exchange : sb_explain_en_exchange, number);
}

int sb_explain_parse(const char *text)
{
    bool prefix = strncasecmp(text, "SB-", 3) == 0;
    const char *rest = prefix ? text + 3 : text;
    size_t digits = strspn(rest, "0123456789");
    if (digits > 0 && digits < 6 && rest[digits] == '\0')
        return sb_code_from_number(strtol(rest, NULL, 10));
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (!prefix && strcmp(sb_code_name(codes[i]), text) == 0)
            return codes[i];
    return SB_OK;
}

static void form(int code, char out[16])
{
    snprintf(out, 16, "SB-%d", sb_code_number(code));
}

static int list_all(const struct sb_cli *cli)
{
    static const struct sb_out_column columns[] = {
        {"code", "CODE", false}, {"name", "NAME", false}, {"title", "MEANING", false}};
    struct sb_out *out = sb_cli_out(cli);
    char number[16];
    sb_out_table(out, "codes", columns, 3);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        const struct sb_explain *e = sb_explain_find(cli->lang, codes[i]);
        form(codes[i], number);
        sb_out_cell_text(out, number);
        sb_out_cell_text(out, sb_code_name(codes[i]));
        sb_out_cell_text(out, e ? e->title : NULL);
    }
    sb_out_end(out);
    return SB_EXIT_YES;
}

static void explain_one(struct sb_out *out, int code, const struct sb_explain *e)
{
    char number[16];
    form(code, number);
    sb_out_text(out, "code", "Code", number);
    sb_out_text(out, "name", "Name", sb_code_name(code));
    sb_out_text(out, "title", "Title", e->title);
    sb_out_text(out, "means", "Means", e->means);
    sb_out_text(out, "action", "What to do", e->action);
}

static int run_explain(struct sb_cli *cli, struct sb_err *err)
{
    const char *text = sb_cli_arg(cli, 0);
    if (!text)
        return list_all(cli);
    int code = sb_explain_parse(text);
    const struct sb_explain *e = sb_explain_find(cli->lang, code);
    if (code == SB_OK || !e)
        return sb_fail(
            err,
            SB_E_USAGE,
            sb_tr(cli, "there is no code \"%.64s\" (sacbe explain lists all)"),
            text);
    explain_one(sb_cli_out(cli), code, e);
    return SB_EXIT_YES;
}

static const struct sb_cli_command commands[] = {
    {.summary = "Tell what a code means and what to do; without a code, list all",
     .args = "[CODE]",
     .args_max = 1,
     .example = "sacbe explain SB-509",
     .run = run_explain},
    {.run = NULL}};

const struct sb_cli_family sb_cli_explain = {
    "explain", "What a code means and what to do", commands, NULL};
