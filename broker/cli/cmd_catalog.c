/* Purpose: `sacbe catalog`: list, show, check, validate.
 * Not for: publishing a catalogue; a directory names it, the broker journals
 * it. */
#include "broker/cli/cmd_catalog.h"

#include <stdio.h>

#include "broker/cli/cmd_file.h"
#include "broker/host/installed.h"
#include "broker/cli/families.h"
#include "schemas/catalog/catalog.h"

int sb_catalog_open(const struct sb_cli *cli,
                    struct sb_catalog **out,
                    struct sb_err *err)
{
    char found[SB_FOLDER_TEXT];
    const char *given = sb_cli_text(cli, "catalogue");
    return sb_catalog_load(out, sb_installed_catalogue(given, found), err);
}

/* "interna,publica"; `out` holds 64 bytes. */
static const char *classes_text(unsigned classes, char out[64])
{
    size_t n = 0;
    out[0] = 0;
    for (int c = 0; c < SB_CLASS_COUNT; c++)
        if (classes & SB_CLASS_BIT(c))
            n += (size_t)snprintf(
                out + n, 64 - n, "%s%s", n ? "," : "", sb_class_name((enum sb_class)c));
    return out;
}

static int run_list(struct sb_cli *cli, struct sb_err *err)
{
    static const struct sb_out_column columns[] = {{"type", "TYPE", false},
                                                   {"version", "VERSION", true},
                                                   {"classes", "CLASSES", false},
                                                   {"priority", "PRIORITY", true},
                                                   {"fields", "FIELDS", true},
                                                   {"title", "TITLE", false}};
    struct sb_out *out = sb_cli_out(cli);
    struct sb_catalog *cat = NULL;
    char text[64];
    int rc = sb_catalog_open(cli, &cat, err);
    if (rc != 0)
        return rc;
    sb_out_text(out, "edition", sb_tr(cli, "Edition"), sb_catalog_edition(cat));
    sb_out_table(out, "types", columns, 6);
    for (size_t i = 0; i < sb_catalog_type_count(cat); i++) {
        const struct sb_event_type *t = sb_catalog_type_at(cat, i);
        sb_out_cell_text(out, t->name);
        sb_out_cell_int(out, (int64_t)t->version);
        sb_out_cell_text(out, classes_text(t->classes, text));
        sb_out_cell_int(out, t->priority);
        sb_out_cell_int(out, (int64_t)t->n_fields);
        sb_out_cell_bytes(out, t->title);
    }
    sb_out_end(out);
    sb_catalog_free(cat);
    return SB_EXIT_YES;
}

static void field(struct sb_out *out, const struct sb_field *f)
{
    static const char *const needs[] = {"", "or reason", "always"};
    sb_out_cell_text(out, f->path);
    sb_out_cell_text(out, f->type);
    sb_out_cell_text(out, sb_class_name(f->cls));
    sb_out_cell_text(out, needs[f->need]);
    sb_out_cell_bytes(out, f->codes);
    sb_out_cell_bytes(out, f->unit);
    sb_out_cell_bytes(out, f->title);
}

