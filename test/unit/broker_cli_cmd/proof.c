/* Purpose: proof files on the command line: verified, attributed, reported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "broker/bundle/proof_file.h"
#include "broker/cli/cmd_file.h"
#include "broker/cli/families.h"
#include "broker/core/payload.h"
#include "daemon.h"
#include "keys/roots.h"
#include "said.h"
#include "test/unit/broker_audit/scene.h"

static const struct sb_cli_family *const families[] = {
    &sb_cli_audit, &sb_cli_event, NULL};

static struct said s;

static int
node(void *ctx, unsigned level, uint64_t pos, uint8_t out[SB_HASH], struct sb_err *err)
{
    struct sb_tree t = {.size = 0};
    (void)err;
    for (uint64_t i = pos << level; i < (pos + 1) << level; i++) {
        uint8_t hash[SB_HASH];
        struct sb_buf leaf = {0};
        forge_leaf(ctx, i, &leaf);
        sb_tree_leaf(hash, sb_buf_bytes(&leaf));
        sb_tree_append(&t, hash);
        sb_buf_free(&leaf);
    }
    sb_tree_root(&t, out);
    return 0;
}

static struct sb_proof_place place(struct scene *w, size_t at)
{
    struct sb_path *path = sb_arena_alloc(w->f.arena, 1, sizeof *path);
    struct sb_buf leaf = {0};
    assert_non_null(path);
    forge_leaf(&w->f, at, &leaf);
    assert_int_equal(sb_proof_inclusion(at, w->f.n, node, &w->f, path, NULL), 0);
    struct sb_bytes kept = forge_keep(&w->f, sb_buf_bytes(&leaf));
    sb_buf_free(&leaf);
    return (struct sb_proof_place){
        .leaf = kept, .index = at, .path = sb_path_nodes(path), .n_path = path->n};
}

/* pnc takes event 4 back. */
static struct sb_bytes withdrawal(struct scene *w)
{
    size_t kept = w->f.n;
    scene_withdraw(w, 4, 4);
    struct sb_bytes record = w->f.entries[kept].record;
    w->f.n = kept;
    return record;
}

/* Event 4, which is alone in its batch. */
static void prove(struct scene *w, const char *path, bool withdrawn)
{
    struct sb_bytes *items = NULL;
    struct sb_bytes directories[4];
    size_t n = 0;
    struct sb_buf note = {0};
    struct sb_buf bytes = {0};
    struct sb_bytes gone = withdrawn ? withdrawal(w) : sb_bytes(NULL, 0);
    const struct forge_entry *batch = &w->f.entries[BATCH2_AT];
    assert_int_equal(sb_items_read(batch->items, w->f.arena, &items, &n, NULL), 0);
    assert_int_equal(n, 1);
    forge_note(&w->f, w->f.n, w->w->broker, &note);
    struct sb_proof_file f = {.stream = sb_bytes_str(STREAM),
                              .seq = 4,
                              .item = items[0],
                              .batch = batch->record,
                              .place = place(w, BATCH2_AT),
                              .epoch = w->f.entries[EPOCH_AT].record,
                              .epoch_place = place(w, EPOCH_AT),
                              .note = sb_buf_bytes(&note),
                              .directories = directories,
                              .withdrawals = &gone,
                              .n_withdrawals = withdrawn};
    for (size_t i = 0; i < w->f.n; i++)
        if (w->f.entries[i].leaf.kind == SB_KIND_DIRECTORY)
            directories[f.n_directories++] = w->f.entries[i].record;
    sb_proof_file_write(&f, &bytes);
    assert_int_equal(sb_file_write(path, sb_buf_bytes(&bytes), 0600, NULL), 0);
    sb_buf_free(&bytes);
    sb_buf_free(&note);
}

static int setup(void **state)
{
    struct scene *w = scene_new();
    struct sb_buf roots = {0};
    char path[128];
    scene_fill(w);
    snprintf(path, sizeof path, "%s/event.sbp", w->folder);
    prove(w, path, false);
    snprintf(path, sizeof path, "%s/gazette.txt", w->folder);
    sb_roots_write(&w->w->anchor, &roots);
    assert_int_equal(sb_file_write(path, sb_buf_bytes(&roots), 0600, NULL), 0);
    sb_buf_free(&roots);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    scene_free(*state);
    return 0;
}

static void go(const struct scene *w, const char *verb, const char *options)
{
    char line[512];
    snprintf(line,
             sizeof line,
             "audit %s %s/event.sbp --roots %s/gazette.txt %s",
             verb,
             w->folder,
             w->folder,
             options);
    said_run(&s, families, line, NULL);
}

static void a_proof_is_verified(void **state)
{
    struct scene *w = *state;
    go(w, "verify", "");
    said_has(s.out, "proof of one event");
    said_has(s.out, "that the stream has no other events");
    if (s.status != 0)
        fail_msg("%s", s.out);
    go(w, "verify", "--json");
    said_has(s.out, "\"kind\": \"proof\"");
    assert_null(strstr(s.out, "\"disclosed\""));
}

