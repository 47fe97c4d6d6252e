/* The catalogue: event types, their fields and classes, code lists, crosswalks.
 *
 * A folder with catalog.json and the files that it lists. Everything is checked when it
 * is loaded, and nothing changes afterwards: one catalogue serves several threads. What
 * it hands out lives as long as it does. Not here: hashing (the manifest is given file
 * by file), keys, comparing two versions. */
#ifndef SCHEMAS_CATALOG_CATALOG_H
#define SCHEMAS_CATALOG_CATALOG_H

#include "schemas/catalog/class.h"
#include "schemas/catalog/codes.h"
#include "schemas/catalog/fields.h"
#include "schemas/catalog/schema.h"

struct sb_catalog;

struct sb_event_type { /* plain data */
    const char *name;  /* "interior.hecho_transito" */
    uint64_t version;  /* what an event's header calls schema_version */
    unsigned classes;  /* bits: each event has a section for each of them */
    int64_t priority;  /* x-prioridad; a larger one overtakes */
    const char *file;  /* of its schema, within the folder */
    struct sb_bytes title;
    struct sb_field root;
    const struct sb_field *const *fields; /* all but the root and what is inside a
                                             calidad; parents before children */
    size_t n_fields;
    const struct sb_schema *schema;
};

/* Errors name the file and the line or the JSON pointer: SB_E_NOT_FOUND, SB_E_IO,
 * SB_E_LIMIT, SB_E_SCHEMA_*, SB_E_CODE_LIST, SB_E_UTF8, SB_E_DUPLICATE. */
SB_CHECK int
sb_catalog_load(struct sb_catalog **out, const char *folder, struct sb_err *err);

struct sb_catalog_given { /* one file of a catalogue in memory */
    struct sb_bytes path; /* within the folder */
    struct sb_bytes content;
};
/* The same from files in memory, copied; `name` stands for the folder in errors. */
SB_CHECK int sb_catalog_load_given(struct sb_catalog **out,
                                   const char *name,
                                   const struct sb_catalog_given *files,
                                   size_t n,
                                   struct sb_err *err);
void sb_catalog_free(struct sb_catalog *cat); /* takes NULL */

const char *sb_catalog_edition(const struct sb_catalog *cat);

/* The manifest: every file, catalog.json included, sorted by path; i < count. */
size_t sb_catalog_file_count(const struct sb_catalog *cat);
const char *
sb_catalog_file(const struct sb_catalog *cat, size_t i, struct sb_bytes *content);

/* Types, sorted by name; i < count. */
size_t sb_catalog_type_count(const struct sb_catalog *cat);
const struct sb_event_type *sb_catalog_type_at(const struct sb_catalog *cat, size_t i);
/* NULL: no such type. */
const struct sb_event_type *sb_catalog_type(const struct sb_catalog *cat,
                                            struct sb_bytes name);
/* As above; SB_E_UNKNOWN_TYPE when the type is unknown or has another version. */
SB_CHECK int sb_catalog_find(const struct sb_catalog *cat,
                             struct sb_bytes name,
                             uint64_t version,
                             const struct sb_event_type **out,
                             struct sb_err *err);
/* "personas[].edad"; also "calidad.zona". NULL: no such field. */
const struct sb_field *sb_event_type_field(const struct sb_event_type *type,
                                           struct sb_bytes path);

/* NULL: no such list or crosswalk. Names are sorted; i < count. */
const struct sb_code_list *sb_catalog_codes(const struct sb_catalog *cat,
                                            struct sb_bytes name);
const struct sb_crosswalk *sb_catalog_crosswalk(const struct sb_catalog *cat,
                                                struct sb_bytes name);
size_t sb_catalog_codes_count(const struct sb_catalog *cat);
const char *sb_catalog_codes_name(const struct sb_catalog *cat, size_t i);
size_t sb_catalog_crosswalk_count(const struct sb_catalog *cat);
const char *sb_catalog_crosswalk_name(const struct sb_catalog *cat, size_t i);

/* The reasons that calidad may give: no_registrado no_aplica reservado ilegible. */
bool sb_reason_valid(struct sb_bytes reason);

/* Validates a payload, formats and code lists included. `held`: bits of the classes
 * that the reader has; SB_CLASS_ALL for a publisher. With fewer, what is required but
 * of another class may be missing. Results as sb_schema_validate's. */
SB_CHECK int sb_event_type_validate(const struct sb_event_type *type,
                                    const struct sb_value *value,
                                    unsigned held,
                                    struct sb_violation *violation,
                                    struct sb_err *err);

/* The sections of a valid payload, by class; those that the type does not define are
 * left SB_NIL. Arrays keep length and order in every section that they stand in; a
 * plain element stands in its array's own section and is null in the others. Texts
 * borrow from `value`. SB_E_MEMORY, SB_E_INVALID (no object). */
SB_CHECK int sb_event_type_split(const struct sb_event_type *type,
                                 const struct sb_value *value,
                                 struct sb_value sections[SB_CLASS_COUNT],
                                 struct sb_arena *arena,
                                 struct sb_err *err);

/* Puts sections together again; NULL where the reader has none. SB_E_SECTION_MISMATCH
 * with the pointer when they do not fit each other or hold a field of another class. */
SB_CHECK int sb_event_type_merge(const struct sb_event_type *type,
                                 const struct sb_value *const sections[SB_CLASS_COUNT],
                                 struct sb_value *out,
                                 struct sb_arena *arena,
                                 struct sb_err *err);

#endif
