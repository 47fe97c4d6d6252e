/* Purpose: the ops of a CSV folder: one step of its run at a time.
 * Invariant: what `next` gives is noted first; what `done` says is final. */
#include <stdio.h>
#include <stdlib.h>

#include "adapters/csv/csv.h"
#include "adapters/csv/steps.h"
#include "adapters/sqlite/db.h"
#include "schemas/base/text.h"

static struct csv_source *self(struct sb_source *base)
{
    return (struct csv_source *)(void *)base;
}

static void source_close(struct sb_source *base)
{
    if (!base)
        return;
    struct csv_source *s = self(base);
    sb_csv_chunk_reset(s);
    sb_csv_stage_close(s);
    sb_csv_select_close(s);
    if (s->db)
        s->db->ops->close(s->db);
    sb_sql_close(s->sql);
    for (size_t i = 0; i < s->facts->n_set; i++) {
        pcre2_code_free(s->patterns[i]);
        free(s->members[i].name);
    }
    free(s->set_key);
    free(s->in);
    free(s->done);
    free(s->refused);
    free(s->state);
    free(s);
}

static const struct sb_source_ops source_ops;

static int source_open(struct sb_source **out,
                       const struct sb_source_options *options,
                       struct sb_err *err)
{
    const struct sb_mapping_facts *facts = sb_mapping_facts(options->mapping);
    if (facts->n_set > SB_CSV_MEMBERS_MAX)
        return sb_fail(err,
                       SB_E_LIMIT,
                       "%.*s: a set has at most %u files",
                       SB_FMT(facts->path),
                       SB_CSV_MEMBERS_MAX);
    struct csv_source *s = calloc(1, sizeof *s);
    if (!s)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    s->base.ops = &source_ops;
    s->mapping = options->mapping;
    s->facts = facts;
    int rc = 0;
    if (!sb_text_is_code(sb_bytes_str(options->name)))
        rc = sb_fail(err, SB_E_ARGUMENT, "a source's name is a code");
    else if (asprintf(&s->state, "%s/csv-%s.db", options->state_dir, options->name) < 0)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0)
        rc = sb_csv_folder_open(s, err);
    if (rc == 0)
        rc = sb_csv_folder_make(s, err);
    if (rc == 0)
        rc = sb_csv_run_open(s, err);
    if (rc == 0)
        *out = &s->base;
    else
        source_close(&s->base);
    return rc;
}

static int
source_recover(struct sb_source *base, struct sb_bytes token, struct sb_err *err)
{
    return sb_csv_run_recover(self(base), token, err);
}

static int begin(struct csv_source *s, struct sb_err *err)
{
    int rc = sb_csv_folder_scan(s, err);
    if (rc != 1)
        return rc;
    rc = sb_csv_run_begin(s, err);
    return rc ? rc : 1;
}

/* One step; 1 as long as there is work. */
static int step(struct csv_source *s, size_t max, struct sb_err *err)
{
    int rc = 0;
    switch (s->phase) {
    case PHASE_IDLE:
        return begin(s, err);
    case PHASE_LEARN:
        rc = sb_csv_learn(s, err);
        break;
    case PHASE_STAGE:
        rc = sb_csv_stage(s, err);
        break;
    case PHASE_SELECT:
        rc = sb_csv_select(s, err);
        break;
    case PHASE_MAP:
        rc = sb_csv_map(s, max, err);
        break;
    case PHASE_REST:
        rc = sb_csv_rest(s, err);
        break;
    case PHASE_EMIT:
        rc = sb_csv_emit(s, max, err);
        break;
    case PHASE_END:
        rc = sb_csv_end(s, err);
        break;
    case PHASE_STOP:
        rc = sb_csv_stop(s, err);
        break;
    case PHASE_CLEAN:
        rc = sb_csv_clean(s, err);
        break;
    }
    return rc < 0 ? rc : 1;
}

static int source_next(struct sb_source *base,
                       size_t max,
                       struct sb_source_batch *out,
                       struct sb_err *err)
{
    struct csv_source *s = self(base);
    struct sb_err own = {0};
    struct sb_err *why = err ? err : &own;
    *out = (struct sb_source_batch){0};
    if (s->batch.waiting) { /* never done: it comes again */
        sb_csv_chunk_reset(s);
        int rc = sb_csv_run_undo(s, why);
        if (rc)
            return rc;
    }
    int rc = step(s, max, why);
    if (rc == 1 && s->batch.waiting)
        *out = (struct sb_source_batch){
            sb_bytes_str(s->batch.token), s->batch.changes, s->batch.n};
    return rc;
}

static int source_refused(struct sb_source *base,
                          size_t index,
                          int code,
                          const char *pointer,
                          struct sb_err *err)
{
    (void)pointer; /* the engine's quarantine has it */
    return sb_csv_refuse_change(self(base), index, code, err);
}

static int source_done(struct sb_source *base, struct sb_err *err)
{
    struct csv_source *s = self(base);
    if (!s->batch.waiting)
        return sb_fail(err, SB_E_STATE, "no batch waits to be done");
    return sb_csv_run_done(s, err);
}

static const struct sb_source_ops source_ops = {
    .name = "csv",
    .open = source_open,
    .recover = source_recover,
    .next = source_next,
    .refused = source_refused,
    .done = source_done,
    .close = source_close,
};

const struct sb_driver sb_csv_driver = {
    .name = "csv",
    .source = &source_ops,
    .mapping_db = sb_csv_probe,
};
