/* Memory exhausted at every allocation. A scenario runs again and again: the first time
 * its allocations are counted, then the n-th of them fails, for every n, once alone and
 * once with all that follow. Whatever allocates in this process is meant: our rooms,
 * SQLite, libyaml, pcre2, stdio (malloc and its like are this program's own), and
 * libsodium's guarded memory. Not jansson 2.14, whose parser reads through a null
 * pointer when memory ends within an object's key. One thread. */
#ifndef TEST_FAULT_MEMORY_EXHAUST_H
#define TEST_FAULT_MEMORY_EXHAUST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schemas/base/bytes.h"
#include "schemas/base/limits.h"

/* From now on allocations are counted, and number `nth` (from 1; 0: none) fails, with
 * `on` all after it too. */
void exhaust_arm(size_t nth, bool on);
/* How many there were; none fails any more. */
size_t exhaust_disarm(void);
/* Memory for whoever cannot do without. */
void *exhaust_spare(size_t n);
/* The size of the test is the full one: SACBE_FAULT=full. */
bool exhaust_full(void);
/* One of them failed since the last exhaust_arm. */
bool exhaust_failed(void);

struct exhaust_scenario {
    const char *name;
    /* Not exhausted: what each run begins and ends with; either may be NULL. */
    void (*begin)(void *ctx);
    void (*end)(void *ctx);
    /* Exhausted. Frees all that it makes. */
    int (*run)(void *ctx, struct sb_err *err);
    /* Not exhausted, after each run: what must hold when it failed (rc < 0) or not. */
    void (*judge)(void *ctx, int rc);
    /* Codes other than SB_E_MEMORY that say it, ended by 0; NULL: none. */
    const int *also;
    /* How many n where there are more; 0: sixty. */
    size_t most;
    /* The same in full size; 0: every n. */
    size_t most_full;
};

/* Runs it for every n; where there are many, for about `most` of them, with
 * SACBE_FAULT=full `most_full`. A run fails with a code and a text that say it, or does
 * as if nothing had been. */
void exhaust_each(const struct exhaust_scenario *s, void *ctx);

#endif
