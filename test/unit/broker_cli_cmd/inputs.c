/* Purpose: what is given to audits and is not what it should be; public keys for public
 * tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "broker/cli/families.h"
#include "keys/roots.h"
#include "said.h"
#include "test/unit/broker_audit/scene.h"

static const struct sb_cli_family *const families[] = {
    &sb_cli_audit, &sb_cli_journal, &sb_cli_directory, NULL};

static struct said s;

static const char *at(const struct scene *w, const char *name)
{
    return sb_arena_str(w->f.arena, "%s/%s", w->folder, name);
}

static void save(const struct scene *w, const char *name, struct sb_buf *content)
{
    assert_int_equal(sb_file_write(at(w, name), sb_buf_bytes(content), 0600, NULL), 0);
    sb_buf_free(content);
}

static void bundle(struct scene *w)
{
    forge_wipe(w->dir);
    forge_write(&w->f, w->w->broker, w->dir);
}

static int setup(void **state)
{
    struct scene *w = scene_new();
    struct sb_buf roots = {0};
    scene_fill(w);
    bundle(w);
    sb_roots_write(&w->w->anchor, &roots);
    save(w, "gazette.txt", &roots);
    assert_int_equal(sb_anchor_write(at(w, "anchor.json"), &w->w->anchor, NULL), 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

/* Runs the line with the scene's folder in place of each "~". */
static void go(const struct scene *w, const char *line)
{
    struct sb_buf whole = {0};
    for (; *line; line++) {
        if (*line == '~')
            sb_buf_str(&whole, w->folder);
        else
            sb_buf_byte(&whole, (uint8_t)*line);
    }
    sb_buf_byte(&whole, 0);
    said_run(&s, families, (const char *)whole.p, NULL);
    sb_buf_free(&whole);
}

static void put(const struct scene *w, const char *name, const char *text)
{
    struct sb_buf b = {0};
    sb_buf_str(&b, text);
    save(w, name, &b);
}

static void a_note_that_is_none_is_refused_by_name(void **state)
{
    struct scene *w = *state;
    static const char *const texts[] = {
        "", "\n", "\n\n", "sns/journal/1\n5\n", "{}", "sns/journal/1\nx\ny\n\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put(w, "own.note", texts[i]);
        go(w, "audit verify ~/bundle --roots ~/gazette.txt --since ~/own.note");
        assert_int_equal(s.status, 2);
        said_has(s.err, "own.note: this is no checkpoint");
    }
    go(w, "audit report ~/bundle --roots ~/gazette.txt --since ~/own.note -o ~/a.html");
    assert_int_equal(s.status, 2);
    said_has(s.err, "own.note: this is no checkpoint");
    go(w,
       "audit verify ~/bundle --roots ~/gazette.txt --since ~/bundle/checkpoint "
       "--quiet");
    assert_int_equal(s.status, 0);
}

static void what_has_no_end_is_not_read(void **state)
{
    struct scene *w = *state;
    static const char *const lines[] = {
        "audit verify ~/bundle --roots /dev/zero",
        "audit verify ~/bundle --roots ~",
        "audit verify ~/bundle --roots ~/gazette.txt --since /dev/zero",
        "audit verify ~/bundle --roots ~/gazette.txt --since ~",
        "audit check-inclusion /dev/zero",
        "audit check-consistency ~",
        "journal replay ~/bundle --anchor /dev/zero",
        "directory show /dev/zero --roots"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        go(w, lines[i]);
        assert_int_equal(s.status, 2);
        said_has(s.err, "name a file");
    }
}

static void words_name_the_file_and_the_member(void **state)
{
    struct scene *w = *state;
    go(w, "directory show ~/none.sbd --roots");
    assert_int_equal(s.status, 2);
    said_has(s.err, "none.sbd");
    put(w, "empty.json", "");
    go(w, "audit check-inclusion ~/empty.json");
    assert_int_equal(s.status, 2);
    said_has(s.err, "empty.json: this is not JSON");
    put(w, "empty.json", "{}");
    go(w, "audit check-inclusion ~/empty.json");
    said_has(s.err, "\"leafIdx\"");
    put(w, "empty.json", "[]");
    go(w, "audit check-consistency ~/empty.json");
    said_has(s.err, "this is not a JSON object");
}

