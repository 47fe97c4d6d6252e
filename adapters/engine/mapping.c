/* Purpose: a mapping file read into memory, every name resolved in the catalogue.
 * Invariant: what is loaded uses only fields, lists and crosswalks that exist.
 * Not for: the local database (mapping_check.c), rows (mapping_row.c). */
#include "adapters/engine/mapping.h"

#include <stdlib.h>

#include "adapters/engine/mapping_impl.h"
#include "schemas/base/limits.h"
#include "schemas/base/text.h"

int sb_mapping_refuse_name(const struct sb_yaml_node *node,
                           const char *what,
                           struct sb_bytes word,
                           struct sb_words known,
                           int code,
                           struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    const char **words =
        arena ? sb_arena_alloc(arena, known.n + 1, sizeof *words) : NULL;
    const char *copy = words ? sb_arena_str(arena, "%.*s", SB_FMT(word)) : NULL;
    size_t n = 0;
    for (size_t i = 0; copy && known.all && i < known.n; i++) {
        words[n] = (const char *)sb_arena_dup(arena, known.all[i]).p;
        n += words[n] != NULL;
    }
    const char *near = copy ? sb_yaml_nearest(copy, words) : NULL;
    int rc = sb_yaml_fail(node,
                          code,
                          err,
                          "%s \"%.64s\" is not known%s%s%s",
                          what,
                          copy ? copy : "",
                          near ? " (did you mean \"" : "",
                          near ? near : "",
                          near ? "\"?)" : "");
    sb_arena_free(arena);
    return rc;
}

static int
find_type(struct sb_mapping *m, const struct sb_yaml_node *node, struct sb_err *err)
{
    struct sb_bytes name = sb_bytes_str(sb_yaml_text(node));
    m->type = sb_catalog_type(m->catalog, name);
    if (m->type) {
        m->facts.type = name;
        m->facts.schema_version = m->type->version;
        m->event.field = &m->type->root;
        m->event.name = "event";
        return 0;
    }
    size_t n = sb_catalog_type_count(m->catalog);
    struct sb_bytes *names = sb_arena_alloc(m->arena, n + 1, sizeof *names);
    for (size_t i = 0; names && i < n; i++)
        names[i] = sb_bytes_str(sb_catalog_type_at(m->catalog, i)->name);
    return sb_mapping_refuse_name(node,
                                  "event type",
                                  name,
                                  sb_words(names, names ? n : 0),
                                  SB_E_UNKNOWN_TYPE,
                                  err);
}

int sb_mapping_parse_sql(const struct sb_yaml_node *map,
                         const struct sb_yaml_node **out,
                         struct sb_err *err)
{
    const struct sb_yaml_node *sql = NULL;
    int rc = sb_yaml_need(map, "sql", SB_YAML_SCALAR, &sql, err);
    if (rc != 0)
        return rc;
    if (!*sb_yaml_text(sql))
        return sb_yaml_fail(sql, SB_E_CONFIG_MISSING, err, "\"sql\" is empty");
    *out = sql;
    return 0;
}

static int
parse_event(struct sb_mapping *m, const struct sb_yaml_node *event, struct sb_err *err)
{
    static const char *const keys[] = {"sql", "fields", NULL};
    const struct sb_yaml_node *sql = NULL;
    int rc = sb_yaml_check_keys(event, "event", keys, err);
    if (rc == 0)
        rc = sb_mapping_parse_sql(event, &sql, err);
    if (rc)
        return rc;
    m->facts.event_sql = sb_bytes_str(sb_yaml_text(sql));
    m->event.node = sql;
    return sb_mapping_parse_fields(m, sb_yaml_get(event, "fields"), &m->event, err);
}

static int array_field(struct sb_mapping *m,
                       const struct sb_yaml_node *to,
                       struct shape *shape,
                       struct sb_err *err)
{
    struct sb_bytes name = sb_bytes_str(sb_yaml_text(to));
    const struct sb_field *f = sb_field_child(&m->type->root, name);
    if (f && f->items) {
        shape->name = sb_yaml_text(to);
        shape->field = f->items;
        shape->plain = f->items->n == 0;
        return 0;
    }
    const struct sb_field *root = &m->type->root;
    struct sb_bytes *names = sb_arena_alloc(m->arena, root->n + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; names && i < root->n; i++)
        if (root->children[i].items)
            names[n++] = root->children[i].name;
    return sb_mapping_refuse_name(
        to, "array", name, sb_words(names, n), SB_E_MAPPING, err);
}

