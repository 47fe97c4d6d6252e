/* The catalogue in memory; for this room's files only. */
#ifndef SCHEMAS_CATALOG_LOAD_H
#define SCHEMAS_CATALOG_LOAD_H

#include "schemas/catalog/catalog.h"

struct file {
    const char *path; /* first, for sorting */
    struct sb_bytes content;
};

struct named {
    const char *name; /* first, for sorting */
    struct sb_code_list *codes;
    struct sb_crosswalk *crosswalk;
};

struct sb_catalog {
    struct sb_arena *arena;
    struct sb_schema_set *set;
    const char *edition;
    struct file *files;
    size_t n_files;
    struct sb_event_type *types;
    size_t n_types;
    struct named *codes;
    size_t n_codes;
    struct named *crosswalks;
    size_t n_crosswalks;
};

/* Sorts, compiles the schemas and derives the fields of every type. */
SB_CHECK int sb_catalog_finish(struct sb_catalog *cat, struct sb_err *err);
/* sb_schema_options.codes over a catalogue. */
const struct sb_code_list *sb_catalog_codes_of(void *cat, struct sb_bytes name);

#endif
