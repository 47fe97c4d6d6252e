/* Purpose: a sink file read into memory.
 * Invariant: what is loaded says what to do for each of the three operations.
 * Not for: the grant and the tables (sink_check.c), running it (sink_apply.c). */
#include <stdlib.h>

#include "adapters/engine/mapping_impl.h"
#include "adapters/engine/sink_impl.h"

const char *const sb_sink_operations[] = {"alta", "correccion", "anulacion", NULL};

static int parse_statements(struct sb_sink *s,
                            const struct sb_yaml_node *list,
                            const char *what,
                            struct statements *out,
                            struct sb_err *err)
{
    *out = (struct statements){0};
    if (!list)
        return 0;
    int rc = sb_yaml_expect(list, SB_YAML_LIST, what, err);
    if (rc)
        return rc;
    out->all = sb_arena_alloc(s->arena, sb_yaml_count(list) + 1, sizeof *out->all);
    if (!out->all)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (const struct sb_yaml_node *c = sb_yaml_first(list); c; c = sb_yaml_next(c)) {
        rc = sb_yaml_expect(c, SB_YAML_SCALAR, what, err);
        if (rc == 0 && *sb_yaml_text(c) == '\0')
            rc = sb_yaml_fail(c, SB_E_SINK, err, "an empty statement");
        if (rc)
            return rc;
        out->all[out->n++] = (struct statement){sb_bytes_str(sb_yaml_text(c)), c};
    }
    return 0;
}

static int
parse_operations(struct sb_sink *s, const struct sb_yaml_node *root, struct sb_err *err)
{
    for (size_t i = 0; i < SINK_OPERATIONS; i++) {
        const char *name = sb_sink_operations[i];
        const struct sb_yaml_node *list = sb_yaml_get(root, name);
        int rc = parse_statements(s, list, name, &s->operations[i], err);
        if (rc == 0 && s->operations[i].n == 0)
            rc = sb_yaml_fail(list ? list : root,
                              SB_E_SINK,
                              err,
                              "\"%s\" has no statement: a sink needs alta, "
                              "correccion and anulacion",
                              name);
        if (rc)
            return rc;
    }
    return 0;
}

static int parse_array(struct sb_sink *s,
                       const struct sb_yaml_node *node,
                       struct sink_array *out,
                       struct sb_err *err)
{
    static const char *const keys[] = {"before", "each", NULL};
    const struct sb_field *root = &s->type->root;
    struct sb_bytes name = sb_bytes_str(sb_yaml_key(node));
    out->field = sb_field_child(root, name);
    if (!out->field || !out->field->items) {
        struct sb_bytes *names = sb_arena_alloc(s->arena, root->n + 1, sizeof *names);
        size_t n = 0;
        for (size_t i = 0; names && i < root->n; i++)
            if (root->children[i].items)
                names[n++] = root->children[i].name;
        return sb_mapping_refuse_name(
            node, "array", name, sb_words(names, n), SB_E_SINK, err);
    }
    int rc = sb_yaml_expect(node, SB_YAML_MAP, sb_yaml_key(node), err);
    if (rc == 0)
        rc = sb_yaml_check_keys(node, sb_yaml_key(node), keys, err);
    if (rc == 0)
        rc = parse_statements(
            s, sb_yaml_get(node, "before"), "before", &out->before, err);
    return rc ? rc
              : parse_statements(s, sb_yaml_get(node, "each"), "each", &out->each, err);
}

static int
parse_arrays(struct sb_sink *s, const struct sb_yaml_node *map, struct sb_err *err)
{
    if (!map)
        return 0;
    int rc = sb_yaml_expect(map, SB_YAML_MAP, "arrays", err);
    if (rc)
        return rc;
    s->arrays = sb_arena_alloc(s->arena, sb_yaml_count(map) + 1, sizeof *s->arrays);
    if (!s->arrays)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (const struct sb_yaml_node *c = sb_yaml_first(map); c; c = sb_yaml_next(c)) {
        rc = parse_array(s, c, &s->arrays[s->n_arrays], err);
        if (rc)
            return rc;
        s->n_arrays++;
    }
    return 0;
}

