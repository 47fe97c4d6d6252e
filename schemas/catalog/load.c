/* Purpose: read a catalogue's folder, or its files in memory, and check all of it.
 * Invariant: only files that catalog.json lists are read, none outside the folder. */
#include "schemas/catalog/load.h"

#include <stdlib.h>

#include "schemas/base/limits.h"
#include "schemas/base/text.h"
#include "schemas/catalog/json.h"

struct load {
    struct sb_catalog *cat;
    const char *folder;                   /* with `given`, only a name for messages */
    const struct sb_catalog_given *given; /* NULL: the folder is read */
    size_t n_given;
    struct sb_value index; /* catalog.json */
    struct sb_err *err;
};

static int no_memory(const struct load *l)
{
    return sb_fail(l->err, SB_E_MEMORY, "%s: out of memory", l->folder);
}

static int
bad(const struct load *l, int code, const char *list, size_t i, const char *why)
{
    return sb_fail(
        l->err, code, "%s/catalog.json: /%s/%zu: %s", l->folder, list, i, why);
}

/* A relative path of plain segments. */
static bool path_valid(struct sb_bytes path)
{
    size_t start = 0;
    if (path.n == 0 || path.n > 255 || memchr(path.p, 0, path.n))
        return false;
    for (size_t i = 0; i <= path.n; i++) {
        if (i < path.n && path.p[i] != '/') {
            if (path.p[i] < 0x20 || path.p[i] == '\\')
                return false;
            continue;
        }
        if (i == start || path.p[start] == '.')
            return false;
        start = i + 1;
    }
    return true;
}

/* Appends the content of a file, of the folder or of what was given. */
static int get_file(const struct load *l, const char *path, struct sb_buf *out)
{
    if (!l->given) {
        const char *full = sb_arena_str(l->cat->arena, "%s/%s", l->folder, path);
        return full ? sb_file_read(full, SB_SCHEMA_FILE_MAX, out, l->err)
                    : no_memory(l);
    }
    for (size_t i = 0; i < l->n_given; i++) {
        if (!sb_bytes_is(l->given[i].path, path))
            continue;
        sb_buf_put(out, l->given[i].content.p, l->given[i].content.n);
        return sb_buf_check(out, l->err);
    }
    return sb_fail(l->err, SB_E_NOT_FOUND, "%s/%s: no such file", l->folder, path);
}

/* Reads a file once and keeps it for the manifest. */
static int read_file(struct load *l, const char *path, struct sb_bytes *content)
{
    struct sb_catalog *c = l->cat;
    struct sb_buf buf = {0};
    for (size_t i = 0; i < c->n_files; i++)
        if (strcmp(c->files[i].path, path) == 0)
            return sb_fail(l->err,
                           SB_E_DUPLICATE,
                           "%s/catalog.json: \"%s\" is listed twice",
                           l->folder,
                           path);
    if (c->n_files == SB_CATALOG_FILES_MAX)
        return sb_fail(l->err, SB_E_LIMIT, "%s: too many files", l->folder);
    int rc = get_file(l, path, &buf);
    if (rc == 0) {
        struct file *f = &c->files[c->n_files];
        f->path = path;
        f->content = sb_arena_dup(c->arena, sb_buf_bytes(&buf));
        *content = f->content;
        c->n_files++;
        rc = f->content.p ? 0 : no_memory(l);
    }
    sb_buf_free(&buf);
    return rc;
}

static int check_index(struct load *l)
{
    static const char *const known[] = {
        "edition", "types", "codes", "crosswalks", "schemas"};
    const struct sb_value *edition = sb_value_get(&l->index, "edition");
    if (l->index.type != SB_MAP || !edition || edition->type != SB_STR)
        return sb_fail(l->err,
                       SB_E_SCHEMA_VALUE,
                       "%s/catalog.json: must be an object with an \"edition\"",
                       l->folder);
    l->cat->edition = (const char *)edition->as.s.p;
    for (size_t i = 0; i < l->index.as.m.n; i++) {
        const struct sb_pair *p = &l->index.as.m.pairs[i];
        bool found = false;
        for (size_t j = 0; j < 5; j++)
            found = found || sb_bytes_is(p->key, known[j]);
        if (!found || (p->value.type != SB_ARRAY && &p->value != edition))
            return sb_fail(l->err,
                           found ? SB_E_SCHEMA_VALUE : SB_E_SCHEMA_KEYWORD,
                           "%s/catalog.json: \"%.*s\": %s",
                           l->folder,
                           SB_FMT(p->key),
                           found ? "must be an array" : "unknown key");
    }
    return 0;
}

static size_t
list_of(const struct load *l, const char *name, const struct sb_value **out)
{
    const struct sb_value *v = sb_value_get(&l->index, name);
    *out = v ? v->as.a.items : NULL;
    return v ? v->as.a.n : 0;
}

/* The text member `key` of an entry, NUL-terminated (read from JSON), or NULL. */
static const char *text_of(const struct sb_value *entry, const char *key)
{
    const struct sb_value *v = sb_value_get(entry, key);
    if (!v || v->type != SB_STR || v->as.s.n == 0 || memchr(v->as.s.p, 0, v->as.s.n))
        return NULL;
    return (const char *)v->as.s.p;
}

