/* Purpose: `sacbe init`: an exchange's roots, broker, first directory and
 * anchor. Invariant: the folder appears whole, by one rename, or not at all.
 * Not for: members and grants; they come with later directories. */
#include "broker/cli/cmd_init.h"

#include <sys/random.h>

#include "broker/host/installed.h"
#include "broker/cli/families.h"
#include "broker/cli/progress.h"
#include "broker/host/clock.h"
#include "schemas/base/text.h"

#define ROOTS_PRESET 3

static int check_names(const struct sb_init *in, struct sb_err *err)
{
    const char *name = sb_cli_text(in->cli, "exchange");
    const char *address = sb_cli_text(in->cli, "address");
    if (!sb_text_is_code(sb_bytes_str(name)))
        return sb_fail(err,
                       SB_E_USAGE,
                       "\"%s\" is no name of an exchange: lower-case letters, digits, "
                       "_ . - and at most 64 of them",
                       name);
    if (strncmp(address, "tcp://", 6) != 0 || !strrchr(address + 6, ':') ||
        strlen(address) > SB_NAME_MAX)
        return sb_fail(err,
                       SB_E_USAGE,
                       "\"%s\" is no address: write tcp://HOST:PORT as the "
                       "institutions reach it",
                       address);
    return 0;
}

/* The rest of the anchor but for its roots. */
static int begin(struct sb_init *in, struct sb_err *err)
{
    const char *valid = sb_cli_text(in->cli, "valid");
    uint64_t until;
    int rc = check_names(in, err);
    if (rc != 0)
        return rc;
    in->now = sb_clock_now_ms();
    rc = sb_cmd_when(valid ? valid : "365d", in->now, &until, err);
    if (rc != 0)
        return rc;
    if (until <= in->now)
        return sb_fail(err, SB_E_USAGE, "--valid must name a moment to come");
    in->valid_ms = until - in->now;
    if (getrandom(in->anchor.nonce, SB_NONCE, 0) != SB_NONCE)
        return sb_fail(err, SB_E_INTERNAL, "the system gives no random bytes");
    (void)snprintf(in->anchor.exchange,
                   sizeof in->anchor.exchange,
                   "%s",
                   sb_cli_text(in->cli, "exchange"));
    (void)snprintf(in->anchor.address,
                   sizeof in->anchor.address,
                   "%s",
                   sb_cli_text(in->cli, "address"));
    sb_cmd_exchange(&in->anchor, &in->exchange);
    return 0;
}

/* A fresh root in the stage, or a check of what would be made. */
static int new_root(struct sb_init *in, size_t i, struct sb_err *err)
{
    struct sb_passphrase pass = {0};
    char path[SB_PATH_TEXT + 64];
    char holder[32];
    (void)snprintf(holder, sizeof holder, "root-%zu", i + 1);
    (void)snprintf(path, sizeof path, "%s/%s.vault", in->stage, holder);
    int rc = sb_vault_new(&in->roots[i], sb_bytes_str(holder), err);
    if (rc != 0)
        return rc;
    in->n_roots = i + 1;
    rc = sb_vault_add(in->roots[i], SB_USE_ROOT, in->now, NULL, err);
    if (rc != 0 || sb_cli_dry_run(in->cli))
        return rc;
    rc = sb_cli_passphrase(in->cli, strrchr(path, '/') + 1, true, &pass, err);
    if (rc == 0)
        rc = sb_vault_save(in->roots[i], path, sb_bytes(pass.text, pass.n), false, err);
    sb_passphrase_wipe(&pass);
    return rc;
}

static int make_roots(struct sb_init *in, size_t n, struct sb_err *err)
{
    struct sb_progress progress = {0};
    int rc = 0;
    sb_progress_start(&progress, sb_cli_quiet(in->cli), sb_tr(in->cli, "root keys"), n);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        sb_progress_update(&progress, i);
        rc = new_root(in, i, err);
    }
    sb_progress_end(&progress);
    return rc;
}

static int
open_roots(struct sb_init *in, const char *const *paths, size_t n, struct sb_err *err)
{
    if (n > SB_ROOTS_MAX)
        return sb_fail(err, SB_E_USAGE, "at most %u roots", SB_ROOTS_MAX);
    for (size_t i = 0; i < n; i++) {
        int rc = sb_cmd_vault(in->cli, paths[i], &in->roots[i], err);
        if (rc != 0)
            return rc;
        in->n_roots = i + 1;
    }
    return 0;
}

