/* The anchor: what an institution gets, as a file and on paper, to begin to trust. */
#ifndef KEYS_ANCHOR_H
#define KEYS_ANCHOR_H

#include "keys/sign.h"
#include "schemas/record/directory.h"

struct sb_anchor { /* anchor.json: what an institution gets on paper and file */
    char exchange[SB_CODE_MAX + 1];
    uint8_t nonce[SB_NONCE];
    uint64_t threshold;
    size_t n_roots;
    struct sb_anchor_root {
        uint8_t pk[SB_PK];
        char holder[SB_NAME_MAX + 1];
    } roots[SB_ROOTS_MAX];
    uint8_t curve_pk[SB_PK];
    uint8_t log_pk[SB_PK];
    char address[SB_NAME_MAX + 1];
};

SB_CHECK int
sb_anchor_read(const char *path, struct sb_anchor *out, struct sb_err *err);
SB_CHECK int
sb_anchor_write(const char *path, const struct sb_anchor *a, struct sb_err *err);
/* Eight words a person can read over the telephone: from h("sacbe/words/1", the facts
 * of the anchor). `out` holds 128 bytes. Digits in groups: "4821 0934 ...". */
void sb_anchor_words(const struct sb_anchor *a, char out[128]);

#endif
