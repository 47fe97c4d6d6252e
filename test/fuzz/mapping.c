/* fuzz.mapping: a mapping file in YAML. What is loaded has a type and a query, and is
 * held against a database; errors say where. */
#include "test/fuzz/local.h"

static struct sb_catalog *catalog;
static struct sb_db *db;

static void begin(void)
{
    catalog = fuzz_catalog();
    db = fuzz_database();
}

static void end(void)
{
    db->ops->close(db);
    sb_catalog_free(catalog);
}

static void one(struct sb_bytes in)
{
    struct sb_mapping *m = NULL;
    struct sb_err err = {0};
    int rc = sb_mapping_load(&m, fuzz_file(in), catalog, &err);
    fuzz_judged(rc, &err);
    fuzz_must((rc == 0) == (m != NULL), "a mapping, or none");
    if (rc == 0) {
        const struct sb_mapping_facts *f = sb_mapping_facts(m);
        fuzz_must(sb_catalog_type(catalog, f->type) != NULL, "its type is known");
        fuzz_must(f->event_sql.n > 0 && f->driver.n > 0, "it has a query and a driver");
        fuzz_judged(sb_mapping_check(m, db, &err), &err);
    } else {
        fuzz_must(strstr(err.text, "/proc/self/fd/") != NULL,
                  "the error names the file");
    }
    sb_mapping_free(m);
}

static void seeds(struct fuzz_seeds *to)
{
    fuzz_seed(to, "sqlite", sb_bytes_str(fuzz_mapping_text));
    fuzz_seed_file(to, "desinventar", "adapters/examples/desinventar.map.yaml");
    fuzz_seed_file(to, "transito", "adapters/examples/transito_ine.map.yaml");
    fuzz_seed_file(to, "sismos", "adapters/examples/usgs_sismos.map.yaml");
}

const struct fuzz_target fuzz_target = {.name = "mapping",
                                        .begin = begin,
                                        .one = one,
                                        .seeds = seeds,
                                        .end = end,
                                        .longest = 8192,
                                        .mutations = 1500};
