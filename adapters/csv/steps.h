/* What the files of this room do for each other; for them only. */
#ifndef ADAPTERS_CSV_STEPS_H
#define ADAPTERS_CSV_STEPS_H

#include "adapters/csv/csv_impl.h"

/* folder.c */
SB_CHECK int sb_csv_folder_open(struct csv_source *s, struct sb_err *err);
/* Makes in/, done/ and refused/ where they are missing: a check does not. */
SB_CHECK int sb_csv_folder_make(const struct csv_source *s, struct sb_err *err);
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
/* The code of the connection's last error: memory, a full disk and the like are never
 * the mapping's or the file's fault. */
int sb_csv_code(sqlite3 *db, int otherwise);
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
