/* A journal of any length, of real records: several streams of three institutions, who
 * read each other; three classes; epochs, receipts, heads, rejects, and a third
 * directory half way. Sealed and signed as adapters do it, appended as the broker does
 * it, without the wire in between. Every step must succeed, or the program ends. */
#ifndef TEST_BENCH_FILL_H
#define TEST_BENCH_FILL_H

#include "test/unit/keys/fixture.h"

#include "broker/journal/journal.h"

#define BENCH_STREAMS 4
#define BENCH_CLASSES 3
#define BENCH_GROUP 32 /* entries of one transaction */

struct bench_stream {
    const char *name;
    size_t owner; /* index in the members */
    uint64_t seq; /* last */
    uint64_t epoch_no;
    uint64_t epoch_end; /* ms; 0: a new epoch is due */
    uint8_t prev[SB_HASH];
    uint8_t epoch_hash[SB_HASH];
    struct sb_secrets *secrets;
};

struct bench {
    struct world *w;
    struct sb_journal *j;
    struct sb_arena *arena; /* of the group; emptied when it is committed */
    struct sb_append group[BENCH_GROUP];
    size_t n;
    uint64_t size; /* of the journal, with the group */
    uint64_t ms;
    uint64_t version;                           /* of the newest directory */
    struct bench_stream streams[BENCH_STREAMS]; /* in text order */
};

/* `folder` gets journal.db and anchor.json. */
void bench_open(struct bench *b, const char *folder);
void bench_close(struct bench *b);

/* Ends the program, with the text, when rc is not 0. */
void bench_must(int rc, const struct sb_err *err);
/* The text of a buffer, copied to the arena; the buffer is freed. */
struct sb_bytes bench_keep(struct bench *b, struct sb_buf *buf);
/* `body` signed by a member's key, as an entry. `hash`: the body's, or NULL. */
struct bench_texts { /* of a batch; zero for all else */
    struct sb_bytes items;
    const struct sb_bytes *classes; /* BENCH_CLASSES elements, or NULL */
};
void bench_add(struct bench *b,
               enum sb_kind kind,
               size_t member,
               struct sb_buf *body,
               const struct bench_texts *texts,
               uint8_t hash[SB_HASH]);
void bench_add_record(struct bench *b,
                      enum sb_kind kind,
                      struct sb_bytes record,
                      const struct bench_texts *texts);
void bench_commit(struct bench *b);

/* What institutions say beside events: fill_say.c. */
void bench_begin(struct bench *b);   /* directory 1, catalogue, directory 2, claims */
void bench_regrant(struct bench *b); /* directory 3: stcns reads pnc's streams too */
void bench_claim(struct bench *b, const struct bench_stream *s);
void bench_statements(struct bench *b);
void bench_reject(struct bench *b);
extern const char *const bench_classes[BENCH_CLASSES];

/* Events. */
void bench_epoch(struct bench *b, struct bench_stream *s);
void bench_batch(struct bench *b, struct bench_stream *s, size_t events);

#endif
