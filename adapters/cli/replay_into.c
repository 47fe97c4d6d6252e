/* Purpose: `journal replay --into DB --sink FILE`: opened events through sinks into a
 * database of the replay's own.
 * Invariant: data, what is refused and the place move in one transaction; an event is
 * applied once, or stands in sacbe_replay_refused.
 * Not for: an adapter's database; batches, receipts, withdrawals after the fact. */
#include "adapters/cli/local.h"
#include "adapters/cli/replay_store.h"
#include "adapters/engine/apply.h"
#include "keys/hash.h"
#include "schemas/catalog/catalog.h"

#include <inttypes.h>
#include <stdlib.h>

struct into {
    struct sb_replaying p;
    const char *path;
    struct sb_catalog *catalog;
    struct sb_sink **sinks;
    size_t n_sinks;
    const struct sb_driver *driver;
    struct sb_db *db;
    struct sb_place kept; /* what the database holds */
};

static size_t find_sink(void *ctx, struct sb_bytes type)
{
    const struct into *t = ctx;
    for (size_t i = 0; i < t->n_sinks; i++)
        if (sb_bytes_eq(sb_sink_facts(t->sinks[i])->type, type))
            return i;
    return SIZE_MAX;
}

/* By the catalogue of its day, as far as the vault opens it. */
static int judge(void *ctx,
                 const struct sb_replay_event *e,
                 struct sb_given *g,
                 struct sb_err *err)
{
    struct sb_violation why = {.rule = NULL};
    (void)ctx;
    int rc = sb_event_type_validate(e->type, &g->payload, g->classes, &why, err);
    if (rc != SB_E_INVALID)
        return rc;
    g->code = rc;
    (void)snprintf(
        g->pointer, sizeof g->pointer, "%.*s", SB_FAULT_POINTER - 1, why.pointer);
    return 0;
}

static int command(struct sb_db *db, const char *sql, struct sb_err *err)
{
    return db->ops->run(db, sb_bytes_str(sql), NULL, 0, NULL, NULL, err);
}

/* The sink's statements, so that a refusal leaves no half of the event. */
static int run_sink(struct into *t, const struct sb_given *g, struct sb_err *err)
{
    int rc = command(t->db, "SAVEPOINT sacbe_event", err);
    if (rc)
        return rc;
    rc = sb_sink_apply(t->sinks[g->where],
                       t->db,
                       &g->payload,
                       g->classes,
                       g->stream,
                       g->place.seq,
                       err);
    if (rc && sb_apply_is_machine(rc))
        return rc;
    if (rc && command(t->db, "ROLLBACK TO sacbe_event", NULL) != 0)
        return sb_fail(err, SB_E_IO, "the database lost the transaction of an event");
    int released = command(t->db, "RELEASE sacbe_event", rc ? NULL : err);
    return rc ? rc : released;
}

/* A text of the database may show values: only who reads it on purpose sees it. */
static int strict(const struct sb_given *g, int code, struct sb_err *err)
{
    return sb_fail(err,
                   SB_E_APPLY,
                   "%.*s@%" PRIu64 " is refused (SB-%d) and its sink is strict",
                   SB_FMT(g->stream),
                   g->place.seq,
                   sb_code_number(code));
}

static int refuse(struct into *t, struct sb_given *g, int code, struct sb_err *err)
{
    g->code = code;
    if (sb_sink_facts(t->sinks[g->where])->strict)
        return strict(g, code, err);
    return sb_replay_store_refused(t->db, g, true, err);
}

static int one(struct into *t, struct sb_given *g, struct sb_err *err)
{
    struct sb_err why = {.code = 0};
    bool waits = false;
    if (g->code == SB_E_INVALID)
        return sb_replay_store_refused(t->db, g, false, err);
    g->code = 0;
    int rc = sb_replay_store_waits(t->db, g, &waits, err);
    if (rc)
        return rc;
    if (waits)
        return refuse(t, g, SB_E_SINK_REFUSED, err);
    rc = run_sink(t, g, &why);
    if (!rc)
        return 0;
    return sb_apply_is_machine(rc) ? sb_fail(err, rc, "%s", why.text)
                                   : refuse(t, g, rc, err);
}

/* The place behind the first n events, and the commit. *refused: the commit itself said
 * no. */
static int end(struct into *t, size_t n, bool *refused, struct sb_err *err)
{
    struct sb_place place = sb_replaying_place(&t->p, n);
    int rc = sb_replay_store_place(t->db, t->p.source, &place, err);
    if (rc)
        return rc;
    rc = t->db->ops->commit(t->db, err);
    *refused = rc && !sb_apply_is_machine(rc);
    if (!rc)
        t->kept = place;
    return rc;
}