static void a_changed_proof_fails(void **state)
{
    struct scene *w = *state;
    char path[128];
    struct sb_buf bytes = {0};
    snprintf(path, sizeof path, "%s/event.sbp", w->folder);
    assert_int_equal(sb_file_read(path, SB_MIB, &bytes, NULL), 0);
    bytes.p[bytes.n / 2] ^= 1;
    assert_int_equal(sb_file_write(path, sb_buf_bytes(&bytes), 0600, NULL), 0);
    sb_buf_free(&bytes);
    go(w, "verify", "");
    assert_int_not_equal(s.status, 0);
    go(w, "attribute", "");
    assert_int_not_equal(s.status, 0);
}

static void an_event_is_attributed(void **state)
{
    struct scene *w = *state;
    go(w, "attribute", "");
    assert_int_equal(s.status, 0);
    said_has(s.out, "Valid at that index");
    said_has(s.out, "signed this event");
    go(w, "attribute", "--json");
    said_has(s.out, "\"institution\": \"pnc\"");
    said_has(s.out, "\"seq\": 4");
    said_has(s.out, "\"valid\": true");
    said_has(s.out, "\"revoked_version\": null");
    said_has(s.out, "\"enrolled_version\": 1");
    go(w, "attribute", "--lang es");
    said_has(s.out, "Firmado por");
}

static void a_withdrawn_event_keeps_its_signature(void **state)
{
    struct scene *w = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/event.sbp", w->folder);
    prove(w, path, true);
    go(w, "attribute", "");
    assert_int_equal(s.status, 3);
    said_has(s.out, "signed this event. Not decided: the event was withdrawn");
    assert_null(strstr(s.out, "It is not shown"));
    go(w, "attribute", "--lang es");
    said_has(s.out, "el evento fue retirado");
}

static void other_roots_show_nothing_of_the_signer(void **state)
{
    struct scene *w = *state;
    char path[128];
    struct sb_buf roots = {0};
    struct sb_anchor other = w->w->anchor;
    other.nonce[0] ^= 1; /* of another exchange */
    snprintf(path, sizeof path, "%s/gazette.txt", w->folder);
    sb_roots_write(&other, &roots);
    assert_int_equal(sb_file_write(path, sb_buf_bytes(&roots), 0600, NULL), 0);
    sb_buf_free(&roots);
    go(w, "attribute", "");
    assert_int_equal(s.status, 1);
    said_has(s.out, "It is not shown");
}

/* Mode of the file that `event prove` wrote, asked of an adapter that has the proof. */
static unsigned
mode_written(const struct scene *w, struct sb_bytes json, const char *how)
{
    char path[128];
    char line[512];
    struct stat st = {0};
    const struct daemon_answer answers[] = {{"event-prove", (const char *)json.p, 0},
                                            {NULL, NULL, 0}};
    struct daemon *d = daemon_start(answers);
    snprintf(path, sizeof path, "%s/anchor.json", daemon_folder(d));
    assert_int_equal(sb_anchor_write(path, &w->w->anchor, NULL), 0);
    snprintf(path, sizeof path, "%s/got.sbp", daemon_folder(d));
    snprintf(line,
             sizeof line,
             "event prove " STREAM "@4 -o %s -c %s %s",
             path,
             daemon_config(d),
             how);
    said_run(&s, families, line, NULL);
    if (s.status != 0 || stat(path, &st) != 0)
        fail_msg("%s%s", s.out, s.err);
    daemon_stop(d);
    return st.st_mode & 0777;
}

static void what_is_disclosed_is_written_for_its_owner(void **state)
{
    struct scene *w = *state;
    char path[128];
    struct sb_buf bytes = {0};
    struct sb_buf json = {0};
    snprintf(path, sizeof path, "%s/event.sbp", w->folder);
    assert_int_equal(sb_file_read(path, SB_MIB, &bytes, NULL), 0);
    sb_buf_str(&json, "{\"file\":\"");
    sb_cmd_base64(sb_buf_bytes(&bytes), &json);
    sb_buf_str(&json, "\"}");
    sb_buf_byte(&json, 0);
    assert_int_equal(mode_written(w, sb_buf_bytes(&json), ""), 0644);
    assert_int_equal(
        mode_written(w, sb_buf_bytes(&json), "--disclose interna --order 7-2026"),
        0600);
    sb_buf_free(&json);
    sb_buf_free(&bytes);
}

static void a_proof_has_a_report_and_no_deliveries(void **state)
{
    struct scene *w = *state;
    char options[128];
    struct sb_buf page = {0};
    snprintf(options, sizeof options, "-o %s/a.html", w->folder);
    go(w, "report", options);
    assert_int_equal(s.status, 0);
    snprintf(options, sizeof options, "%s/a.html", w->folder);
    assert_int_equal(sb_file_read(options, SB_MIB, &page, NULL), 0);
    sb_buf_byte(&page, 0);
    said_has((const char *)page.p, "<html lang=\"en\">");
    assert_null(strstr((const char *)page.p, "LEGAL BASIS"));
    sb_buf_free(&page);
    go(w, "deliveries", "");
    assert_int_equal(s.status, 2);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(a_proof_is_verified),
        EACH(a_changed_proof_fails),
        EACH(an_event_is_attributed),
        EACH(a_withdrawn_event_keeps_its_signature),
        EACH(other_roots_show_nothing_of_the_signer),
        EACH(what_is_disclosed_is_written_for_its_owner),
        EACH(a_proof_has_a_report_and_no_deliveries),
    };
    return cmocka_run_group_tests_name("broker.cli.proof", tests, NULL, NULL);
}