static int
parse_target(struct sb_sink *s, const struct sb_yaml_node *target, struct sb_err *err)
{
    static const char *const keys[] = {"driver", "file", NULL};
    const struct sb_yaml_node *driver = NULL;
    const struct sb_yaml_node *file = sb_yaml_get(target, "file");
    int rc = sb_yaml_check_keys(target, "target", keys, err);
    if (rc == 0)
        rc = sb_yaml_need(target, "driver", SB_YAML_SCALAR, &driver, err);
    if (rc == 0 && file)
        rc = sb_yaml_expect(file, SB_YAML_SCALAR, "file", err);
    if (rc)
        return rc;
    s->facts.driver = sb_bytes_str(sb_yaml_text(driver));
    const struct sb_bytes known = sb_bytes_str("sqlite");
    if (!sb_bytes_eq(s->facts.driver, known))
        return sb_mapping_refuse_name(
            driver, "driver", s->facts.driver, sb_words(&known, 1), SB_E_SINK, err);
    const char *own = (const char *)s->facts.path.p;
    const char *slash = strrchr(own, '/');
    const char *text = file ? sb_yaml_text(file) : "";
    s->facts.file = sb_bytes_str(text);
    if (*text == '\0' || *text == '/' || !slash)
        return 0;
    char *full = sb_arena_str(s->arena, "%.*s/%s", (int)(slash - own), own, text);
    if (!full)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    s->facts.file = sb_bytes_str(full);
    return 0;
}

static int
parse_on_error(struct sb_sink *s, const struct sb_yaml_node *node, struct sb_err *err)
{
    const char *text = node ? sb_yaml_text(node) : "quarantine";
    s->facts.strict = strcmp(text, "strict") == 0;
    if (s->facts.strict || strcmp(text, "quarantine") == 0)
        return 0;
    return sb_yaml_fail(node,
                        SB_E_SINK,
                        err,
                        "\"on_error\" is quarantine or strict, not \"%.64s\"",
                        text);
}

static int find_type(struct sb_sink *s,
                     const struct sb_catalog *catalog,
                     const struct sb_yaml_node *node,
                     struct sb_err *err)
{
    s->facts.type = sb_bytes_str(sb_yaml_text(node));
    s->type = sb_catalog_type(catalog, s->facts.type);
    if (s->type)
        return 0;
    size_t n = sb_catalog_type_count(catalog);
    struct sb_bytes *names = sb_arena_alloc(s->arena, n + 1, sizeof *names);
    for (size_t i = 0; names && i < n; i++)
        names[i] = sb_bytes_str(sb_catalog_type_at(catalog, i)->name);
    return sb_mapping_refuse_name(node,
                                  "event type",
                                  s->facts.type,
                                  sb_words(names, names ? n : 0),
                                  SB_E_UNKNOWN_TYPE,
                                  err);
}

static int
parse_top(struct sb_sink *s, const struct sb_catalog *catalog, struct sb_err *err)
{
    static const char *const keys[] = {"sink",
                                       "type",
                                       "target",
                                       "alta",
                                       "correccion",
                                       "anulacion",
                                       "arrays",
                                       "on_error",
                                       NULL};
    const struct sb_yaml_node *root = sb_yaml_root(s->yaml);
    const struct sb_yaml_node *version = NULL;
    const struct sb_yaml_node *type = NULL;
    const struct sb_yaml_node *target = NULL;
    int64_t v = 0;
    int rc = sb_yaml_expect(root, SB_YAML_MAP, "sink", err);
    if (rc == 0)
        rc = sb_yaml_check_keys(root, NULL, keys, err);
    if (rc == 0)
        rc = sb_yaml_need(root, "sink", SB_YAML_SCALAR, &version, err);
    if (rc == 0)
        rc = sb_yaml_int(version, 1, 1, &v, err);
    if (rc == 0)
        rc = sb_yaml_need(root, "type", SB_YAML_SCALAR, &type, err);
    if (rc == 0)
        rc = sb_yaml_need(root, "target", SB_YAML_MAP, &target, err);
    if (rc == 0)
        rc = find_type(s, catalog, type, err);
    if (rc == 0)
        rc = parse_target(s, target, err);
    if (rc == 0)
        rc = parse_operations(s, root, err);
    if (rc == 0)
        rc = parse_arrays(s, sb_yaml_get(root, "arrays"), err);
    return rc ? rc : parse_on_error(s, sb_yaml_get(root, "on_error"), err);
}

int sb_sink_load(struct sb_sink **out,
                 const char *path,
                 const struct sb_catalog *catalog,
                 struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_sink *s = arena ? sb_arena_alloc(arena, 1, sizeof *s) : NULL;
    if (!s) {
        sb_arena_free(arena);
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    s->arena = arena;
    s->facts.path = sb_arena_dup(arena, sb_bytes_str(path));
    int rc = s->facts.path.p ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0)
        rc = sb_yaml_load(&s->yaml, path, err);
    if (rc == 0)
        rc = parse_top(s, catalog, err);
    if (rc == 0)
        *out = s;
    else
        sb_sink_free(s);
    return rc;
}

void sb_sink_free(struct sb_sink *s)
{
    if (!s)
        return;
    sb_yaml_free(s->yaml);
    sb_arena_free(s->arena);
}

const struct sb_sink_facts *sb_sink_facts(const struct sb_sink *s)
{
    return &s->facts;
}
