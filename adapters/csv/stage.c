/* Purpose: the files of a set -> tables of the state file, in slices.
 * Invariant: a record with as many cells as the header is a row; any other one has its
 * number and its line, and is quarantined.
 * Not for: meaning; the mapping's SQL gives that. */
#include <limits.h>
#include <stdio.h>

#include "adapters/csv/steps.h"
#include "keys/hash.h"

struct target { /* where records go */
    sqlite3 *db;
    struct sb_bytes table;
    struct staging *st;
    const char *name; /* of the file */
    struct sb_sql *sql;
    size_t member;
};

void sb_csv_quote(struct sb_buf *sql, struct sb_bytes name)
{
    sb_buf_byte(sql, '"');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '"')
            sb_buf_byte(sql, '"');
        sb_buf_byte(sql, name.p[i]);
    }
    sb_buf_byte(sql, '"');
}

static int refuse(sqlite3 *db, struct sb_err *err)
{
    return sb_fail(err, sb_csv_code(db, SB_E_IO), "staging: %s", sqlite3_errmsg(db));
}

static int create(struct target *t, const struct sb_columns *names, struct sb_err *err)
{
    struct sb_buf sql = {0};
    struct sb_buf insert = {0};
    sb_buf_str(&sql, "CREATE TABLE ");
    sb_csv_quote(&sql, t->table);
    sb_buf_str(&sql, "(_row INTEGER PRIMARY KEY, _line INTEGER, _file TEXT");
    sb_buf_str(&insert, "INSERT INTO ");
    sb_csv_quote(&insert, t->table);
    sb_buf_str(&insert, " VALUES(?, ?, ?");
    for (size_t i = 0; i < names->n; i++) {
        sb_buf_str(&sql, ", ");
        sb_csv_quote(&sql, names->items[i]);
        sb_buf_str(&sql, " TEXT");
        sb_buf_str(&insert, ", ?");
    }
    sb_buf_str(&sql, ")");
    sb_buf_byte(&sql, '\0');
    sb_buf_str(&insert, ")");
    sb_buf_byte(&insert, '\0');
    int rc = sb_buf_check(&sql, err);
    if (rc == 0)
        rc = sb_buf_check(&insert, err);
    if (rc == 0 &&
        (sqlite3_exec(t->db, (const char *)sql.p, NULL, NULL, NULL) != SQLITE_OK ||
         sqlite3_prepare_v2(t->db, (const char *)insert.p, -1, &t->st->insert, NULL) !=
             SQLITE_OK))
        rc = refuse(t->db, err);
    sb_buf_free(&sql);
    sb_buf_free(&insert);
    return rc;
}

static int
take_header(struct target *t, const struct sb_csv_record *record, struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_columns names;
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_csv_header_names(record, arena, &names, err);
    if (rc == 0)
        rc = create(t, &names, err);
    if (rc == 0)
        t->st->columns = names.n;
    sb_arena_free(arena);
    return rc;
}

static int
insert_row(struct target *t, const struct sb_csv_record *record, struct sb_err *err)
{
    sqlite3_stmt *q = t->st->insert;
    int rc = sqlite3_bind_int64(q, 1, t->st->row);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(q, 2, (int64_t)record->line);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(q, 3, t->name, -1, SQLITE_STATIC);
    for (size_t i = 0; rc == SQLITE_OK && i < record->n; i++) {
        struct sb_bytes c = record->cells[i];
        int at = (int)i + 4;
        rc = c.n ? sqlite3_bind_text64(
                       q, at, (const char *)c.p, c.n, SQLITE_STATIC, SQLITE_UTF8)
                 : sqlite3_bind_null(q, at);
    }
    if (rc == SQLITE_OK && sqlite3_step(q) != SQLITE_DONE)
        rc = SQLITE_ERROR;
    if (sqlite3_reset(q) != SQLITE_OK)
        rc = SQLITE_ERROR;
    return rc == SQLITE_OK ? 0 : refuse(t->db, err);
}

static int
take_record(void *ctx, const struct sb_csv_record *record, struct sb_err *err)
{
    struct target *t = ctx;
    if (t->st->columns == 0)
        return take_header(t, record, err);
    t->st->row++;
    if (record->n == t->st->columns && record->sound)
        return insert_row(t, record, err);
    if (!t->sql)
        return 0;
    return sb_sql_do(t->sql,
                     err,
                     "INSERT INTO _left(tbl, row, line, code) VALUES(?, ?, ?, ?)",
                     "uiui",
                     (uint64_t)t->member,
                     t->st->row,
                     record->line,
                     (int64_t)SB_E_CSV_ROW);
}

void sb_csv_stage_close(struct csv_source *s)
{
    sqlite3_finalize(s->staging.insert);
    s->staging = (struct staging){0};
    for (size_t i = 0; i < s->facts->n_set; i++) {
        sb_csv_reader_free(s->readers[i]);
        s->readers[i] = NULL;
    }
}

static int open_member(struct csv_source *s, struct sb_err *err)
{
    size_t i = s->staging.member;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", s->in, s->members[i].name);
    return s->readers[i] ? 0 : sb_csv_reader_open(&s->readers[i], path, err);
}

/* The fault of one file: the run stops, and only that file is refused. */
static int blame(struct csv_source *s, struct sb_err *err)
{
    struct sb_err why = *err;
    size_t member = s->staging.member;
    sb_csv_stage_close(s);
    return sb_csv_run_stop(s, member, &why, err);
}

static bool is_file_fault(int code)
{
    return code == SB_E_CSV_ENCODING || code == SB_E_CSV_HEADER ||
           code == SB_E_CSV_ROW || code == SB_E_LIMIT || code == SB_E_UTF8;
}

