/* Purpose: `sacbe member`: enrol (challenge, then answer), list, revoke.
 * Invariant: a member enters a draft only after it opened a challenge that was
 * sealed to its own card, and only with keys that nobody holds or held. Not
 * for: signing; `directory sign` does that. */
#include "broker/cli/cmd_enrol.h"

#include <limits.h>
#include <unistd.h>

#include "broker/cli/families.h"

static int open_both(const struct sb_cli *cli,
                     struct sb_cmd_dir *d,
                     struct sb_cmd_record *file,
                     struct sb_enrol_card *card,
                     struct sb_err *err)
{
    int rc = sb_cmd_dir_open(cli, sb_cli_text(cli, "directory"), d, err);
    if (rc != 0)
        return rc;
    rc = sb_cmd_record_read(sb_cli_arg(cli, 0), "sacbe/card/1", file, err);
    if (rc == 0)
        rc = sb_enrol_read(d, &file->record, card, err);
    return rc;
}

static int challenge(const struct sb_cli *cli,
                     const struct sb_enrol_card *card,
                     struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_buf sealed = {0};
    struct sb_buf text = {0};
    uint8_t expected[SB_HASH];
    char fingerprint[72];
    const char *to = sb_cli_text(cli, "out");
    int rc = sb_challenge_make(&card->card, &sealed, expected, err);
    if (rc == 0) {
        sb_cmd_base64(sb_buf_bytes(&sealed), &text);
        sb_buf_byte(&text, 0);
        rc = sb_buf_check(&text, err);
    }
    if (rc == 0 && !sb_cli_dry_run(cli))
        rc = sb_enrol_keep(sb_cli_text(cli, "directory"), card, expected, err);
    if (rc == 0 && to && !sb_cli_dry_run(cli))
        rc = sb_cmd_write(to, sb_bytes(text.p, text.n - 1), true, err);
    if (rc == 0) {
        sb_cmd_fingerprint(card->hash, fingerprint);
        sb_out_bytes(out, "institution", sb_tr(cli, "Institution"), card->card.code);
        sb_out_bytes(out, "name", sb_tr(cli, "Name"), card->card.name);
        sb_out_text(out, "fingerprint", sb_tr(cli, "Fingerprint"), fingerprint);
        sb_out_text(out, "challenge", sb_tr(cli, "Challenge"), (const char *)text.p);
        sb_out_note(out,
                    "%s",
                    sb_tr(cli,
                          "Next: compare the fingerprint by telephone; they answer "
                          "with sacbe card answer; then run this again with "
                          "--answer."));
    }
    sb_buf_free(&text);
    sb_buf_free(&sealed);
    return rc;
}

static void tell_draft(const struct sb_cli *cli, const struct sb_cmd_dir *d)
{
    struct sb_out *out = sb_cli_out(cli);
    sb_out_int(
        out, "version", sb_tr(cli, "Draft of version"), (int64_t)d->body.version);
    sb_out_int(out, "members", sb_tr(cli, "Members"), (int64_t)d->body.n_members);
    sb_out_note(out,
                "%s",
                sb_cli_dry_run(cli)
                    ? sb_tr(cli, "Dry run: nothing was written.")
                    : sb_tr(cli, "Next: sacbe directory sign, then publish."));
}

static int admit(const struct sb_cli *cli,
                 struct sb_cmd_dir *d,
                 const struct sb_enrol_card *card,
                 struct sb_err *err)
{
    struct sb_buf answer = {0};
    const char *to = sb_cli_text(cli, "out");
    if (!to)
        return sb_fail(err, SB_E_USAGE, "name the draft to write with --out");
    int rc = sb_cmd_unbase64(sb_cli_text(cli, "answer"), SB_CHALLENGE, &answer, err);
    if (rc == 0)
        rc = sb_enrol_answered(
            sb_cli_text(cli, "directory"), card, sb_buf_bytes(&answer), err);
    if (rc == 0)
        rc = sb_enrol_add(d, card, err);
    if (rc == 0)
        rc = sb_cmd_draft_write(cli, d, to, err);
    if (rc == 0 && !sb_cli_dry_run(cli))
        rc = sb_enrol_forget(sb_cli_text(cli, "directory"), card, err);
    if (rc == 0) {
        sb_out_bytes(
            sb_cli_out(cli), "institution", sb_tr(cli, "Institution"), card->card.code);
        tell_draft(cli, d);
    }
    sb_buf_free(&answer);
    return rc;
}

