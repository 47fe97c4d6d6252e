/* Purpose: a mapping held against the local database and the catalogue.
 * Invariant: what passes names only columns that exist, fills every required field and
 * looks every code up.
 * Not for: whether the rows' values are right; each is judged as it is mapped. */
#include <stdio.h>

#include "adapters/engine/mapping_impl.h"

struct names {
    struct sb_bytes *all;
    size_t n;
};

struct checker {
    const struct sb_mapping *m;
    struct sb_db *db;
    struct sb_arena *arena;
    struct sb_err *err;
};

static bool has(const struct names *names, struct sb_bytes name)
{
    for (size_t i = 0; i < names->n; i++)
        if (sb_bytes_eq(names->all[i], name))
            return true;
    return false;
}

static bool has_text(const struct names *names, const char *text)
{
    return has(names, sb_bytes_str(text));
}

static int describe(struct checker *c,
                    const struct sb_yaml_node *node,
                    struct sb_bytes sql,
                    struct names *params,
                    struct names *columns)
{
    int rc = c->db->ops->describe(c->db,
                                  sql,
                                  c->arena,
                                  &params->all,
                                  &params->n,
                                  &columns->all,
                                  &columns->n,
                                  c->err);
    if (rc)
        return sb_err_wrap(
            c->err, rc, "%.*s:%u", SB_FMT(c->m->facts.path), sb_yaml_line(node));
    if (columns->n == 0)
        return sb_yaml_fail(node, SB_E_MAPPING, c->err, "this SQL is no SELECT");
    for (size_t i = 0; i < columns->n; i++) {
        struct names before = {columns->all, i};
        if (has(&before, columns->all[i]))
            return sb_yaml_fail(node,
                                SB_E_MAPPING,
                                c->err,
                                "two columns are called \"%.*s\"",
                                SB_FMT(columns->all[i]));
    }
    return 0;
}

/* Every parameter is among the columns or keys that may give it. */
static int check_params(struct checker *c,
                        const struct sb_yaml_node *node,
                        const struct names *params,
                        const struct names *given)
{
    const struct sb_columns *key = &c->m->facts.key;
    struct names keys = {key->items, key->n};
    for (size_t i = 0; i < params->n; i++) {
        if (has(&keys, params->all[i]) || has(given, params->all[i]))
            continue;
        struct sb_bytes *all =
            sb_arena_alloc(c->arena, key->n + given->n + 1, sizeof *all);
        size_t n = 0;
        for (size_t k = 0; all && k < key->n; k++)
            all[n++] = key->items[k];
        for (size_t k = 0; all && k < given->n; k++)
            all[n++] = given->all[k];
        return sb_mapping_refuse_name(
            node, "parameter", params->all[i], sb_words(all, n), SB_E_MAPPING, c->err);
    }
    return 0;
}

static int check_rule_columns(struct checker *c,
                              const struct shape *s,
                              const struct names *columns)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->rules[i].n_columns; k++)
            if (!has(columns, s->rules[i].columns[k]))
                return sb_mapping_refuse_name(s->rules[i].node,
                                              "column",
                                              s->rules[i].columns[k],
                                              sb_words(columns->all, columns->n),
                                              SB_E_MAPPING,
                                              c->err);
    return 0;
}

/* A column "calidad.x" needs a field x. */
static int check_reason_columns(struct checker *c,
                                const struct shape *s,
                                const struct names *columns)
{
    static const char prefix[] = "calidad.";
    const size_t n = sizeof prefix - 1;
    for (size_t i = 0; i < columns->n; i++) {
        struct sb_bytes name = columns->all[i];
        if (name.n < n || memcmp(name.p, prefix, n) != 0)
            continue;
        struct sb_bytes field = sb_bytes(name.p + n, name.n - n);
        struct names all = {sb_arena_alloc(c->arena, s->field->n + 1, sizeof *all.all),
                            0};
        if (!all.all)
            return sb_fail(c->err, SB_E_MEMORY, "out of memory");
        for (size_t k = 0; k < s->field->n; k++)
            all.all[all.n++] = s->field->children[k].name;
        if (s->plain || !has(&all, field))
            return sb_mapping_refuse_name(s->node,
                                          "field of a column \"calidad.\"",
                                          field,
                                          sb_words(all.all, all.n),
                                          SB_E_MAPPING,
                                          c->err);
    }
    return 0;
}

static bool is_filled(const struct checker *c,
                      const struct shape *s,
                      const struct names *columns,
                      const struct sb_field *f)
{
    char reason[128];
    int n = snprintf(reason, sizeof reason, "calidad.%.*s", SB_FMT(f->name));
    if (sb_shape_rule(s, f->name) || has(columns, f->name) ||
        (n > 0 && has_text(columns, reason)))
        return true;
    for (size_t i = 0; i < s->n; i++)
        if (sb_bytes_eq(s->rules[i].precision, f->name))
            return true;
    for (size_t i = 0; s == &c->m->event && i < c->m->facts.n_arrays; i++)
        if (sb_bytes_eq(c->m->facts.arrays[i].field, f->name))
            return true;
    return false;
}

