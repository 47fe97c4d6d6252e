/* Purpose: `sacbe identity new`: an institution's keys and its first card.
 * Invariant: the vault is written before the card: a card never names lost
 * keys. Not for: later cards (rotation). */
#include "broker/cli/cmd_file.h"

#include <unistd.h>

#include "broker/cli/families.h"
#include "broker/host/clock.h"
#include "schemas/base/text.h"

struct new_identity {
    struct sb_vault *vault;
    struct sb_buf card;
    uint64_t now;
    char card_path[SB_PATH_TEXT];
};

static int
make_keys(const struct sb_cli *cli, struct new_identity *id, struct sb_err *err)
{
    static const char *const uses[] = {
        SB_USE_SIGN, SB_USE_SEAL, SB_USE_CURVE, SB_USE_WITNESS};
    const char *code = sb_cli_text(cli, "institution");
    size_t n = sb_cli_flag(cli, "witness") ? 4 : 3;
    if (!sb_text_is_code(sb_bytes_str(code)))
        return sb_fail(err,
                       SB_E_USAGE,
                       "\"%s\" is no institution's code: lower-case letters, digits, "
                       "_ . - and at most 64 of them",
                       code);
    int rc = sb_vault_new(&id->vault, sb_bytes_str(code), err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = sb_vault_add(id->vault, uses[i], id->now, NULL, err);
    return rc;
}

static int
make_card(const struct sb_cli *cli, struct new_identity *id, struct sb_err *err)
{
    struct sb_anchor anchor;
    struct sb_exchange exchange;
    const char *name = sb_cli_text(cli, "name");
    const char *valid = sb_cli_text(cli, "valid");
    uint64_t until;
    int rc = sb_cmd_anchor(cli, sb_cli_text(cli, "out"), &anchor, err);
    if (rc == 0)
        rc = sb_cmd_when(valid ? valid : "730d", id->now, &until, err);
    if (rc != 0)
        return rc;
    if (until <= id->now)
        return sb_fail(err, SB_E_USAGE, "--valid must name a moment to come");
    sb_cmd_exchange(&anchor, &exchange);
    return sb_card_first(&exchange,
                         id->vault,
                         sb_bytes_str(name ? name : sb_cli_text(cli, "institution")),
                         id->now,
                         until - id->now,
                         &id->card,
                         err);
}

/* "pnc.vault" -> "pnc.card". */
static int
card_path(const struct sb_cli *cli, struct new_identity *id, struct sb_err *err)
{
    const char *given = sb_cli_text(cli, "card");
    const char *vault = sb_cli_text(cli, "out");
    size_t n = strlen(vault);
    if (n > 6 && strcmp(vault + n - 6, ".vault") == 0)
        n -= 6;
    int len =
        given
            ? snprintf(id->card_path, sizeof id->card_path, "%s", given)
            : snprintf(id->card_path, sizeof id->card_path, "%.*s.card", (int)n, vault);
    if (len < 0 || (size_t)len >= sizeof id->card_path)
        return sb_fail(err, SB_E_LIMIT, "a path of more than %d bytes", SB_PATH_TEXT);
    if (access(id->card_path, F_OK) == 0)
        return sb_fail(err, SB_E_EXISTS, "%s is there already", id->card_path);
    if (access(vault, F_OK) == 0)
        return sb_fail(err, SB_E_EXISTS, "%s is there already", vault);
    return 0;
}

static int
save(const struct sb_cli *cli, const struct new_identity *id, struct sb_err *err)
{
    struct sb_passphrase pass = {0};
    const char *path = sb_cli_text(cli, "out");
    int rc = 0;
    if (!sb_cli_flag(cli, "no-passphrase"))
        rc = sb_cli_passphrase(cli, path, true, &pass, err);
    if (rc == 0)
        rc = sb_vault_save(id->vault, path, sb_bytes(pass.text, pass.n), false, err);
    sb_passphrase_wipe(&pass);
    if (rc != 0)
        return rc;
    rc = sb_cmd_write(id->card_path, sb_buf_bytes(&id->card), false, err);
    if (rc != 0 && rc != SB_E_EXISTS)
        (void)unlink(id->card_path);
    if (rc != 0) /* nobody has seen these keys; the same command shall do it again */
        (void)unlink(path);
    return rc;
}

static void tell(const struct sb_cli *cli, const struct new_identity *id)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_record record;
    uint8_t hash[SB_HASH];
    char text[72];
    sb_out_text(
        out, "institution", sb_tr(cli, "Institution"), sb_cli_text(cli, "institution"));
    sb_out_text(out, "vault", sb_tr(cli, "Vault"), sb_cli_text(cli, "out"));
    sb_out_text(out, "card", sb_tr(cli, "Card"), id->card_path);
    if (sb_record_read(sb_buf_bytes(&id->card), &record, NULL) == 0 &&
        sb_record_hash(hash, record.body, NULL) == 0) {
        sb_cmd_fingerprint(hash, text);
        sb_out_text(out, "fingerprint", sb_tr(cli, "Fingerprint"), text);
    }
    if (sb_cli_flag(cli, "no-passphrase"))
        sb_out_note(out,
                    "%s",
                    sb_tr(cli,
                          "The vault has no passphrase: whoever reads the file has "
                          "the keys."));
    sb_out_note(out,
                "%s",
                sb_tr(cli,
                      "Next: send the card to the exchange and read them its "
                      "fingerprint by telephone."));
}

