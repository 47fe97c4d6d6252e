/* The streams that are read: finding and making their places. */
#include "adapters/engine/reading.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapters/engine/cursor.h"
#include "adapters/engine/receive.h"
#include "schemas/base/text.h"

static struct sb_reading *find(struct sb_receive *r, struct sb_bytes stream, bool own)
{
    for (size_t i = 0; i < r->n_readings; i++)
        if (sb_bytes_is(stream, r->readings[i]->name) &&
            own == (r->readings[i]->adopting != NULL))
            return r->readings[i];
    return NULL;
}

static struct sb_target *target_of(struct sb_receive *r, struct sb_bytes stream)
{
    struct sb_bytes type;
    if (!sb_text_stream_parts(stream, NULL, &type, NULL))
        return NULL;
    for (size_t i = 0; i < r->n_targets; i++)
        if (sb_bytes_eq(r->targets[i].type.name, type))
            return &r->targets[i];
    return NULL;
}

static struct sb_stream *own_of(struct sb_receive *r, struct sb_bytes stream)
{
    for (size_t i = 0; i < r->n_own; i++)
        if (sb_bytes_is(stream, r->own[i].name))
            return &r->own[i];
    return NULL;
}

static struct sb_reading *add(struct sb_receive *r,
                              struct sb_bytes stream,
                              struct sb_target *target,
                              struct sb_stream *own)
{
    if ((!target && !own) || stream.n > SB_STREAM_MAX)
        return NULL;
    struct sb_reading **grown =
        realloc(r->readings, (r->n_readings + 1) * sizeof(struct sb_reading *));
    if (!grown)
        return NULL;
    r->readings = grown;
    struct sb_reading *at = calloc(1, sizeof *at);
    if (!at)
        return NULL;
    (void)snprintf(at->name, sizeof at->name, "%.*s", SB_FMT(stream));
    at->target = target;
    at->adopting = own;
    r->readings[r->n_readings++] = at;
    return at;
}

struct sb_reading *sb_receive_own(struct sb_receive *r, struct sb_bytes stream)
{
    struct sb_reading *at = find(r, stream, true);
    return at ? at : add(r, stream, NULL, own_of(r, stream));
}

struct sb_reading *sb_receive_reading(struct sb_receive *r, struct sb_bytes stream)
{
    struct sb_reading *at = find(r, stream, false);
    return at ? at : add(r, stream, target_of(r, stream), NULL);
}

int sb_receive_place(struct sb_reading *at,
                     uint64_t *seq,
                     uint8_t hash[SB_HASH],
                     struct sb_err *err)
{
    if (!at->open)
        return sb_cursor_get(at->target->db, sb_bytes_str(at->name), seq, hash, err);
    *seq = at->chain.last_seq;
    memcpy(hash, at->chain.last_hash, SB_HASH);
    return 0;
}

struct sb_subscription *sb_receive_sub(struct sb_receive *r,
                                       const struct sb_reading *at)
{
    for (size_t i = 0; at->target && i < r->n_subs; i++)
        if (!r->subs[i].own && sb_subscription_has(&r->subs[i], at->target->type.name))
            return &r->subs[i];
    return NULL;
}
