/* Schema of the adapter's state file, and the tables without a module of their own. */
#include "adapters/engine/state.h"

static const char *const steps[] = {
    "CREATE TABLE fact(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE directory(version INTEGER PRIMARY KEY, record BLOB NOT NULL);"
    "CREATE TABLE token(source TEXT PRIMARY KEY, token BLOB NOT NULL) WITHOUT ROWID;"
    /* stopped: number of the code for which nothing is sent, 0 while all is well */
    "CREATE TABLE stream("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, instance BLOB NOT NULL,"
    " stored_seq INTEGER NOT NULL DEFAULT 0, stored_hash BLOB NOT NULL,"
    " stored_epoch INTEGER NOT NULL DEFAULT 0,"
    " stopped INTEGER NOT NULL DEFAULT 0, evidence BLOB);"
    "CREATE TABLE claim("
    " stream INTEGER NOT NULL REFERENCES stream(id), claim_no INTEGER NOT NULL,"
    " hash BLOB NOT NULL, record BLOB NOT NULL, stored INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(stream, claim_no)) WITHOUT ROWID;"
    "CREATE TABLE epoch("
    " stream INTEGER NOT NULL REFERENCES stream(id), epoch_no INTEGER NOT NULL,"
    " hash BLOB NOT NULL, record BLOB NOT NULL, events INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(stream, epoch_no)) WITHOUT ROWID;"
    "CREATE TABLE batch("
    " stream INTEGER NOT NULL REFERENCES stream(id), first_seq INTEGER NOT NULL,"
    " last_seq INTEGER NOT NULL, claim_no INTEGER NOT NULL, epoch_no INTEGER NOT NULL,"
    " hash BLOB NOT NULL, record BLOB NOT NULL, items BLOB NOT NULL, cts BLOB NOT NULL,"
    " mapping BLOB NOT NULL, sent INTEGER NOT NULL, stored INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(stream, first_seq));"
    "CREATE INDEX batch_last ON batch(stream, last_seq);"
    "CREATE INDEX batch_stored ON batch(stored, sent);"
    /* direction: 'out' rows that do not map, 'in' events that do not apply */
    "CREATE TABLE quarantine("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, direction TEXT NOT NULL,"
    " source TEXT NOT NULL, tbl TEXT NOT NULL, key TEXT NOT NULL, code INTEGER NOT "
    "NULL,"
    " pointer TEXT NOT NULL, reason TEXT NOT NULL, id_local TEXT NOT NULL,"
    " first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,"
    " times INTEGER NOT NULL DEFAULT 1, payload BLOB NOT NULL, classes INTEGER NOT "
    "NULL,"
    " UNIQUE(direction, source, tbl, key));"
    "CREATE TABLE reject(hash BLOB PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;",
    /* proved_seq: up to here the broker has proved what it stored, by the batch at
     * proved_index; final_seq: and so it stands under a final checkpoint.
     * head: what a publisher signed about a stream that we read.
     * receipt: the newest batch applied, until its receipt is signed.
     * adopted: our own stream as the broker has it, until all of it was read. */
    "ALTER TABLE stream ADD COLUMN proved_seq INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE stream ADD COLUMN proved_index INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE stream ADD COLUMN final_seq INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE batch ADD COLUMN stored_ms INTEGER NOT NULL DEFAULT 0;"
    "DELETE FROM fact WHERE name IN ('checkpoint_size', 'checkpoint_root');"
    "CREATE TABLE head(stream TEXT PRIMARY KEY, seq INTEGER NOT NULL,"
    " hash BLOB NOT NULL, heard_ms INTEGER NOT NULL, record BLOB NOT NULL) WITHOUT "
    "ROWID;"
    "CREATE TABLE receipt(stream TEXT PRIMARY KEY, seq INTEGER NOT NULL,"
    " hash BLOB NOT NULL, entry INTEGER NOT NULL, leaf BLOB NOT NULL) WITHOUT ROWID;"
    /* kind: number of a claim, an epoch, a batch; first: its own number or first seq */
    "CREATE TABLE adopted("
    " stream INTEGER NOT NULL REFERENCES stream(id), kind INTEGER NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL, claim_no INTEGER NOT NULL,"
    " epoch_no INTEGER NOT NULL, hash BLOB NOT NULL, record BLOB NOT NULL,"
    " items BLOB NOT NULL, cts BLOB NOT NULL, mapping BLOB NOT NULL,"
    " sent INTEGER NOT NULL, stored_ms INTEGER NOT NULL,"
    " PRIMARY KEY(stream, kind, first));",
    /* act: what we sign for an auditor, until it is stored. withdrawal: our own.
     * said: sent in this session. withdrawn: those of publishers, done (1) once
     * we have signed the deletion, 2 in a journal begun anew until each comes again. */
    "CREATE TABLE act(hash BLOB PRIMARY KEY, record BLOB NOT NULL,"
    " said INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE TABLE withdrawal("
    " hash BLOB PRIMARY KEY, stream INTEGER NOT NULL REFERENCES stream(id),"
    " first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,"
    " annulled_by INTEGER NOT NULL, record BLOB NOT NULL,"
    " said INTEGER NOT NULL DEFAULT 0, stored INTEGER NOT NULL DEFAULT 0)"
    " WITHOUT ROWID;"
    "CREATE TABLE withdrawn("
    " hash BLOB PRIMARY KEY, stream TEXT NOT NULL, first_seq INTEGER NOT NULL,"
    " last_seq INTEGER NOT NULL, annulled_by INTEGER NOT NULL,"
    " done INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;",
    NULL};

