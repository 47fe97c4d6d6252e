/* One CSV folder's source; for this room's files only.
 *
 * A run is one set of files on its way: learn -> stage -> select -> map -> rest -> end.
 * Up to `map` nothing was given away, and a crash begins the run again; from there on
 * every step is kept in the state file, together with what it did. */
#ifndef ADAPTERS_CSV_CSV_IMPL_H
#define ADAPTERS_CSV_CSV_IMPL_H

#include "adapters/csv/reader.h"
#include "adapters/engine/source.h"
#include "adapters/engine/sql.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define SB_CSV_MEMBERS_MAX 16u
#define SB_CSV_PARENT "evento_en_cuarentena" /* what its event's rows get */
#define SB_CSV_SLICE 10000u                  /* records of one call */

enum phase { /* numbers stand in the state file */
             PHASE_IDLE = 0,
             PHASE_LEARN = 1,
             PHASE_STAGE = 2,
             PHASE_SELECT = 3,
             PHASE_MAP = 4,
             PHASE_REST = 5,  /* leftover queries */
             PHASE_EMIT = 6,  /* what they gave, and ragged rows */
             PHASE_END = 7,   /* every row accounted for: reports, done/ */
             PHASE_STOP = 8,  /* refused: reports, refused/ */
             PHASE_CLEAN = 9, /* the staged rows go */
};

struct stamp { /* the very file that was staged */
    int64_t device;
    int64_t inode;
    int64_t size;
    int64_t mtime;
};

struct member { /* one file of the run */
    char *name;
    struct stamp stamp;
    uint8_t hash[SB_HASH];
    bool refused; /* alone to blame for PHASE_STOP */
};

struct item {     /* a change of the batch, as the state file knows it */
    size_t table; /* index of the set */
    int64_t row;
    struct sb_bytes id_local;
    struct sb_used_row *used;
    size_t n_used;
};

struct batch {
    struct sb_arena *arena;
    struct sb_source_change *changes;
    struct item *items;
    size_t n;
    size_t room;
    int64_t position; /* of the run after it */
    char token[48];
    bool waiting; /* for done */
};

struct staging { /* of the file being staged */
    size_t member;
    sqlite3_stmt *insert;
    size_t columns; /* 0: the header has not come */
    int64_t row;
};

struct csv_source {
    struct sb_source base;
    const struct sb_mapping *mapping;
    const struct sb_mapping_facts *facts;
    char *in;
    char *done;
    char *refused;
    char *state; /* path of the state file */
    pcre2_code *patterns[SB_CSV_MEMBERS_MAX];
    struct sb_sql *sql;
    sqlite3 *handle;  /* of sql, for statements with names from files */
    struct sb_db *db; /* reads the staging tables for the mapping */
    /* the run */
    enum phase phase;
    int64_t run;
    uint8_t set_hash[SB_HASH];
    char *set_key;
    uint64_t chunk;
    int64_t position;
    struct member members[SB_CSV_MEMBERS_MAX];
    bool same_mapping; /* the run began with the mapping of today */
    bool again;        /* the same bytes were done before */
    struct sb_csv_reader *readers[SB_CSV_MEMBERS_MAX];
    struct staging staging;
    sqlite3_stmt *select; /* of the event query, or a leftover one */
    sqlite3_stmt *insert;
    size_t rest; /* which leftover query */
    struct batch batch;
};

#endif
