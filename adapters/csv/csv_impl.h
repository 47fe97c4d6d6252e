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

/* folder.c */
SB_CHECK int sb_csv_folder_open(struct csv_source *s, struct sb_err *err);
/* 1: a set is complete; its key and members are in s. */
SB_CHECK int sb_csv_folder_scan(struct csv_source *s, struct sb_err *err);
SB_CHECK int sb_csv_folder_stamp(const char *folder,
                                 const char *name,
                                 struct stamp *out,
                                 struct sb_err *err);
/* Moves a member from in/ (if it is still the one staged) to `to` and writes its
 * report beside it. */
SB_CHECK int sb_csv_folder_settle(struct csv_source *s,
                                  size_t member,
                                  const char *to,
                                  struct sb_bytes report,
                                  struct sb_err *err);

/* run.c: the run in the state file. */
SB_CHECK int sb_csv_run_open(struct csv_source *s, struct sb_err *err);
SB_CHECK int sb_csv_run_begin(struct csv_source *s, struct sb_err *err);
SB_CHECK int
sb_csv_run_phase(struct csv_source *s, enum phase phase, struct sb_err *err);
/* PHASE_STOP with the reason of *why; `member`: the file to blame, or n_set. */
SB_CHECK int sb_csv_run_stop(struct csv_source *s,
                             size_t member,
                             const struct sb_err *why,
                             struct sb_err *err);
/* What a stop or crash left: the outbox holds `token`. */
SB_CHECK int
sb_csv_run_recover(struct csv_source *s, struct sb_bytes token, struct sb_err *err);
/* Forgets the run and drops its tables. */
SB_CHECK int sb_csv_run_forget(struct csv_source *s, struct sb_err *err);
/* The pending batch is in the outbox, or it is not. */
SB_CHECK int sb_csv_run_done(struct csv_source *s, struct sb_err *err);
SB_CHECK int sb_csv_run_undo(struct csv_source *s, struct sb_err *err);
/* The last batch's token, if it waits. */
void sb_csv_run_token(const struct csv_source *s, char out[48]);
/* Runs SQL text that holds names of this run. */
SB_CHECK int
sb_csv_execute(struct csv_source *s, struct sb_buf *sql, struct sb_err *err);
SB_CHECK int sb_csv_prepare(struct csv_source *s,
                            struct sb_bytes sql,
                            sqlite3_stmt **out,
                            struct sb_err *err);
int sb_csv_fail(struct csv_source *s, int code, struct sb_err *err);

/* header.c: the columns of a header, named by the rules. SB_E_CSV_HEADER. */
SB_CHECK int sb_csv_header_names(const struct sb_csv_record *header,
                                 struct sb_arena *arena,
                                 struct sb_columns *out,
                                 struct sb_err *err);

/* stage.c: one slice each; the phase moves on by itself. `err` is never NULL. */
SB_CHECK int sb_csv_learn(struct csv_source *s, struct sb_err *err);
SB_CHECK int sb_csv_stage(struct csv_source *s, struct sb_err *err);
void sb_csv_stage_close(struct csv_source *s);
/* Creates one table and fills it with at most `max` records of the file. */
SB_CHECK int sb_csv_stage_sample(sqlite3 *db,
                                 struct sb_bytes table,
                                 const char *path,
                                 size_t max,
                                 struct sb_err *err);
void sb_csv_quote(struct sb_buf *sql, struct sb_bytes name);

/* select.c */
SB_CHECK int sb_csv_select(struct csv_source *s, struct sb_err *err);
SB_CHECK int sb_csv_rest(struct csv_source *s, struct sb_err *err);
void sb_csv_select_close(struct csv_source *s);

/* batch.c: a batch opens a transaction and ends it. */
void sb_csv_chunk_reset(struct csv_source *s);
SB_CHECK int sb_csv_batch_begin(struct csv_source *s, struct sb_err *err);
/* Keeps the batch's notes, or with rc drops them. One with nothing to give is done. */
SB_CHECK int sb_csv_batch_end(struct csv_source *s, int rc, struct sb_err *err);
/* The mapping's fault stops the set; others are returned. */
SB_CHECK int sb_csv_batch_stop(struct csv_source *s, struct sb_err *err);
SB_CHECK int sb_csv_batch_grow(struct batch *b, struct sb_err *err);
/* Notes where a record stands. *line is found when it is 0. */
SB_CHECK int sb_csv_use(struct csv_source *s,
                        size_t table,
                        int64_t row,
                        const char *outcome,
                        uint64_t *line,
                        struct sb_err *err);
SB_CHECK int sb_csv_row_key(struct csv_source *s,
                            size_t table,
                            uint64_t line,
                            struct sb_source_row *out,
                            struct sb_err *err);
SB_CHECK int sb_csv_local_row(struct csv_source *s,
                              const struct sb_row *row,
                              struct sb_value *out,
                              struct sb_err *err);
/* Index of the set's table; n_set when there is none. */
size_t sb_csv_table(const struct csv_source *s, struct sb_bytes name);

/* chunk.c, left.c: one batch, if there is something to give; the phase moves on by
 * itself. */
SB_CHECK int sb_csv_map(struct csv_source *s, size_t max, struct sb_err *err);
SB_CHECK int sb_csv_emit(struct csv_source *s, size_t max, struct sb_err *err);
SB_CHECK int
sb_csv_refuse_change(struct csv_source *s, size_t index, int code, struct sb_err *err);

/* end.c: the run's last step, done or refused. */
SB_CHECK int sb_csv_end(struct csv_source *s, struct sb_err *err);
SB_CHECK int sb_csv_stop(struct csv_source *s, struct sb_err *err);

/* clean.c: empties the run's tables slice by slice, then forgets the run. */
SB_CHECK int sb_csv_clean(struct csv_source *s, struct sb_err *err);

/* probe.c: a database like the staging one, for sb_mapping_check and `mapping try`. */
int sb_csv_probe(struct sb_db **out,
                 const struct sb_mapping *m,
                 const char *database,
                 struct sb_err *err);

/* report.c: the report of one member, as JSON text. */
SB_CHECK int sb_csv_report(struct csv_source *s,
                           size_t member,
                           struct sb_buf *out,
                           struct sb_err *err);

#endif