static int run_enrol(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_cmd_dir d = {0};
    struct sb_cmd_record file = {0};
    struct sb_enrol_card card;
    int rc = open_both(cli, &d, &file, &card, err);
    if (rc == 0)
        rc = sb_cli_text(cli, "answer") ? admit(cli, &d, &card, err)
                                        : challenge(cli, &card, err);
    sb_cmd_record_free(&file);
    sb_cmd_dir_close(&d);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static int run_list(struct sb_cli *cli, struct sb_err *err)
{
    static const struct sb_out_column columns[] = {{"code", "CODE", false},
                                                   {"name", "NAME", false},
                                                   {"status", "STATUS", false},
                                                   {"cards", "CARDS", true},
                                                   {"until", "UNTIL", false}};
    struct sb_out *out = sb_cli_out(cli);
    const char *status = sb_cli_text(cli, "status");
    struct sb_cmd_dir d;
    int rc = sb_cmd_dir_open(cli, sb_cli_text(cli, "directory"), &d, err);
    if (rc != 0)
        return rc;
    sb_out_int(out, "version", sb_tr(cli, "Version"), (int64_t)d.body.version);
    sb_out_table(out, "members", columns, 5);
    for (size_t i = 0; i < d.body.n_members; i++) {
        const struct sb_dir_member *m = &d.body.members[i];
        struct sb_card card;
        if (status && !sb_bytes_is(m->status, status))
            continue;
        rc = sb_cmd_card(m, d.arena, &card, err);
        const struct sb_card_key *sign =
            rc == 0 ? sb_card_key(&card, SB_USE_SIGN) : NULL;
        if (!sign)
            break;
        sb_out_cell_bytes(out, m->code);
        sb_out_cell_bytes(out, card.name);
        sb_out_cell_bytes(out, m->status);
        sb_out_cell_int(out, (int64_t)m->n_cards);
        sb_out_cell_time(out, sign->not_after);
    }
    sb_out_end(out);
    sb_cmd_dir_close(&d);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static int run_revoke(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_cmd_dir d;
    int rc = sb_cmd_dir_open(cli, sb_cli_text(cli, "directory"), &d, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < sb_cli_arg_count(cli); i++) {
        const char *code = sb_cli_arg(cli, i);
        struct sb_dir_member *m = sb_cmd_member(&d.body, sb_bytes_str(code));
        if (!m)
            rc = sb_fail(err, SB_E_MEMBER, "%s is no member of this exchange", code);
        else if (sb_bytes_is(m->status, "revoked"))
            rc = sb_fail(err, SB_E_MEMBER, "%s is revoked already", code);
        else
            m->status = sb_bytes_str("revoked");
    }
    if (rc == 0)
        rc = sb_cmd_draft_write(cli, &d, sb_cli_text(cli, "out"), err);
    if (rc == 0)
        tell_draft(cli, &d);
    sb_cmd_dir_close(&d);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static const char *const statuses[] = {"active", "suspended", "revoked", NULL};

static const struct sb_cli_option enrol_options[] = {
    SB_OPTION_DIRECTORY,
    SB_OPTION_ANCHOR,
    {.name = "answer",
     .kind = SB_CLI_TEXT,
     .value = "TEXT",
     .summary = "their answer to the challenge: a text, or a file as @FILE"},
    {.name = "out",
     .kind = SB_CLI_FILE,
     .letter = 'o',
     .value = "FILE",
     .summary = "the challenge to write; with --answer, the draft"},
    {.name = NULL}};
static const struct sb_cli_option list_options[] = {
    SB_OPTION_DIRECTORY,
    SB_OPTION_ANCHOR,
    {.name = "status",
     .kind = SB_CLI_TEXT,
     .value = "STATUS",
     .one_of = statuses,
     .summary = "only members of this status"},
    {.name = NULL}};
static const struct sb_cli_option revoke_options[] = {
    SB_OPTION_DIRECTORY,
    SB_OPTION_ANCHOR,
    SB_OPTION_OUT("the draft to write"),
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "enrol",
     .summary = "Challenge a card; with the answer, put it into a draft",
     .args = "CARD",
     .args_min = 1,
     .args_max = 1,
     .options = enrol_options,
     .example = "sacbe member enrol pnc.card --directory directory-1.sbd",
     .flags = SB_CLI_SHARED,
     .run = run_enrol},
    {.verb = "list",
     .summary = "List the members of a directory",
     .options = list_options,
     .example = "sacbe member list --directory directory-2.sbd --status active",
     .run = run_list},
    {.verb = "revoke",
     .summary = "Revoke members for good, in a draft",
     .args = "CODE...",
     .args_min = 1,
     .args_max = UINT_MAX,
     .options = revoke_options,
     .example = "sacbe member revoke dgac --directory directory-4.sbd -o draft.sbd",
     .flags = SB_CLI_SHARED,
     .run = run_revoke},
    {.run = NULL}};

static const struct sb_tr_row spanish[] = {
    {"Members of the exchange", "Miembros del intercambio"},
    {"Challenge a card; with the answer, put it into a draft",
     "Reta una tarjeta; con la respuesta, la pone en un borrador"},
    {"List the members of a directory", "Lista los miembros de un directorio"},
    {"Revoke members for good, in a draft",
     "Revoca miembros para siempre, en un borrador"},
    SB_ROW_ANCHOR,
    SB_ROW_DIRECTORY,
    {"their answer to the challenge: a text, or a file as @FILE",
     "su respuesta al reto: un texto, o un archivo como @ARCHIVO"},
    {"the challenge to write; with --answer, the draft",
     "el reto que se escribe; con --answer, el borrador"},
    {"only members of this status", "solo los miembros con este estado"},
    {"the draft to write", "el borrador que se escribe"},
    {"Institution", "Institución"},
    {"Name", "Nombre"},
    {"Fingerprint", "Huella"},
    {"Challenge", "Reto"},
    {"Version", "Versión"},
    {"Draft of version", "Borrador de la versión"},
    {"Members", "Miembros"},
    {"CODE", "CÓDIGO"},
    {"NAME", "NOMBRE"},
    {"STATUS", "ESTADO"},
    {"CARDS", "TARJETAS"},
    {"UNTIL", "HASTA"},
    {"Next: compare the fingerprint by telephone; they answer with sacbe card "
     "answer; "
     "then run this again with --answer.",
     "Sigue: compare la huella por teléfono; ellos responden con sacbe card "
     "answer; "
     "luego repita esta orden con --answer."},
    {"Dry run: nothing was written.", "Ensayo: no se escribió nada."},
    {"Next: sacbe directory sign, then publish.",
     "Sigue: sacbe directory sign, luego publish."},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_member = {
    "member", "Members of the exchange", commands, spanish};