/* Roots into the anchor, with the threshold: by default more than half. */
static int take_roots(struct sb_init *in, struct sb_err *err)
{
    size_t n_files;
    const char *const *files = sb_cli_values(in->cli, "root", &n_files);
    size_t wanted = (size_t)sb_cli_int(in->cli, "roots", ROOTS_PRESET);
    int rc =
        n_files ? open_roots(in, files, n_files, err) : make_roots(in, wanted, err);
    for (size_t i = 0; rc == 0 && i < in->n_roots; i++) {
        struct sb_vault_key key;
        struct sb_bytes holder = sb_vault_code(in->roots[i]);
        if (!sb_vault_newest(in->roots[i], SB_USE_ROOT, &key))
            return sb_fail(
                err, SB_E_NO_KEY, "vault of %.*s has no root key", SB_FMT(holder));
        for (size_t j = 0; j < i; j++)
            if (memcmp(in->anchor.roots[j].pk, key.pk, SB_PK) == 0)
                return sb_fail(err, SB_E_KEY_REUSED, "the same root is named twice");
        memcpy(in->anchor.roots[i].pk, key.pk, SB_PK);
        (void)snprintf(in->anchor.roots[i].holder,
                       sizeof in->anchor.roots[i].holder,
                       "%.*s",
                       SB_FMT(holder));
    }
    in->anchor.n_roots = in->n_roots;
    in->anchor.threshold =
        (uint64_t)sb_cli_int(in->cli, "threshold", (int64_t)(in->n_roots / 2 + 1));
    if (rc == 0 && in->anchor.threshold > in->n_roots)
        rc = sb_fail(err,
                     SB_E_USAGE,
                     "a threshold of %llu needs more than %zu roots",
                     (unsigned long long)in->anchor.threshold,
                     in->n_roots);
    return rc;
}

static int make_broker(struct sb_init *in, struct sb_err *err)
{
    struct sb_vault_key curve;
    struct sb_vault_key log;
    int rc = sb_vault_new(&in->broker, sb_bytes_str("broker"), err);
    if (rc == 0)
        rc = sb_vault_add(in->broker, SB_USE_CURVE, in->now, &curve, err);
    if (rc == 0)
        rc = sb_vault_add(in->broker, SB_USE_LOG, in->now, &log, err);
    if (rc != 0)
        return rc;
    memcpy(in->anchor.curve_pk, curve.pk, SB_PK);
    memcpy(in->anchor.log_pk, log.pk, SB_PK);
    return 0;
}

static void tell(const struct sb_init *in)
{
    struct sb_out *out = sb_cli_out(in->cli);
    const struct sb_cli *cli = in->cli;
    char words[128];
    sb_anchor_words(&in->anchor, words);
    sb_out_text(out, "exchange", sb_tr(cli, "Exchange"), in->anchor.exchange);
    sb_out_text(out, "address", sb_tr(cli, "Address"), in->anchor.address);
    sb_out_int(out, "roots", sb_tr(cli, "Roots"), (int64_t)in->n_roots);
    sb_out_int(
        out, "threshold", sb_tr(cli, "Threshold"), (int64_t)in->anchor.threshold);
    sb_out_bytes(out, "catalogue", sb_tr(cli, "Catalogue"), in->manifest.edition);
    sb_out_text(out, "folder", sb_tr(cli, "Folder"), in->folder);
    sb_out_text(out, "words", sb_tr(cli, "Words"), words);
    if (in->n_roots == 1)
        sb_out_attention(out,
                         NULL,
                         "%s",
                         sb_tr(cli,
                               "one root alone: whoever takes it takes the exchange, "
                               "and its loss cannot be mended"));
    if (sb_cli_dry_run(cli))
        sb_out_note(out, "%s", sb_tr(cli, "Dry run: nothing was written."));
    else
        sb_out_note(out,
                    "%s",
                    sb_tr(cli,
                          "Next: take the root vaults to separate, offline places; "
                          "give anchor.json to the institutions; start the broker "
                          "with sacbe-broker -c broker.yaml."));
}

static int make(struct sb_init *in, struct sb_err *err)
{
    char found[SB_FOLDER_TEXT];
    in->catalogue = sb_installed_catalogue(sb_cli_text(in->cli, "catalogue"), found);
    int rc = begin(in, err);
    if (rc == 0)
        rc = sb_cmd_manifest_read(in->catalogue, in->arena, &in->manifest, err);
    if (rc == 0)
        rc = sb_init_stage(in, err);
    if (rc == 0)
        rc = take_roots(in, err);
    if (rc == 0)
        rc = make_broker(in, err);
    if (rc == 0)
        rc = sb_init_write(in, err);
    if (rc == 0)
        rc = sb_init_finish(in, err);
    return rc;
}

