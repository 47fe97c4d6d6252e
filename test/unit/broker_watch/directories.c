/* broker.watch.directories: what a witness holds survives, and is checked again. */
#include "broker/watch/directories.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test/unit/keys/fixture.h"

struct held {
    struct world *w;
    char folder[64];
    char path[128];
};

static int set_up(void **state)
{
    struct held *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->w = world_new();
    strcpy(h->folder, "/tmp/sacbe-held-XXXXXX");
    assert_non_null(mkdtemp(h->folder));
    for (int i = 0; i < 4; i++) {
        world_publish(h->w);
        if (i > 0) /* the first that it was given is 2 */
            assert_int_equal(sb_directories_keep(h->folder, h->w->trust, NULL), 0);
    }
    *state = h;
    return 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static int tear_down(void **state)
{
    struct held *h = *state;
    assert_int_equal(nftw(h->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    world_free(h->w);
    free(h);
    return 0;
}

static const char *file(struct held *h, int version)
{
    snprintf(h->path, sizeof h->path, "%s/directory-%d.sbd", h->folder, version);
    return h->path;
}

/* The newest version of a fresh trust that is loaded; 0: none. Or the error. */
static int load(struct held *h, uint64_t *newest, struct sb_err *err)
{
    struct sb_trust *t = NULL;
    assert_int_equal(sb_trust_new(&t, &h->w->anchor, NULL), 0);
    int rc = sb_directories_load(h->folder, t, err);
    const struct sb_dir *d = sb_trust_newest(t);
    *newest = d ? sb_dir_body(d)->version : 0;
    sb_trust_free(t);
    return rc;
}

static void all_come_back_in_order(void **state)
{
    struct held *h = *state;
    uint64_t newest;
    assert_int_equal(load(h, &newest, NULL), 0);
    assert_int_equal(newest, 4);
    assert_int_equal(access(file(h, 1), F_OK), -1);
}

static void what_follows_a_gap_is_asked_for_again(void **state)
{
    struct held *h = *state;
    uint64_t newest;
    assert_int_equal(unlink(file(h, 3)), 0);
    assert_int_equal(load(h, &newest, NULL), 0);
    assert_int_equal(newest, 2);
}

static void other_names_are_passed_over(void **state)
{
    static const char *const names[] = {
        "directory-01.sbd", "directory-.sbd", "directory-1.sbd.x", "directory-0.sbd"};
    struct held *h = *state;
    uint64_t newest;
    for (size_t i = 0; i < 4; i++) {
        snprintf(h->path, sizeof h->path, "%s/%s", h->folder, names[i]);
        assert_int_equal(sb_file_write(h->path, sb_bytes_str("x"), 0600, NULL), 0);
    }
    assert_int_equal(load(h, &newest, NULL), 0);
    assert_int_equal(newest, 4);
}

static void a_damaged_file_is_named(void **state)
{
    struct held *h = *state;
    struct sb_buf record = {0};
    struct sb_err err = {0};
    uint64_t newest;
    assert_int_equal(sb_file_read(file(h, 3), SB_RECORD_MAX, &record, NULL), 0);
    record.p[record.n / 2] ^= 1;
    assert_int_equal(sb_file_write(h->path, sb_buf_bytes(&record), 0600, NULL), 0);
    assert_true(load(h, &newest, &err) < 0);
    assert_non_null(strstr(err.text, file(h, 3)));
    sb_buf_free(&record);
}

static void an_empty_folder_holds_nothing(void **state)
{
    struct held *h = *state;
    uint64_t newest;
    for (int version = 2; version <= 4; version++)
        assert_int_equal(unlink(file(h, version)), 0);
    assert_int_equal(load(h, &newest, NULL), 0);
    assert_int_equal(newest, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(all_come_back_in_order),
        CASE(what_follows_a_gap_is_asked_for_again),
        CASE(other_names_are_passed_over),
        CASE(a_damaged_file_is_named),
        CASE(an_empty_folder_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
