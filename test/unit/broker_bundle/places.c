/* broker.bundle.places: which names a bundle has, and bundle.json's one form. */
#include <stdio.h>
#include <unistd.h>

#include "broker/bundle/bundle_form.h"
#include "broker/bundle/folder.h"
#include "test/unit/broker_bundle/shelf.h"

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct {
    const char *path;
    uint64_t size;
    enum sb_bundle_place place;
} cases[] = {
    {"checkpoint", 0, SB_PLACE_NEEDED},
    {"bundle.json", 0, SB_PLACE_NEEDED},
    {"export.json", 0, SB_PLACE_STRANGER},
    {"Checkpoint", 0, SB_PLACE_STRANGER},
    {"checkpoint.new", 0, SB_PLACE_STRANGER},
    {"records/000", 256, SB_PLACE_NEEDED},
    {"records/000", 255, SB_PLACE_SPARE},
    {"records/000", 0, SB_PLACE_BEYOND},
    {"records/001", 256, SB_PLACE_BEYOND},
    {"texts/000.p/255", 255, SB_PLACE_NEEDED},
    {"texts/000.p/254", 255, SB_PLACE_SPARE},
    {"texts/000.p/255", 254, SB_PLACE_BEYOND},
    {"texts/000.p/255", 256, SB_PLACE_SPARE},
    {"texts/000.p/0", 256, SB_PLACE_STRANGER},
    {"texts/000.p/256", 256, SB_PLACE_STRANGER},
    {"texts/000.p/01", 256, SB_PLACE_STRANGER},
    {"texts/000.p/", 256, SB_PLACE_STRANGER},
    {"texts/000/", 256, SB_PLACE_STRANGER},
    {"texts/00", 256, SB_PLACE_STRANGER},
    {"texts/0000", 256, SB_PLACE_STRANGER},
    {"texts/x000/000", 256, SB_PLACE_STRANGER},
    {"texts/x001/000", 256000 + 256, SB_PLACE_NEEDED},
    {"texts/x001000", 256000 + 256, SB_PLACE_STRANGER},
    {"texts/x999/x999/x999/x999/x999/x999/x999/999", 9, SB_PLACE_STRANGER},
    {"tile/0/000", 256, SB_PLACE_NEEDED},
    {"tile/1/000.p/1", 256, SB_PLACE_NEEDED},
    {"tile/1/000.p/1", 255, SB_PLACE_BEYOND},
    {"tile/7/000.p/1", UINT64_MAX, SB_PLACE_SPARE},
    {"tile/7/000.p/255", UINT64_MAX, SB_PLACE_NEEDED},
    {"tile/8/000.p/255", UINT64_MAX, SB_PLACE_STRANGER},
    {"tile/-/000", 256, SB_PLACE_STRANGER},
    {"tile/entries/000", 256, SB_PLACE_NEEDED},
    {"tile/entries", 256, SB_PLACE_STRANGER},
    {"tile", 256, SB_PLACE_STRANGER},
    {"", 256, SB_PLACE_STRANGER},
    {"directories/1.sbd", 0, SB_PLACE_COPY},
    {"directories/18446744073709551615.sbd", 0, SB_PLACE_COPY},
    {"directories/18446744073709551616.sbd", 0, SB_PLACE_STRANGER},
    {"directories/01.sbd", 0, SB_PLACE_STRANGER},
    {"directories/1.sbc", 0, SB_PLACE_STRANGER},
    {"directories/.sbd", 0, SB_PLACE_STRANGER},
    {"catalogues/" HEX64 ".sbc", 0, SB_PLACE_COPY},
    {"catalogues/" HEX64 ".sbd", 0, SB_PLACE_STRANGER},
    {"catalogues/" HEX64 "0.sbc", 0, SB_PLACE_STRANGER},
    {"catalogues/A" HEX64, 0, SB_PLACE_STRANGER},
};

