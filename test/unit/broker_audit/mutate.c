/* Purpose: any byte of a bundle that is changed is found, whichever file it is in.
 * Seeded; the ten thousand mutations of the acceptance test are elsewhere. */
#include "test/unit/broker_audit/scene.h"

#include <stdio.h>
#include <unistd.h>

#define ROUNDS 400

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static const char *const names[] = {"checkpoint",
                                    "bundle.json",
                                    "tile/0/000.p/14",
                                    "tile/entries/000.p/14",
                                    "records/000.p/14",
                                    "texts/000.p/14",
                                    "directories/1.sbd",
                                    "directories/2.sbd"};
#define NAMES (sizeof names / sizeof names[0])

static void change(struct sb_buf *b, uint32_t *seed)
{
    size_t at = next(seed) % b->n;
    size_t n = 1 + next(seed) % 8;
    switch (next(seed) % 4) {
    case 0:
        b->p[at] ^= (uint8_t)(1u << next(seed) % 8);
        break;
    case 1:
        b->n = at; /* cut */
        break;
    case 2: /* bytes taken out */
        n = n < b->n - at ? n : b->n - at;
        memmove(b->p + at, b->p + at + n, b->n - at - n);
        b->n -= n;
        break;
    default:
        sb_buf_put(b, "12345678", n);
    }
}

static void put(const char *path, struct sb_bytes content)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(content.p, 1, content.n, f), content.n);
    assert_int_equal(fclose(f), 0);
}

/* Immaterial: another range of bundle.json that holds the same batches. */
static bool is_range(const char *name, const struct scene *s)
{
    struct sb_bundle *b = NULL;
    if (strcmp(name, "bundle.json") != 0 || sb_bundle_open(&b, s->dir, NULL) != 0)
        return false;
    const struct sb_bundle_info *info = sb_bundle_info(b);
    bool same = sb_bytes_is(info->exchange, "sns") && info->generation == 1 &&
                info->from <= BATCH_AT && info->to == s->f.n;
    sb_bundle_close(b);
    return same;
}

static void one_change(struct scene *s, int round, uint32_t *seed)
{
    char path[256];
    struct sb_audit_config config = scene_config(s);
    struct sb_buf before = {0};
    struct sb_buf after = {0};
    const char *name = names[next(seed) % NAMES];
    config.say = NULL;
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    assert_int_equal(sb_file_read(path, 64u * SB_MIB, &before, NULL), 0);
    sb_buf_put(&after, before.p, before.n);
    change(&after, seed);
    put(path, sb_buf_bytes(&after));
    bool same = sb_bytes_eq(sb_buf_bytes(&before), sb_buf_bytes(&after));
    if (!same && scene_judge(s, &config) != SB_AUDIT_FAILED && !is_range(name, s))
        fail_msg("round %d: a change of %s was not found", round, name);
    put(path, sb_buf_bytes(&before));
    sb_buf_free(&before);
    sb_buf_free(&after);
}

static void every_change_is_found(void **state)
{
    struct scene *s = scene_new();
    uint32_t seed = 2026;
    (void)state;
    scene_fill(s);
    scene_batch(s, 1);
    (void)scene_audit(s);
    scene_passed(s);
    for (int i = 0; i < ROUNDS; i++)
        one_change(s, i, &seed);
    scene_free(s);
}

/* A record, its items or its texts in another entry's place. */
static void every_swap_is_found(void **state)
{
    struct scene *s = scene_new();
    struct sb_audit_config config = scene_config(s);
    uint32_t seed = 1;
    (void)state;
    scene_fill(s);
    config.say = NULL;
    for (int i = 0; i < 60; i++) {
        size_t a = 1 + next(&seed) % (s->f.n - 1);
        size_t b = 1 + next(&seed) % (s->f.n - 1);
        struct forge_entry x = s->f.entries[a];
        struct forge_entry y = s->f.entries[b];
        if (a == b)
            continue;
        s->f.entries[a] = y;
        s->f.entries[b] = x;
        if (scene_audit_with(s, &config) != SB_AUDIT_FAILED)
            fail_msg("round %d: entries %zu and %zu changed places", i, a, b);
        s->f.entries[a] = x;
        s->f.entries[b] = y;
    }
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_change_is_found),
        cmocka_unit_test(every_swap_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
