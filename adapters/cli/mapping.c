/* Purpose: `sacbe mapping`: check files of mappings and sinks, try a mapping.
 * Not for: installing the capture; `capture` does that. */
#include "adapters/cli/try.h"

#include <stdio.h>

#define TRY_PRESET 10

static int open_db(const struct sb_local *l, struct sb_db **out, struct sb_err *err)
{
    if (!l->driver->mapping_db)
        return sb_fail(
            err, SB_E_STATE, "driver %s has no database to ask", l->driver->name);
    return l->driver->mapping_db(out, l->mapping, l->database, err);
}

static int check_mapping(const struct sb_cli *cli, const char *path, struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_local l;
    struct sb_db *db = NULL;
    char hex[17];
    int rc = sb_local_open(cli, path, &l, err);
    if (rc != 0)
        return rc;
    rc = open_db(&l, &db, err);
    if (rc == 0)
        rc = sb_mapping_check(l.mapping, db, err);
    if (rc == 0) {
        const struct sb_mapping_facts *f = sb_mapping_facts(l.mapping);
        sb_hex(hex, f->id, sizeof f->id);
        sb_out_item(out, "files", NULL);
        sb_out_text(out, "mapping", sb_tr(cli, "Mapping"), path);
        sb_out_bytes(out, "type", sb_tr(cli, "Type"), f->type);
        sb_out_text(out, "id", sb_tr(cli, "Number"), hex);
        sb_out_int(out, "arrays", sb_tr(cli, "Arrays"), (int64_t)f->n_arrays);
        sb_out_end(out);
    }
    if (db)
        db->ops->close(db);
    sb_local_close(&l);
    return rc;
}

/* "publica,interna" into bits; absent: all. */
static int classes(const struct sb_cli *cli, unsigned *out, struct sb_err *err)
{
    const char *text = sb_cli_text(cli, "classes");
    *out = text ? 0 : SB_CLASS_ALL;
    while (text) {
        enum sb_class c;
        size_t n = strcspn(text, ",");
        if (!sb_class_parse(sb_bytes(text, n), &c))
            return sb_fail(err, SB_E_USAGE, "\"%.*s\" is no class", (int)n, text);
        *out |= SB_CLASS_BIT(c);
        text = text[n] ? text + n + 1 : NULL;
    }
    return 0;
}

static int sink_db(const struct sb_cli *cli,
                   const struct sb_sink_facts *f,
                   struct sb_db **out,
                   struct sb_err *err)
{
    const struct sb_local_ctx *ctx = sb_cli_ctx(cli);
    const struct sb_driver *driver;
    const char *given = sb_cli_text(cli, "database");
    char path[4096];
    int rc = sb_driver_find(ctx->drivers, f->driver, &driver, err);
    if (rc != 0)
        return rc;
    if (!driver->db_open)
        return sb_fail(err, SB_E_SINK, "driver %s cannot be written to", driver->name);
    if (!given && f->file.n == 0)
        return sb_fail(err, SB_E_USAGE, "name the database with --database");
    if (!given && f->file.n >= sizeof path)
        return sb_fail(err, SB_E_LIMIT, "the path of the database is too long");
    (void)snprintf(path, sizeof path, "%.*s", SB_FMT(f->file));
    return driver->db_open(out, given ? given : path, false, err);
}

static int check_sink(const struct sb_cli *cli, const char *path, struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_catalog *catalog = NULL;
    struct sb_sink *sink = NULL;
    struct sb_db *db = NULL;
    unsigned held = 0;
    int rc = classes(cli, &held, err);
    if (rc == 0)
        rc = sb_local_catalog(cli, &catalog, err);
    if (rc == 0)
        rc = sb_sink_load(&sink, path, catalog, err);
    if (rc == 0)
        rc = sink_db(cli, sb_sink_facts(sink), &db, err);
    if (rc == 0)
        rc = sb_sink_check(sink, held, db, err);
    if (rc == 0) {
        sb_out_item(out, "files", NULL);
        sb_out_text(out, "sink", sb_tr(cli, "Sink"), path);
        sb_out_bytes(out, "type", sb_tr(cli, "Type"), sb_sink_facts(sink)->type);
        sb_out_end(out);
    }
    if (db)
        db->ops->close(db);
    sb_sink_free(sink);
    sb_catalog_free(catalog);
    return rc;
}

