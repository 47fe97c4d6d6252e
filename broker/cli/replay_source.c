/* Purpose: entries for replay, from a broker's journal file or from a bundle.
 * Not for: judging them. */
#include <sys/stat.h>

#include "broker/bundle/bundle.h"
#include "broker/cli/replay_impl.h"
#include "broker/journal/reader.h"

struct source {
    replay_entry_fn fn;
    void *ctx;
    struct sb_buf texts;
};

static int of_journal(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct source *s = ctx;
    struct replay_entry entry = {
        .index = e->index, .leaf = e->leaf, .record = e->record, .items = e->items};
    if (e->n_cts > 0) {
        sb_buf_reset(&s->texts);
        sb_cts_join(&s->texts, e->ct_raw, e->n_cts);
        int rc = sb_buf_check(&s->texts, err);
        if (rc != 0)
            return rc;
        entry.texts = sb_buf_bytes(&s->texts);
    }
    return s->fn(s->ctx, &entry, err);
}

static int of_bundle(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    struct source *s = ctx;
    const struct replay_entry entry = {.index = e->index,
                                       .leaf = e->leaf,
                                       .record = e->record,
                                       .items = e->items,
                                       .texts = e->texts};
    return s->fn(s->ctx, &entry, err);
}

int replay_source(
    const char *path, bool texts, replay_entry_fn fn, void *ctx, struct sb_err *err)
{
    struct source s = {.fn = fn, .ctx = ctx};
    struct sb_journal_reader *reader = NULL;
    struct sb_bundle *bundle = NULL;
    struct stat st;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    int rc = folder ? sb_bundle_open(&bundle, path, err)
                    : sb_journal_reader_open(&reader, path, err);
    if (rc == 0 && folder)
        rc = sb_bundle_each(bundle, 0, texts, of_bundle, &s, err);
    else if (rc == 0)
        rc = sb_journal_each(reader, 0, 0, texts, of_journal, &s, err);
    sb_bundle_close(bundle);
    sb_journal_reader_close(reader);
    sb_buf_free(&s.texts);
    return rc < 0 ? rc : 0;
}