/* Moves on to the next file, or to `phase` after the last one. */
static int next_member(struct csv_source *s, enum phase phase, struct sb_err *err)
{
    size_t member = s->staging.member + 1;
    bool last = member == s->facts->n_set;
    sqlite3_finalize(s->staging.insert);
    s->staging = (struct staging){.member = last ? 0 : member};
    if (last && phase != PHASE_STAGE)
        sb_csv_stage_close(s);
    return last ? sb_csv_run_phase(s, phase, err) : 0;
}

/* The set by its bytes and its mapping: the same again needs no work. */
static int find_repeat(struct csv_source *s, struct sb_err *err)
{
    struct sb_hasher h;
    uint64_t done = 0;
    sb_hasher_init(&h, "sacbe/csv/1");
    sb_hasher_put(&h, sb_bytes(s->facts->id, sizeof s->facts->id));
    for (size_t i = 0; i < s->facts->n_set; i++)
        sb_hasher_put(&h, sb_bytes(s->members[i].hash, SB_HASH));
    sb_hasher_end(&h, s->set_hash);
    int rc = sb_sql_number(s->sql,
                           &done,
                           0,
                           err,
                           "SELECT 1 FROM _done WHERE hash = ?",
                           "b",
                           sb_bytes(s->set_hash, SB_HASH));
    s->again = done == 1;
    return rc;
}

/* Somebody took the file away before it was opened. */
static bool is_gone(const struct csv_source *s)
{
    struct stamp now;
    const char *name = s->members[s->staging.member].name;
    return sb_csv_folder_stamp(s->in, name, &now, NULL) == SB_E_NOT_FOUND;
}

int sb_csv_learn(struct csv_source *s, struct sb_err *err)
{
    struct sb_csv_reader *reader = NULL;
    int rc = open_member(s, err);
    if (rc == 0) {
        reader = s->readers[s->staging.member];
        rc = sb_csv_reader_learn(reader, err);
    }
    if (is_file_fault(rc))
        return blame(s, err);
    if (!reader && is_gone(s))
        return sb_csv_run_forget(s, err);
    if (rc)
        return rc < 0 ? rc : 0;
    sb_csv_reader_hash(reader, s->members[s->staging.member].hash);
    if (s->staging.member + 1 == s->facts->n_set)
        rc = find_repeat(s, err);
    return rc ? rc : next_member(s, s->again ? PHASE_END : PHASE_STAGE, err);
}

static int index_member(struct csv_source *s, struct sb_err *err)
{
    const struct sb_columns *want = &s->facts->index;
    struct sb_bytes table = s->facts->set[s->staging.member].table;
    struct sb_buf sql = {0};
    size_t n = 0;
    sb_buf_str(&sql, "CREATE INDEX ");
    char *name = NULL;
    if (asprintf(&name, "_index_%zu", s->staging.member) < 0)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    sb_csv_quote(&sql, sb_bytes_str(name));
    free(name);
    sb_buf_str(&sql, " ON ");
    sb_csv_quote(&sql, table);
    for (size_t i = 0; i < want->n; i++) {
        char *t = strndup((const char *)table.p, table.n);
        bool there = t && sqlite3_table_column_metadata(s->handle,
                                                        NULL,
                                                        t,
                                                        (const char *)want->items[i].p,
                                                        NULL,
                                                        NULL,
                                                        NULL,
                                                        NULL,
                                                        NULL) == SQLITE_OK;
        free(t);
        if (!there)
            continue;
        sb_buf_str(&sql, n++ ? ", " : "(");
        sb_csv_quote(&sql, want->items[i]);
    }
    sb_buf_str(&sql, ")");
    int rc = n ? sb_csv_execute(s, &sql, err) : 0;
    sb_buf_free(&sql);
    return rc;
}

int sb_csv_stage(struct csv_source *s, struct sb_err *err)
{
    struct staging *st = &s->staging;
    size_t i = st->member;
    int rc = sb_sql_begin(s->sql, err);
    if (rc)
        return rc;
    struct target t = {.db = s->handle,
                       .table = s->facts->set[i].table,
                       .st = st,
                       .name = s->members[i].name,
                       .sql = s->sql,
                       .member = i};
    rc = sb_csv_reader_read(s->readers[i], SB_CSV_SLICE, take_record, &t, err);
    if (rc == 0 && st->columns == 0)
        rc = sb_fail(err, SB_E_CSV_HEADER, "the file is empty");
    int more = rc;
    if (rc >= 0)
        rc = sb_sql_commit(s->sql, err);
    else
        sb_sql_rollback(s->sql);
    if (is_file_fault(rc))
        return blame(s, err);
    if (rc || more)
        return rc;
    rc = index_member(s, err);
    return rc ? rc : next_member(s, PHASE_SELECT, err);
}

int sb_csv_stage_sample(sqlite3 *db,
                        struct sb_bytes table,
                        const char *path,
                        size_t max,
                        struct sb_err *err)
{
    struct staging st = {0};
    struct target t = {.db = db, .table = table, .st = &st, .name = path};
    struct sb_csv_reader *reader = NULL;
    int rc = sb_csv_reader_open(&reader, path, err);
    int more = rc ? rc : 1;
    while (more == 1)
        more = sb_csv_reader_learn(reader, err);
    if (more == 0)
        more = sb_csv_reader_read(reader, max, take_record, &t, err);
    rc = more < 0 ? more : 0;
    if (rc == 0 && st.columns == 0)
        rc = sb_fail(err, SB_E_CSV_HEADER, "%s: the file is empty", path);
    sqlite3_finalize(st.insert);
    sb_csv_reader_free(reader);
    return rc;
}
