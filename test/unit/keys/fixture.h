/* What the tests of keys share: an exchange "sns" with three roots, a broker and the
 * members pnc, igm and stcns, whose directories are made of changeable parts. */
#ifndef TEST_UNIT_KEYS_FIXTURE_H
#define TEST_UNIT_KEYS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "keys/seal.h"

#define NOW 1700000000000u
#define DAY 86400000u
#define YEAR (365u * (uint64_t)DAY)
#define MEMBERS 3
#define PNC 1 /* index in members, which stand in text order */
#define IGM 0
#define STCNS 2
#define MAX_GRANTS 8
#define MAX_CARDS 4

struct member {
    const char *code;
    const char *status;
    struct sb_vault *vault;
    struct sb_buf cards[MAX_CARDS];
    size_t n_cards;
    struct sb_key_status keys[2];
    size_t n_keys;
};

struct world {
    struct sb_anchor anchor;
    struct sb_exchange x;
    struct sb_vault *roots[4]; /* the first three are the anchor's */
    struct sb_vault *broker;
    struct member members[MEMBERS];
    struct sb_buf grants[MAX_GRANTS];
    size_t n_grants;
    struct sb_trust *trust;
    struct sb_arena *arena;
    struct sb_directory dir; /* the next to be signed; lists are filled by world_sign */
};

struct world *world_new(void);
void world_free(struct world *w);

/* Members, roots of the first n root vaults from `first`, then signatures of the vaults
 * whose bit stands in `signers`. The record is in `out`. */
struct roots_choice {
    size_t first;
    size_t n;
    uint64_t threshold;
};
void world_sign(struct world *w,
                struct roots_choice roots,
                unsigned signers,
                struct sb_buf *out);
/* The usual: roots 0 to 2, threshold 2, signed by 0 and 1; added; must succeed. */
void world_publish(struct world *w);
/* As world_publish, only checked: the code. */
int world_try(struct world *w, struct sb_err *err);

/* Adds a grant from member p to member r, signed by `signer`'s newest sign key. */
struct grant_choice {
    const char *id;
    size_t publisher;
    size_t reader;
    const char *const *classes; /* NULL-terminated */
    uint64_t not_before;
    uint64_t not_after;
};
void world_grant(struct world *w, struct grant_choice g, const struct sb_vault *signer);

struct sb_codes codes_of(struct sb_arena *arena, const char *const *names);
struct sb_bytes hex_bytes(struct sb_arena *arena, const char *hex);
void assert_hex(const uint8_t *got, const char *hex);

#endif
