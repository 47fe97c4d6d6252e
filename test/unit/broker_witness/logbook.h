/* A journal for the tests of witnesses: leaves, roots, paths and signed notes of two
 * histories that share their first entries. The exchange is that of the tests of keys;
 * its members are witnesses. */
#ifndef TEST_UNIT_BROKER_WITNESS_LOGBOOK_H
#define TEST_UNIT_BROKER_WITNESS_LOGBOOK_H

#include "broker/witness/round.h"
#include "test/unit/keys/fixture.h"

#define FORK 8u /* entries from here on differ between the histories */

struct logbook {
    struct world *world;
    char dir[96]; /* of the witness, in a folder of its own; not made */
    char folder[64];
    uint64_t generation;
    unsigned history; /* 0 or 1 */
    struct sb_arena *arena;
};

struct logbook *logbook_new(uint64_t quorum);
void logbook_free(struct logbook *b);
/* The leaf hash of an entry; the note of a size; a path; all in the arena. */
void logbook_leaf(const struct logbook *b, uint64_t index, uint8_t out[SB_HASH]);
struct sb_bytes logbook_note(struct logbook *b, uint64_t size);
struct sb_path *logbook_growth(struct logbook *b, uint64_t from, uint64_t to);
struct sb_path *logbook_path(struct logbook *b, uint64_t index, uint64_t size);
/* The note with a cosignature of this member at `s` seconds. */
struct sb_bytes
logbook_cosigned(struct logbook *b, struct sb_bytes note, size_t member, uint64_t s);
/* The next directory opens the next generation; the book goes on in it. */
void logbook_generation(struct logbook *b, uint64_t last_size);
/* An open witness of pnc; take with a proof from `from` (0: none). */
struct sb_witness *logbook_witness(struct logbook *b);
int logbook_take(struct logbook *b, struct sb_witness *w, uint64_t size, uint64_t from);
/* Reads a file of the witness's folder; p NULL when it is not there. */
struct sb_bytes logbook_file(struct logbook *b, const char *name);

#endif
