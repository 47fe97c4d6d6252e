/* fuzz.bundle: one file of a good bundle is the input; its first byte says which. The
 * bundle is refused, or every entry is given once and in order, and the tree is found
 * false wherever a tile or leaf was changed. */
#include <stdio.h>

#include "test/fuzz/fuzz.h"
#include "test/unit/broker_bundle/shelf.h"

#define SIZE 7u

static const char *const names[] = {"checkpoint",
                                    "bundle.json",
                                    "tile/0/000.p/7",
                                    "tile/entries/000.p/7",
                                    "records/000.p/7",
                                    "texts/000.p/7",
                                    "export.json"};
#define NAMES (sizeof names / sizeof names[0])

static struct book *book;
static char dir[SHELF_PATH];
static struct sb_buf good[NAMES];
static uint8_t root[SB_HASH];

static void begin(void)
{
    struct sb_journal_facts facts;
    fuzz_random(6);
    book = book_new();
    book_open(book);
    shelf_grow(book, SIZE);
    shelf_new(dir);
    (void)shelf_export(book, dir);
    facts = book_verify(book);
    memcpy(root, facts.root, SB_HASH);
    for (size_t i = 0; i + 1 < NAMES; i++)
        good[i] = shelf_read(dir, names[i]);
}

static void end(void)
{
    for (size_t i = 0; i < NAMES; i++)
        sb_buf_free(&good[i]);
    shelf_remove(dir);
    book_close(book);
    book_free(book);
}

struct walk {
    uint64_t next;
};

static int take(void *ctx, const struct sb_bundle_entry *e, struct sb_err *err)
{
    struct walk *w = ctx;
    (void)err;
    fuzz_must(e->index == w->next, "entries come once and in order");
    fuzz_must(e->inside == (e->record.n > 0), "what is inside has a record");
    w->next++;
    return 0;
}

static int stranger(void *ctx, const char *path)
{
    size_t *n = ctx;
    fuzz_must(*path != '\0', "a stranger has a name");
    return ++*n > 16;
}

static void fault(void *ctx, const char *path, const struct sb_err *why)
{
    size_t *n = ctx;
    fuzz_must(path && *path, "a fault names its file");
    fuzz_judged(why->code, why);
    ++*n;
}

static void judge(bool changed)
{
    struct sb_bundle *b = NULL;
    struct sb_err err = {0};
    struct walk w = {0};
    size_t n = 0;
    uint8_t hash[SB_HASH];
    struct sb_tiles_facts facts;
    int rc = sb_bundle_open(&b, dir, &err);
    fuzz_judged(rc, &err);
    if (rc == 0) {
        uint64_t size = sb_bundle_info(b)->size;
        rc = sb_bundle_each(b, 0, true, take, &w, &err);
        fuzz_judged(rc, &err);
        fuzz_must(rc != 0 || w.next == size, "all of them");
        fuzz_judged(sb_bundle_strangers(b, stranger, &n, &err), &err);
        fuzz_judged(sb_bundle_hash(b, hash, &err), &err);
    }
    sb_bundle_close(b);
    n = 0;
    rc = sb_tiles_verify(dir, SIZE, root, fault, NULL, &n, &facts, &err);
    fuzz_judged(rc, &err);
    fuzz_must((rc == 0) == (n == 0) && (rc == 0) == !changed,
              "a tree is false when a tile was changed, and only then");
}

static void one(struct sb_bytes in)
{
    size_t which = fuzz_byte(&in) % NAMES;
    shelf_write(dir, names[which], in);
    judge(which == 2 && !sb_bytes_eq(in, sb_buf_bytes(&good[2])));
    if (which + 1 == NAMES) {
        char path[SHELF_PATH];
        shelf_path(path, dir, names[which]);
        fuzz_must(remove(path) == 0, "it goes again");
    } else {
        shelf_write(dir, names[which], sb_buf_bytes(&good[which]));
    }
}

static void seeds(struct fuzz_seeds *to)
{
    struct sb_buf b = {0};
    for (size_t i = 0; i + 1 < NAMES; i++) {
        char name[16];
        snprintf(name, sizeof name, "file-%zu", i);
        sb_buf_reset(&b);
        sb_buf_byte(&b, (uint8_t)i);
        sb_buf_put(&b, good[i].p, good[i].n);
        fuzz_seed(to, name, sb_buf_bytes(&b));
    }
    sb_buf_free(&b);
}

const struct fuzz_target fuzz_target = {.name = "bundle",
                                        .begin = begin,
                                        .one = one,
                                        .seeds = seeds,
                                        .end = end,
                                        .longest = 8192,
                                        .mutations = 1000};
