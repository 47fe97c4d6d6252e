/* Purpose: finish a loaded catalogue, and find things in it.
 * Invariant: files, types, lists and crosswalks are sorted and unique by name. */
#include "schemas/catalog/load.h"

#include <stdlib.h>

static int compare_first(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_key(const void *key, const void *item)
{
    return sb_bytes_cmp(*(const struct sb_bytes *)key,
                        sb_bytes_str(*(const char *const *)item));
}

/* Items whose first member is their name. */
static int sort(void *all, size_t n, size_t size, const char *what, struct sb_err *err)
{
    const char *p = all;
    if (n)
        qsort(all, n, size, compare_first);
    for (size_t i = 1; i < n; i++)
        if (compare_first(p + (i - 1) * size, p + i * size) == 0)
            return sb_fail(err,
                           SB_E_DUPLICATE,
                           "catalog.json: %s: \"%s\" stands there twice",
                           what,
                           *(const char *const *)(const void *)(p + i * size));
    return 0;
}

static void *find(struct sb_bytes name, const void *all, size_t n, size_t size)
{
    return n ? bsearch(&name, all, n, size, compare_key) : NULL;
}

static size_t count_fields(const struct sb_field *f)
{
    size_t n = 1;
    for (size_t i = 0; !f->reasons && i < f->n; i++)
        n += count_fields(&f->children[i]);
    return f->items ? n + count_fields(f->items) : n;
}

static void
list_fields(const struct sb_field *f, const struct sb_field **out, size_t *n)
{
    if (*f->path)
        out[(*n)++] = f;
    for (size_t i = 0; !f->reasons && i < f->n; i++)
        list_fields(&f->children[i], out, n);
    if (f->items)
        list_fields(f->items, out, n);
}

static int take_priority(struct sb_event_type *t, struct sb_err *err)
{
    const struct sb_value *v = sb_schema_note(t->schema, "x-prioridad");
    if (v && v->type != SB_INT)
        return sb_fail(
            err, SB_E_SCHEMA_VALUE, "%s: \"x-prioridad\": must be an integer", t->file);
    t->priority = v ? v->as.i : 0;
    return 0;
}

static int
finish_type(struct sb_catalog *c, struct sb_event_type *t, struct sb_err *err)
{
    t->schema = sb_schema_set_root(c->set, t->file);
    int rc = take_priority(t, err);
    if (rc == 0)
        rc = sb_fields_build(&t->root, t->schema, c->arena, err);
    if (rc != 0)
        return rc;
    const struct sb_field **fields = sb_arena_alloc(
        c->arena, count_fields(&t->root), sizeof(const struct sb_field *));
    if (!fields)
        return sb_fail(err, SB_E_MEMORY, "%s: out of memory", t->file);
    list_fields(&t->root, fields, &t->n_fields);
    t->fields = fields;
    t->classes = t->root.classes;
    t->title = t->root.title;
    return 0;
}

int sb_catalog_finish(struct sb_catalog *c, struct sb_err *err)
{
    int rc = sort(c->files, c->n_files, sizeof *c->files, "files", err);
    if (rc == 0)
        rc = sort(c->types, c->n_types, sizeof *c->types, "types", err);
    if (rc == 0)
        rc = sort(c->codes, c->n_codes, sizeof *c->codes, "codes", err);
    if (rc == 0)
        rc = sort(
            c->crosswalks, c->n_crosswalks, sizeof *c->crosswalks, "crosswalks", err);
    if (rc == 0)
        rc = sb_schema_set_compile(c->set, err);
    for (size_t i = 0; rc == 0 && i < c->n_types; i++)
        rc = finish_type(c, &c->types[i], err);
    return rc;
}

void sb_catalog_free(struct sb_catalog *cat)
{
    if (!cat)
        return;
    sb_schema_set_free(cat->set);
    sb_arena_free(cat->arena);
    free(cat);
}

const char *sb_catalog_edition(const struct sb_catalog *cat)
{
    return cat->edition;
}

size_t sb_catalog_file_count(const struct sb_catalog *cat)
{
    return cat->n_files;
}

const char *
sb_catalog_file(const struct sb_catalog *cat, size_t i, struct sb_bytes *content)
{
    *content = cat->files[i].content;
    return cat->files[i].path;
}

size_t sb_catalog_type_count(const struct sb_catalog *cat)
{
    return cat->n_types;
}

const struct sb_event_type *sb_catalog_type_at(const struct sb_catalog *cat, size_t i)
{
    return &cat->types[i];
}

const struct sb_event_type *sb_catalog_type(const struct sb_catalog *cat,
                                            struct sb_bytes name)
{
    return find(name, cat->types, cat->n_types, sizeof *cat->types);
}

int sb_catalog_find(const struct sb_catalog *cat,
                    struct sb_bytes name,
                    uint64_t version,
                    const struct sb_event_type **out,
                    struct sb_err *err)
{
    const struct sb_event_type *t = sb_catalog_type(cat, name);
    if (!t)
        return sb_fail(err,
                       SB_E_UNKNOWN_TYPE,
                       "the catalogue %s has no type \"%.*s\"",
                       cat->edition,
                       SB_FMT(name));
    if (t->version != version)
        return sb_fail(err,
                       SB_E_UNKNOWN_TYPE,
                       "%s: the catalogue %s has version %llu, not %llu",
                       t->name,
                       cat->edition,
                       (unsigned long long)t->version,
                       (unsigned long long)version);
    *out = t;
    return 0;
}

const struct sb_field *sb_event_type_field(const struct sb_event_type *type,
                                           struct sb_bytes path)
{
    const struct sb_field *f = &type->root;
    while (f && path.n) {
        size_t n = 0;
        while (n < path.n && path.p[n] != '.' && path.p[n] != '[')
            n++;
        if (n > 0) {
            f = sb_field_child(f, sb_bytes(path.p, n));
        } else if (path.n >= 2 && path.p[0] == '[' && path.p[1] == ']') {
            f = f->items;
            n = 2;
        } else {
            return NULL;
        }
        if (n < path.n && path.p[n] == '.')
            n++;
        path = sb_bytes(path.p + n, path.n - n);
    }
    return f;
}

const struct sb_code_list *sb_catalog_codes(const struct sb_catalog *cat,
                                            struct sb_bytes name)
{
    const struct named *n = find(name, cat->codes, cat->n_codes, sizeof *cat->codes);
    return n ? n->codes : NULL;
}

const struct sb_code_list *sb_catalog_codes_of(void *cat, struct sb_bytes name)
{
    return sb_catalog_codes(cat, name);
}

const struct sb_crosswalk *sb_catalog_crosswalk(const struct sb_catalog *cat,
                                                struct sb_bytes name)
{
    const struct named *n =
        find(name, cat->crosswalks, cat->n_crosswalks, sizeof *cat->crosswalks);
    return n ? n->crosswalk : NULL;
}

size_t sb_catalog_codes_count(const struct sb_catalog *cat)
{
    return cat->n_codes;
}

const char *sb_catalog_codes_name(const struct sb_catalog *cat, size_t i)
{
    return cat->codes[i].name;
}

size_t sb_catalog_crosswalk_count(const struct sb_catalog *cat)
{
    return cat->n_crosswalks;
}

const char *sb_catalog_crosswalk_name(const struct sb_catalog *cat, size_t i)
{
    return cat->crosswalks[i].name;
}

bool sb_reason_valid(struct sb_bytes reason)
{
    static const char *const reasons[] = {
        "no_registrado", "no_aplica", "reservado", "ilegible"};
    for (size_t i = 0; i < 4; i++)
        if (sb_bytes_is(reason, reasons[i]))
            return true;
    return false;
}

int sb_event_type_validate(const struct sb_event_type *type,
                           const struct sb_value *value,
                           unsigned held,
                           struct sb_violation *violation,
                           struct sb_err *err)
{
    unsigned whole = (held & type->classes) == type->classes ? SB_CLASS_ALL : held;
    return sb_schema_validate_held(
        type->schema, value, &type->root, whole, violation, err);
}