static int run(struct sb_cli *cli, struct sb_err *err)
{
    struct new_identity id = {.now = sb_clock_now_ms()};
    int rc = card_path(cli, &id, err);
    if (rc == 0)
        rc = make_keys(cli, &id, err);
    if (rc == 0)
        rc = make_card(cli, &id, err);
    if (rc == 0)
        rc = save(cli, &id, err);
    if (rc == 0)
        tell(cli, &id);
    sb_buf_free(&id.card);
    sb_vault_free(id.vault);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static const struct sb_cli_option options[] = {
    {.name = "institution",
     .kind = SB_CLI_TEXT,
     .required = true,
     .value = "CODE",
     .summary = "the institution's code"},
    {.name = "name",
     .kind = SB_CLI_TEXT,
     .value = "TEXT",
     .summary = "its name as people read it (else the code)"},
    SB_OPTION_ANCHOR,
    SB_OPTION_OUT("the vault to make"),
    {.name = "card",
     .kind = SB_CLI_FILE,
     .value = "FILE",
     .summary = "the card to make (else beside the vault, ending in .card)"},
    {.name = "valid",
     .kind = SB_CLI_TEXT,
     .value = "WHEN",
     .summary = "until when the keys are valid (730d)"},
    {.name = "witness",
     .kind = SB_CLI_FLAG,
     .summary = "also a witness key, to cosign the journal"},
    {.name = "no-passphrase",
     .kind = SB_CLI_FLAG,
     .summary = "leave the keys in clear, for a machine that keeps the file safe"},
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "new",
     .summary = "Make an institution's keys and its first card",
     .options = options,
     .example = "sacbe identity new --institution pnc --anchor anchor.json "
                "-o pnc.vault",
     .flags = SB_CLI_PASSPHRASE,
     .run = run},
    {.run = NULL}};

static const struct sb_tr_row spanish[] = {
    {"Keys of an institution", "Llaves de una institución"},
    {"Make an institution's keys and its first card",
     "Crea las llaves de una institución y su primera tarjeta"},
    {"the institution's code", "el código de la institución"},
    {"its name as people read it (else the code)",
     "su nombre como se lee (si no, el código)"},
    SB_ROW_ANCHOR,
    {"the vault to make", "la bóveda que se crea"},
    {"the card to make (else beside the vault, ending in .card)",
     "la tarjeta que se crea (si no, junto a la bóveda, terminada en .card)"},
    {"until when the keys are valid (730d)", "hasta cuándo valen las llaves (730d)"},
    {"also a witness key, to cosign the journal",
     "también una llave de testigo, para refrendar el diario"},
    {"leave the keys in clear, for a machine that keeps the file safe",
     "deja las llaves en claro, para una máquina que cuida el archivo"},
    {"Institution", "Institución"},
    {"Vault", "Bóveda"},
    {"Card", "Tarjeta"},
    {"Fingerprint", "Huella"},
    {"The vault has no passphrase: whoever reads the file has the keys.",
     "La bóveda no tiene frase de paso: quien lea el archivo tiene las "
     "llaves."},
    {"Next: send the card to the exchange and read them its fingerprint by "
     "telephone.",
     "Sigue: envíe la tarjeta al intercambio y léales su huella por teléfono."},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_identity = {
    "identity", "Keys of an institution", commands, spanish};
