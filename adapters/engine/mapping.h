/* Mapping and sink files (MAPPING.md): parsed, checked, and evaluated.
 *
 * Parsing needs only the file; checking needs the catalogue; evaluating runs the
 * mapping's SELECTs on a local database (CSV: on the staging database) and builds one
 * catalogue value per local row. What does not map is an error with the reason's code
 * and a JSON pointer or column: the engine quarantines it. Nothing is guessed. */
#ifndef ADAPTERS_ENGINE_MAPPING_H
#define ADAPTERS_ENGINE_MAPPING_H

#include "adapters/engine/db.h"
#include "schemas/pack/value.h"

struct sb_catalog; /* schemas/catalog/catalog.h */
struct sb_mapping; /* source -> catalogue */

struct sb_columns { /* names, in the order written */
    struct sb_bytes *items;
    size_t n;
};

struct sb_csv_member { /* one entry of source.set */
    struct sb_bytes table;
    struct sb_bytes pattern; /* PCRE2; its first group is the set's key */
};

struct sb_leftover {
    struct sb_bytes table;
    struct sb_bytes sql; /* gives _row and motivo (NULL: used by an event) */
};

struct sb_array_source {
    struct sb_bytes field; /* "personas" */
    struct sb_bytes table; /* captured too; empty for CSV */
    struct sb_columns key;
    struct sb_bytes sql;
};

struct sb_mapping_facts { /* plain view of what a file says; lives as long as it */
    struct sb_bytes path;
    struct sb_bytes type;
    uint64_t schema_version;
    uint8_t id[8];          /* first 8 bytes of h("sacbe/mapping/1", file) */
    struct sb_bytes driver; /* "sqlite" "csv" */
    struct sb_bytes file;  /* source.file: the database, or empty (adapter's default) */
    struct sb_bytes table; /* sqlite: the captured table */
    struct sb_columns key; /* its key columns */
    struct sb_bytes folder; /* csv */
    const struct sb_csv_member *set;
    size_t n_set;
    struct sb_columns index;
    struct sb_bytes event_sql;
    const struct sb_array_source *arrays;
    size_t n_arrays;
    const struct sb_leftover *leftover;
    size_t n_leftover;
};

SB_CHECK int sb_mapping_load(struct sb_mapping **out,
                             const char *path,
                             const struct sb_catalog *catalog,
                             struct sb_err *err);
void sb_mapping_free(struct sb_mapping *m);
const struct sb_mapping_facts *sb_mapping_facts(const struct sb_mapping *m);
/* Against the database: statements compile, columns exist, required fields are filled,
 * coded fields have a list or a crosswalk. SB_E_MAPPING with "file:line: why". */
SB_CHECK int
sb_mapping_check(const struct sb_mapping *m, struct sb_db *db, struct sb_err *err);

struct sb_mapped {
    struct sb_value
        value; /* the payload: operacion as asked, validated by nobody yet */
    struct sb_bytes id_local;
    /* staged rows that the arrays used (CSV accounting): table and _row pairs */
    struct sb_used_row {
        struct sb_bytes table;
        int64_t row;
    } * used;
    size_t n_used;
};

struct sb_map_fault { /* why a row does not map */
    int code;
    char pointer[256];        /* JSON pointer of the field, or column */
    struct sb_bytes id_local; /* when it is known */
    struct sb_used_row *used; /* array rows that go with it */
    size_t n_used;
};

struct sb_map_input {
    const struct sb_row *row;    /* of the event query */
    const struct sb_param *keys; /* the captured key columns (CSV: none): parameters */
    size_t n_keys;               /* of the arrays, beside the event row's columns */
    const char *operacion;       /* "alta" or "correccion" */
};

/* Maps one row of the event query, running the array queries. 0; 1 with *fault
 * (quarantine); negative on an error of the database. Results live in the arena. */
SB_CHECK int sb_mapping_row(const struct sb_mapping *m,
                            struct sb_db *db,
                            const struct sb_map_input *in,
                            struct sb_arena *arena,
                            struct sb_mapped *out,
                            struct sb_map_fault *fault,
                            struct sb_err *err);

struct sb_sink; /* catalogue -> local tables */

struct sb_sink_facts {
    struct sb_bytes path;
    struct sb_bytes type;
    struct sb_bytes driver;
    struct sb_bytes file; /* target.file, relative to the sink file's folder resolved */
    bool strict;          /* on_error: strict */
};

SB_CHECK int sb_sink_load(struct sb_sink **out,
                          const char *path,
                          const struct sb_catalog *catalog,
                          struct sb_err *err);
void sb_sink_free(struct sb_sink *s);
const struct sb_sink_facts *sb_sink_facts(const struct sb_sink *s);
/* `classes` (mask of the catalogue's classes): what the grant shows; a statement that
 * uses a field outside it is SB_E_SINK. db may be NULL: only the file is checked. */
SB_CHECK int sb_sink_check(const struct sb_sink *s,
                           unsigned classes,
                           struct sb_db *db,
                           struct sb_err *err);
/* Runs the statements of the payload's operacion inside the caller's transaction. */
SB_CHECK int sb_sink_apply(const struct sb_sink *s,
                           struct sb_db *db,
                           const struct sb_value *payload,
                           unsigned classes,
                           struct sb_bytes stream,
                           uint64_t seq,
                           struct sb_err *err);

#endif
