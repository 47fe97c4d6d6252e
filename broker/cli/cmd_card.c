/* Purpose: `sacbe card`: what a card says, and the answer to an enrolment
 * challenge. Not for: making cards; `identity` does. */
#include "broker/cli/cmd_file.h"

#include "broker/cli/families.h"

static void show_keys(const struct sb_cli *cli, const struct sb_card *card)
{
    static const struct sb_out_column columns[] = {{"use", "USE", false},
                                                   {"key_id", "KEY ID", false},
                                                   {"from", "FROM", false},
                                                   {"until", "UNTIL", false}};
    struct sb_out *out = sb_cli_out(cli);
    sb_out_table(out, "keys", columns, 4);
    for (size_t i = 0; i < card->n_keys; i++) {
        uint8_t id[SB_KEY_ID];
        char hex[2 * SB_KEY_ID + 1];
        sb_key_id(id, card->keys[i].use, card->keys[i].pk);
        sb_hex(hex, id, SB_KEY_ID);
        sb_out_cell_bytes(out, card->keys[i].use);
        sb_out_cell_text(out, hex);
        sb_out_cell_time(out, card->keys[i].not_before);
        sb_out_cell_time(out, card->keys[i].not_after);
    }
    sb_out_end(out);
}

static int show(const struct sb_cli *cli,
                const struct sb_cmd_record *file,
                struct sb_arena *arena,
                struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_anchor anchor;
    struct sb_exchange exchange;
    struct sb_card card;
    struct sb_buf base64 = {0};
    uint8_t hash[SB_HASH];
    char text[72];
    int rc = sb_cmd_anchor(cli, sb_cli_arg(cli, 0), &anchor, err);
    if (rc == 0)
        rc = sb_card_read(file->record.body, arena, &card, err);
    if (rc != 0)
        return rc;
    sb_cmd_exchange(&anchor, &exchange);
    if (card.card_no == 1)
        rc = sb_card_check(&exchange, &file->record, &card, NULL, NULL, err);
    if (rc == 0)
        rc = sb_record_hash(hash, file->record.body, err);
    if (rc != 0)
        return rc;
    sb_cmd_fingerprint(hash, text);
    sb_cmd_base64(file->record.raw, &base64);
    sb_buf_byte(&base64, 0);
    sb_out_bytes(out, "institution", sb_tr(cli, "Institution"), card.code);
    sb_out_bytes(out, "name", sb_tr(cli, "Name"), card.name);
    sb_out_int(out, "card_no", sb_tr(cli, "Card number"), (int64_t)card.card_no);
    sb_out_text(out, "fingerprint", sb_tr(cli, "Fingerprint"), text);
    if (!base64.failed && sb_cli_flag(cli, "base64"))
        sb_out_text(out, "card", sb_tr(cli, "Card"), (const char *)base64.p);
    sb_buf_free(&base64);
    show_keys(cli, &card);
    return 0;
}

static int run_show(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_cmd_record file = {0};
    const char *to = sb_cli_text(cli, "out");
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0)
        rc = sb_cmd_record_read(sb_cli_arg(cli, 0), "sacbe/card/1", &file, err);
    if (rc == 0)
        rc = show(cli, &file, arena, err);
    if (rc == 0 && to)
        rc = sb_cmd_write(to, file.record.raw, false, err);
    sb_cmd_record_free(&file);
    sb_arena_free(arena);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static int tell_answer(const struct sb_cli *cli,
                       const uint8_t answer[SB_CHALLENGE],
                       struct sb_err *err)
{
    struct sb_buf text = {0};
    const char *to = sb_cli_text(cli, "out");
    sb_cmd_base64(sb_bytes(answer, SB_CHALLENGE), &text);
    sb_buf_byte(&text, 0);
    int rc = sb_buf_check(&text, err);
    if (rc == 0 && to)
        rc = sb_cmd_write(to, sb_bytes(text.p, text.n - 1), true, err);
    if (rc == 0)
        sb_out_text(
            sb_cli_out(cli), "answer", sb_tr(cli, "Answer"), (const char *)text.p);
    sb_buf_free(&text);
    return rc;
}

static int run_answer(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_vault *vault = NULL;
    struct sb_buf challenge = {0};
    uint8_t answer[SB_CHALLENGE];
    int rc = sb_cmd_unbase64(sb_cli_arg(cli, 0), SB_KIB, &challenge, err);
    if (rc == 0)
        rc = sb_cmd_vault(cli, sb_cli_text(cli, "vault"), &vault, err);
    if (rc == 0)
        rc = sb_challenge_answer(vault, sb_buf_bytes(&challenge), answer, err);
    if (rc == 0)
        rc = tell_answer(cli, answer, err);
    sb_buf_free(&challenge);
    sb_vault_free(vault);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static const struct sb_cli_option show_options[] = {
    SB_OPTION_ANCHOR,
    {.name = "base64",
     .kind = SB_CLI_FLAG,
     .summary = "also the card itself, as text to send"},
    {.name = "out",
     .kind = SB_CLI_FILE,
     .letter = 'o',
     .value = "FILE",
     .summary = "a copy of the card"},
    {.name = NULL}};

static const struct sb_cli_option answer_options[] = {
    {.name = "vault",
     .kind = SB_CLI_FILE,
     .required = true,
     .value = "FILE",
     .summary = "the institution's vault"},
    {.name = "out",
     .kind = SB_CLI_FILE,
     .letter = 'o',
     .value = "FILE",
     .summary = "where to write the answer too"},
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "show",
     .summary = "Show what a card says, with the fingerprint to read aloud",
     .args = "CARD",
     .args_min = 1,
     .args_max = 1,
     .options = show_options,
     .example = "sacbe card show pnc.card --base64",
     .run = run_show},
    {.verb = "answer",
     .summary = "Answer the exchange's challenge: a text, or a file as @FILE",
     .args = "CHALLENGE",
     .args_min = 1,
     .args_max = 1,
     .options = answer_options,
     .example = "sacbe card answer @challenge.txt --vault pnc.vault",
     .flags = SB_CLI_PASSPHRASE,
     .run = run_answer},
    {.run = NULL}};

static const struct sb_tr_row spanish[] = {
    {"Cards: an institution's public keys",
     "Tarjetas: las llaves públicas de una institución"},
    {"Show what a card says, with the fingerprint to read aloud",
     "Muestra lo que dice una tarjeta, con la huella para leer en voz alta"},
    {"Answer the exchange's challenge: a text, or a file as @FILE",
     "Responde el reto del intercambio: un texto, o un archivo como @ARCHIVO"},
    SB_ROW_ANCHOR,
    {"also the card itself, as text to send",
     "también la tarjeta misma, como texto para enviar"},
    {"a copy of the card", "una copia de la tarjeta"},
    {"the institution's vault", "la bóveda de la institución"},
    {"where to write the answer too", "donde escribir también la respuesta"},
    {"USE", "USO"},
    {"KEY ID", "LLAVE"},
    {"FROM", "DESDE"},
    {"UNTIL", "HASTA"},
    {"Institution", "Institución"},
    {"Name", "Nombre"},
    {"Card number", "Número de tarjeta"},
    {"Fingerprint", "Huella"},
    {"Card", "Tarjeta"},
    {"Answer", "Respuesta"},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_card = {
    "card", "Cards: an institution's public keys", commands, spanish};
