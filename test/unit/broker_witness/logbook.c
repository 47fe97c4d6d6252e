/* Purpose: a small journal with two histories. Every step asserts. */
#include "test/unit/broker_witness/logbook.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct logbook *logbook_new(uint64_t quorum)
{
    struct logbook *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->world = world_new();
    b->world->dir.quorum = quorum;
    world_publish(b->world);
    b->arena = sb_arena_new(0);
    b->generation = 1;
    strcpy(b->folder, "/tmp/sacbe-witness-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->dir, sizeof b->dir, "%s/seen", b->folder);
    return b;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void logbook_free(struct logbook *b)
{
    assert_int_equal(nftw(b->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    sb_arena_free(b->arena);
    world_free(b->world);
    free(b);
}

void logbook_leaf(const struct logbook *b, uint64_t index, uint8_t out[SB_HASH])
{
    char data[64];
    snprintf(data,
             sizeof data,
             "entry %llu of %llu in %u",
             (unsigned long long)index,
             (unsigned long long)b->generation,
             index >= FORK ? b->history : 0);
    sb_tree_leaf(out, sb_bytes_str(data));
}

/* The definition, without anything stored. */
static int
node(void *ctx, unsigned level, uint64_t pos, uint8_t out[SB_HASH], struct sb_err *err)
{
    uint8_t l[SB_HASH];
    uint8_t r[SB_HASH];
    if (level == 0) {
        logbook_leaf(ctx, pos, out);
        return 0;
    }
    int rc = node(ctx, level - 1, 2 * pos, l, err);
    if (!rc)
        rc = node(ctx, level - 1, 2 * pos + 1, r, err);
    if (!rc)
        sb_tree_node(out, l, r);
    return rc;
}

struct sb_bytes logbook_note(struct logbook *b, uint64_t size)
{
    struct sb_checkpoint c = {.size = size};
    struct sb_buf note = {0};
    snprintf(c.origin,
             sizeof c.origin,
             "sns/journal/%llu",
             (unsigned long long)b->generation);
    assert_int_equal(sb_proof_root(size, node, b, c.root, NULL), 0);
    assert_int_equal(sb_checkpoint_sign(b->world->broker, &c, &note, NULL), 0);
    struct sb_bytes kept = sb_arena_dup(b->arena, sb_buf_bytes(&note));
    sb_buf_free(&note);
    return kept;
}

struct sb_path *logbook_growth(struct logbook *b, uint64_t from, uint64_t to)
{
    struct sb_path *p = sb_arena_alloc(b->arena, 1, sizeof *p);
    assert_int_equal(sb_proof_consistency(from, to, node, b, p, NULL), 0);
    return p;
}

struct sb_path *logbook_path(struct logbook *b, uint64_t index, uint64_t size)
{
    struct sb_path *p = sb_arena_alloc(b->arena, 1, sizeof *p);
    assert_int_equal(sb_proof_inclusion(index, size, node, b, p, NULL), 0);
    return p;
}

struct sb_bytes
logbook_cosigned(struct logbook *b, struct sb_bytes note, size_t member, uint64_t s)
{
    const struct member *m = &b->world->members[member];
    struct sb_vault_key key;
    struct sb_buf line = {0};
    struct sb_buf more = {0};
    char name[SB_NOTE_NAME_MAX + 1];
    sb_witness_name(name, sb_bytes_str("sns"), sb_bytes_str(m->code));
    assert_true(sb_vault_newest(m->vault, SB_USE_WITNESS, &key));
    assert_int_equal(sb_cosign(m->vault, key.key_id, name, note, s, &line, NULL), 0);
    assert_int_equal(sb_cosign_add(note, sb_buf_bytes(&line), &more, NULL), 0);
    struct sb_bytes kept = sb_arena_dup(b->arena, sb_buf_bytes(&more));
    sb_buf_free(&line);
    sb_buf_free(&more);
    return kept;
}

void logbook_generation(struct logbook *b, uint64_t last_size)
{
    struct sb_directory *d = &b->world->dir;
    d->last_final_note = logbook_note(b, last_size);
    for (size_t i = 0; i < MEMBERS && i < d->quorum; i++)
        d->last_final_note =
            logbook_cosigned(b, d->last_final_note, i, (NOW + DAY) / 1000);
    d->generation = ++b->generation;
    world_publish(b->world);
}

struct sb_witness *logbook_witness(struct logbook *b)
{
    struct sb_witness *w = NULL;
    struct sb_err err = {0};
    if (sb_witness_open(
            &w, b->dir, sb_bytes_str("pnc"), b->world->members[PNC].vault, &err))
        fail_msg("%s", err.text);
    return w;
}

int logbook_take(struct logbook *b, struct sb_witness *w, uint64_t size, uint64_t from)
{
    struct sb_path none = {0};
    bool grows = from > 0 && from <= size;
    const struct sb_path *p = grows ? logbook_growth(b, from, size) : &none;
    return sb_witness_take(w,
                           b->world->trust,
                           logbook_note(b, size),
                           from,
                           (const uint8_t(*)[SB_HASH])p->nodes,
                           p->n,
                           NOW,
                           NULL);
}

struct sb_bytes logbook_file(struct logbook *b, const char *name)
{
    struct sb_buf content = {0};
    char *path = sb_arena_str(b->arena, "%s/%s", b->dir, name);
    if (access(path, F_OK))
        return sb_bytes(NULL, 0);
    assert_int_equal(sb_file_read(path, SB_NOTE_MAX, &content, NULL), 0);
    struct sb_bytes kept = sb_arena_dup(b->arena, sb_buf_bytes(&content));
    sb_buf_free(&content);
    return kept;
}
