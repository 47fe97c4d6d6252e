/* Purpose: bundles on the command line: verified, reported, replayed; roots published,
 * policies and generations drafted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/cli/cmd_replay.h"
#include "broker/cli/families.h"
#include "keys/roots.h"
#include "said.h"
#include "test/unit/broker_audit/scene.h"

static const struct sb_cli_family *const families[] = {
    &sb_cli_audit, &sb_cli_journal, &sb_cli_directory, NULL};

static struct said s;
static struct said again;

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
    struct sb_bytes none = {NULL, 0};
    scene_fill(w);
    bundle(w);
    sb_roots_write(&w->w->anchor, &roots);
    save(w, "gazette.txt", &roots);
    assert_int_equal(sb_anchor_write(at(w, "anchor.json"), &w->w->anchor, NULL), 0);
    assert_int_equal(
        sb_vault_save(w->w->members[IGM].vault, at(w, "igm.vault"), none, true, NULL),
        0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

/* Runs the line with the scene's folder in place of each "~". */
static void go(struct said *to, const struct scene *w, const char *line)
{
    struct sb_buf whole = {0};
    for (; *line; line++) {
        if (*line == '~')
            sb_buf_str(&whole, w->folder);
        else
            sb_buf_byte(&whole, (uint8_t)*line);
    }
    sb_buf_byte(&whole, 0);
    said_run(to, families, (const char *)whole.p, NULL);
    sb_buf_free(&whole);
}

static void a_whole_bundle_passes(void **state)
{
    struct scene *w = *state;
    go(&s, w, "audit verify ~/bundle --roots ~/gazette.txt");
    said_has(s.out, "bundle of a journal");
    said_has(s.out, "gazette.txt (2 of 3)    Entries 0-12");
    said_has(s.out, "4 batches, 10 events, 0 gaps");
    said_has(s.out, "RESULT: PASSED. Not proven: truth at source");
    assert_int_equal(s.status, 0);
    go(&s, w, "audit verify ~/bundle --roots ~/gazette.txt --json --lang es");
    said_has(s.out, "\"kind\": \"bundle\"");
    said_has(s.out, "\"part\": \"tree\"");
    said_has(s.out, "\"verdict\": \"passed\"");
}

static void without_roots_nothing_is_proven(void **state)
{
    struct scene *w = *state;
    go(&s, w, "audit verify ~/bundle");
    assert_int_equal(s.status, 3);
    said_has(s.out, "SB-623");
    said_has(s.out, "RESULT: INDETERMINATE");
    go(&s, w, "audit verify ~/bundle --save ~/seen.note");
    said_has(s.out, "was not kept");
    assert_int_not_equal(access(at(w, "seen.note"), F_OK), 0);
}

static void a_kept_checkpoint_binds_the_next_audit(void **state)
{
    struct scene *w = *state;
    go(&s, w, "audit verify ~/bundle --roots ~/gazette.txt --save ~/seen.note --quiet");
    assert_int_equal(s.status, 0);
    scene_batch(w, 2);
    bundle(w);
    go(&s, w, "audit verify ~/bundle --roots ~/gazette.txt --since ~/seen.note");
    assert_int_equal(s.status, 0);
    said_has(s.out, "against your own checkpoint");
    w->f.entries[HEADS_AT].leaf.stored_ms++; /* another history */
    bundle(w);
    go(&s, w, "audit verify ~/bundle --roots ~/gazette.txt --since ~/seen.note");
    assert_int_equal(s.status, 1);
    said_has(s.out, "FAILED");
}

static void an_absence_is_a_finding_with_its_place(void **state)
{
    struct scene *w = *state;
    scene_drop_texts(w, BATCH_AT, 0);
    bundle(w);
    go(&s, w, "audit verify ~/bundle --roots ~/gazette.txt");
    assert_int_equal(s.status, 1);
    said_has(s.out, "SB-616 index 5");
    go(&s, w, "audit verify ~/bundle --roots ~/gazette.txt --json");
    said_has(s.out, "\"code\": \"SB-616\"");
    said_has(s.out, "\"index\": 5");
    said_has(s.out, "\"part\": \"texts\"");
}

static void what_cannot_be_audited_says_what_to_do(void **state)
{
    struct scene *w = *state;
    go(&s, w, "audit verify ~/gazette.txt");
    assert_int_equal(s.status, 2);
    go(&s, w, "audit verify ~/bundle --tiles-only");
    assert_int_equal(s.status, 2);
    said_has(s.err, "go together");
    go(&s, w, "audit attribute ~/bundle --roots ~/gazette.txt");
    assert_int_equal(s.status, 2);
    said_has(s.err, "event prove");
    go(&s, w, "audit verify ~/bundle --roots ~/bundle/checkpoint");
    assert_int_equal(s.status, 2);
    said_has(s.err, "SB-623");
}

