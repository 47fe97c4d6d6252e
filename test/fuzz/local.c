/* Purpose: the institution's side of targets. Not a database of anybody. */
#include "test/fuzz/local.h"

#include <stdio.h>

#include "adapters/sqlite/db.h"

const char fuzz_mapping_text[] =
    "mapping: 1\ntype: interior.hecho_transito\n"
    "source: {driver: sqlite, table: t, key: [id]}\n"
    "event:\n"
    "  sql: SELECT num AS id_local, anio, mes, dia, muni, tipo, zona FROM t WHERE id = "
    ":id\n"
    "  fields:\n"
    "  - {to: ocurrido_en, parts: [anio, mes, dia]}\n"
    "  - {to: municipio, from: muni, pad: 4, codes: municipios}\n"
    "  - {to: tipo_eve, from: tipo, crosswalk: pnc_tipo_evento}\n"
    "  - {to: zona, from: zona, as: int, missing: [{value: 99, reason: no_aplica}]}\n"
    "arrays:\n"
    "- to: personas\n"
    "  table: p\n"
    "  key: [id]\n"
    "  sql: SELECT sexo, res AS fall_les FROM p WHERE id = :id\n"
    "  fields: [{to: sexo, crosswalk: pnc_sexo}]\n";

struct sb_catalog *fuzz_catalog(void)
{
    struct sb_catalog *catalog = NULL;
    struct sb_err err = {0};
    if (sb_catalog_load(&catalog, FUZZ_SOURCE "/schemas/sns", &err) != 0)
        fuzz_must(false, err.text);
    return catalog;
}

struct sb_db *fuzz_database(void)
{
    static const char *const tables[] = {
        "CREATE TABLE t(id, num, anio, mes, dia, muni, tipo, zona)",
        "CREATE TABLE p(id, sexo, res)"};
    struct sb_db *db = NULL;
    struct sb_err err = {0};
    fuzz_must(sb_sqlite_db_open(&db, ":memory:", true, &err) == 0, "a database");
    for (size_t i = 0; i < 2; i++)
        fuzz_must(
            db->ops->run(db, sb_bytes_str(tables[i]), NULL, 0, NULL, NULL, &err) == 0,
            "a table");
    return db;
}

void fuzz_seed_file(struct fuzz_seeds *to, const char *name, const char *path)
{
    char full[1024];
    struct sb_buf b = {0};
    snprintf(full, sizeof full, "%s/%s", FUZZ_SOURCE, path);
    fuzz_must(sb_file_read(full, SB_MIB, &b, NULL) == 0, path);
    fuzz_seed(to, name, sb_buf_bytes(&b));
    sb_buf_free(&b);
}
