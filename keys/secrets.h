/* The class secrets of one epoch. Private to epoch.c and section.c. */
#ifndef KEYS_SECRETS_H
#define KEYS_SECRETS_H

#include "keys/seal.h"

struct sb_secret_class {
    char name[SB_CODE_MAX + 1];
    size_t n; /* bytes of name */
};

#define SB_NONCES 64u /* taken from the system at once */

struct sb_nonces { /* random bytes, each used once and wiped */
    size_t left;
    uint8_t bytes[SB_NONCES][SB_AEAD_NONCE];
};

struct sb_secrets {
    size_t n;
    struct sb_nonces *nonces;
    struct sb_secret_class classes[SB_CLASSES]; /* text order */
    uint8_t (*keys)[SB_SECRET];                 /* parallel, SB_CLASSES, guarded */
};

/* Zeroed secrets for the classes' names; keys to be filled. */
SB_CHECK int sb_secrets_alloc(struct sb_secrets **out,
                              const struct sb_codes *classes,
                              struct sb_err *err);
/* A fresh nonce. Not for two threads at once, nor for both sides of a fork. */
void sb_secrets_nonce(const struct sb_secrets *s, uint8_t out[SB_AEAD_NONCE]);
/* The secret of a class, or NULL. Borrows. */
const uint8_t *sb_secrets_find(const struct sb_secrets *s, struct sb_bytes class_name);

#endif
