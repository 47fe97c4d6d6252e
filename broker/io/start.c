/* Purpose: start where the journal ends.
 * Invariant: what is in force comes from the journal; files only begin an empty one.
 * Not: the network, threads. */
#include "broker/io/start.h"

#include <stdio.h>
#include <sys/stat.h>

static int add_directory(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    int rc = sb_trust_add(ctx, e->record, err);
    if (rc)
        sb_err_wrap(err, rc, "journal entry %llu", (unsigned long long)e->index);
    return rc;
}

static int add_journal(struct sb_trust *trust, const char *path, struct sb_err *err)
{
    struct sb_journal_reader *reader = NULL;
    int rc = sb_journal_reader_open(&reader, path, err);
    if (!rc)
        rc = sb_journal_each(
            reader, 0, SB_KIND_DIRECTORY, false, add_directory, trust, err);
    sb_journal_reader_close(reader);
    return rc < 0 ? rc : 0;
}

static int add_file(struct sb_trust *trust, const char *path, struct sb_err *err)
{
    struct sb_buf record = {0};
    int rc = sb_file_read(path, SB_RECORD_MAX, &record, err);
    if (!rc)
        rc = sb_trust_add(trust, sb_buf_bytes(&record), err);
    if (rc)
        sb_err_wrap(err, rc, "%s", path);
    sb_buf_free(&record);
    return rc;
}

static int check_vault(const struct sb_trust *trust,
                       const struct sb_broker_config *config,
                       struct sb_err *err)
{
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(trust));
    struct sb_vault_key curve;
    struct sb_vault_key log;
    if (!sb_vault_newest(config->vault, SB_USE_CURVE, &curve) ||
        !sb_vault_newest(config->vault, SB_USE_LOG, &log))
        return sb_fail(err, SB_E_NO_KEY, "the vault is not a broker's (curve and log)");
    if (memcmp(curve.pk, d->curve_pk, SB_PK) != 0 ||
        memcmp(log.pk, d->log_pk, SB_PK) != 0)
        return sb_fail(err,
                       SB_E_NO_KEY,
                       "the vault's keys are not the broker's in directory %llu "
                       "(give the vault that was made with it)",
                       (unsigned long long)d->version);
    return 0;
}

static bool journal_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_size > 0;
}

/* A journal of an older layout has to be upgraded before it can be read; until then
 * the file counts, and *from_file tells. */
static int make_trust(struct sb_trust **out,
                      const struct sb_broker_config *config,
                      bool *from_file,
                      struct sb_err *err)
{
    struct sb_anchor anchor;
    struct sb_trust *trust = NULL;
    int rc = sb_anchor_read(config->anchor, &anchor, err);
    if (!rc)
        rc = sb_trust_new(&trust, &anchor, err);
    if (!rc && journal_exists(config->journal)) {
        rc = add_journal(trust, config->journal, err);
        rc = rc == SB_E_STATE ? 0 : rc;
    }
    *from_file = !rc && !sb_trust_newest(trust);
    if (*from_file)
        rc = add_file(trust, config->directory, err);
    if (!rc)
        rc = check_vault(trust, config, err);
    if (rc) {
        sb_trust_free(trust);
        return rc;
    }
    *out = trust;
    return 0;
}

int sb_start_trust(struct sb_trust **out,
                   const struct sb_broker_config *config,
                   struct sb_err *err)
{
    bool from_file;
    return make_trust(out, config, &from_file, err);
}

