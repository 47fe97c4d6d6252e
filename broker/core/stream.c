/* Purpose: the table of streams and the readers of their epochs.
 * Invariant: core->streams is sorted by name; a stream is never removed. */
#include "broker/core/core_impl.h"

#include <stdlib.h>

#include "schemas/base/text.h"

static size_t locate(const struct sb_core *core, struct sb_bytes name, bool *found)
{
    size_t low = 0;
    size_t high = core->n_streams;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = sb_bytes_cmp(sb_bytes_str(core->streams[mid]->name), name);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found = false;
    return low;
}

struct stream *stream_find(const struct sb_core *core, struct sb_bytes name)
{
    bool found = false;
    size_t i = locate(core, name, &found);
    return found ? core->streams[i] : NULL;
}

uint64_t stream_priority(const struct sb_core *core, struct sb_bytes type)
{
    for (size_t i = 0; i < core->config.n_priorities; i++)
        if (sb_bytes_eq(core->config.priorities[i].type, type))
            return core->config.priorities[i].priority;
    return 0;
}

struct stream *stream_add(struct sb_core *core, struct sb_bytes name)
{
    bool found = false;
    size_t at = locate(core, name, &found);
    bool wrong = found || name.n > SB_STREAM_MAX;
    struct stream *st = wrong ? NULL : calloc(1, sizeof *st);
    struct stream **grown =
        st ? realloc(core->streams, (core->n_streams + 1) * sizeof *grown) : NULL;
    if (!grown) {
        free(st);
        return NULL;
    }
    core->streams = grown;
    memcpy(st->name, name.p, name.n);
    struct sb_bytes own = sb_bytes_str(st->name);
    if (!sb_text_stream_parts(own, &st->institution, &st->type, NULL)) {
        free(st);
        return NULL;
    }
    st->priority = stream_priority(core, st->type);
    memmove(grown + at + 1, grown + at, (core->n_streams - at) * sizeof *grown);
    grown[at] = st;
    core->n_streams++;
    return st;
}

void stream_free(struct stream *st)
{
    sb_arena_free(st->epoch_arena);
    free(st);
}

int stream_set_epoch(struct stream *st, struct sb_bytes record, struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_bytes own = arena ? sb_arena_dup(arena, record) : sb_bytes(NULL, 0);
    if (!own.p) {
        sb_arena_free(arena);
        return sb_fail(err, SB_E_MEMORY, "out of memory for an epoch");
    }
    struct sb_record envelope;
    struct sb_epoch epoch;
    int rc = sb_record_read(own, &envelope, err);
    if (rc == 0)
        rc = sb_epoch_read(envelope.body, arena, &epoch, err);
    if (rc == 0)
        rc = sb_record_hash(st->epoch_hash, envelope.body, err);
    if (rc != 0) {
        sb_arena_free(arena);
        return rc;
    }
    sb_arena_free(st->epoch_arena);
    st->epoch_arena = arena;
    st->epoch = epoch;
    st->epoch_no = epoch.core.epoch_no;
    st->readers_version = 0;
    return 0;
}

int stream_readers_right(struct sb_core *core,
                         const struct stream *st,
                         const struct sb_epoch *epoch,
                         uint64_t now_ms,
                         uint64_t *until,
                         struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(
            err, SB_E_MEMORY, "out of memory for the readers of %s", st->name);
    struct sb_bytes names[SB_CLASSES];
    for (size_t i = 0; i < epoch->n_classes; i++)
        names[i] = epoch->classes[i].name;
    struct sb_codes own = {names, epoch->n_classes};
    struct sb_readers readers;
    int rc = sb_dir_readers(sb_trust_newest(core->trust),
                            st->institution,
                            st->type,
                            &own,
                            now_ms,
                            arena,
                            &readers,
                            err);
    if (rc == 0)
        rc = sb_readers_match(&readers, &epoch->core, err);
    if (rc == 0)
        *until = readers.until;
    sb_arena_free(arena);
    return rc;
}

void stream_placed(struct step *s, struct stream *st)
{
    struct sb_core *core = s->core;
    if (core->n_placed == core->cap_placed) {
        size_t cap = core->cap_placed ? 2 * core->cap_placed : 64;
        struct placed *grown = realloc(core->placed, cap * sizeof *grown);
        if (!grown) {
            s->out->failed = true;
            return;
        }
        core->placed = grown;
        core->cap_placed = cap;
    }
    core->placed[core->n_placed++] =
        (struct placed){st, {st->last_seq, st->last_index}};
}

void stream_signed(struct sb_core *core, uint64_t size)
{
    size_t from = 0;
    while (from < core->n_placed && core->placed[from].at.index < size) {
        core->placed[from].stream->in_signed = core->placed[from].at;
        from++;
    }
    core->n_placed -= from;
    if (from > 0)
        memmove(
            core->placed, core->placed + from, core->n_placed * sizeof *core->placed);
}
