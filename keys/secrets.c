/* Purpose: the class secrets of one epoch in guarded memory.
 * Invariant: classes stand in text order, without repeats. */
#include "keys/secrets.h"

#include <stdlib.h>

void sb_secrets_free(struct sb_secrets *s)
{
    if (!s)
        return;
    sodium_free(s->keys);
    if (s->nonces)
        sodium_memzero(s->nonces, sizeof *s->nonces);
    free(s->nonces);
    free(s);
}

int sb_secrets_alloc(struct sb_secrets **out,
                     const struct sb_codes *classes,
                     struct sb_err *err)
{
    if (classes->n == 0 || classes->n > SB_CLASSES)
        return sb_fail(
            err, SB_E_EPOCH_FORM, "an epoch has 1 to %u classes", SB_CLASSES);
    for (size_t i = 0; i < classes->n; i++)
        if (classes->items[i].n == 0 || classes->items[i].n > SB_CODE_MAX ||
            (i > 0 && sb_bytes_cmp(classes->items[i - 1], classes->items[i]) >= 0))
            return sb_fail(err, SB_E_EPOCH_FORM, "classes must be codes in text order");
    struct sb_secrets *s = calloc(1, sizeof *s);
    uint8_t(*keys)[SB_SECRET] = sodium_allocarray(SB_CLASSES, sizeof *keys);
    struct sb_nonces *nonces = calloc(1, sizeof *nonces);
    if (!s || !keys || !nonces) {
        free(s);
        free(nonces);
        sodium_free(keys);
        return sb_fail(err, SB_E_MEMORY, "out of memory for secrets");
    }
    s->n = classes->n;
    s->keys = keys;
    s->nonces = nonces;
    sodium_memzero(keys, SB_CLASSES * sizeof *keys);
    for (size_t i = 0; i < s->n; i++) {
        s->classes[i].n = classes->items[i].n;
        memcpy(s->classes[i].name, classes->items[i].p, classes->items[i].n);
    }
    *out = s;
    return 0;
}

int sb_secrets_new(struct sb_secrets **out,
                   const struct sb_codes *classes,
                   struct sb_err *err)
{
    struct sb_secrets *s = NULL;
    int rc = sb_secrets_alloc(&s, classes, err);
    if (!s)
        return rc;
    randombytes_buf(s->keys, s->n * sizeof *s->keys);
    *out = s;
    return 0;
}

void sb_secrets_nonce(const struct sb_secrets *s, uint8_t out[SB_AEAD_NONCE])
{
    struct sb_nonces *all = s->nonces;
    if (all->left == 0) {
        randombytes_buf(all->bytes, sizeof all->bytes);
        all->left = SB_NONCES;
    }
    uint8_t *next = all->bytes[--all->left];
    memcpy(out, next, SB_AEAD_NONCE);
    sodium_memzero(next, SB_AEAD_NONCE);
}

size_t sb_secrets_count(const struct sb_secrets *s)
{
    return s->n;
}

struct sb_bytes sb_secrets_class(const struct sb_secrets *s, size_t i)
{
    return sb_bytes(s->classes[i].name, s->classes[i].n);
}

const uint8_t *sb_secrets_find(const struct sb_secrets *s, struct sb_bytes class_name)
{
    for (size_t i = 0; i < s->n; i++)
        if (sb_bytes_eq(sb_secrets_class(s, i), class_name))
            return s->keys[i];
    return NULL;
}

bool sb_secrets_has(const struct sb_secrets *s, struct sb_bytes class_name)
{
    return sb_secrets_find(s, class_name) != NULL;
}
