/* Purpose: the parts of a mapping that the catalogue has no say in: where the rows come
 * from and what is left over.
 * Invariant: what a driver needs is there; what it does not know is refused. */
#include <stdio.h>

#include "adapters/engine/mapping_impl.h"

int sb_mapping_parse_columns(struct sb_arena *arena,
                             const struct sb_yaml_node *list,
                             const char *what,
                             struct sb_columns *out,
                             struct sb_err *err)
{
    *out = (struct sb_columns){0};
    if (!list)
        return 0;
    bool one = sb_yaml_kind(list) == SB_YAML_SCALAR;
    size_t n = one ? 1 : sb_yaml_count(list);
    int rc = one ? 0 : sb_yaml_expect(list, SB_YAML_LIST, what, err);
    if (rc)
        return rc;
    out->items = sb_arena_alloc(arena, n + 1, sizeof *out->items);
    if (!out->items)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    const struct sb_yaml_node *c = one ? list : sb_yaml_first(list);
    for (; c && out->n < n; c = sb_yaml_next(c)) {
        rc = sb_yaml_expect(c, SB_YAML_SCALAR, what, err);
        if (rc == 0 && *sb_yaml_text(c) == '\0')
            rc = sb_yaml_fail(c, SB_E_CONFIG_MISSING, err, "\"%s\" is empty", what);
        if (rc)
            return rc;
        out->items[out->n++] = sb_bytes_str(sb_yaml_text(c));
    }
    return 0;
}

/* An optional scalar of a map. */
static int text_of(const struct sb_yaml_node *map,
                   const char *key,
                   struct sb_bytes *out,
                   struct sb_err *err)
{
    const struct sb_yaml_node *n = sb_yaml_get(map, key);
    int rc = n ? sb_yaml_expect(n, SB_YAML_SCALAR, key, err) : 0;
    if (rc == 0 && n)
        *out = sb_bytes_str(sb_yaml_text(n));
    return rc;
}

/* `path` itself when it is absolute, else beside the mapping's file. */
static int resolve(struct sb_mapping *m, struct sb_bytes *path, struct sb_err *err)
{
    if (path->n == 0 || path->p[0] == '/')
        return 0;
    const char *own = (const char *)m->facts.path.p;
    const char *slash = strrchr(own, '/');
    if (!slash)
        return 0;
    char *full =
        sb_arena_str(m->arena, "%.*s/%.*s", (int)(slash - own), own, SB_FMT(*path));
    if (!full)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    *path = sb_bytes_str(full);
    return 0;
}

static int parse_captured(struct sb_mapping *m,
                          const struct sb_yaml_node *source,
                          struct sb_err *err)
{
    static const char *const keys[] = {"driver", "file", "table", "key", NULL};
    const struct sb_yaml_node *table = NULL;
    const struct sb_yaml_node *key = sb_yaml_get(source, "key");
    int rc = sb_yaml_check_keys(source, "source", keys, err);
    if (rc == 0)
        rc = sb_yaml_need(source, "table", SB_YAML_SCALAR, &table, err);
    if (rc == 0)
        rc = text_of(source, "file", &m->facts.file, err);
    if (rc == 0)
        rc = resolve(m, &m->facts.file, err);
    if (rc == 0)
        rc = sb_mapping_parse_columns(m->arena, key, "key", &m->facts.key, err);
    if (rc == 0 && m->facts.key.n == 0)
        rc = sb_yaml_fail(
            source, SB_E_CONFIG_MISSING, err, "\"key\" is missing: the table's key");
    if (rc == 0)
        m->facts.table = sb_bytes_str(sb_yaml_text(table));
    return rc;
}

/* A table's name in the staging database: plain, so that SQL needs no quotes. */
static bool is_table_name(struct sb_bytes s)
{
    bool fine = s.n > 0 && s.n <= 64 && s.p[0] >= 'a' && s.p[0] <= 'z';
    for (size_t i = 0; i < s.n; i++)
        fine = fine && ((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '_' ||
                        (s.p[i] >= '0' && s.p[i] <= '9'));
    return fine && !(s.n >= 7 && memcmp(s.p, "sqlite_", 7) == 0);
}

static int parse_member(const struct sb_yaml_node *node,
                        struct sb_csv_member *out,
                        struct sb_err *err)
{
    static const char *const keys[] = {"table", "file", NULL};
    const struct sb_yaml_node *table = NULL;
    const struct sb_yaml_node *file = NULL;
    int rc = sb_yaml_expect(node, SB_YAML_MAP, "set", err);
    if (rc == 0)
        rc = sb_yaml_check_keys(node, "set", keys, err);
    if (rc == 0)
        rc = sb_yaml_need(node, "table", SB_YAML_SCALAR, &table, err);
    if (rc == 0)
        rc = sb_yaml_need(node, "file", SB_YAML_SCALAR, &file, err);
    if (rc)
        return rc;
    out->table = sb_bytes_str(sb_yaml_text(table));
    out->pattern = sb_bytes_str(sb_yaml_text(file));
    if (is_table_name(out->table))
        return 0;
    return sb_yaml_fail(table,
                        SB_E_MAPPING,
                        err,
                        "a table's name is lower-case letters, digits and _ after a "
                        "letter, not \"%.64s\"",
                        sb_yaml_text(table));
}

static const struct sb_csv_member *
member_of(const struct sb_mapping_facts *f, struct sb_bytes table, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sb_bytes_eq(f->set[i].table, table))
            return &f->set[i];
    return NULL;
}