static int run_show(struct sb_cli *cli, struct sb_err *err)
{
    static const struct sb_out_column columns[] = {{"field", "FIELD", false},
                                                   {"type", "TYPE", false},
                                                   {"class", "CLASS", false},
                                                   {"required", "REQUIRED", false},
                                                   {"codes", "CODES", false},
                                                   {"unit", "UNIT", false},
                                                   {"title", "TITLE", false}};
    struct sb_out *out = sb_cli_out(cli);
    const char *name = sb_cli_arg(cli, 0);
    struct sb_catalog *cat = NULL;
    char text[64];
    int rc = sb_catalog_open(cli, &cat, err);
    if (rc != 0)
        return rc;
    const struct sb_event_type *t = sb_catalog_type(cat, sb_bytes_str(name));
    if (t) {
        sb_out_text(out, "type", sb_tr(cli, "Type"), t->name);
        sb_out_int(out, "version", sb_tr(cli, "Version"), (int64_t)t->version);
        sb_out_bytes(out, "title", sb_tr(cli, "Title"), t->title);
        sb_out_text(
            out, "classes", sb_tr(cli, "Classes"), classes_text(t->classes, text));
        sb_out_int(out, "priority", sb_tr(cli, "Priority"), t->priority);
        sb_out_text(out, "file", sb_tr(cli, "File"), t->file);
        sb_out_table(out, "fields", columns, 7);
        for (size_t i = 0; i < t->n_fields; i++)
            field(out, t->fields[i]);
        sb_out_end(out);
    } else {
        rc = sb_fail(err,
                     SB_E_UNKNOWN_TYPE,
                     "the catalogue has no type %s (sacbe catalog list)",
                     name);
    }
    sb_catalog_free(cat);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static int run_check(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_catalog *cat = NULL;
    int rc = sb_catalog_load(&cat, sb_cli_arg(cli, 0), err);
    if (rc != 0)
        return rc;
    sb_out_text(out, "edition", sb_tr(cli, "Edition"), sb_catalog_edition(cat));
    sb_out_int(out, "files", sb_tr(cli, "Files"), (int64_t)sb_catalog_file_count(cat));
    sb_out_int(out, "types", sb_tr(cli, "Types"), (int64_t)sb_catalog_type_count(cat));
    sb_out_int(
        out, "codes", sb_tr(cli, "Code lists"), (int64_t)sb_catalog_codes_count(cat));
    sb_out_int(out,
               "crosswalks",
               sb_tr(cli, "Crosswalks"),
               (int64_t)sb_catalog_crosswalk_count(cat));
    sb_catalog_free(cat);
    return SB_EXIT_YES;
}

static const struct sb_cli_option folder_options[] = {SB_OPTION_CATALOGUE,
                                                      {.name = NULL}};
static const struct sb_cli_option validate_options[] = {
    {.name = "schema",
     .kind = SB_CLI_FILE,
     .value = "FILE",
     .summary = "a JSON Schema (2020-12)"},
    {.name = "type",
     .kind = SB_CLI_TEXT,
     .value = "TYPE",
     .summary = "an event type of the catalogue, instead of a schema"},
    {.name = "instance",
     .kind = SB_CLI_FILE,
     .required = true,
     .value = "FILE",
     .summary = "the JSON document to judge"},
    {.name = "with",
     .kind = SB_CLI_FILE,
     .repeated = true,
     .value = "FILE",
     .summary = "another schema that the first refers to"},
    {.name = "assert-format",
     .kind = SB_CLI_FLAG,
     .summary = "format is a rule, not an annotation"},
    SB_OPTION_CATALOGUE,
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "list",
     .summary = "List the event types",
     .options = folder_options,
     .example = "sacbe catalog list",
     .run = run_list},
    {.verb = "show",
     .summary = "Show the fields of an event type, with their classes",
     .args = "TYPE",
     .args_min = 1,
     .args_max = 1,
     .options = folder_options,
     .example = "sacbe catalog show riesgos.incidente",
     .run = run_show},
    {.verb = "check",
     .summary = "Check a catalogue's folder",
     .args = "DIR",
     .args_min = 1,
     .args_max = 1,
     .example = "sacbe catalog check schemas/sns",
     .run = run_check},
    {.verb = "validate",
     .summary = "Judge a JSON document: exit 0 valid, 1 invalid, 2 unusable",
     .options = validate_options,
     .example = "sacbe catalog validate --schema s.json --instance i.json",
     .run = sb_catalog_run_validate},
    {.run = NULL}};

const struct sb_tr_row sb_catalog_spanish[] = {
    {"The catalogue of event types", "El catálogo de tipos de evento"},
    {"List the event types", "Lista los tipos de evento"},
    {"Show the fields of an event type, with their classes",
     "Muestra los campos de un tipo de evento, con sus clases"},
    {"Check a catalogue's folder", "Revisa la carpeta de un catálogo"},
    {"Judge a JSON document: exit 0 valid, 1 invalid, 2 unusable",
     "Juzga un documento JSON: sale con 0 válido, 1 inválido, 2 inservible"},
    SB_ROW_CATALOGUE,
    {"a JSON Schema (2020-12)", "un JSON Schema (2020-12)"},
    {"an event type of the catalogue, instead of a schema",
     "un tipo de evento del catálogo, en vez de un esquema"},
    {"the JSON document to judge", "el documento JSON que se juzga"},
    {"another schema that the first refers to",
     "otro esquema al que el primero se refiere"},
    {"format is a rule, not an annotation", "format es una regla, no una anotación"},
    {"Edition", "Edición"},
    {"Type", "Tipo"},
    {"Version", "Versión"},
    {"Title", "Título"},
    {"Classes", "Clases"},
    {"Priority", "Prioridad"},
    {"File", "Archivo"},
    {"Files", "Archivos"},
    {"Types", "Tipos"},
    {"Code lists", "Listas de códigos"},
    {"Crosswalks", "Equivalencias"},
    {"Valid", "Válido"},
    {"At", "En"},
    {"the whole document", "el documento entero"},
    {"Rule", "Regla"},
    {"In", "De"},
    {"Value is a", "El valor es"},
    {"Property", "Propiedad"},
    {"TYPE", "TIPO"},
    {"VERSION", "VERSIÓN"},
    {"CLASSES", "CLASES"},
    {"PRIORITY", "PRIORIDAD"},
    {"FIELDS", "CAMPOS"},
    {"TITLE", "TÍTULO"},
    {"FIELD", "CAMPO"},
    {"CLASS", "CLASE"},
    {"REQUIRED", "OBLIGADO"},
    {"CODES", "CÓDIGOS"},
    {"UNIT", "UNIDAD"},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_catalog = {
    "catalog", "The catalogue of event types", commands, sb_catalog_spanish};
