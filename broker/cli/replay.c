/* Purpose: replay: follows directories, catalogues and epochs of a journal, and gives
 * the batches that are asked for.
 * Invariant: trust comes from the roots and the directories in the journal; a batch is
 * given only after its signature, epoch and items were checked. */
#include "broker/cli/replay_impl.h"

#include <inttypes.h>
#include <stdlib.h>

#include "schemas/base/text.h"

static struct replay_stream *find(struct replay *r, struct sb_bytes name)
{
    for (size_t i = 0; i < r->n_streams; i++)
        if (sb_bytes_eq(r->streams[i].name, name))
            return &r->streams[i];
    return NULL;
}

static void clear_stream(struct replay_stream *s)
{
    sb_secrets_free(s->secrets);
    sb_arena_free(s->arena);
    *s = (struct replay_stream){0};
}

/* The signer must be the stream's institution, by the directory of that entry. */
static int verify(const struct replay *r,
                  const struct sb_entry *leaf,
                  struct sb_bytes institution,
                  const struct sb_record *record,
                  struct sb_err *err)
{
    const struct sb_dir *d = sb_trust_version(r->trust, leaf->directory_version);
    if (!d)
        return sb_fail(err,
                       SB_E_DIR_VERSION,
                       "directory %" PRIu64 " stands nowhere before it",
                       leaf->directory_version);
    return sb_dir_verify(r->trust, d, institution, record, leaf->stored_ms, err);
}

/* Reads the epoch into `s`, with the secrets that the vault may open. */
static int read_epoch(const struct replay *r,
                      const struct sb_entry *leaf,
                      struct sb_bytes raw,
                      struct replay_stream *s,
                      struct sb_err *err)
{
    const struct sb_vault *vault = r->config->vault;
    struct sb_record record;
    struct sb_bytes institution;
    struct sb_bytes kept = sb_arena_dup(s->arena, raw);
    if (!kept.p)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_record_read(kept, &record, err);
    if (rc == 0)
        rc = sb_epoch_read(record.body, s->arena, &s->epoch, err);
    if (rc != 0)
        return rc;
    s->name = s->epoch.core.stream;
    if (!sb_text_stream_parts(s->name, &institution, NULL, NULL))
        return sb_fail(err, SB_E_CODE_FORM, "an epoch of no stream");
    rc = verify(r, leaf, institution, &record, err);
    if (rc == 0)
        rc = sb_record_hash(s->epoch_hash, record.body, err);
    if (rc != 0 || !vault)
        return rc;
    rc = sb_epoch_open(vault, &s->epoch, sb_vault_code(vault), &s->secrets, err);
    if (rc == SB_E_NO_SECRET || rc == SB_E_NO_KEY || rc == SB_E_OPEN_FAILED)
        rc = 0; /* not for this vault: its events come without data */
    return rc;
}

/* The place of a stream; a new one is all zero. NULL: out of memory. */
static struct replay_stream *place(struct replay *r, struct sb_bytes name)
{
    struct replay_stream *at = find(r, name);
    if (at)
        return at;
    struct replay_stream *more = realloc(r->streams, (r->n_streams + 1) * sizeof *more);
    if (!more)
        return NULL;
    r->streams = more;
    at = &more[r->n_streams++];
    *at = (struct replay_stream){0};
    return at;
}

static int take_epoch(struct replay *r,
                      const struct sb_entry *leaf,
                      struct sb_bytes raw,
                      struct sb_err *err)
{
    struct replay_stream s = {.arena = sb_arena_new(0)};
    if (!s.arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = read_epoch(r, leaf, raw, &s, err);
    struct replay_stream *at = rc == 0 ? place(r, s.name) : NULL;
    if (rc == 0 && !at)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!at) {
        clear_stream(&s);
        return rc;
    }
    clear_stream(at);
    *at = s;
    return 0;
}

