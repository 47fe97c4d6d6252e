/* What the SQLite source's two files share. Private to this room. */
#ifndef ADAPTERS_SQLITE_SOURCE_IMPL_H
#define ADAPTERS_SQLITE_SOURCE_IMPL_H

#include "adapters/engine/source.h"
#include "adapters/sqlite/capture.h"
#include "adapters/sqlite/memory.h"

#define SB_SOURCE_TOKEN 16u

struct changed { /* a key of the log */
    struct sb_cell cells[SB_CAPTURE_KEYS];
    int64_t id;
};

struct source {
    struct sb_source base;
    const struct sb_mapping *mapping;
    const struct sb_mapping_facts *facts;
    struct sb_db *db;
    struct sb_sql *memory;
    struct sb_arena *plan; /* the capture, as long as the source */
    struct sb_capture capture;
    struct sb_bytes read_sql;
    int64_t schema;         /* PRAGMA schema_version when capture was last verified */
    struct sb_arena *arena; /* of the present chunk */
    struct changed *changed;
    size_t n_changed;
    size_t room;
    struct sb_source_change *changes;
    size_t n;
    int64_t last_id;
    uint8_t token[SB_SOURCE_TOKEN];
};

/* The row of one key as it is now, against what was published of it: adds no change,
 * one, or two (its id_local is another: anulacion and alta). */
SB_CHECK int
sb_source_key(struct source *s, const struct changed *c, struct sb_err *err);

#endif