static int parse_array(struct sb_mapping *m,
                       const struct sb_yaml_node *node,
                       struct sb_array_source *source,
                       struct shape *shape,
                       struct sb_err *err)
{
    static const char *const keys[] = {"to", "table", "key", "sql", "fields", NULL};
    const struct sb_yaml_node *to = NULL;
    const struct sb_yaml_node *sql = NULL;
    const struct sb_yaml_node *table = sb_yaml_get(node, "table");
    int rc = sb_yaml_expect(node, SB_YAML_MAP, "arrays", err);
    if (rc == 0)
        rc = sb_yaml_check_keys(node, "arrays", keys, err);
    if (rc == 0)
        rc = sb_yaml_need(node, "to", SB_YAML_SCALAR, &to, err);
    if (rc == 0)
        rc = sb_mapping_parse_sql(node, &sql, err);
    if (rc == 0 && table)
        rc = sb_yaml_expect(table, SB_YAML_SCALAR, "table", err);
    if (rc == 0)
        rc = array_field(m, to, shape, err);
    if (rc == 0)
        rc = sb_mapping_parse_columns(
            m->arena, sb_yaml_get(node, "key"), "key", &source->key, err);
    if (rc)
        return rc;
    source->field = sb_bytes_str(sb_yaml_text(to));
    source->sql = sb_bytes_str(sb_yaml_text(sql));
    source->table = table ? sb_bytes_str(sb_yaml_text(table)) : (struct sb_bytes){0};
    shape->node = sql;
    return sb_mapping_parse_fields(m, sb_yaml_get(node, "fields"), shape, err);
}

static int
parse_arrays(struct sb_mapping *m, const struct sb_yaml_node *list, struct sb_err *err)
{
    if (!list)
        return 0;
    int rc = sb_yaml_expect(list, SB_YAML_LIST, "arrays", err);
    if (rc)
        return rc;
    size_t n = sb_yaml_count(list);
    struct sb_array_source *sources = sb_arena_alloc(m->arena, n + 1, sizeof *sources);
    m->arrays = sb_arena_alloc(m->arena, n + 1, sizeof *m->arrays);
    if (!sources || !m->arrays)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    m->facts.arrays = sources;
    size_t i = 0;
    for (const struct sb_yaml_node *c = sb_yaml_first(list); c; c = sb_yaml_next(c)) {
        rc = parse_array(m, c, &sources[i], &m->arrays[i], err);
        for (size_t k = 0; rc == 0 && k < i; k++)
            if (sb_bytes_eq(sources[k].field, sources[i].field))
                rc = sb_yaml_fail(c,
                                  SB_E_CONFIG_DUPLICATE,
                                  err,
                                  "\"%s\" is filled by another entry already",
                                  m->arrays[i].name);
        if (rc)
            return rc;
        m->facts.n_arrays = ++i;
    }
    return 0;
}

static int parse_top(struct sb_mapping *m, struct sb_err *err)
{
    static const char *const keys[] = {
        "mapping", "type", "source", "event", "arrays", "leftover", NULL};
    const struct sb_yaml_node *root = sb_yaml_root(m->yaml);
    const struct sb_yaml_node *version = NULL;
    const struct sb_yaml_node *type = NULL;
    const struct sb_yaml_node *source = NULL;
    const struct sb_yaml_node *event = NULL;
    int64_t v = 0;
    int rc = sb_yaml_expect(root, SB_YAML_MAP, "mapping", err);
    if (rc == 0)
        rc = sb_yaml_check_keys(root, NULL, keys, err);
    if (rc == 0)
        rc = sb_yaml_need(root, "mapping", SB_YAML_SCALAR, &version, err);
    if (rc == 0)
        rc = sb_yaml_int(version, 1, 1, &v, err);
    if (rc == 0)
        rc = sb_yaml_need(root, "type", SB_YAML_SCALAR, &type, err);
    if (rc == 0)
        rc = sb_yaml_need(root, "source", SB_YAML_MAP, &source, err);
    if (rc == 0)
        rc = sb_yaml_need(root, "event", SB_YAML_MAP, &event, err);
    if (rc == 0)
        rc = find_type(m, type, err);
    if (rc == 0)
        rc = sb_mapping_parse_source(m, source, err);
    if (rc == 0)
        rc = parse_event(m, event, err);
    if (rc == 0)
        rc = parse_arrays(m, sb_yaml_get(root, "arrays"), err);
    return rc ? rc : sb_mapping_parse_leftover(m, sb_yaml_get(root, "leftover"), err);
}

int sb_mapping_load(struct sb_mapping **out,
                    const char *path,
                    const struct sb_catalog *catalog,
                    struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_mapping *m = arena ? sb_arena_alloc(arena, 1, sizeof *m) : NULL;
    if (!m) {
        sb_arena_free(arena);
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    m->arena = arena;
    m->catalog = catalog;
    m->facts.path = sb_arena_dup(arena, sb_bytes_str(path));
    struct sb_buf file = {0};
    int rc = m->facts.path.p ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0)
        rc = sb_file_read(path, SB_CONFIG_FILE_MAX, &file, err);
    if (rc == 0)
        rc = sb_yaml_parse(&m->yaml, path, sb_buf_bytes(&file), err);
    sb_mapping_id(sb_buf_bytes(&file), m->facts.id);
    sb_buf_free(&file);
    if (rc == 0)
        rc = parse_top(m, err);
    if (rc == 0)
        *out = m;
    else
        sb_mapping_free(m);
    return rc;
}

void sb_mapping_free(struct sb_mapping *m)
{
    if (!m)
        return;
    sb_yaml_free(m->yaml);
    sb_arena_free(m->arena);
}

const struct sb_mapping_facts *sb_mapping_facts(const struct sb_mapping *m)
{
    return &m->facts;
}
