/* Purpose: a bundle's files as traps: pipes, links, and what changes while it is read.
 */
#include "test/unit/broker_audit/scene.h"

#include "broker/bundle/bundle_form.h"
#include "broker/bundle/tiles.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int setup(void **state)
{
    struct scene *s = scene_new();
    scene_fill(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static const char *path_of(const struct scene *s, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    return path;
}

static enum sb_audit_verdict judge(struct scene *s)
{
    struct sb_audit_config config = scene_config(s);
    return scene_judge(s, &config);
}

/* A pipe in place of any file must not stop the audit for ever. */
static void pipes(void **state)
{
    struct scene *s = *state;
    char tile[SB_TILE_PATH];
    char records[SB_TILE_PATH];
    sb_tile_path(tile, NULL, 0, 0, (unsigned)s->f.n);
    sb_tile_path(records, "records", -1, 0, (unsigned)s->f.n);
    const char *const names[] = {SB_BUNDLE_JSON,
                                 SB_BUNDLE_CHECKPOINT,
                                 "directories/1.sbd",
                                 "directories/2.sbd",
                                 "directories/9.sbd",
                                 records,
                                 tile};
    alarm(60);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)scene_audit(s);
        (void)unlink(path_of(s, names[i]));
        assert_int_equal(mkfifo(path_of(s, names[i]), 0600), 0);
        assert_int_not_equal(judge(s), SB_AUDIT_PASSED);
    }
    alarm(0);
}

/* Of tiles too. */
static void pipes_among_tiles(void **state)
{
    struct scene *s = *state;
    struct sb_audit_config config = scene_config(s);
    struct sb_note_key key;
    char vkey[256];
    char leaves[SB_TILE_PATH];
    sb_note_vkey("sns/journal/1", s->w->anchor.log_pk, vkey);
    assert_int_equal(sb_note_key_read(vkey, &key, NULL), 0);
    sb_tile_path(leaves, NULL, -1, 0, (unsigned)s->f.n);
    (void)scene_audit(s);
    alarm(60);
    (void)unlink(path_of(s, leaves));
    assert_int_equal(mkfifo(path_of(s, leaves), 0600), 0);
    assert_int_equal(sb_audit_tiles(s->dir, &key, &config, &s->facts, NULL), 0);
    assert_int_equal(s->facts.entries, 0);
    (void)unlink(path_of(s, SB_BUNDLE_CHECKPOINT));
    assert_int_equal(mkfifo(path_of(s, SB_BUNDLE_CHECKPOINT), 0600), 0);
    assert_int_not_equal(sb_audit_tiles(s->dir, &key, &config, &s->facts, NULL), 0);
    alarm(0);
}

/* A link may show the auditor's own files as part of a bundle. */
static void links(void **state)
{
    struct scene *s = *state;
    char kept[128];
    snprintf(kept, sizeof kept, "%s/kept", s->folder);
    (void)scene_audit(s);
    assert_int_equal(rename(path_of(s, "directories/2.sbd"), kept), 0);
    assert_int_equal(symlink(kept, path_of(s, "directories/2.sbd")), 0);
    (void)judge(s);
    scene_failed(s, SB_AUDIT_FORM, SB_E_BUNDLE);
}

static void copy_file(const char *from, const char *to)
{
    struct sb_buf b = {0};
    assert_int_equal(sb_file_read(from, 64u * SB_MIB, &b, NULL), 0);
    assert_int_equal(sb_file_write(to, sb_buf_bytes(&b), 0644, NULL), 0);
    sb_buf_free(&b);
}

/* The leaf data and records of another history, between the passes. */
static void swap_files(void *ctx, uint64_t done, uint64_t total)
{
    struct scene *s = ctx;
    char from[512];
    char name[SB_TILE_PATH];
    (void)done;
    (void)total;
    if (s->facts.size > 0) /* as this test marks that it has done it */
        return;
    s->facts.size = 1;
    for (int i = 0; i < 2; i++) {
        sb_tile_path(name, i ? "records" : NULL, -1, 0, (unsigned)s->f.n);
        snprintf(from, sizeof from, "%s/other/%s", s->folder, name);
        copy_file(from, path_of(s, name));
    }
}

static void files_that_change_meanwhile(void **state)
{
    struct scene *s = *state;
    char other[128];
    struct sb_audit_config config = scene_config(s);
    (void)scene_audit(s); /* a true one, and one with another last entry */
    forge_remove(&s->f, s->f.n - 1);
    scene_heads(s);
    snprintf(other, sizeof other, "%s/other", s->folder);
    forge_write(&s->f, s->w->broker, other);
    config.progress = swap_files;
    s->facts.size = 0;
    (void)scene_judge(s, &config);
    scene_failed(s, SB_AUDIT_FORM, SB_E_BUNDLE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(pipes),
        T(pipes_among_tiles),
        T(links),
        T(files_that_change_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
