/* Purpose: the SQL of the journal's tables; upgrades from number to number.
 * Invariant: a file is wholly of one layout, also after a crash in an upgrade. */
#include "broker/journal/layout.h"

#include "schemas/base/limits.h"
#include "schemas/pack/pack.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x) /* of a macro's value */

_Static_assert(SB_CLASSES <= SB_CT_PLACES, "rows of ct have room for all classes");

static const char *const steps[SB_LAYOUT] = {
    "CREATE TABLE entry(idx INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
    " stream INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
    " hash BLOB NOT NULL, reader TEXT NOT NULL, record BLOB NOT NULL,"
    " items BLOB NOT NULL) STRICT;"
    "CREATE TABLE leaf(idx INTEGER PRIMARY KEY, data BLOB NOT NULL,"
    " hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE ct(id INTEGER PRIMARY KEY, class TEXT NOT NULL,"
    " raw BLOB NOT NULL) STRICT;"
    "CREATE TABLE tree(id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE stream(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " claim_no INTEGER NOT NULL DEFAULT 0,"
    " claim_hash BLOB NOT NULL DEFAULT (zeroblob(32)),"
    " instance BLOB NOT NULL DEFAULT (zeroblob(16)),"
    " claim_index INTEGER NOT NULL DEFAULT 0,"
    " last_seq INTEGER NOT NULL DEFAULT 0,"
    " last_hash BLOB NOT NULL DEFAULT (zeroblob(32)),"
    " last_index INTEGER NOT NULL DEFAULT 0,"
    " epoch_no INTEGER NOT NULL DEFAULT 0,"
    " epoch_hash BLOB NOT NULL DEFAULT (zeroblob(32)),"
    " epoch_index INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, root BLOB NOT NULL,"
    " note BLOB NOT NULL) STRICT;"
    "CREATE INDEX entry_stream ON entry(stream);"
    "CREATE INDEX entry_number ON entry(stream, kind, first);",
};

struct sb_bytes sb_layout_ct(struct sb_bytes raw)
{
    struct sb_unpack u = sb_unpack(raw);
    if (raw.n == 0 || raw.p[raw.n - 1] != 0)
        return raw;
    struct sb_bytes list = sb_unpack_raw(&u);
    return u.failed ? raw : list;
}

static int read_number(sqlite3 *db, int64_t *version, struct sb_err *err)
{
    int64_t application = 0;
    int64_t tables = 0;
    int rc = sb_db_number(db, "PRAGMA application_id", &application, err);
    if (rc == 0)
        rc = sb_db_number(db, "PRAGMA user_version", version, err);
    if (rc == 0)
        rc = sb_db_number(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (rc != 0)
        return rc;
    bool fresh = application == 0 && tables == 0 && *version == 0;
    if (application != SB_LAYOUT_APPLICATION && !fresh)
        return sb_fail(err,
                       SB_E_DB_CORRUPT,
                       "%s is not a journal of Sacbe",
                       sqlite3_db_filename(db, "main"));
    if (*version > SB_LAYOUT)
        return sb_fail(err,
                       SB_E_DB_NEWER,
                       "the journal %s has layout %lld; this program knows up to %d: "
                       "install the newer version that wrote it",
                       sqlite3_db_filename(db, "main"),
                       (long long)*version,
                       SB_LAYOUT);
    return 0;
}

static int apply(sqlite3 *db, int64_t version, struct sb_err *err)
{
    static const char numbers[] = "PRAGMA application_id = " TEXT(
        SB_LAYOUT_APPLICATION) ";"
                               "PRAGMA user_version = " TEXT(SB_LAYOUT) ";";
    int rc = 0;
    for (int64_t v = version; v < SB_LAYOUT && rc == 0; v++)
        rc = sb_db_exec(db, steps[v], err);
    return rc == 0 ? sb_db_exec(db, numbers, err) : rc;
}

int sb_layout_upgrade(sqlite3 *db, struct sb_err *err)
{
    int64_t version = 0;
    int rc = read_number(db, &version, err);
    if (rc != 0 || version == SB_LAYOUT)
        return rc;
    rc = sb_db_exec(db, "BEGIN IMMEDIATE", err);
    if (rc == 0)
        rc = apply(db, version, err);
    if (rc == 0)
        rc = sb_db_exec(db, "COMMIT", err);
    return rc;
}

int sb_layout_check(sqlite3 *db, struct sb_err *err)
{
    int64_t version = 0;
    int rc = read_number(db, &version, err);
    if (rc == 0 && version != SB_LAYOUT)
        rc = sb_fail(err,
                     SB_E_STATE,
                     "the journal %s has the older layout %lld: start the broker once, "
                     "which upgrades it",
                     sqlite3_db_filename(db, "main"),
                     (long long)version);
    return rc;
}

/* Steps both lists of schema rows: 0 while they are equal. */
static int compare_rows(sqlite3_stmt *a, sqlite3_stmt *b, struct sb_err *err)
{
    for (;;) {
        int more_a = sb_db_step(a, err);
        int more_b = more_a < 0 ? more_a : sb_db_step(b, err);
        if (more_b < 0)
            return more_b;
        if (more_a == 0 && more_b == 0)
            return 0;
        for (int c = 0; c < 4; c++)
            if (more_a != more_b || !sb_bytes_eq(sb_db_bytes(a, c), sb_db_bytes(b, c)))
                return sb_fail(err,
                               SB_E_JOURNAL_PAGE,
                               "page 1: the tables are not those of a journal");
    }
}

int sb_layout_compare(sqlite3 *db, struct sb_err *err)
{
    static const char list[] = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
                               " ORDER BY type, name";
    sqlite3 *model = NULL;
    sqlite3_stmt *ours = NULL;
    sqlite3_stmt *theirs = NULL;
    int rc = 0;
    int got = sqlite3_open(":memory:", &model);
    if (got != SQLITE_OK)
        rc = sb_db_fail(err, model, got, "cannot build the model");
    for (int v = 0; v < SB_LAYOUT && rc == 0; v++)
        rc = sb_db_exec(model, steps[v], err);
    if (rc == 0)
        rc = sb_db_prepare(model, &ours, list, err);
    if (rc == 0)
        rc = sb_db_prepare(db, &theirs, list, err);
    if (rc == 0)
        rc = compare_rows(ours, theirs, err);
    sqlite3_finalize(ours);
    sqlite3_finalize(theirs);
    sqlite3_close(model);
    return rc;
}
