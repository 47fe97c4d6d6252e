/* Purpose: `sacbe capture`: the change log that a source needs: plan, install, remove.
 * Invariant: install does what plan prints, in one transaction.
 * Not for: reading the change log; the adapter does that. */
#include "adapters/cli/local.h"

static int unsupported(const struct sb_local *l, struct sb_err *err)
{
    return sb_fail(err,
                   SB_E_STATE,
                   "driver %s captures without a change log: there is nothing to do",
                   l->driver->name);
}

static int
print_plan(const struct sb_cli *cli, const struct sb_local *l, struct sb_err *err)
{
    struct sb_buf sql = {0};
    int rc = l->driver->capture_plan(l->mapping, l->database, &sql, err);
    if (rc == 0) {
        sb_buf_byte(&sql, 0);
        rc = sb_buf_check(&sql, err);
    }
    if (rc == 0 && sb_out_format(sb_cli_out(cli)) == SB_OUT_JSON)
        sb_out_text(sb_cli_out(cli), "sql", NULL, (const char *)sql.p);
    else if (rc == 0)
        sb_out_line(sb_cli_out(cli), sb_bytes(sql.p, sql.n - 1));
    sb_buf_free(&sql);
    return rc;
}

static void tell(const struct sb_cli *cli, const struct sb_local *l, const char *done)
{
    struct sb_out *out = sb_cli_out(cli);
    const struct sb_mapping_facts *f = sb_mapping_facts(l->mapping);
    sb_out_bytes(out, "type", sb_tr(cli, "Type"), f->type);
    sb_out_bytes(out, "table", sb_tr(cli, "Table"), f->table);
    sb_out_note(out, "%s", done);
}

static int run_plan(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_local l;
    int rc = sb_local_open(cli, sb_cli_arg(cli, 0), &l, err);
    if (rc != 0)
        return rc;
    rc = l.driver->capture_plan ? print_plan(cli, &l, err) : unsupported(&l, err);
    sb_local_close(&l);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static int run_install(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_local l;
    int rc = sb_local_open(cli, sb_cli_arg(cli, 0), &l, err);
    if (rc != 0)
        return rc;
    if (!l.driver->capture_install)
        rc = unsupported(&l, err);
    else if (sb_cli_dry_run(cli))
        rc = print_plan(cli, &l, err);
    else
        rc = l.driver->capture_install(l.mapping, l.database, err);
    if (rc == 0 && !sb_cli_dry_run(cli))
        tell(cli, &l, sb_tr(cli, "Installed; the rows that are there will be sent."));
    sb_local_close(&l);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static int run_remove(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_local l;
    int rc = sb_local_open(cli, sb_cli_arg(cli, 0), &l, err);
    if (rc != 0)
        return rc;
    if (!l.driver->capture_remove)
        rc = unsupported(&l, err);
    else if (!sb_cli_dry_run(cli))
        rc = l.driver->capture_remove(l.mapping, l.database, err);
    if (rc == 0)
        tell(cli,
             &l,
             sb_cli_dry_run(cli)
                 ? sb_tr(cli, "Dry run: triggers and change log would be removed.")
                 : sb_tr(cli, "Removed: changes are captured no more."));
    sb_local_close(&l);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static const struct sb_cli_option options[] = {
    SB_OPTION_DATABASE, SB_OPTION_CATALOGUE, {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "plan",
     .summary = "Print the SQL that install would run",
     .args = "MAPPING",
     .args_min = 1,
     .args_max = 1,
     .options = options,
     .example = "sacbe capture plan transito.map.yaml --database pnc.db",
     .run = run_plan},
    {.verb = "install",
     .summary = "Make triggers and change log in the local database",
     .args = "MAPPING",
     .args_min = 1,
     .args_max = 1,
     .options = options,
     .example = "sacbe capture install transito.map.yaml --database pnc.db",
     .flags = SB_CLI_SHARED,
     .run = run_install},
    {.verb = "remove",
     .summary = "Remove triggers and change log from the local database",
     .args = "MAPPING",
     .args_min = 1,
     .args_max = 1,
     .options = options,
     .example = "sacbe capture remove transito.map.yaml --database pnc.db",
     .flags = SB_CLI_SHARED,
     .run = run_remove},
    {.run = NULL}};

static const struct sb_tr_row spanish[] = {
    {"Change capture in the local database",
     "Captura de cambios en la base de datos local"},
    {"Print the SQL that install would run", "Imprime el SQL que install ejecutaría"},
    {"Make triggers and change log in the local database",
     "Crea disparadores y bitácora en la base de datos local"},
    {"Remove triggers and change log from the local database",
     "Quita disparadores y bitácora de la base de datos local"},
    SB_ROW_LOCAL,
    {"Type", "Tipo"},
    {"Table", "Tabla"},
    {"Installed; the rows that are there will be sent.",
     "Instalada; se enviarán las filas que ya están."},
    {"Dry run: triggers and change log would be removed.",
     "Ensayo: se quitarían disparadores y bitácora."},
    {"Removed: changes are captured no more.",
     "Quitada: ya no se capturan los cambios."},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_capture = {
    "capture", "Change capture in the local database", commands, spanish};