static int
check_required(struct checker *c, const struct shape *s, const struct names *columns)
{
    if (s->plain && !sb_shape_rule(s, sb_bytes_str(SB_PLAIN_ELEMENT)) &&
        !has_text(columns, SB_PLAIN_ELEMENT))
        return sb_yaml_fail(s->node,
                            SB_E_MAPPING,
                            c->err,
                            "\"%s\" is a list of plain values: name the column "
                            "\"" SB_PLAIN_ELEMENT "\"",
                            s->name);
    for (size_t i = 0; !s->plain && i < s->field->n; i++) {
        const struct sb_field *f = &s->field->children[i];
        bool given = sb_bytes_is(f->name, "operacion") && s == &c->m->event;
        if (f->need != SB_NEED_NONE && !given && !is_filled(c, s, columns, f))
            return sb_yaml_fail(s->node,
                                SB_E_MAPPING,
                                c->err,
                                "nothing fills \"%.*s\" of \"%s\", which the "
                                "catalogue requires (a column, an entry in "
                                "\"fields\", or its reason in \"calidad.%.*s\")",
                                SB_FMT(f->name),
                                s->name,
                                SB_FMT(f->name));
    }
    return 0;
}

static int refuse_code(struct checker *c,
                       const struct sb_yaml_node *node,
                       const struct sb_field *f,
                       struct sb_bytes name)
{
    return sb_yaml_fail(node,
                        SB_E_MAPPING,
                        c->err,
                        "\"%.*s\" is a code: give it \"codes: %.*s\" or a "
                        "\"crosswalk\"",
                        SB_FMT(name),
                        SB_FMT(f->codes));
}

/* A coded field is looked up, so that a wrong code has its own reason. */
static int
check_codes(struct checker *c, const struct shape *s, const struct names *columns)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct rule *r = &s->rules[i];
        if (r->field->codes.n && r->kind == RULE_FROM && !r->codes && !r->n_crosswalks)
            return refuse_code(c, r->node, r->field, r->to);
    }
    for (size_t i = 0; i < columns->n; i++) {
        const struct sb_field *f = sb_shape_direct(s, columns->all[i]);
        if (f && f->codes.n)
            return refuse_code(c, s->node, f, columns->all[i]);
    }
    return 0;
}

static int check_shape(struct checker *c,
                       const struct shape *s,
                       struct sb_bytes sql,
                       const struct names *given,
                       struct names *columns)
{
    struct names params = {0};
    int rc = describe(c, s->node, sql, &params, columns);
    if (rc == 0)
        rc = check_params(c, s->node, &params, given);
    if (rc == 0)
        rc = check_rule_columns(c, s, columns);
    if (rc == 0)
        rc = check_reason_columns(c, s, columns);
    if (rc == 0)
        rc = check_required(c, s, columns);
    return rc ? rc : check_codes(c, s, columns);
}

static int check_leftover(struct checker *c)
{
    const struct sb_yaml_node *list = sb_yaml_get(sb_yaml_root(c->m->yaml), "leftover");
    const struct sb_yaml_node *node = list ? sb_yaml_first(list) : NULL;
    for (size_t i = 0; i < c->m->facts.n_leftover; i++, node = sb_yaml_next(node)) {
        struct names params = {0};
        struct names columns = {0};
        struct names none = {0};
        int rc = describe(c, node, c->m->facts.leftover[i].sql, &params, &columns);
        if (rc == 0)
            rc = check_params(c, node, &params, &none);
        if (rc == 0 && (!has_text(&columns, "_row") || !has_text(&columns, "motivo")))
            rc = sb_yaml_fail(node,
                              SB_E_MAPPING,
                              c->err,
                              "a \"leftover\" query gives the columns _row, motivo");
        if (rc)
            return rc;
    }
    return 0;
}

static int check_all(struct checker *c)
{
    const struct sb_mapping_facts *f = &c->m->facts;
    struct names none = {0};
    struct names event = {0};
    int rc = check_shape(c, &c->m->event, f->event_sql, &none, &event);
    if (rc == 0 && sb_bytes_is(f->driver, "csv") && !has_text(&event, "_row"))
        rc = sb_yaml_fail(c->m->event.node,
                          SB_E_MAPPING,
                          c->err,
                          "the event query must give the column _row");
    for (size_t i = 0; rc == 0 && i < f->n_arrays; i++) {
        struct names columns = {0};
        rc = check_shape(c, &c->m->arrays[i], f->arrays[i].sql, &event, &columns);
        if (rc == 0 && sb_bytes_is(f->driver, "csv") && has_text(&columns, "_row") &&
            f->arrays[i].table.n == 0)
            rc = sb_yaml_fail(c->m->arrays[i].node,
                              SB_E_MAPPING,
                              c->err,
                              "say in \"table\" whose records this _row counts");
    }
    return rc ? rc : check_leftover(c);
}

int sb_mapping_check(const struct sb_mapping *m, struct sb_db *db, struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    struct checker c = {m, db, arena, err};
    int rc = check_all(&c);
    sb_arena_free(arena);
    return rc;
}
