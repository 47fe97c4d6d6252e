/* Purpose: `sacbe join`: an institution looks at an anchor and confirms it.
 * Invariant: nothing is copied before the person, or --confirm, said the words.
 * Not for: keys of the institution; `identity new` makes them. */
#include "broker/cli/cmd_file.h"

#include <unistd.h>

#include "broker/cli/families.h"

static void show(const struct sb_cli *cli, const struct sb_anchor *a, const char *words)
{
    static const struct sb_out_column columns[] = {{"holder", "HOLDER", false},
                                                   {"key", "KEY", false}};
    struct sb_out *out = sb_cli_out(cli);
    char hex[2 * SB_PK + 1];
    sb_out_text(out, "exchange", sb_tr(cli, "Exchange"), a->exchange);
    sb_out_text(out, "address", sb_tr(cli, "Address"), a->address);
    sb_hex(hex, a->curve_pk, SB_PK);
    sb_out_text(out, "broker_key", sb_tr(cli, "Broker's key"), hex);
    sb_out_int(out, "threshold", sb_tr(cli, "Threshold"), (int64_t)a->threshold);
    sb_out_text(out, "words", sb_tr(cli, "Words"), words);
    sb_out_table(out, "roots", columns, 2);
    for (size_t i = 0; i < a->n_roots; i++) {
        sb_hex(hex, a->roots[i].pk, SB_PK);
        sb_out_cell_text(out, a->roots[i].holder);
        sb_out_cell_text(out, hex);
    }
    sb_out_end(out);
}

static int copy(const struct sb_cli *cli,
                const struct sb_anchor *a,
                const char *to,
                struct sb_err *err)
{
    struct sb_anchor there;
    if (access(to, F_OK) == 0) {
        int rc = sb_anchor_read(to, &there, err);
        if (rc != 0)
            return rc;
        if (memcmp(there.nonce, a->nonce, SB_NONCE) == 0 &&
            strcmp(there.exchange, a->exchange) == 0 &&
            memcmp(there.curve_pk, a->curve_pk, SB_PK) == 0)
            return 0;
        return sb_fail(err, SB_E_EXISTS, "%s is the anchor of another exchange", to);
    }
    return sb_cli_dry_run(cli) ? 0 : sb_anchor_write(to, a, err);
}

static int run(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_anchor a;
    char words[128];
    const char *said = sb_cli_text(cli, "confirm");
    const char *to = sb_cli_text(cli, "out");
    int rc = sb_anchor_read(sb_cli_arg(cli, 0), &a, err);
    if (rc != 0)
        return rc;
    sb_anchor_words(&a, words);
    if (said && strcmp(said, words) != 0)
        return sb_fail(err,
                       SB_E_EXCHANGE,
                       "the words of %s are others: do not use it, and ask the "
                       "exchange for its anchor again",
                       sb_cli_arg(cli, 0));
    rc = to ? copy(cli, &a, to, err) : 0;
    if (rc != 0)
        return rc;
    show(cli, &a, words);
    if (!said)
        sb_out_note(sb_cli_out(cli),
                    "%s",
                    sb_tr(cli,
                          "Call the exchange by a number that you know, and have them "
                          "read you the words: they must be these."));
    return SB_EXIT_YES;
}

static const struct sb_cli_option options[] = {
    {.name = "out",
     .kind = SB_CLI_FILE,
     .letter = 'o',
     .value = "FILE",
     .summary = "where to keep the anchor"},
    {.name = "confirm",
     .kind = SB_CLI_TEXT,
     .value = "WORDS",
     .summary = "the words as heard; refuses an anchor that has others"},
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = NULL,
     .summary = "Look at an exchange's anchor and keep it",
     .args = "ANCHOR",
     .args_min = 1,
     .args_max = 1,
     .options = options,
     .example = "sacbe join anchor.json -o /etc/sacbe/anchor.json",
     .flags = SB_CLI_SHARED,
     .run = run},
    {.run = NULL}};

static const struct sb_tr_row spanish[] = {
    {"Entry of an institution", "Entrada de una institución"},
    {"Look at an exchange's anchor and keep it",
     "Muestra el ancla de un intercambio y la guarda"},
    {"where to keep the anchor", "donde guardar el ancla"},
    {"the words as heard; refuses an anchor that has others",
     "las palabras que se oyeron; rechaza un ancla que tenga otras"},
    {"Exchange", "Intercambio"},
    {"Address", "Dirección"},
    {"Broker's key", "Llave del nodo"},
    {"Threshold", "Umbral"},
    {"Words", "Palabras"},
    {"HOLDER", "TITULAR"},
    {"KEY", "LLAVE"},
    {"Call the exchange by a number that you know, and have them read you the "
     "words: "
     "they must be these.",
     "Llame al intercambio a un número que ya conozca y pida que le lean las "
     "palabras: "
     "deben ser estas."},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_join = {
    "join", "Entry of an institution", commands, spanish};