static void tiles_alone_are_verified_with_a_key(void **state)
{
    struct scene *w = *state;
    struct sb_vault_key log;
    char key[256];
    char line[1024];
    assert_true(sb_vault_newest(w->w->broker, SB_USE_LOG, &log));
    sb_note_vkey("sns/journal/1", log.pk, key);
    snprintf(line,
             sizeof line,
             "audit verify %s/bundle --tiles-only --vkey %s",
             w->folder,
             key);
    said_run(&s, families, line, NULL);
    assert_int_equal(s.status, 0);
    said_has(s.out, "tiles of a log");
}

static void deliveries_have_their_legal_basis(void **state)
{
    struct scene *w = *state;
    go(&s, w, "audit deliveries ~/bundle --roots ~/gazette.txt --reader igm --json");
    assert_int_equal(s.status, 0);
    said_has(s.out, "\"reader\": \"igm\"");
    said_has(s.out, "\"sent\": 10");
    said_has(s.out, "\"basis\"");
    go(&s, w, "audit deliveries ~/bundle --roots ~/gazette.txt --reader dgac --json");
    assert_null(strstr(s.out, "\"reader\""));
}

static void a_report_is_the_same_twice_and_fetches_nothing(void **state)
{
    struct scene *w = *state;
    struct sb_buf first = {0};
    struct sb_buf second = {0};
    go(&s, w, "audit report ~/bundle --roots ~/gazette.txt -o ~/a.html --lang es");
    assert_int_equal(s.status, 0);
    go(&s, w, "audit report ~/bundle --roots ~/gazette.txt -o ~/b.html --lang es");
    assert_int_equal(sb_file_read(at(w, "a.html"), SB_MIB, &first, NULL), 0);
    assert_int_equal(sb_file_read(at(w, "b.html"), SB_MIB, &second, NULL), 0);
    assert_true(sb_bytes_eq(sb_buf_bytes(&first), sb_buf_bytes(&second)));
    sb_buf_byte(&first, 0);
    said_has((const char *)first.p, "<html lang=\"es\">");
    said_has((const char *)first.p, "SHA-256 del programa");
    said_has((const char *)first.p, STREAM);
    assert_null(strstr((const char *)first.p, "http"));
    sb_buf_free(&first);
    sb_buf_free(&second);
}

static size_t lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void replay_gives_the_same_lines_of_a_bundle(void **state)
{
    struct scene *w = *state;
    const char *line = "journal replay ~/bundle --vault ~/igm.vault";
    go(&s, w, line);
    assert_int_equal(s.status, 0);
    assert_int_equal(lines(s.out), 10);
    said_has(s.out, "\"id\":\"" STREAM "@1\"");
    said_has(s.out, "\"texto\":\"Lluvia\"");
    said_has(s.out, "\"dataschema\":\"");
    go(&again, w, line);
    assert_string_equal(s.out, again.out);
    go(&s, w, "journal replay ~/bundle/ --anchor ~/gazette.txt");
    assert_int_equal(lines(s.out), 10);
    assert_null(strstr(s.out, "\"data\""));
}