/* Events [from, to) in one transaction; `code`: refused before, all of them. */
static int stretch(
    struct into *t, size_t from, size_t to, int code, bool *refused, struct sb_err *err)
{
    *refused = false;
    int rc = t->db->ops->begin(t->db, err);
    if (rc)
        return rc;
    rc = sb_replay_store_same(t->db, &t->kept, err);
    for (size_t i = from; !rc && i < to; i++)
        rc = code ? refuse(t, &t->p.given[i], code, err) : one(t, &t->p.given[i], err);
    if (!rc)
        rc = end(t, to, refused, err);
    if (rc)
        t->db->ops->rollback(t->db);
    return rc;
}

/* One by one where the commit of a chunk is refused (deferred constraints): finds the
 * event whose own commit is. */
static int put(struct sb_replaying *p, struct sb_err *err)
{
    struct into *t = p->ctx;
    bool refused = false;
    int rc = stretch(t, 0, p->n, 0, &refused, err);
    if (!refused || p->n == 0)
        return rc;
    rc = 0;
    for (size_t i = 0; !rc && i < p->n; i++) {
        rc = stretch(t, i, i + 1, 0, &refused, err);
        if (refused)
            rc = stretch(t, i, i + 1, rc, &refused, err);
    }
    return rc;
}

/* Names and bytes of the sinks are part of what a database was filled by. */
static int name_sink(struct into *t, const char *file, struct sb_err *err)
{
    struct sb_buf raw = {0};
    uint8_t hash[SB_HASH];
    char hex[17];
    size_t n = strlen(t->p.source);
    int rc = sb_file_read(file, SB_PAYLOAD_MAX, &raw, err);
    sb_sha256(hash, sb_buf_bytes(&raw));
    sb_buf_free(&raw);
    sb_hex(hex, hash, 8);
    if (rc)
        return rc;
    int wrote = snprintf(t->p.source + n, sizeof t->p.source - n, ", sink %s", hex);
    if (wrote < 0 || (size_t)wrote >= sizeof t->p.source - n)
        return sb_fail(err, SB_E_LIMIT, "too many sinks");
    return 0;
}

static int load_sink(struct into *t, const char *file, struct sb_err *err)
{
    const struct sb_local_ctx *ctx = sb_cli_ctx(t->p.cli);
    const struct sb_driver *driver = NULL;
    struct sb_sink *sink = NULL;
    int rc = sb_sink_load(&sink, file, t->catalog, err);
    if (rc)
        return rc;
    struct sb_bytes type = sb_sink_facts(sink)->type;
    size_t same = find_sink(t, type);
    t->sinks[t->n_sinks++] = sink;
    if (same != SIZE_MAX)
        return sb_fail(err,
                       SB_E_DUPLICATE,
                       "%s: another sink takes %.*s already",
                       file,
                       SB_FMT(type));
    rc = sb_driver_find(ctx->drivers, sb_sink_facts(sink)->driver, &driver, err);
    if (!rc && !driver->db_open)
        rc = sb_fail(err, SB_E_SINK, "%s: this driver cannot be written to", file);
    if (!rc && t->driver && t->driver != driver)
        rc = sb_fail(err, SB_E_SINK, "%s: the sinks are not of one driver", file);
    t->driver = driver;
    return rc ? rc : name_sink(t, file, err);
}

static int open_all(struct into *t, struct sb_err *err)
{
    struct sb_cli *cli = t->p.cli;
    size_t n = 0;
    const char *const *files = sb_cli_values(cli, "sink", &n);
    t->sinks = calloc(n + 1, sizeof *t->sinks);
    int rc = t->sinks ? sb_local_catalog(cli, &t->catalog, err)
                      : sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; !rc && i < n; i++)
        rc = load_sink(t, files[i], err);
    if (!rc)
        rc = t->driver->db_open(&t->db, t->path, false, err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = sb_sink_check(t->sinks[i], SB_CLASS_ALL, t->db, err);
    if (rc)
        return rc;
    rc = sb_replay_store_open(t->db, !sb_cli_dry_run(cli), &t->p, t->path, err);
    t->kept = t->p.start;
    return rc;
}

static void close_all(struct into *t)
{
    if (t->db)
        t->db->ops->close(t->db);
    for (size_t i = 0; i < t->n_sinks; i++)
        sb_sink_free(t->sinks[i]);
    free(t->sinks);
    sb_catalog_free(t->catalog);
    sb_replaying_end(&t->p);
}

int sb_replay_into(struct sb_cli *cli, struct sb_err *err)
{
    static const struct sb_replay_ops ops = {find_sink, judge, put};
    size_t sinks = 0;
    (void)sb_cli_values(cli, "sink", &sinks);
    if (sinks == 0)
        return sb_fail(err, SB_E_USAGE, "--into wants a sink: --sink FILE");
    struct into *t = calloc(1, sizeof *t);
    if (!t)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    t->path = sb_cli_text(cli, "into");
    t->p.ops = &ops;
    t->p.ctx = t;
    int rc = sb_replaying_begin(&t->p, cli, err);
    if (!rc)
        rc = open_all(t, err);
    if (!rc)
        rc = sb_replaying_run(&t->p, t->path, err);
    if (!rc)
        rc = sb_replaying_tell(&t->p, "into", t->path);
    close_all(t);
    free(t);
    return rc;
}