static int check_batch(struct replay *r,
                       const struct replay_entry *e,
                       const struct sb_record *record,
                       struct replay_batch *b,
                       struct sb_err *err)
{
    b->stream = find(r, b->batch.stream);
    if (!b->stream || memcmp(b->stream->epoch_hash, b->batch.epoch_hash, SB_HASH) != 0)
        return sb_fail(err, SB_E_JOIN, "the batch's epoch is not the stream's newest");
    int rc = verify(r, &b->leaf, b->institution, record, err);
    if (rc == 0)
        rc = sb_items_read(e->items, r->arena, &b->items, &b->n_items, err);
    if (rc == 0)
        rc = sb_batch_joins(&b->batch, &b->stream->epoch, b->items, b->n_items, err);
    if (rc == 0 && b->stream->secrets && e->texts.n > 0)
        rc = sb_cts_read(e->texts, r->arena, &b->cts, err);
    return rc;
}

static bool is_wanted(const struct sb_replay_config *c, const struct replay_batch *b)
{
    return b->index >= c->from && b->batch.first_seq <= c->last_seq &&
           b->batch.first_seq + b->batch.count - 1 >= c->first_seq &&
           b->leaf.stored_ms >= c->since_ms && b->leaf.stored_ms < c->until_ms &&
           (!c->stream || sb_bytes_is(b->batch.stream, c->stream)) &&
           (!c->type || sb_bytes_is(b->type, c->type)) &&
           (!c->institution || sb_bytes_is(b->institution, c->institution));
}

static int take_batch(struct replay *r,
                      const struct replay_entry *e,
                      const struct sb_entry *leaf,
                      struct sb_err *err)
{
    struct replay_batch b = {.index = e->index, .leaf = *leaf};
    struct sb_record record;
    int rc = sb_record_read(e->record, &record, err);
    if (rc == 0)
        rc = sb_batch_read(record.body, &b.batch, err);
    if (rc == 0 && !sb_text_stream_parts(b.batch.stream, &b.institution, &b.type, NULL))
        rc = sb_fail(err, SB_E_CODE_FORM, "a batch of no stream");
    if (rc != 0 || !is_wanted(r->config, &b))
        return rc;
    rc = check_batch(r, e, &record, &b, err);
    if (rc == 0)
        rc = sb_record_hash(b.hash, record.body, err);
    for (size_t i = 0; rc == 0 && i < b.n_items; i++) {
        uint64_t seq = b.batch.first_seq + i;
        if (seq >= r->config->first_seq && seq <= r->config->last_seq)
            rc = replay_event(r, &b, i, err);
    }
    return rc;
}

static int take_record(struct replay *r,
                       const struct replay_entry *e,
                       const struct sb_entry *leaf,
                       struct sb_err *err)
{
    struct sb_record record;
    if (leaf->kind == SB_KIND_DIRECTORY)
        return sb_trust_add(r->trust, e->record, err);
    if (leaf->kind == SB_KIND_EPOCH)
        return take_epoch(r, leaf, e->record, err);
    if (leaf->kind == SB_KIND_BATCH)
        return take_batch(r, e, leaf, err);
    if (leaf->kind != SB_KIND_CATALOGUE || r->config->catalogue)
        return 0;
    int rc = sb_record_read(e->record, &record, err);
    return rc == 0 ? replay_take_catalogue(r, record.body, err) : rc;
}

static int take(void *ctx, const struct replay_entry *e, struct sb_err *err)
{
    struct replay *r = ctx;
    struct sb_entry leaf;
    sb_arena_reset(r->arena);
    if (e->index >= r->config->to)
        return 1;
    int rc = sb_entry_read(e->leaf, &leaf, err);
    if (rc == 0 && leaf.stored_ms >= r->config->until_ms)
        return 1; /* times never fall */
    if (rc == 0 && e->record.n > 0)
        rc = take_record(r, e, &leaf, err);
    return rc >= 0 ? rc : sb_err_wrap(err, rc, "entry %" PRIu64, e->index);
}

int sb_replay(const struct sb_replay_config *config, struct sb_err *err)
{
    struct replay r = {.config = config, .arena = sb_arena_new(0)};
    int rc = r.arena ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0)
        rc = sb_trust_new(&r.trust, config->roots, err);
    if (rc == 0 && config->catalogue)
        rc = replay_take_folder(&r, config->catalogue, err);
    if (rc == 0)
        rc = replay_source(config->path, config->vault != NULL, take, &r, err);
    for (size_t i = 0; i < r.n_streams; i++)
        clear_stream(&r.streams[i]);
    free(r.streams);
    replay_catalogues_free(&r);
    sb_trust_free(r.trust);
    sb_arena_free(r.arena);
    return rc;
}
