/* Purpose: start where the journal ends.
 * Invariant: what is in force comes from the journal; files only begin an empty one.
 * Not: the network, threads. */
#include "broker/io/start.h"

#include <stdio.h>
#include <sys/stat.h>

#include "broker/io/begin.h"
#include "broker/io/final.h"
#include "broker/io/use.h"

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
        rc = sb_begin_trust(trust, &anchor, config->directory, err);
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
        rc = sb_begin_journal(s->journal, trust, config->now_ms(), err);
    return rc;
}

static int
restore_stream(void *ctx, const struct sb_stream_state *s, struct sb_err *err)
{
    return sb_core_restore(ctx, s, err);
}

static int
restore_prune(struct sb_start *s, struct sb_journal_reader *reader, struct sb_err *err)
{
    struct sb_buf record = {0};
    int rc = sb_journal_last_prune(reader, &record, err);
    if (!rc && record.n)
        rc = sb_core_restore_prune(s->core, sb_buf_bytes(&record), err);
    sb_buf_free(&record);
    return rc;
}

static int restore_final(struct sb_start *s,
                         struct sb_journal_reader *reader,
                         uint64_t now_ms,
                         struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(sb_core_trust(s->core));
    int rc = sb_final_find(reader, dir, now_ms, &s->final, &s->final_size, err);
    if (!rc && s->final.n)
        rc = sb_core_restore_final(s->core, sb_buf_bytes(&s->final), err);
    return rc;
}

static int
restore(struct sb_start *s, const struct sb_broker_config *config, struct sb_err *err)
{
    struct sb_journal_reader *reader = NULL;
    int rc = sb_journal_reader_open(&reader, config->journal, err);
    if (!rc)
        rc = sb_journal_streams(reader, restore_stream, s->core, err);
    if (rc >= 0)
        rc = restore_prune(s, reader, err);
    if (!rc)
        rc = restore_final(s, reader, config->now_ms(), err);
    if (!rc)
        rc = sb_use_restore(
            s->core,
            config->journal,
            reader,
            sb_dir_body(sb_trust_newest(sb_core_trust(s->core)))->generation,
            err);
    sb_journal_reader_close(reader);
    return rc;
}

static int
read_note(struct sb_start *s, const struct sb_vault *vault, struct sb_err *err)
{
    int rc = sb_journal_last_note(s->journal, &s->note, err);
    if (!rc && s->note.n)
        rc = sb_final_open(vault, sb_buf_bytes(&s->note), &s->checkpoint, err);
    return rc;
}

int sb_start_open(struct sb_start *out,
                  const struct sb_broker_config *config,
                  struct sb_err *err)
{
    struct sb_start s = {.note = {.limit = SB_NOTE_MAX},
                         .final = {.limit = SB_NOTE_MAX}};
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
        s.directories = sb_begin_count(trust);
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
        rc = read_note(&s, config->vault, err);
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
    sb_buf_free(&s->final);
    *s = (struct sb_start){0};
}
