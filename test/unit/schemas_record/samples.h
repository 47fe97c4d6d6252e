/* What the tests of records share: a sample of each, read and written again. */
#ifndef TEST_UNIT_SCHEMAS_RECORD_SAMPLES_H
#define TEST_UNIT_SCHEMAS_RECORD_SAMPLES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schemas/record/card.h"
#include "schemas/record/directory.h"
#include "schemas/record/entry.h"
#include "schemas/record/epoch.h"
#include "schemas/record/event.h"
#include "schemas/record/evidence.h"
#include "schemas/record/grant.h"

#define S(text) sb_bytes_str(text)

enum kind_no {
    ENVELOPE,
    CARD,
    GRANT,
    DIRECTORY,
    EPOCH,
    REGRANT,
    ITEM,
    BATCH,
    CLAIM,
    RECEIPT,
    HEADS,
    REJECT,
    PRUNE,
    WITHDRAW,
    ACT,
    ENTRY,
    CATALOGUE,
    KINDS
};

struct kind {
    const char *name; /* the tag, but for the envelope */
    void (*make)(struct sb_buf *out);
    /* Reads, and writes what was understood. */
    int (*again)(struct sb_bytes in,
                 struct sb_arena *arena,
                 struct sb_buf *out,
                 struct sb_err *err);
};
extern const struct kind kinds[KINDS];

/* Lists are the samples' own: a caller may change them until the next call. */
struct sb_codes sample_classes(void); /* interna, publica */
struct sb_directory sample_directory(void);
struct sb_epoch_core sample_core(void);
struct sb_event sample_event(void);
struct sb_batch sample_batch(void);
struct sb_withdraw sample_withdraw(void);
struct sb_act sample_act(void);
void write_epoch(struct sb_buf *out,
                 const struct sb_epoch_core *core,
                 size_t n_classes);

struct bench {
    struct sb_arena *arena;
    struct sb_buf in;
    struct sb_buf out;
};
int bench_setup(void **state);
int bench_teardown(void **state);
/* The sample into b->in. */
void bench_make(struct bench *b, const struct kind *k);
/* `in` read and written to b->out: the reader's code. */
int bench_again(struct bench *b, const struct kind *k, struct sb_bytes in);

#endif