static int parse_folder(struct sb_mapping *m,
                        const struct sb_yaml_node *source,
                        struct sb_err *err)
{
    static const char *const keys[] = {"driver", "folder", "set", "index", NULL};
    const struct sb_yaml_node *folder = NULL;
    const struct sb_yaml_node *set = NULL;
    const struct sb_yaml_node *index = sb_yaml_get(source, "index");
    int rc = sb_yaml_check_keys(source, "source", keys, err);
    if (rc == 0)
        rc = sb_yaml_need(source, "folder", SB_YAML_SCALAR, &folder, err);
    if (rc == 0)
        rc = sb_yaml_need(source, "set", SB_YAML_LIST, &set, err);
    if (rc == 0)
        rc = sb_mapping_parse_columns(m->arena, index, "index", &m->facts.index, err);
    if (rc)
        return rc;
    m->facts.folder = sb_bytes_str(sb_yaml_text(folder));
    struct sb_csv_member *members =
        sb_arena_alloc(m->arena, sb_yaml_count(set) + 1, sizeof *members);
    if (!members)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    m->facts.set = members;
    for (const struct sb_yaml_node *c = sb_yaml_first(set); c; c = sb_yaml_next(c)) {
        struct sb_csv_member *it = &members[m->facts.n_set];
        rc = parse_member(c, it, err);
        if (rc == 0 && member_of(&m->facts, it->table, m->facts.n_set))
            rc = sb_yaml_fail(
                c, SB_E_CONFIG_DUPLICATE, err, "the table stands in \"set\" twice");
        if (rc)
            return rc;
        m->facts.n_set++;
    }
    if (m->facts.n_set == 0)
        return sb_yaml_fail(set, SB_E_CONFIG_MISSING, err, "\"set\" is empty");
    return resolve(m, &m->facts.folder, err);
}

int sb_mapping_parse_source(struct sb_mapping *m,
                            const struct sb_yaml_node *source,
                            struct sb_err *err)
{
    const struct sb_yaml_node *driver = NULL;
    int rc = sb_yaml_need(source, "driver", SB_YAML_SCALAR, &driver, err);
    if (rc)
        return rc;
    m->facts.driver = sb_bytes_str(sb_yaml_text(driver));
    if (sb_bytes_is(m->facts.driver, "csv"))
        return parse_folder(m, source, err);
    if (sb_bytes_is(m->facts.driver, "sqlite"))
        return parse_captured(m, source, err);
    static const struct sb_bytes drivers[] = {{(const uint8_t *)"csv", 3},
                                              {(const uint8_t *)"sqlite", 6}};
    return sb_mapping_refuse_name(
        driver, "driver", m->facts.driver, sb_words(drivers, 2), SB_E_MAPPING, err);
}

static int parse_rest(struct sb_mapping *m,
                      const struct sb_yaml_node *node,
                      struct sb_leftover *out,
                      struct sb_err *err)
{
    static const char *const keys[] = {"table", "sql", NULL};
    const struct sb_yaml_node *table = NULL;
    const struct sb_yaml_node *sql = NULL;
    int rc = sb_yaml_expect(node, SB_YAML_MAP, "leftover", err);
    if (rc == 0)
        rc = sb_yaml_check_keys(node, "leftover", keys, err);
    if (rc == 0)
        rc = sb_yaml_need(node, "table", SB_YAML_SCALAR, &table, err);
    if (rc == 0)
        rc = sb_mapping_parse_sql(node, &sql, err);
    if (rc)
        return rc;
    out->table = sb_bytes_str(sb_yaml_text(table));
    out->sql = sb_bytes_str(sb_yaml_text(sql));
    if (member_of(&m->facts, out->table, m->facts.n_set))
        return 0;
    return sb_yaml_fail(table,
                        SB_E_MAPPING,
                        err,
                        "\"%.64s\" is no table of the source's \"set\"",
                        sb_yaml_text(table));
}

int sb_mapping_parse_leftover(struct sb_mapping *m,
                              const struct sb_yaml_node *list,
                              struct sb_err *err)
{
    if (!list)
        return 0;
    int rc = sb_yaml_expect(list, SB_YAML_LIST, "leftover", err);
    if (rc)
        return rc;
    struct sb_leftover *rest =
        sb_arena_alloc(m->arena, sb_yaml_count(list) + 1, sizeof *rest);
    if (!rest)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    m->facts.leftover = rest;
    for (const struct sb_yaml_node *c = sb_yaml_first(list); c; c = sb_yaml_next(c)) {
        rc = parse_rest(m, c, &rest[m->facts.n_leftover], err);
        if (rc)
            return rc;
        m->facts.n_leftover++;
    }
    return 0;
}
