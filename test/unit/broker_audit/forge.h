/* A bundle made of parts: whoever has the broker's log key can make any history that it
 * likes, and this is how a test does so. A list of entries, taken from a bundle or
 * written by hand, changed at will, and written as a bundle whose leaves, tiles and
 * checkpoint fit each other. Every step asserts. */
#ifndef TEST_UNIT_BROKER_AUDIT_FORGE_H
#define TEST_UNIT_BROKER_AUDIT_FORGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/bundle/bundle.h"
#include "keys/note.h"
#include "schemas/record/directory.h"
#include "schemas/record/entry.h"

struct forge_entry {      /* slices live in the forge's arena */
    struct sb_entry leaf; /* its record_hash is made when it is written */
    struct sb_bytes record;
    struct sb_bytes items;
    struct sb_bytes texts;
    bool outside;         /* written without record, items and texts */
    struct sb_bytes data; /* leaf data as it stands; empty: made of `leaf` */
};

struct forge {
    struct sb_arena *arena;
    struct forge_entry *entries;
    size_t n;
    char exchange[SB_CODE_MAX + 1];
    uint64_t generation;
    uint64_t from;
    uint64_t to; /* UINT64_MAX: the end */
};

void forge_init(struct forge *f);
void forge_free(struct forge *f);
/* A copy of the slice in the arena. */
struct sb_bytes forge_keep(struct forge *f, struct sb_bytes b);
/* Adds a copy at `at` (f->n: the end). */
void forge_insert(struct forge *f, size_t at, const struct forge_entry *e);
void forge_remove(struct forge *f, size_t at);
/* All entries of a bundle, in place of what the forge has. */
void forge_load(struct forge *f, const char *dir);
/* Leaf data of the entry as it would be written, appended. */
void forge_leaf(const struct forge *f, size_t at, struct sb_buf *out);
/* Root of the first n entries. */
void forge_root(const struct forge *f, size_t n, uint8_t root[SB_HASH]);
/* The checkpoint of the first n entries by the broker's log key, appended. */
void forge_note(const struct forge *f,
                size_t n,
                const struct sb_vault *broker,
                struct sb_buf *out);
/* Writes the bundle to a folder that is empty or not there. */
void forge_write(const struct forge *f, const struct sb_vault *broker, const char *dir);
/* Removes a folder and all in it. */
void forge_wipe(const char *dir);

#endif
