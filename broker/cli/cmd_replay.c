/* Purpose: `sacbe journal replay`: the journal's events, opened as far as a
 * vault may. Invariant: trust comes from the anchor and the directories in the
 * journal; a batch is shown only after its signature, epoch and items were
 * checked. Not for: the tree and the checkpoints; `journal verify` checks
 * those. */
#include "broker/cli/cmd_replay.h"

#include <inttypes.h>
#include <stdlib.h>

#include "broker/host/installed.h"
#include "schemas/base/text.h"

static struct sb_replay_stream *find(struct sb_replay *r, struct sb_bytes name)
{
    for (size_t i = 0; i < r->n_streams; i++)
        if (sb_bytes_eq(r->streams[i].name, name))
            return &r->streams[i];
    return NULL;
}

static void clear_stream(struct sb_replay_stream *s)
{
    sb_secrets_free(s->secrets);
    sb_arena_free(s->arena);
    *s = (struct sb_replay_stream){0};
}

/* The signer must be the stream's institution, by the directory of that entry.
 */
static int verify(const struct sb_replay *r,
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
static int read_epoch(const struct sb_replay *r,
                      const struct sb_entry *leaf,
                      struct sb_bytes raw,
                      struct sb_replay_stream *s,
                      struct sb_err *err)
{
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
    if (rc != 0 || !r->vault)
        return rc;
    rc = sb_epoch_open(r->vault, &s->epoch, sb_vault_code(r->vault), &s->secrets, err);
    if (rc == SB_E_NO_SECRET || rc == SB_E_NO_KEY || rc == SB_E_OPEN_FAILED)
        rc = 0; /* not for this vault: its events come without data */
    return rc;
}

/* The place of a stream; a new one is all zero. NULL: out of memory. */
static struct sb_replay_stream *place(struct sb_replay *r, struct sb_bytes name)
{
    struct sb_replay_stream *at = find(r, name);
    if (at)
        return at;
    struct sb_replay_stream *more =
        realloc(r->streams, (r->n_streams + 1) * sizeof *more);
    if (!more)
        return NULL;
    r->streams = more;
    at = &more[r->n_streams++];
    *at = (struct sb_replay_stream){0};
    return at;
}

static int take_epoch(struct sb_replay *r,
                      const struct sb_entry *leaf,
                      struct sb_bytes raw,
                      struct sb_err *err)
{
    struct sb_replay_stream s = {.arena = sb_arena_new(0)};
    if (!s.arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = read_epoch(r, leaf, raw, &s, err);
    struct sb_replay_stream *at = rc == 0 ? place(r, s.name) : NULL;
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

static int read_cts(const struct sb_stored_entry *e,
                    struct sb_arena *arena,
                    struct sb_cts *out,
                    struct sb_err *err)
{
    struct sb_buf joined = {0};
    struct sb_bytes kept;
    if (e->n_cts == 0)
        return 0;
    sb_cts_join(&joined, e->ct_raw, e->n_cts);
    int rc = sb_buf_check(&joined, err);
    kept = rc == 0 ? sb_arena_dup(arena, sb_buf_bytes(&joined)) : sb_bytes(NULL, 0);
    sb_buf_free(&joined);
    if (rc == 0 && !kept.p)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    return rc == 0 ? sb_cts_read(kept, arena, out, err) : rc;
}

static int check_batch(struct sb_replay *r,
                       const struct sb_stored_entry *e,
                       const struct sb_entry *leaf,
                       const struct sb_record *record,
                       struct sb_replay_batch *b,
                       struct sb_err *err)
{
    b->stream = find(r, b->batch.stream);
    if (!b->stream || memcmp(b->stream->epoch_hash, b->batch.epoch_hash, SB_HASH) != 0)
        return sb_fail(err, SB_E_JOIN, "the batch's epoch is not the stream's newest");
    int rc = verify(r, leaf, b->institution, record, err);
    if (rc == 0)
        rc = sb_items_read(e->items, r->arena, &b->items, &b->n_items, err);
    if (rc == 0)
        rc = sb_batch_joins(&b->batch, &b->stream->epoch, b->items, b->n_items, err);
    if (rc == 0 && b->stream->secrets)
        rc = read_cts(e, r->arena, &b->cts, err);
    return rc;
}

static int take_batch(struct sb_replay *r,
                      const struct sb_stored_entry *e,
                      const struct sb_entry *leaf,
                      struct sb_err *err)
{
    struct sb_replay_batch b = {.n_items = 0};
    struct sb_record record;
    int rc = sb_record_read(e->record, &record, err);
    if (rc == 0)
        rc = sb_batch_read(record.body, &b.batch, err);
    if (rc == 0 && !sb_text_stream_parts(b.batch.stream, &b.institution, &b.type, NULL))
        rc = sb_fail(err, SB_E_CODE_FORM, "a batch of no stream");
    if (rc != 0)
        return rc;
    uint64_t last = b.batch.first_seq + b.batch.count - 1;
    if ((r->stream && !sb_bytes_is(b.batch.stream, r->stream)) ||
        (r->type && !sb_bytes_is(b.type, r->type)) || last < r->from ||
        b.batch.first_seq > r->to)
        return 0;
    rc = check_batch(r, e, leaf, &record, &b, err);
    for (size_t i = 0; rc == 0 && i < b.n_items; i++) {
        uint64_t seq = b.batch.first_seq + i;
        if (seq >= r->from && seq <= r->to)
            rc = sb_replay_event(r, &b, i, err);
    }
    return rc;
}

static int take(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct sb_replay *r = ctx;
    struct sb_entry leaf;
    sb_arena_reset(r->arena);
    int rc = sb_entry_read(e->leaf, &leaf, err);
    if (rc == 0 && e->kind == SB_KIND_DIRECTORY)
        rc = sb_trust_add(r->trust, e->record, err);
    else if (rc == 0 && e->kind == SB_KIND_EPOCH)
        rc = take_epoch(r, &leaf, e->record, err);
    else if (rc == 0 && e->kind == SB_KIND_BATCH)
        rc = take_batch(r, e, &leaf, err);
    return rc == 0 ? 0 : sb_err_wrap(err, rc, "entry %" PRIu64, e->index);
}

static int begin(struct sb_replay *r, const char *path, struct sb_err *err)
{
    const char *vault = sb_cli_text(r->cli, "vault");
    const char *catalogue = sb_cli_text(r->cli, "catalogue");
    char found[SB_FOLDER_TEXT];
    r->stream = sb_cli_text(r->cli, "stream");
    r->type = sb_cli_text(r->cli, "type");
    r->from = (uint64_t)sb_cli_int(r->cli, "from", 0);
    r->to = (uint64_t)sb_cli_int(r->cli, "to", INT64_MAX);
    r->arena = sb_arena_new(0);
    if (!r->arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_anchor(r->cli, path, &r->anchor, err);
    if (rc == 0)
        rc = sb_trust_new(&r->trust, &r->anchor, err);
    if (rc == 0)
        rc =
            sb_catalog_load(&r->catalog, sb_installed_catalogue(catalogue, found), err);
    if (rc == 0 && vault)
        rc = sb_cmd_vault(r->cli, vault, &r->vault, err);
    return rc;
}

int sb_journal_run_replay(struct sb_cli *cli, struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    struct sb_replay r = {.cli = cli};
    struct sb_journal_reader *reader = NULL;
    int rc = sb_journal_path(cli, 0, path, err);
    if (rc == 0)
        rc = begin(&r, path, err);
    if (rc == 0)
        rc = sb_journal_reader_open(&reader, path, err);
    if (rc == 0)
        rc = sb_journal_each(reader, 0, 0, r.vault != NULL, take, &r, err);
    sb_journal_reader_close(reader);
    for (size_t i = 0; i < r.n_streams; i++)
        clear_stream(&r.streams[i]);
    free(r.streams);
    sb_vault_free(r.vault);
    sb_catalog_free(r.catalog);
    sb_trust_free(r.trust);
    sb_arena_free(r.arena);
    return rc < 0 ? rc : SB_EXIT_YES;
}

const struct sb_cli_option sb_journal_replay_options[] = {
    {.name = "vault",
     .kind = SB_CLI_FILE,
     .value = "FILE",
     .summary = "the vault of the institution that reads"},
    {.name = "stream",
     .kind = SB_CLI_TEXT,
     .value = "STREAM",
     .summary = "only this stream: institution/type"},
    {.name = "type",
     .kind = SB_CLI_TEXT,
     .value = "TYPE",
     .summary = "only events of this type"},
    {.name = "from",
     .kind = SB_CLI_INT,
     .value = "SEQ",
     .summary = "the first event's number in its stream"},
    {.name = "to",
     .kind = SB_CLI_INT,
     .value = "SEQ",
     .summary = "the last event's number in its stream"},
    SB_OPTION_ANCHOR,
    SB_OPTION_CATALOGUE,
    {.name = NULL}};