static int run_check(struct sb_cli *cli, struct sb_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sb_cli_arg_count(cli); i++) {
        const char *path = sb_cli_arg(cli, i);
        bool sink = false;
        rc = sb_local_is_sink(path, &sink, err);
        if (rc == 0)
            rc = sink ? check_sink(cli, path, err) : check_mapping(cli, path, err);
    }
    return rc == 0 ? SB_EXIT_YES : rc;
}

static void sum_up(const struct sb_try *t)
{
    struct sb_out *out = sb_cli_out(t->cli);
    struct sb_buf line = {0};
    if (sb_out_format(out) == SB_OUT_JSON)
        sb_buf_printf(&line,
                      "{\"rows\":%llu,\"mapped\":%llu}",
                      (unsigned long long)t->rows,
                      (unsigned long long)t->good);
    else
        sb_buf_printf(&line,
                      sb_tr(t->cli, "%llu rows tried, %llu would be sent"),
                      (unsigned long long)t->rows,
                      (unsigned long long)t->good);
    if (!line.failed)
        sb_out_line(out, sb_buf_bytes(&line));
    sb_buf_free(&line);
}

static int run_try(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_local l;
    struct sb_try t = {.cli = cli,
                       .local = &l,
                       .left = (uint64_t)sb_cli_int(cli, "count", TRY_PRESET)};
    int rc = sb_local_open(cli, sb_cli_arg(cli, 0), &l, err);
    if (rc != 0)
        return rc;
    t.arena = sb_arena_new(0);
    t.type = sb_catalog_type(l.catalog, sb_mapping_facts(l.mapping)->type);
    if (!t.arena || !t.type)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0)
        rc = open_db(&l, &t.db, err);
    if (rc == 0)
        rc = sb_mapping_check(l.mapping, t.db, err);
    if (rc == 0)
        rc = sb_try_rows(&t, err);
    if (rc == 0)
        sum_up(&t);
    if (t.db)
        t.db->ops->close(t.db);
    sb_arena_free(t.arena);
    sb_local_close(&l);
    if (rc != 0)
        return rc;
    return t.good == t.rows ? SB_EXIT_YES : SB_EXIT_NO;
}

static const struct sb_cli_option check_options[] = {
    SB_OPTION_DATABASE,
    SB_OPTION_CATALOGUE,
    {.name = "classes",
     .kind = SB_CLI_TEXT,
     .value = "CLASS,...",
     .summary = "of a sink: what its grant shows (all)"},
    {.name = NULL}};
static const struct sb_cli_option try_options[] = {SB_OPTION_DATABASE,
                                                   SB_OPTION_CATALOGUE,
                                                   {.name = "count",
                                                    .kind = SB_CLI_INT,
                                                    .letter = 'n',
                                                    .value = "N",
                                                    .summary = "how many rows (10)",
                                                    .min = 1,
                                                    .max = INT64_MAX},
                                                   {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "check",
     .summary = "Check mappings and sinks against catalogue and database",
     .args = "FILE...",
     .args_min = 1,
     .args_max = 1024,
     .options = check_options,
     .example = "sacbe mapping check transito.map.yaml --database pnc.db",
     .run = run_check},
    {.verb = "try",
     .summary = "Map local rows and show the result; sends nothing",
     .args = "MAPPING",
     .args_min = 1,
     .args_max = 1,
     .options = try_options,
     .example = "sacbe mapping try transito.map.yaml --database pnc.db -n 3",
     .run = run_try},
    {.run = NULL}};

static const struct sb_tr_row spanish[] = {
    {"Mappings and sinks of this institution",
     "Correspondencias y destinos de esta institución"},
    {"Check mappings and sinks against catalogue and database",
     "Revisa correspondencias y destinos contra catálogo y base de datos"},
    {"Map local rows and show the result; sends nothing",
     "Convierte filas locales y muestra el resultado; no envía nada"},
    SB_ROW_LOCAL,
    {"of a sink: what its grant shows (all)",
     "de un destino: lo que su permiso muestra (todo)"},
    {"how many rows (10)", "cuántas filas (10)"},
    {"Mapping", "Correspondencia"},
    {"Sink", "Destino"},
    {"Type", "Tipo"},
    {"Number", "Número"},
    {"Arrays", "Arreglos"},
    {"%llu rows tried, %llu would be sent", "%llu filas probadas, %llu se enviarían"},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_mapping = {
    "mapping", "Mappings and sinks of this institution", commands, spanish};