int sb_state_open(struct sb_sql **out, const char *path, struct sb_err *err)
{
    return sb_sql_open(out, path, steps, err);
}

int sb_state_put(struct sb_sql *s,
                 const char *name,
                 struct sb_bytes value,
                 struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "INSERT INTO fact(name, value) VALUES (?, ?)"
                     " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                     "sb",
                     name,
                     value);
}

int sb_state_get(struct sb_sql *s,
                 const char *name,
                 struct sb_buf *out,
                 struct sb_err *err)
{
    int rc =
        sb_sql_blob(s, out, err, "SELECT value FROM fact WHERE name = ?", "s", name);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return sb_fail(err, SB_E_NOT_FOUND, "no \"%s\" in the state file", name);
    return sb_buf_check(out, err);
}

int sb_state_put_number(struct sb_sql *s,
                        const char *name,
                        uint64_t value,
                        struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "INSERT INTO fact(name, value) VALUES (?, ?)"
                     " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                     "su",
                     name,
                     value);
}

int sb_state_number(struct sb_sql *s,
                    const char *name,
                    uint64_t otherwise,
                    uint64_t *out,
                    struct sb_err *err)
{
    return sb_sql_number(
        s, out, otherwise, err, "SELECT value FROM fact WHERE name = ?", "s", name);
}

int sb_state_keep_directory(struct sb_sql *s,
                            uint64_t version,
                            struct sb_bytes record,
                            struct sb_err *err)
{
    return sb_sql_do(s,
                     err,
                     "INSERT OR IGNORE INTO directory(version, record) VALUES (?, ?)",
                     "ub",
                     version,
                     record);
}

int sb_state_load_trust(struct sb_sql *s, struct sb_trust *trust, struct sb_err *err)
{
    sqlite3_stmt *row = NULL;
    int rc =
        sb_sql_start(s, &row, err, "SELECT record FROM directory ORDER BY version", "");
    if (rc)
        return rc;
    while ((rc = sb_sql_row(s, row, err)) == 1) {
        rc = sb_trust_add(trust, sb_sql_bytes(row, 0), err);
        if (rc) {
            (void)sb_err_wrap(err, rc, "a directory held in the state file");
            break;
        }
    }
    sb_sql_end(row);
    return rc;
}
