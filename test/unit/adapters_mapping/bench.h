/* A catalogue, a database in memory, and mapping or sink files from text. */
#ifndef TEST_UNIT_ADAPTERS_MAPPING_BENCH_H
#define TEST_UNIT_ADAPTERS_MAPPING_BENCH_H

#include "adapters/engine/mapping.h"
#include "schemas/catalog/catalog.h"

struct bench {
    struct sb_catalog *catalog;
    struct sb_db *db; /* in memory */
    struct sb_arena *arena;
    struct sb_err err;
    char path[64];
};

int bench_setup(void **state); /* *state: struct bench */
int bench_teardown(void **state);

/* Loads a file's text; the code, and b->err says why. */
int bench_mapping(struct bench *b, const char *text, struct sb_mapping **out);
int bench_sink(struct bench *b, const char *text, struct sb_sink **out);
/* Statements on the database, each must succeed; ended by NULL. */
void bench_sql(struct bench *b, const char *const *statements);
/* The first cell of a query's first row as text ("null" for NULL), in the arena. */
const char *bench_ask(struct bench *b, const char *sql);
/* Maps the first row of the mapping's event query: 0 and its JSON, 1 and the fault. */
int bench_map(struct bench *b,
              const struct sb_mapping *m,
              const char **json,
              struct sb_map_fault *fault);
/* JSON text as a value. */
struct sb_value bench_value(struct bench *b, const char *json);

#endif
