/* What the tests of the journal share: a broker, a publisher "pnc" with the stream
 * pnc/comun.alerta, and records as they would really come. Every step asserts. Bytes
 * live in the book's arena. */
#ifndef TEST_UNIT_BROKER_JOURNAL_BOOK_H
#define TEST_UNIT_BROKER_JOURNAL_BOOK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/journal/journal.h"
#include "broker/journal/reader.h"
#include "broker/journal/verify.h"
#include "keys/seal.h"

#define NOW 1700000000000u
#define STREAM "pnc/comun.alerta"

struct book {
    char folder[64];
    char path[96];
    struct sb_exchange x;
    struct sb_vault *broker;
    struct sb_vault *pnc;
    struct sb_vault *igm;
    struct sb_arena *arena;
    struct sb_journal *j; /* NULL while closed */
    uint64_t index;       /* of the next entry */
    uint64_t ms;          /* of the next entry */
    uint64_t version;     /* of the directory */
    uint64_t generation;  /* 1 unless a test changes it */
    uint64_t retention;   /* of the next directory; 0 */
    uint8_t dir_hash[SB_HASH];
    uint64_t claim_no;
    uint64_t epoch_no;
    uint64_t seq; /* last */
    uint8_t prev[SB_HASH];
    struct sb_secrets *secrets;
    struct sb_epoch epoch;
    uint8_t epoch_hash[SB_HASH];
};

struct book *book_new(void);
void book_free(struct book *b); /* closes, and removes the folder */
/* A cmocka set-up: an open book with a directory, a claim and an epoch; and its end. */
int book_setup(void **state);
int book_teardown(void **state);
struct sb_journal_config book_config(const struct book *b);
void book_open(struct book *b);
void book_close(struct book *b);

/* The next entry of a kind; nothing is appended. */
struct sb_append book_directory(struct book *b);
struct sb_append book_claim(struct book *b);
struct sb_append book_epoch(struct book *b);
struct sb_append book_regrant(struct book *b, const char *reader);
struct sb_append book_heads(struct book *b);
struct sb_append book_batch(struct book *b, size_t events, size_t section);
/* An entry of this body (freed), signed by the vault's newest key of this use; its
 * index and time are the next ones. */
struct sb_append book_entry(struct book *b,
                            const struct sb_vault *vault,
                            const char *use,
                            enum sb_kind kind,
                            struct sb_buf *body);
struct sb_append book_prune(struct book *b, uint64_t before, uint64_t below);
struct sb_append book_withdraw(struct book *b, uint64_t first, uint64_t last);

void book_put(struct book *b, const struct sb_append *group, size_t n);
void book_put_one(struct book *b, struct sb_append a);
/* directory, claim, epoch, batch of 3, regrants for igm and stcns, batch of 1, heads,
 * epoch, batch of 2, batch of 4: eleven entries and ten events. */
void book_fill(struct book *b);

/* Fails the test unless the journal, closed or not, is found good. */
struct sb_journal_facts book_verify(const struct book *b);
/* The bytes of one ciphertext of a batch, as they stand in `ct_raw`. */
struct sb_bytes book_ct(const struct sb_append *batch, size_t place, size_t event);
/* How often these bytes stand in the journal's file and its WAL. */
size_t book_count(const struct book *b, struct sb_bytes bytes);

void book_sql(const struct book *b, const char *sql); /* on the closed journal */
void book_copy(const char *from, const char *to);

#endif