static void a_refused_checkpoint_gives_no_range(void **state)
{
    struct scene *w = *state;
    char key[256];
    char line[512];
    struct sb_buf page = {0};
    struct sb_buf note = {0};
    put(w, "bundle/checkpoint", "junk");
    go(w, "audit verify ~/bundle --roots ~/gazette.txt");
    assert_int_not_equal(s.status, 0);
    assert_null(strstr(s.out, "Entries 0-0"));
    assert_null(strstr(s.out, "00000000000000000000"));
    said_has(s.out, "Entries: not known");
    go(w, "audit verify ~/bundle --roots ~/gazette.txt --json");
    said_has(s.out, "\"root\": null");
    said_has(s.out, "\"size\": null");
    bundle(w);
    assert_int_equal(sb_file_read(at(w, "bundle/checkpoint"), SB_MIB, &note, NULL), 0);
    note.p[note.n - 9] = note.p[note.n - 9] == 'A' ? 'B' : 'A'; /* of its signature */
    save(w, "bundle/checkpoint", &note);
    go(w, "audit report ~/bundle --roots ~/gazette.txt -o ~/a.html");
    assert_int_equal(sb_file_read(at(w, "a.html"), SB_MIB, &page, NULL), 0);
    sb_buf_byte(&page, 0);
    assert_null(strstr((const char *)page.p, "00000000000000000000"));
    sb_buf_free(&page);
    bundle(w);
    sb_note_vkey("sns/journal/1", w->w->anchor.roots[0].pk, key);
    (void)snprintf(
        line, sizeof line, "audit verify ~/bundle --tiles-only --vkey %s", key);
    go(w, line);
    assert_int_equal(s.status, 1);
    said_has(s.out, "Entries: not known");
}

static void a_replay_of_nothing_says_so_aside(void **state)
{
    struct scene *w = *state;
    go(w, "journal replay ~/bundle --type nope");
    assert_int_equal(s.status, 0);
    assert_string_equal(s.out, "");
    said_has(s.err, "No event");
    go(w, "journal replay ~/bundle --type nope --quiet");
    assert_string_equal(s.err, "");
    go(w, "journal replay ~/bundle");
    assert_string_equal(s.err, "");
}

static void public_tools_get_public_keys(void **state)
{
    struct scene *w = *state;
    struct sb_vault_key log;
    char key[256];
    char line[512];
    const char *show =
        "directory show ~/bundle/directories/2.sbd --anchor ~/anchor.json --vkeys";
    assert_true(sb_vault_newest(w->w->broker, SB_USE_LOG, &log));
    sb_note_vkey("sns/journal/1", log.pk, key);
    go(w, show);
    assert_int_equal(s.status, 0);
    assert_int_equal(strncmp(s.out, key, strlen(key)), 0);
    assert_int_equal(s.out[strlen(key)], '\n');
    (void)snprintf(line, sizeof line, "%s --json", show);
    go(w, line);
    said_has(s.out, "\"vkeys\": [");
    said_has(s.out, key);
    (void)snprintf(line, sizeof line, "%s --roots", show);
    go(w, line);
    assert_int_equal(s.status, 2);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(a_note_that_is_none_is_refused_by_name),
        EACH(what_has_no_end_is_not_read),
        EACH(words_name_the_file_and_the_member),
        EACH(a_refused_checkpoint_gives_no_range),
        EACH(a_replay_of_nothing_says_so_aside),
        EACH(public_tools_get_public_keys),
    };
    return cmocka_run_group_tests_name("broker.cli.inputs", tests, NULL, NULL);
}
