/* What the tests of bundles share: folders that come and go, a journal that grows, and
 * files that are changed. Every step asserts. */
#ifndef TEST_UNIT_BROKER_BUNDLE_SHELF_H
#define TEST_UNIT_BROKER_BUNDLE_SHELF_H

#include "broker/bundle/export.h"
#include "broker/bundle/tiles.h"
#include "test/unit/broker_journal/book.h"

#define SHELF_PATH 320

void shelf_path(char out[SHELF_PATH], const char *dir, const char *name);
/* A fresh folder's name, below /tmp; the folder itself is not there. */
void shelf_new(char out[SHELF_PATH]);
void shelf_remove(const char *dir);
void shelf_copy(const char *from, const char *to);
/* Fails unless both have the same files with the same bytes. */
void shelf_same(const char *a, const char *b);
size_t shelf_count(const char *dir);

typedef void (*shelf_fn)(void *ctx, const char *path);
void shelf_each(const char *dir, shelf_fn fn, void *ctx);

struct sb_buf shelf_read(const char *dir, const char *name);
void shelf_write(const char *dir, const char *name, struct sb_bytes content);
bool shelf_has(const char *dir, const char *name);

/* Appends entries until the journal has `size`, among them batches (every third), and
 * signs a checkpoint. The book is open. */
void shelf_grow(struct book *b, uint64_t size);
int shelf_try(const struct book *b,
              const char *dir,
              uint64_t from,
              uint64_t to,
              struct sb_export_facts *facts,
              struct sb_err *err);
/* All of it; must succeed. */
struct sb_export_facts shelf_export(const struct book *b, const char *dir);

#endif