static void replay_filters(void **state)
{
    struct scene *w = *state;
    static const struct {
        const char *options;
        size_t n;
    } rows[] = {{"--from 6", 7},
                {"--from 6 --to 10", 1},
                {"--to 10", 4},
                {"--stream " STREAM, 10},
                {"--stream pnc/other.type", 0},
                {"--type comun.alerta --institution pnc", 10},
                {"--institution igm", 0},
                {"--first 3 --last 5", 3},
                {"--first 11", 0},
                {"--since-time 2050-01-01", 0},
                {"--until-time 2050-01-01", 10},
                {"--until-time 2001-01-01", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[512];
        snprintf(line,
                 sizeof line,
                 "journal replay %s/bundle %s",
                 w->folder,
                 rows[i].options);
        said_run(&s, families, line, NULL);
        assert_int_equal(s.status, 0);
        if (lines(s.out) != rows[i].n)
            fail_msg("%s: %zu lines", rows[i].options, lines(s.out));
    }
    go(&s, w, "journal replay ~/bundle --since-time 30d");
    assert_int_equal(s.status, 2);
}

static int count(void *ctx, const struct sb_replay_event *e, struct sb_err *err)
{
    unsigned *seen = ctx;
    (void)err;
    assert_int_equal(e->seq, *seen + 1);
    ++*seen;
    return e->seq == 6 ? 1 : 0;
}

static void replay_is_called_by_others(void **state)
{
    struct scene *w = *state;
    unsigned seen = 0;
    struct sb_err err = {0};
    const struct sb_replay_config config = {.path = w->dir,
                                            .roots = &w->w->anchor,
                                            .vault = w->w->members[IGM].vault,
                                            .to = UINT64_MAX,
                                            .last_seq = UINT64_MAX,
                                            .until_ms = UINT64_MAX,
                                            .fn = count,
                                            .ctx = &seen};
    assert_int_equal(sb_replay(&config, &err), 0);
    assert_int_equal(seen, 6);
}

static void a_withdrawn_event_is_replayed_without_data(void **state)
{
    struct scene *w = *state;
    scene_withdraw(w, 2, 2);
    scene_drop_texts(w, BATCH_AT, 2);
    bundle(w);
    go(&s, w, "journal replay ~/bundle --vault ~/igm.vault --to 6");
    assert_int_equal(s.status, 0);
    assert_int_equal(lines(s.out), 3);
    const char *second = strstr(s.out, "@2\"");
    assert_non_null(second);
    const char *data = strstr(second, "\"data\"");
    assert_true(data == NULL || data > strstr(second, "@3\""));
}

static void roots_are_printed_for_publication(void **state)
{
    struct scene *w = *state;
    struct sb_buf gazette = {0};
    go(&s, w, "directory show ~/anchor.json --roots");
    assert_int_equal(s.status, 0);
    assert_int_equal(sb_file_read(at(w, "gazette.txt"), SB_MIB, &gazette, NULL), 0);
    assert_int_equal(strlen(s.out), gazette.n);
    assert_memory_equal(s.out, gazette.p, gazette.n);
    go(&s,
       w,
       "directory show ~/bundle/directories/2.sbd --roots --anchor ~/anchor.json");
    said_has(s.out, "sacbe roots 1\nexchange sns\n");
    said_has(s.out, "threshold 2\nroot ");
    go(&s, w, "directory show ~/anchor.json --roots --json");
    said_has(s.out, "\"threshold\": 2");
    sb_buf_free(&gazette);
}

#define SIGNED "--directory ~/bundle/directories/2.sbd --anchor ~/anchor.json"

static void a_policy_is_drafted(void **state)
{
    struct scene *w = *state;
    go(&s, w, "directory policy " SIGNED " --retention 1825d -o ~/draft.sbd --json");
    assert_int_equal(s.status, 0);
    said_has(s.out, "\"version\": 3");
    said_has(s.out, "\"retention_ms\": 157680000000");
    go(&s,
       w,
       "directory diff ~/bundle/directories/2.sbd ~/draft.sbd --anchor ~/anchor.json");
    assert_int_equal(s.status, 1);
    said_has(s.out, "0d -> 1825d");
    go(&s, w, "directory policy " SIGNED " --quorum 9 -o ~/draft.sbd");
    assert_int_equal(s.status, 1);
    said_has(s.err, "SB-614");
    go(&s, w, "directory policy " SIGNED " --keep 0 -o ~/draft.sbd");
    assert_int_equal(s.status, 2);
    go(&s, w, "directory policy " SIGNED " --quorum most -o ~/draft.sbd");
    assert_int_equal(s.status, 2);
    go(&s, w, "directory policy " SIGNED " -o ~/draft.sbd");
    assert_int_equal(s.status, 2);
}

static void a_generation_follows_its_own_journal(void **state)
{
    struct scene *w = *state;
    go(&s,
       w,
       "directory generation " SIGNED " --note ~/bundle/checkpoint -o ~/next.sbd");
    assert_int_equal(s.status, 0);
    said_has(s.out, "lost journal");
    go(&s,
       w,
       "directory generation --directory ~/next.sbd --note ~/bundle/checkpoint -o "
       "~/after.sbd");
    assert_int_equal(s.status, 1);
    said_has(s.err, "SB-608");
    assert_int_not_equal(access(at(w, "after.sbd"), F_OK), 0);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(a_whole_bundle_passes),
        EACH(without_roots_nothing_is_proven),
        EACH(a_kept_checkpoint_binds_the_next_audit),
        EACH(an_absence_is_a_finding_with_its_place),
        EACH(what_cannot_be_audited_says_what_to_do),
        EACH(tiles_alone_are_verified_with_a_key),
        EACH(deliveries_have_their_legal_basis),
        EACH(a_report_is_the_same_twice_and_fetches_nothing),
        EACH(replay_gives_the_same_lines_of_a_bundle),
        EACH(replay_filters),
        EACH(replay_is_called_by_others),
        EACH(a_withdrawn_event_is_replayed_without_data),
        EACH(roots_are_printed_for_publication),
        EACH(a_policy_is_drafted),
        EACH(a_generation_follows_its_own_journal),
    };
    return cmocka_run_group_tests_name("broker.cli.evidence", tests, NULL, NULL);
}
