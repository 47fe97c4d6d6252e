/* Purpose: a replay's own tables in the database that it fills.
 * Invariant: one row of sacbe_replay; what is refused is there once. */
#include "adapters/cli/replay_store.h"

#include "adapters/engine/cursor.h"

#define CREATE                                                                         \
    "CREATE TABLE IF NOT EXISTS sacbe_replay("                                         \
    "source VARCHAR(2000) NOT NULL, place VARCHAR(200) NOT NULL)"
#define CREATE_REFUSED                                                                 \
    "CREATE TABLE IF NOT EXISTS sacbe_replay_refused("                                 \
    "stream VARCHAR(150) NOT NULL, seq BIGINT NOT NULL, code INTEGER NOT NULL,"        \
    " pointer VARCHAR(256) NOT NULL, id_local VARCHAR(256), PRIMARY KEY (stream, "     \
    "seq))"
#define GET "SELECT source, place FROM sacbe_replay"
#define CLEAR "DELETE FROM sacbe_replay"
#define PUT "INSERT INTO sacbe_replay(source, place) VALUES (:source, :place)"
#define REFUSE                                                                         \
    "INSERT INTO sacbe_replay_refused(stream, seq, code, pointer, id_local)"           \
    " VALUES (:stream, :seq, :code, :pointer, :id_local)"
#define WAITS                                                                          \
    "SELECT seq FROM sacbe_replay_refused WHERE stream = :stream"                      \
    " AND id_local = :id_local"

static int run(struct sb_db *db,
               const char *sql,
               const struct sb_param *params,
               size_t n,
               sb_row_fn fn,
               void *ctx,
               struct sb_err *err)
{
    return db->ops->run(db, sb_bytes_str(sql), params, n, fn, ctx, err);
}

static struct sb_param text(const char *name, struct sb_bytes v)
{
    return (struct sb_param){sb_bytes_str(name),
                             {.type = v.p ? SB_CELL_TEXT : SB_CELL_NULL, .s = v}};
}

static struct sb_param number(const char *name, uint64_t v)
{
    return (struct sb_param){sb_bytes_str(name),
                             {.type = SB_CELL_INT, .i = (int64_t)v}};
}

struct found {
    struct sb_replaying *p;
    const char *what;
};

static int take_place(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    const struct found *f = ctx;
    if (row->n != 2 || row->cells[0].type != SB_CELL_TEXT ||
        row->cells[1].type != SB_CELL_TEXT || f->p->resumed)
        return sb_fail(
            err, SB_E_DB_CORRUPT, "%s: sacbe_replay is no replay's table", f->what);
    return sb_replaying_resume(f->p, row->cells[0].s, row->cells[1].s, f->what, err);
}

int sb_replay_store_open(struct sb_db *db,
                         bool create,
                         struct sb_replaying *p,
                         const char *what,
                         struct sb_err *err)
{
    struct found f = {p, what};
    struct sb_err why = {.code = 0};
    bool adapter = false;
    int rc = sb_cursor_installed(db, &adapter, err);
    if (!rc && adapter)
        return sb_fail(err,
                       SB_E_STATE,
                       "%s: an adapter writes into this database (table sacbe_cursor):"
                       " a replay takes one of its own",
                       what);
    if (!rc && create)
        rc = run(db, CREATE, NULL, 0, NULL, NULL, err);
    if (!rc && create)
        rc = run(db, CREATE_REFUSED, NULL, 0, NULL, NULL, err);
    if (rc)
        return rc;
    rc = run(db, GET, NULL, 0, take_place, &f, &why);
    if (rc == SB_E_MAPPING && !create)
        return 0; /* no such table: nothing was replayed */
    return rc ? sb_fail(err, rc, "%s", why.text) : 0;
}

struct same {
    char place[SB_REPLAY_PLACE]; /* empty: none */
    bool other;
};

static int compare(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct same *s = ctx;
    (void)err;
    s->other = row->n != 2 || row->cells[1].type != SB_CELL_TEXT ||
               !sb_bytes_is(row->cells[1].s, s->place);
    s->place[0] = '\0';
    return 0;
}

int sb_replay_store_same(struct sb_db *db,
                         const struct sb_place *expected,
                         struct sb_err *err)
{
    struct same s = {.other = false};
    if (expected->seq)
        sb_place_text(expected, s.place);
    int rc = run(db, GET, NULL, 0, compare, &s, err);
    if (!rc && (s.other || s.place[0]))
        rc = sb_fail(err, SB_E_BUSY, "another replay writes into this database");
    return rc;
}

int sb_replay_store_place(struct sb_db *db,
                          const char *source,
                          const struct sb_place *place,
                          struct sb_err *err)
{
    char at[SB_REPLAY_PLACE];
    sb_place_text(place, at);
    struct sb_param p[2] = {text("source", sb_bytes_str(source)),
                            text("place", sb_bytes_str(at))};
    int rc = run(db, CLEAR, NULL, 0, NULL, NULL, err);
    return rc ? rc : run(db, PUT, p, 2, NULL, NULL, err);
}

static struct sb_bytes id_of(const struct sb_given *g)
{
    const struct sb_value *id = sb_value_get(&g->payload, "id_local");
    return id && id->type == SB_STR ? id->as.s : (struct sb_bytes){NULL, 0};
}

int sb_replay_store_refused(struct sb_db *db,
                            const struct sb_given *g,
                            bool of_row,
                            struct sb_err *err)
{
    struct sb_bytes none = {NULL, 0};
    struct sb_param p[5] = {text("stream", g->stream),
                            number("seq", g->place.seq),
                            number("code", (uint64_t)sb_code_number(g->code)),
                            text("pointer", sb_bytes_str(g->pointer)),
                            text("id_local", of_row ? id_of(g) : none)};
    return run(db, REFUSE, p, 5, NULL, NULL, err);
}

static int note(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    (void)row;
    (void)err;
    *(bool *)ctx = true;
    return 1;
}

int sb_replay_store_waits(struct sb_db *db,
                          const struct sb_given *g,
                          bool *out,
                          struct sb_err *err)
{
    struct sb_param p[2] = {text("stream", g->stream), text("id_local", id_of(g))};
    *out = false;
    return run(db, WAITS, p, 2, note, out, err);
}
