/* Purpose: the bytes of a directory, with its cards and grants, as structs.
 * Invariant: whatever is decoded has its form right; nothing is believed yet. */
#include "keys/dir.h"

#include <stdlib.h>

#define DIR_ARENA_MAX (64u * SB_MIB)

void sb_dir_free(struct sb_dir *d)
{
    if (!d)
        return;
    sb_arena_free(d->arena);
    free(d);
}

static int no_memory(struct sb_err *err)
{
    return sb_fail(err, SB_E_MEMORY, "out of memory for a directory");
}

static int decode_cards(struct sb_dir *d, size_t member, struct sb_err *err)
{
    const struct sb_dir_member *m = &d->body.members[member];
    struct sb_dir_cards *to = &d->cards[member];
    to->cards = sb_arena_alloc(d->arena, m->n_cards, sizeof *to->cards);
    if (!to->cards)
        return no_memory(err);
    for (size_t i = 0; i < m->n_cards; i++) {
        struct sb_record record;
        int rc = sb_record_read(m->cards[i], &record, err);
        if (rc == 0)
            rc = sb_card_read(record.body, d->arena, &to->cards[i], err);
        if (rc != 0)
            return sb_err_wrap(
                err, rc, "member %.*s, card %zu", SB_FMT(m->code), i + 1);
        to->n = i + 1;
    }
    return 0;
}

static int decode_grants(struct sb_dir *d, struct sb_err *err)
{
    for (size_t i = 0; i < d->body.n_grants; i++) {
        struct sb_record record;
        int rc = sb_record_read(d->body.grants[i], &record, err);
        if (rc == 0)
            rc = sb_grant_read(record.body, d->arena, &d->grants[i], err);
        if (rc != 0)
            return sb_err_wrap(err, rc, "grant number %zu", i + 1);
    }
    return 0;
}

static int decode(struct sb_dir *d, struct sb_err *err)
{
    int rc = sb_record_read(d->record, &d->envelope, err);
    if (rc == 0)
        rc = sb_directory_read(d->envelope.body, d->arena, &d->body, err);
    if (rc == 0)
        rc = sb_record_hash(d->hash, d->envelope.body, err);
    if (rc != 0)
        return rc;
    d->cards = sb_arena_alloc(d->arena, d->body.n_members, sizeof *d->cards);
    d->grants = sb_arena_alloc(d->arena, d->body.n_grants, sizeof *d->grants);
    if (!d->cards || !d->grants)
        return no_memory(err);
    for (size_t i = 0; i < d->body.n_members && rc == 0; i++)
        rc = decode_cards(d, i, err);
    return rc == 0 ? decode_grants(d, err) : rc;
}

int sb_dir_decode(struct sb_dir **out, struct sb_bytes record, struct sb_err *err)
{
    if (record.n > SB_RECORD_MAX)
        return sb_fail(err, SB_E_LIMIT, "a directory of %zu bytes", record.n);
    struct sb_dir *d = calloc(1, sizeof *d);
    if (!d)
        return no_memory(err);
    d->arena = sb_arena_new(DIR_ARENA_MAX);
    d->record = d->arena ? sb_arena_dup(d->arena, record) : sb_bytes(NULL, 0);
    int rc = d->record.p ? decode(d, err) : no_memory(err);
    if (rc == 0)
        *out = d;
    else
        sb_dir_free(d);
    return rc;
}
