/* Purpose: the engine's side of a CSV source, without an engine: the catalogue is
 * asked, an "outbox" holds the token. Not a test itself. */
#include "test/unit/adapters_csv/drop.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void must(int rc, const struct sb_err *err)
{
    if (rc < 0)
        print_error("%s\n", err->text);
    assert_true(rc >= 0);
}

/* The mapping with its folder in place of the example's own. */
static void write_mapping(struct drop *d, const char *example)
{
    struct sb_buf text = {0};
    struct sb_buf out = {0};
    struct sb_err err = {0};
    char path[512];
    if (strncmp(example, "mapping:", 8) == 0) {
        sb_buf_str(&text, example);
    } else {
        snprintf(path, sizeof path, "%s/%s", SB_TEST_EXAMPLES, example);
        must(sb_file_read(path, 1 << 20, &text, &err), &err);
    }
    sb_buf_byte(&text, '\0');
    for (char *line = (char *)text.p, *next = NULL; line && *line; line = next) {
        next = strchr(line, '\n');
        next = next ? next + 1 : line + strlen(line);
        if (strncmp(line, "  folder:", 9) == 0)
            sb_buf_printf(&out, "  folder: %s/in\n", d->root);
        else
            sb_buf_put(&out, line, (size_t)(next - line));
    }
    snprintf(d->mapping_path, sizeof d->mapping_path, "%s/map.yaml", d->root);
    must(sb_file_write(d->mapping_path, sb_buf_bytes(&out), 0600, &err), &err);
    sb_buf_free(&text);
    sb_buf_free(&out);
}

static void open_source(struct drop *d)
{
    struct sb_err err = {0};
    char state[300];
    snprintf(state, sizeof state, "%s/state", d->root);
    struct sb_source_options options = {
        .mapping = d->mapping, .state_dir = state, .name = "test"};
    must(sb_csv_driver.source->open(&d->source, &options, &err), &err);
    must(d->source->ops->recover(d->source, sb_bytes_str(d->token), &err), &err);
}

void drop_open(struct drop *d, const char *example)
{
    struct sb_err err = {0};
    *d = (struct drop){.chunk = 256};
    snprintf(d->root, sizeof d->root, "/tmp/sacbe-csv-XXXXXX");
    assert_non_null(mkdtemp(d->root));
    char path[300];
    snprintf(path, sizeof path, "%s/state", d->root);
    assert_int_equal(mkdir(path, 0700), 0);
    write_mapping(d, example);
    must(sb_catalog_load(&d->catalog, SB_TEST_SNS, &err), &err);
    must(sb_mapping_load(&d->mapping, d->mapping_path, d->catalog, &err), &err);
    open_source(d);
}

void drop_start(struct drop *d)
{
    open_source(d);
}

void drop_stop(struct drop *d)
{
    if (d->source)
        d->source->ops->close(d->source);
    d->source = NULL;
}

void drop_restart(struct drop *d)
{
    drop_stop(d);
    open_source(d);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    return kind == FTW_F ? remove(path) : 0;
}

void drop_empty(struct drop *d)
{
    static const char *const folders[] = {"in", "done", "refused", "state"};
    char path[300];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", d->root, folders[i]);
        (void)nftw(path, remove_one, 8, FTW_PHYS); /* it may not be there */
    }
    d->token[0] = '\0';
}

void drop_close(struct drop *d)
{
    char command[400];
    drop_stop(d);
    sb_mapping_free(d->mapping);
    sb_catalog_free(d->catalog);
    snprintf(command, sizeof command, "rm -r '%s'", d->root);
    assert_int_equal(system(command), 0);
}

void drop_put(struct drop *d, const char *name, const char *text, size_t n)
{
    struct sb_err err = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/in/%s", d->root, name);
    must(sb_file_write(path, sb_bytes(text, n), 0600, &err), &err);
}

void drop_copy(struct drop *d, const char *folder, const char *name)
{
    struct sb_buf file = {0};
    struct sb_err err = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    must(sb_file_read(path, 64u << 20, &file, &err), &err);
    drop_put(d, name, (const char *)file.p, file.n);
    sb_buf_free(&file);
}

static void count_reason(struct drop *d, const char *name)
{
    for (size_t i = 0; i < DROP_REASONS; i++) {
        if (d->counts.reasons[i].n && strcmp(d->counts.reasons[i].name, name) != 0)
            continue;
        snprintf(
            d->counts.reasons[i].name, sizeof d->counts.reasons[i].name, "%s", name);
        d->counts.reasons[i].n++;
        return;
    }
}

static void count_fault(struct drop *d, const struct sb_source_change *c, int code)
{
    count_reason(d, c->motivo ? c->motivo : sb_code_name(code));
    d->counts.parents += c->n_with;
    snprintf(d->counts.last_key, sizeof d->counts.last_key, "%.*s", SB_FMT(c->row.key));
    assert_true(c->row.table.n > 0);
}

static void take_change(struct drop *d, const struct sb_source_batch *b, size_t i)
{
    const struct sb_source_change *c = &b->changes[i];
    struct sb_err err = {0};
    if (c->code) {
        count_fault(d, c, c->code);
        return;
    }
    const struct sb_event_type *type =
        sb_catalog_type(d->catalog, sb_mapping_facts(d->mapping)->type);
    int rc = sb_event_type_validate(type, &c->value, SB_CLASS_ALL, NULL, &err);
    if (rc) {
        must(d->source->ops->refused(d->source, i, rc, "", &err), &err);
        count_fault(d, c, rc);
        return;
    }
    assert_true(sb_bytes_is(c->id_local, "") == false);
    d->counts.alta += strcmp(c->operacion, "alta") == 0;
    d->counts.correccion += strcmp(c->operacion, "correccion") == 0;
    d->counts.with += c->n_with;
    d->counts.no_municipality += !sb_value_get(&c->value, "municipio");
    d->counts.no_persons += !sb_value_get(&c->value, "personas");
}

bool drop_drain(struct drop *d)
{
    struct sb_err err = {0};
    struct sb_source_batch b;
    d->counts = (struct drop_counts){0};
    for (;;) {
        int rc = d->source->ops->next(d->source, d->chunk, &b, &err);
        must(rc, &err);
        if (rc == 0)
            return true;
        if (b.n == 0)
            continue;
        bool crash = ++d->counts.batches == d->crash_at;
        if (crash && !d->crash_stored)
            return false;
        for (size_t i = 0; i < b.n; i++)
            take_change(d, &b, i);
        snprintf(d->token, sizeof d->token, "%.*s", SB_FMT(b.token));
        if (crash)
            return false;
        must(d->source->ops->done(d->source, &err), &err);
    }
}

size_t drop_reason(const struct drop *d, const char *name)
{
    for (size_t i = 0; i < DROP_REASONS; i++)
        if (strcmp(d->counts.reasons[i].name, name) == 0)
            return d->counts.reasons[i].n;
    return 0;
}

bool drop_exists(const struct drop *d, const char *path)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", d->root, path);
    return access(full, F_OK) == 0;
}

char *drop_report(const struct drop *d, const char *path)
{
    struct sb_buf file = {0};
    struct sb_err err = {0};
    char full[512];
    snprintf(full, sizeof full, "%s/%s", d->root, path);
    must(sb_file_read(full, 16u << 20, &file, &err), &err);
    sb_buf_byte(&file, '\0');
    return (char *)file.p;
}
