/* A checked directory and the trust that holds it. Private to this room. */
#ifndef KEYS_DIR_H
#define KEYS_DIR_H

#include "keys/trust.h"

struct sb_dir_cards {      /* parallel to body.members */
    struct sb_card *cards; /* card_no 1 first */
    size_t n;
};

struct sb_dir {
    struct sb_dir *older; /* the version before that the trust holds, or NULL */
    struct sb_arena *arena;
    struct sb_bytes record; /* copy in the arena */
    struct sb_record envelope;
    struct sb_directory body;
    uint8_t hash[SB_HASH];
    struct sb_dir_cards *cards;
    struct sb_grant *grants; /* parallel to body.grants */
};

struct sb_trust {
    struct sb_anchor anchor;
    struct sb_exchange x;
    struct sb_dir *newest;
};

/* Reads and decodes all of a directory; judges nothing. */
SB_CHECK int
sb_dir_decode(struct sb_dir **out, struct sb_bytes record, struct sb_err *err);
void sb_dir_free(struct sb_dir *d); /* takes NULL */

/* Each judges one side of `d` against `prev`, the version before (NULL: none held). */
SB_CHECK int sb_dir_check_members(const struct sb_trust *t,
                                  const struct sb_dir *d,
                                  const struct sb_dir *prev,
                                  struct sb_err *err);
SB_CHECK int
sb_dir_check_keys(const struct sb_trust *t, const struct sb_dir *d, struct sb_err *err);
SB_CHECK int sb_dir_check_grants(const struct sb_trust *t,
                                 const struct sb_dir *d,
                                 const struct sb_dir *prev,
                                 struct sb_err *err);

/* Index of a member, or body.n_members. */
size_t sb_dir_find(const struct sb_dir *d, struct sb_bytes member);
bool sb_dir_is_active(const struct sb_dir *d, size_t member);
bool sb_dir_is_revoked(const struct sb_dir *d,
                       size_t member,
                       const uint8_t key_id[SB_KEY_ID]);
/* The key with this use and id on the newest card that names it, or NULL. Validity and
 * revocation are not judged. */
const struct sb_card_key *sb_dir_card_key(const struct sb_dir *d,
                                          size_t member,
                                          const char *use,
                                          const uint8_t key_id[SB_KEY_ID]);
static inline bool sb_key_valid(const struct sb_card_key *k, uint64_t now_ms)
{
    return k->not_before <= now_ms && now_ms < k->not_after;
}

#endif