static int add_document(struct load *l, const char *path)
{
    struct sb_bytes json = {NULL, 0};
    int rc = read_file(l, path, &json);
    return rc ? rc
              : sb_schema_set_add(l->cat->set, path, sb_bytes(NULL, 0), json, l->err);
}

static int load_schemas(struct load *l)
{
    const struct sb_value *list = NULL;
    size_t n = list_of(l, "schemas", &list);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (list[i].type != SB_STR || !path_valid(list[i].as.s))
            return bad(l, SB_E_SCHEMA_VALUE, "schemas", i, "must be a path");
        rc = add_document(l, (const char *)list[i].as.s.p);
    }
    return rc;
}

static int load_named(struct load *l, const char *name, struct named **out, size_t *n)
{
    const struct sb_value *list = NULL;
    size_t count = list_of(l, name, &list);
    bool codes = strcmp(name, "codes") == 0;
    struct named *all = sb_arena_alloc(l->cat->arena, count + 1, sizeof *all);
    int rc = all ? 0 : no_memory(l);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        const char *path = text_of(&list[i], "file");
        struct sb_bytes csv = {NULL, 0};
        all[i].name = text_of(&list[i], "name");
        if (!all[i].name || !path || list[i].as.m.n != 2 ||
            !path_valid(sb_bytes_str(path)) ||
            !sb_text_is_code(sb_bytes_str(all[i].name)))
            return bad(l,
                       SB_E_SCHEMA_VALUE,
                       name,
                       i,
                       "must be {\"name\": ..., \"file\": ...}");
        rc = read_file(l, path, &csv);
        if (rc == 0 && codes)
            rc = sb_code_list_read(&all[i].codes, path, csv, l->cat->arena, l->err);
        else if (rc == 0)
            rc = sb_crosswalk_read(&all[i].crosswalk, path, csv, l->cat->arena, l->err);
    }
    *out = all;
    *n = rc == 0 ? count : 0;
    return rc;
}

static int load_type(struct load *l, const struct sb_value *entry, size_t i)
{
    struct sb_event_type *t = &l->cat->types[i];
    const struct sb_value *version = sb_value_get(entry, "version");
    t->name = text_of(entry, "type");
    t->file = text_of(entry, "schema");
    if (!t->name || !t->file || !version || version->type != SB_INT ||
        version->as.i < 1 || entry->as.m.n != 3 || !path_valid(sb_bytes_str(t->file)) ||
        !sb_text_is_code(sb_bytes_str(t->name)))
        return bad(l,
                   SB_E_SCHEMA_VALUE,
                   "types",
                   i,
                   "must be {\"type\": ..., \"version\": 1 or more, \"schema\": ...}");
    t->version = (uint64_t)version->as.i;
    return add_document(l, t->file);
}

static int load_types(struct load *l)
{
    const struct sb_value *list = NULL;
    size_t n = list_of(l, "types", &list);
    l->cat->types = sb_arena_alloc(l->cat->arena, n + 1, sizeof *l->cat->types);
    int rc = l->cat->types ? 0 : no_memory(l);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = load_type(l, &list[i], i);
    l->cat->n_types = rc == 0 ? n : 0;
    return rc;
}

static int load_all(struct load *l)
{
    struct sb_catalog *c = l->cat;
    struct sb_bytes json = {NULL, 0};
    struct sb_err why = {0};
    int rc = read_file(l, "catalog.json", &json);
    if (rc != 0)
        return rc;
    rc = sb_json_to_value(json, c->arena, &l->index, &why);
    if (rc != 0)
        return sb_fail(l->err, rc, "%s/catalog.json: %s", l->folder, why.text);
    rc = check_index(l);
    if (rc == 0)
        rc = load_named(l, "codes", &c->codes, &c->n_codes);
    if (rc == 0)
        rc = load_named(l, "crosswalks", &c->crosswalks, &c->n_crosswalks);
    if (rc == 0)
        rc = load_schemas(l);
    if (rc == 0)
        rc = load_types(l);
    if (rc == 0)
        rc = sb_catalog_finish(c, l->err);
    return rc;
}

static int load(struct load *l, struct sb_catalog **out)
{
    struct sb_catalog *cat = calloc(1, sizeof *cat);
    if (!cat)
        return no_memory(l);
    l->cat = cat;
    struct sb_schema_options options = {
        .assert_format = true, .codes = sb_catalog_codes_of, .codes_context = cat};
    cat->arena = sb_arena_new(0);
    int rc = cat->arena ? 0 : no_memory(l);
    if (rc == 0)
        cat->files =
            sb_arena_alloc(cat->arena, SB_CATALOG_FILES_MAX, sizeof *cat->files);
    if (rc == 0 && !cat->files)
        rc = no_memory(l);
    if (rc == 0)
        rc = sb_schema_set_new(&cat->set, &options, l->err);
    if (rc == 0)
        rc = load_all(l);
    if (rc != 0)
        sb_catalog_free(cat);
    else
        *out = cat;
    return rc;
}

int sb_catalog_load(struct sb_catalog **out, const char *folder, struct sb_err *err)
{
    struct load l = {.folder = folder, .err = err};
    return load(&l, out);
}

int sb_catalog_load_given(struct sb_catalog **out,
                          const char *name,
                          const struct sb_catalog_given *files,
                          size_t n,
                          struct sb_err *err)
{
    struct load l = {.folder = name, .given = files, .n_given = n, .err = err};
    return load(&l, out);
}