static void each_name_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (sb_bundle_place(cases[i].path, cases[i].size) != cases[i].place)
            fail_msg("%s in a tree of %llu",
                     cases[i].path,
                     (unsigned long long)cases[i].size);
}

static void bundle_json_has_one_form(void **state)
{
    char dir[SHELF_PATH];
    struct sb_bundle_about about = {
        .exchange = "sns", .generation = 2, .from = 7, .to = UINT64_MAX};
    struct sb_bundle_about got = {0};
    struct sb_buf text = {0};
    int fd = -1;
    (void)state;
    shelf_new(dir);
    assert_int_equal(sb_bundle_about_write(&about, &text, NULL), 0);
    shelf_write(dir, "bundle.json", sb_buf_bytes(&text));
    assert_int_equal(sb_folder_open(&fd, dir, NULL), 0);
    assert_int_equal(sb_bundle_about_read(fd, "bundle.json", &got, NULL), 0);
    assert_string_equal(got.exchange, "sns");
    assert_int_equal(got.generation, 2);
    assert_int_equal(got.from, 7);
    assert_true(got.to == UINT64_MAX);
    for (size_t at = 0; at < text.n; at++) {
        for (int bit = 0; bit < 8; bit++) {
            text.p[at] ^= (uint8_t)(1 << bit);
            shelf_write(dir, "bundle.json", sb_buf_bytes(&text));
            struct sb_bundle_about other = {0};
            int rc = sb_bundle_about_read(fd, "bundle.json", &other, NULL);
            assert_true(rc == 0 || rc == SB_E_BUNDLE);
            if (rc == 0)
                assert_memory_not_equal(&other, &got, sizeof got);
            text.p[at] ^= (uint8_t)(1 << bit);
        }
        shelf_write(dir, "bundle.json", sb_bytes(text.p, at));
        assert_int_equal(sb_bundle_about_read(fd, "bundle.json", &got, NULL),
                         SB_E_BUNDLE);
    }
    close(fd);
    sb_buf_free(&text);
    shelf_remove(dir);
}

struct found {
    size_t n;
    char last[SHELF_PATH];
};

static int keep(void *ctx, const char *path)
{
    struct found *f = ctx;
    f->n++;
    snprintf(f->last, sizeof f->last, "%s", path);
    return 0;
}

static struct found strangers(const char *dir)
{
    struct found f = {0};
    struct sb_bundle *b = NULL;
    assert_int_equal(sb_bundle_open(&b, dir, NULL), 0);
    assert_int_equal(sb_bundle_strangers(b, keep, &f, NULL), 0);
    sb_bundle_close(b);
    return f;
}

static void strangers_are_told(void **state)
{
    static const char *const names[] = {
        "readme.txt", "records/001", "tile/0/000.p/200", "export.json", "a/b/c"};
    struct book *b = book_new();
    char dir[SHELF_PATH];
    char path[SHELF_PATH];
    (void)state;
    book_open(b);
    shelf_grow(b, 60);
    shelf_new(dir);
    shelf_export(b, dir);
    assert_int_equal(strangers(dir).n, 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        shelf_write(dir, names[i], sb_bytes_str("x"));
        struct found f = strangers(dir);
        assert_int_equal(f.n, 1);
        assert_string_equal(f.last, names[i]);
        shelf_path(path, dir, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    shelf_write(dir, "records/000.p/20", sb_bytes_str("old"));
    shelf_write(dir, "records/000", sb_bytes_str("whole"));
    assert_int_equal(strangers(dir).n, 0);
    shelf_path(path, dir, "records/000.p/60");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_string_equal(strangers(dir).last, "records/000.p/60");
    shelf_remove(dir);
    book_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_has_its_place),
        cmocka_unit_test(bundle_json_has_one_form),
        cmocka_unit_test(strangers_are_told),
    };
    return cmocka_run_group_tests_name("broker.bundle.places", tests, NULL, NULL);
}