static int run(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_init in = {
        .cli = cli, .folder = sb_cli_arg(cli, 0), .arena = sb_arena_new(0)};
    int rc = in.arena ? make(&in, err) : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0)
        tell(&in);
    else
        sb_init_abandon(&in);
    for (size_t i = 0; i < in.n_roots; i++)
        sb_vault_free(in.roots[i]);
    sb_vault_free(in.broker);
    sb_arena_free(in.arena);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static const struct sb_cli_option options[] = {
    {.name = "exchange",
     .kind = SB_CLI_TEXT,
     .required = true,
     .value = "NAME",
     .summary = "name of the exchange"},
    {.name = "address",
     .kind = SB_CLI_TEXT,
     .required = true,
     .value = "ADDRESS",
     .summary = "where institutions reach the broker: tcp://HOST:PORT"},
    {.name = "roots",
     .kind = SB_CLI_INT,
     .value = "N",
     .summary = "how many root keys to make (3)",
     .min = 1,
     .max = SB_ROOTS_MAX},
    {.name = "threshold",
     .kind = SB_CLI_INT,
     .value = "M",
     .summary = "how many of them sign a directory (more than half)",
     .min = 1,
     .max = SB_ROOTS_MAX},
    {.name = "root",
     .kind = SB_CLI_FILE,
     .repeated = true,
     .value = "FILE",
     .summary = "a root vault that exists, instead of new ones"},
    {.name = "catalogue",
     .kind = SB_CLI_FILE,
     .value = "DIR",
     .summary = "folder of the catalogue (else the installed one)"},
    {.name = "valid",
     .kind = SB_CLI_TEXT,
     .value = "WHEN",
     .summary = "until when the directory is valid (365d)"},
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = NULL,
     .summary = "Make a new exchange: roots, broker, first directory, anchor",
     .args = "DIR",
     .args_min = 1,
     .args_max = 1,
     .options = options,
     .example = "sacbe init /srv/sns --exchange sns --address tcp://sns.example:7400",
     .flags = SB_CLI_SHARED | SB_CLI_PASSPHRASE,
     .run = run},
    {.run = NULL}};

static const struct sb_tr_row spanish[] = {
    {"Start of an exchange", "Comienzo de un intercambio"},
    {"Make a new exchange: roots, broker, first directory, anchor",
     "Crea un intercambio: raíces, nodo, primer directorio, ancla"},
    {"name of the exchange", "nombre del intercambio"},
    {"where institutions reach the broker: tcp://HOST:PORT",
     "donde las instituciones alcanzan el nodo: tcp://HOST:PUERTO"},
    {"how many root keys to make (3)", "cuántas llaves raíz crear (3)"},
    {"how many of them sign a directory (more than half)",
     "cuántas de ellas firman un directorio (más de la mitad)"},
    {"a root vault that exists, instead of new ones",
     "una bóveda raíz que ya existe, en vez de nuevas"},
    {"folder of the catalogue (else the installed one)",
     "carpeta del catálogo (si no, el instalado)"},
    {"until when the directory is valid (365d)",
     "hasta cuándo vale el directorio (365d)"},
    {"root keys", "llaves raíz"},
    {"Exchange", "Intercambio"},
    {"Address", "Dirección"},
    {"Roots", "Raíces"},
    {"Threshold", "Umbral"},
    {"Catalogue", "Catálogo"},
    {"Folder", "Carpeta"},
    {"Words", "Palabras"},
    {"one root alone: whoever takes it takes the exchange, and its loss cannot "
     "be mended",
     "una sola raíz: quien la tome toma el intercambio, y su pérdida no tiene "
     "remedio"},
    {"Dry run: nothing was written.", "Ensayo: no se escribió nada."},
    {"Next: take the root vaults to separate, offline places; give anchor.json "
     "to the "
     "institutions; start the broker with sacbe-broker -c broker.yaml.",
     "Sigue: lleve las bóvedas raíz a lugares separados y sin red; dé "
     "anchor.json a las "
     "instituciones; arranque el nodo con sacbe-broker -c broker.yaml."},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_init = {
    "init", "Start of an exchange", commands, spanish};
