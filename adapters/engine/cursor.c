/* The table sacbe_cursor, in SQL that every driver's database understands. */
#include "adapters/engine/cursor.h"

#include "schemas/base/limits.h"

#define CREATE                                                                         \
    "CREATE TABLE IF NOT EXISTS sacbe_cursor(stream VARCHAR(150) NOT NULL PRIMARY "    \
    "KEY,"                                                                             \
    " seq BIGINT NOT NULL, hash CHAR(64) NOT NULL)"
#define LIST "SELECT stream, seq, hash FROM sacbe_cursor ORDER BY stream"
#define GET "SELECT stream, seq, hash FROM sacbe_cursor WHERE stream = :stream"

static struct sb_param text(const char *name, struct sb_bytes v)
{
    return (struct sb_param){sb_bytes_str(name), {.type = SB_CELL_TEXT, .s = v}};
}

int sb_cursor_install(struct sb_db *db, struct sb_err *err)
{
    return db->ops->run(db, sb_bytes_str(CREATE), NULL, 0, NULL, NULL, err);
}

struct list {
    struct sb_arena *arena;
    struct sb_head *items;
    size_t n;
    size_t cap;
};

static int add(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct list *l = ctx;
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 16;
        struct sb_head *grown = sb_arena_alloc(l->arena, cap, sizeof *grown);
        if (!grown)
            return sb_fail(err, SB_E_MEMORY, "out of memory");
        if (l->n)
            memcpy(grown, l->items, l->n * sizeof *grown);
        l->items = grown;
        l->cap = cap;
    }
    struct sb_head *h = &l->items[l->n];
    bool good = row->n == 3 && row->cells[0].type == SB_CELL_TEXT &&
                row->cells[1].type == SB_CELL_INT && row->cells[1].i >= 0 &&
                row->cells[2].type == SB_CELL_TEXT &&
                sb_unhex(h->batch_hash, SB_HASH, row->cells[2].s);
    if (!good)
        return sb_fail(
            err, SB_E_DB_CORRUPT, "a row of the table sacbe_cursor is no cursor");
    h->seq = (uint64_t)row->cells[1].i;
    h->stream = sb_arena_dup(l->arena, row->cells[0].s);
    if (!h->stream.p)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    l->n++;
    return 0;
}

int sb_cursor_list(struct sb_db *db,
                   struct sb_arena *arena,
                   struct sb_heads *out,
                   struct sb_err *err)
{
    struct list l = {.arena = arena};
    int rc = db->ops->run(db, sb_bytes_str(LIST), NULL, 0, add, &l, err);
    if (!rc)
        *out = (struct sb_heads){l.items, l.n};
    return rc;
}

int sb_cursor_installed(struct sb_db *db, bool *out, struct sb_err *err)
{
    int rc = db->ops->run(db, sb_bytes_str(LIST), NULL, 0, NULL, NULL, err);
    *out = rc == 0;
    return rc == SB_E_MAPPING ? 0 : rc;
}

int sb_cursor_get(struct sb_db *db,
                  struct sb_bytes stream,
                  uint64_t *seq,
                  uint8_t hash[SB_HASH],
                  struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    struct list l = {.arena = arena};
    struct sb_param p = text("stream", stream);
    int rc = db->ops->run(db, sb_bytes_str(GET), &p, 1, add, &l, err);
    if (!rc) {
        *seq = l.n ? l.items[0].seq : 0;
        memset(hash, 0, SB_HASH);
        if (l.n)
            memcpy(hash, l.items[0].batch_hash, SB_HASH);
    }
    sb_arena_free(arena);
    return rc;
}

int sb_cursor_put(struct sb_db *db,
                  struct sb_bytes stream,
                  uint64_t seq,
                  const uint8_t hash[SB_HASH],
                  struct sb_err *err)
{
    char hex[2 * SB_HASH + 1];
    sb_hex(hex, hash, SB_HASH);
    struct sb_param p[3] = {
        text("stream", stream),
        {sb_bytes_str("seq"), {.type = SB_CELL_INT, .i = (int64_t)seq}},
        text("hash", sb_bytes_str(hex))};
    int rc =
        db->ops->run(db,
                     sb_bytes_str("DELETE FROM sacbe_cursor WHERE stream = :stream"),
                     p,
                     3,
                     NULL,
                     NULL,
                     err);
    if (rc)
        return rc;
    return db->ops->run(db,
                        sb_bytes_str("INSERT INTO sacbe_cursor(stream, seq, hash)"
                                     " VALUES (:stream, :seq, :hash)"),
                        p,
                        3,
                        NULL,
                        NULL,
                        err);
}