/* Entry 0 of a new journal: the directory, dated by its own version. */
static int write_first(struct sb_journal *journal,
                       const struct sb_dir *dir,
                       uint64_t now_ms,
                       struct sb_err *err)
{
    uint64_t version = sb_dir_body(dir)->version;
    struct sb_entry leaf = {
        .kind = SB_KIND_DIRECTORY, .stored_ms = now_ms, .directory_version = version};
    struct sb_append entry = {.kind = SB_KIND_DIRECTORY,
                              .record = sb_dir_record(dir),
                              .first = version,
                              .last = version};
    struct sb_buf bytes = {0};
    sb_sha256(leaf.record_hash, entry.record);
    memcpy(entry.hash, sb_dir_hash(dir), SB_HASH);
    sb_entry_write(&leaf, &bytes);
    int rc = sb_buf_check(&bytes, err);
    entry.leaf = sb_buf_bytes(&bytes);
    if (!rc)
        rc = sb_journal_append(journal, &entry, 1, err);
    sb_buf_free(&bytes);
    return rc;
}

static int open_journal(struct sb_start *s,
                        const struct sb_trust *trust,
                        const struct sb_broker_config *config,
                        struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(trust);
    const struct sb_directory *d = sb_dir_body(dir);
    char exchange[SB_CODE_MAX + 1];
    snprintf(exchange, sizeof exchange, "%.*s", SB_FMT(d->exchange));
    struct sb_journal_config jc = {.path = config->journal,
                                   .exchange = exchange,
                                   .generation = d->generation,
                                   .vault = config->vault,
                                   .checkpoint_ms = config->checkpoint_ms};
    int rc = sb_journal_open(&s->journal, &jc, err);
    if (!rc && sb_journal_size(s->journal) == 0)
        rc = write_first(s->journal, dir, config->now_ms(), err);
    return rc;
}

static int
restore_stream(void *ctx, const struct sb_stream_state *s, struct sb_err *err)
{
    return sb_core_restore(ctx, s, err);
}

static int
restore(struct sb_start *s, const struct sb_broker_config *config, struct sb_err *err)
{
    struct sb_journal_reader *reader = NULL;
    int rc = sb_journal_reader_open(&reader, config->journal, err);
    if (!rc)
        rc = sb_journal_streams(reader, restore_stream, s->core, err);
    sb_journal_reader_close(reader);
    return rc < 0 ? rc : 0;
}

static int read_note(struct sb_start *s, struct sb_err *err)
{
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(sb_core_trust(s->core)));
    int rc = sb_journal_last_note(s->journal, &s->note, err);
    if (!rc && s->note.n)
        rc = sb_checkpoint_open(sb_buf_bytes(&s->note), d->log_pk, &s->checkpoint, err);
    return rc;
}

int sb_start_open(struct sb_start *out,
                  const struct sb_broker_config *config,
                  struct sb_err *err)
{
    struct sb_start s = {.note = {.limit = SB_NOTE_MAX}};
    struct sb_trust *trust = NULL;
    bool from_file = false;
    int rc = make_trust(&trust, config, &from_file, err);
    if (!rc)
        rc = open_journal(&s, trust, config, err);
    if (!rc && from_file) { /* an upgraded journal has more to say */
        sb_trust_free(trust);
        trust = NULL;
        rc = make_trust(&trust, config, &from_file, err);
    }
    if (!rc) {
        struct sb_core_config cc = {.generation =
                                        sb_dir_body(sb_trust_newest(trust))->generation,
                                    .size = sb_journal_size(s.journal),
                                    .stored_ms = sb_journal_stored_ms(s.journal),
                                    .session_ms = config->session_ms,
                                    .priorities = config->priorities,
                                    .n_priorities = config->n_priorities};
        rc = sb_core_new(&s.core, &cc, trust, err);
        if (!rc)
            trust = NULL; /* the core's now */
    }
    if (!rc)
        rc = restore(&s, config, err);
    if (!rc)
        rc = read_note(&s, err);
    sb_trust_free(trust);
    if (rc) {
        sb_start_close(&s);
        return rc;
    }
    *out = s;
    return 0;
}

void sb_start_close(struct sb_start *s)
{
    sb_core_free(s->core);
    sb_journal_close(s->journal);
    sb_buf_free(&s->note);
    *s = (struct sb_start){0};
}
