/* Purpose: who the witnesses of a directory are.
 * Invariant: one key a member, active and valid at the time asked for. */
#include "keys/cosign.h"

#include <stdio.h>

void sb_witness_name(char out[SB_NOTE_NAME_MAX + 1],
                     struct sb_bytes exchange,
                     struct sb_bytes institution)
{
    snprintf(out,
             SB_NOTE_NAME_MAX + 1,
             "%.*s/witness/%.*s",
             SB_FMT(exchange),
             SB_FMT(institution));
}

/* The newest valid witness key of a member; false when it has none. */
static bool witness_key(const struct sb_dir *d,
                        size_t member,
                        uint64_t now_ms,
                        struct sb_witness_key *out)
{
    struct sb_card_key k;
    const struct sb_directory *b = sb_dir_body(d);
    struct sb_bytes code = b->members[member].code;
    if (sb_dir_key(d, code, SB_USE_WITNESS, NULL, now_ms, &k, NULL) != 0)
        return false;
    out->institution = code;
    sb_witness_name(out->name, b->exchange, code);
    sb_key_id(out->key_id, k.use, k.pk);
    memcpy(out->pk, k.pk, SB_PK);
    return true;
}

int sb_dir_witnesses(const struct sb_dir *d,
                     uint64_t now_ms,
                     struct sb_arena *arena,
                     struct sb_witness_keys *out,
                     struct sb_err *err)
{
    struct sb_witness_key w;
    struct sb_witness_keys list = {0};
    size_t members = sb_dir_body(d)->n_members;
    size_t n = 0;
    for (size_t i = 0; i < members; i++)
        n += witness_key(d, i, now_ms, &w);
    if (n > SB_WITNESSES_MAX)
        return sb_fail(err,
                       SB_E_LIMIT,
                       "the directory has %zu witnesses, %u are allowed",
                       n,
                       SB_WITNESSES_MAX);
    list.items = sb_arena_alloc(arena, n, sizeof *list.items);
    if (!list.items)
        return sb_fail(err, SB_E_MEMORY, "out of memory for the witnesses");
    for (size_t i = 0; i < members && list.n < n; i++)
        list.n += witness_key(d, i, now_ms, &list.items[list.n]);
    *out = list;
    return 0;
}
