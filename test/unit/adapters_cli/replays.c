/* Purpose: a bundle, a sink and a database for replays. */
#include "test/unit/adapters_cli/replays.h"

#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#include "adapters/cli/journal.h"
#include "adapters/cli/local.h"
#include "adapters/sqlite/sqlite.h"

static const char sink[] =
    "sink: 1\ntype: comun.alerta\ntarget: {driver: sqlite, file: copy.db}\n"
    "alta: [\"INSERT INTO aviso(id, nivel, texto, seq)"
    " VALUES (:id_local, :nivel, :texto, :seq)\"]\n"
    "correccion: [\"UPDATE aviso SET nivel = :nivel WHERE id = :id_local\"]\n"
    "anulacion: [\"DELETE FROM aviso WHERE id = :id_local\"]\n";

const char *replays_at(const struct replays *r, const char *name)
{
    return sb_arena_str(r->w->f.arena, "%s/%s", r->w->folder, name);
}

static void write_bytes(const char *path, struct sb_bytes content)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(content.p, 1, content.n, f), content.n);
    assert_int_equal(fclose(f), 0);
}

void replays_write(const struct replays *r, const char *name, const char *text)
{
    write_bytes(replays_at(r, name), sb_bytes_str(text));
}

static void write_catalogue(struct replays *r)
{
    struct sb_record record;
    struct sb_manifest m;
    assert_int_equal(sb_record_read(r->w->catalogue, &record, NULL), 0);
    assert_int_equal(sb_catalogue_read(record.body, r->w->f.arena, &m, NULL), 0);
    assert_int_equal(mkdir(replays_at(r, "cat"), 0700), 0);
    assert_int_equal(mkdir(replays_at(r, "cat/comun"), 0700), 0);
    for (size_t i = 0; i < m.n_files; i++) {
        const char *path = sb_arena_str(
            r->w->f.arena, "%s/cat/%.*s", r->w->folder, SB_FMT(m.files[i].path));
        write_bytes(path, m.files[i].content);
    }
}

void replays_bundle(struct replays *r)
{
    forge_wipe(r->w->dir);
    forge_write(&r->w->f, r->w->w->broker, r->w->dir);
}

int replays_setup(void **state)
{
    struct replays *r = calloc(1, sizeof *r);
    struct sb_bytes none = {NULL, 0};
    assert_non_null(r);
    r->w = scene_new();
    scene_fill(r->w);
    replays_bundle(r);
    write_catalogue(r);
    replays_write(r, "sink.yaml", sink);
    replays_sql(
        r,
        "copy.db",
        "CREATE TABLE aviso(id TEXT PRIMARY KEY, nivel TEXT, texto TEXT, seq INTEGER)");
    assert_int_equal(
        sb_anchor_write(replays_at(r, "anchor.json"), &r->w->w->anchor, NULL), 0);
    assert_int_equal(
        sb_vault_save(
            r->w->w->members[IGM].vault, replays_at(r, "igm.vault"), none, true, NULL),
        0);
    *state = r;
    return 0;
}

int replays_teardown(void **state)
{
    struct replays *r = *state;
    scene_free(r->w);
    free(r);
    return 0;
}

static sqlite3 *open_db(const struct replays *r, const char *name)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(replays_at(r, name), &db), SQLITE_OK);
    return db;
}

void replays_sql(const struct replays *r, const char *name, const char *sql)
{
    sqlite3 *db = open_db(r, name);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

int replays_ask(const struct replays *r, const char *name, const char *sql)
{
    sqlite3 *db = open_db(r, name);
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int n = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}

void replays_go(struct replays *r, const char *options)
{
    static const struct sb_driver *const drivers[] = {&sb_sqlite_driver, NULL};
    struct sb_local_ctx ctx = {.drivers = drivers};
    struct sb_journal_family journal;
    const struct sb_cli_family *const families[] = {sb_journal_family(&journal), NULL};
    struct sb_buf line = {0};
    sb_buf_printf(&line,
                  "journal replay %s --vault %s/igm.vault --catalogue %s/cat --json ",
                  r->w->dir,
                  r->w->folder,
                  r->w->folder);
    for (; *options; options++) {
        if (*options == '~')
            sb_buf_str(&line, r->w->folder);
        else
            sb_buf_byte(&line, (uint8_t)*options);
    }
    sb_buf_byte(&line, 0);
    assert_int_equal(sb_buf_check(&line, NULL), 0);
    said_run_with(&r->said, families, &ctx, (const char *)line.p, NULL);
    sb_buf_free(&line);
}

void replays_into(struct replays *r, const char *options)
{
    char line[512];
    (void)snprintf(
        line, sizeof line, "--into ~/copy.db --sink ~/sink.yaml %s", options);
    replays_go(r, line);
}

void replays_said(const struct replays *r, int status, const char *part)
{
    if (r->said.status != status)
        fail_msg(
            "exit %d, not %d: %s%s", r->said.status, status, r->said.out, r->said.err);
    said_has(r->said.out, part);
}

void replays_is_silent(const struct replays *r)
{
    static const char *const values[] = {"Lluvia", "roja", "verde", "azul", "id-"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strstr(r->said.out, values[i]) || strstr(r->said.err, values[i]))
            fail_msg("\"%s\" was told: %s%s", values[i], r->said.out, r->said.err);
}
