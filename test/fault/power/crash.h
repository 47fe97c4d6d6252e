/* Thousands of crashes of one scenario: each in a process of its own, from the same
 * files. What the scenario was answered is kept where the parent and the recovery see
 * it.
 *
 * SACBE_CRASHES: random crash points of each way to lose (20; 300 with SACBE_FAULT=full);
 * SACBE_SEED repeats them. Each scenario is a row of the table in test/fault/README.md.
 */
#ifndef TEST_FAULT_POWER_CRASH_H
#define TEST_FAULT_POWER_CRASH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/fault/power/vfs.h"

struct crash_scene {
    const char *name;
    const char *folder; /* whose files are the beginning of each crash */
    void *ctx;
    void (*begin)(void *ctx);   /* opens; not counted */
    void (*work)(void *ctx);    /* asserts; may be left at any operation */
    void (*recover)(void *ctx); /* opens again, and asserts that nothing is lost */
};

/* All operations of `work` once with VFS_LOSE_ALL, then random ones in every way.
 * Prints how many. */
void crash_all(const struct crash_scene *scene);
/* Every operation fails once with `code`; `recover` judges what is there afterwards. */
void crash_failures(const struct crash_scene *scene, int code);

#endif
