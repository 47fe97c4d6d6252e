/* Purpose: the list `fields`: one rule per entry.
 * Invariant: a rule's transforms fit together and with its field in the catalogue.
 * Not for: columns, which only the database knows (mapping_check.c). */
#include "adapters/engine/mapping_impl.h"

#include <assert.h>

#define PAD_MAX 64

const struct rule *sb_shape_rule(const struct shape *s, struct sb_bytes to)
{
    for (size_t i = 0; i < s->n; i++)
        if (sb_bytes_eq(s->rules[i].to, to))
            return &s->rules[i];
    return NULL;
}

static const struct sb_field *member(const struct shape *s, struct sb_bytes name)
{
    if (s->plain)
        return sb_bytes_is(name, SB_PLAIN_ELEMENT) ? s->field : NULL;
    const struct sb_field *f = sb_field_child(s->field, name);
    return f && !f->reasons && !f->items && f->n == 0 ? f : NULL;
}

const struct sb_field *sb_shape_direct(const struct shape *s, struct sb_bytes column)
{
    if (sb_bytes_is(column, "operacion") && !s->plain)
        return NULL;
    return sb_shape_rule(s, column) ? NULL : member(s, column);
}

static int refuse_field(struct sb_mapping *m,
                        const struct sb_yaml_node *to,
                        const struct shape *s,
                        struct sb_err *err)
{
    assert(s->field && "every shape is one of the catalogue's");
    struct sb_bytes *names = sb_arena_alloc(m->arena, s->field->n + 2, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; names && !s->plain && i < s->field->n; i++)
        if (member(s, s->field->children[i].name))
            names[n++] = s->field->children[i].name;
    if (names && s->plain)
        names[n++] = sb_bytes_str(SB_PLAIN_ELEMENT);
    return sb_mapping_refuse_name(to,
                                  "field",
                                  sb_bytes_str(sb_yaml_text(to)),
                                  sb_words(names, n),
                                  SB_E_MAPPING,
                                  err);
}

/* `ocurrido_en` has `ocurrido_precision` beside it: the field, or NULL. */
static const struct sb_field *
precision_of(struct sb_mapping *m, const struct shape *s, struct sb_bytes to)
{
    if (s->plain || to.n < 4 || memcmp(to.p + to.n - 3, "_en", 3) != 0)
        return NULL;
    char *name = sb_arena_str(m->arena, "%.*s_precision", (int)to.n - 3, to.p);
    return name ? sb_field_child(s->field, sb_bytes_str(name)) : NULL;
}

static int parse_parts(struct sb_mapping *m,
                       const struct sb_yaml_node *node,
                       const struct shape *s,
                       struct rule *r,
                       struct sb_err *err)
{
    struct sb_columns columns;
    int rc = sb_yaml_expect(node, SB_YAML_LIST, "parts", err);
    if (rc == 0)
        rc = sb_mapping_parse_columns(m->arena, node, "parts", &columns, err);
    if (rc)
        return rc;
    if (columns.n == 0 || columns.n > SB_PARTS)
        return sb_yaml_fail(node,
                            SB_E_MAPPING,
                            err,
                            "\"parts\" are one to five columns: year, month, day, "
                            "hour, minute");
    const struct sb_field *precision = precision_of(m, s, r->to);
    if (!precision && columns.n < SB_PARTS)
        return sb_yaml_fail(node,
                            SB_E_MAPPING,
                            err,
                            "this field has no precision beside it: give all five "
                            "parts, down to the minute");
    r->kind = RULE_PARTS;
    if (precision)
        r->precision = precision->name;
    memcpy(r->columns, columns.items, columns.n * sizeof *columns.items);
    r->n_columns = columns.n;
    return 0;
}

static int parse_from(struct sb_mapping *m,
                      const struct sb_yaml_node *from,
                      struct rule *r,
                      struct sb_err *err)
{
    struct sb_columns columns = {&r->to, 1};
    int rc = from ? sb_mapping_parse_columns(m->arena, from, "from", &columns, err) : 0;
    if (rc)
        return rc;
    if (columns.n == 0 || columns.n > SB_CROSSWALK_INPUTS)
        return sb_yaml_fail(
            from, SB_E_MAPPING, err, "\"from\" is one column, or up to four of them");
    memcpy(r->columns, columns.items, columns.n * sizeof *columns.items);
    r->n_columns = columns.n;
    return 0;
}

/* Which of the rule's parts is meant, by its column's name or as "hora". */
static int find_part(const struct sb_yaml_node *node,
                     const struct rule *r,
                     size_t *out,
                     struct sb_err *err)
{
    struct sb_bytes word = sb_bytes_str(sb_yaml_text(node));
    for (size_t i = 0; i < r->n_columns; i++)
        if (sb_bytes_eq(r->columns[i], word)) {
            *out = i;
            return 0;
        }
    for (size_t i = 0; i < r->n_columns; i++)
        if (sb_bytes_is(word, sb_part_names[i])) {
            *out = i;
            return 0;
        }
    return sb_mapping_refuse_name(
        node, "part", word, sb_words(r->columns, r->n_columns), SB_E_MAPPING, err);
}

static int parse_missing_entry(const struct sb_yaml_node *node,
                               const struct rule *r,
                               struct missing *out,
                               struct sb_err *err)
{
    static const char *const keys[] = {"value", "reason", "part", NULL};
    const struct sb_yaml_node *value = NULL;
    const struct sb_yaml_node *reason = sb_yaml_get(node, "reason");
    const struct sb_yaml_node *part = sb_yaml_get(node, "part");
    int rc = sb_yaml_expect(node, SB_YAML_MAP, "missing", err);
    if (rc == 0)
        rc = sb_yaml_check_keys(node, "missing", keys, err);
    if (rc == 0)
        rc = sb_yaml_need(node, "value", SB_YAML_SCALAR, &value, err);
    if (rc)
        return rc;
    out->value = sb_bytes_str(sb_yaml_text(value));
    if ((part != NULL) != (r->kind == RULE_PARTS))
        return sb_yaml_fail(node,
                            SB_E_MAPPING,
                            err,
                            part ? "\"part\" is only for a field made of \"parts\""
                                 : "say which \"part\" this value leaves unknown");
    if (part)
        rc = find_part(part, r, &out->part, err);
    if (rc == 0 && reason) {
        out->reason = sb_bytes_str(sb_yaml_text(reason));
        if (part || !sb_reason_valid(out->reason))
            rc = sb_yaml_fail(reason,
                              SB_E_MAPPING,
                              err,
                              part ? "an unknown part has no reason of its own"
                                   : "the reasons are no_registrado, no_aplica, "
                                     "reservado, ilegible");
    }
    return rc;
}

static int parse_missing(struct sb_mapping *m,
                         const struct sb_yaml_node *list,
                         struct rule *r,
                         struct sb_err *err)
{
    if (!list)
        return 0;
    int rc = sb_yaml_expect(list, SB_YAML_LIST, "missing", err);
    if (rc)
        return rc;
    r->missing = sb_arena_alloc(m->arena, sb_yaml_count(list) + 1, sizeof *r->missing);
    if (!r->missing)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (const struct sb_yaml_node *c = sb_yaml_first(list); c; c = sb_yaml_next(c)) {
        rc = parse_missing_entry(c, r, &r->missing[r->n_missing], err);
        if (rc)
            return rc;
        r->n_missing++;
    }
    return 0;
}

/* `const` stands alone; `parts` goes with `missing` only. */
static int check_company(const struct sb_yaml_node *node, struct sb_err *err)
{
    static const char *const others[] = {
        "from", "crosswalk", "pad", "as", "codes", "parts", "missing", NULL};
    const char *first = sb_yaml_get(node, "const")   ? "const"
                        : sb_yaml_get(node, "parts") ? "parts"
                                                     : NULL;
    for (size_t i = 0; first && others[i]; i++) {
        const struct sb_yaml_node *other = sb_yaml_get(node, others[i]);
        bool parts = strcmp(first, "parts") == 0;
        if (other && !(parts && i >= 5))
            return sb_yaml_fail(other,
                                SB_E_MAPPING,
                                err,
                                "\"%s\" does not go with \"%s\"",
                                others[i],
                                first);
    }
    return 0;
}

static int parse_transforms(struct sb_mapping *m,
                            const struct sb_yaml_node *node,
                            struct rule *r,
                            struct sb_err *err)
{
    int rc = parse_from(m, sb_yaml_get(node, "from"), r, err);
    if (rc == 0)
        rc = parse_missing(m, sb_yaml_get(node, "missing"), r, err);
    if (rc == 0)
        rc = sb_rule_parse_crosswalk(m, sb_yaml_get(node, "crosswalk"), r, err);
    if (rc == 0)
        rc = sb_rule_parse_as(sb_yaml_get(node, "as"), r, err);
    if (rc == 0)
        rc = sb_rule_parse_codes(m, sb_yaml_get(node, "codes"), r, err);
    const struct sb_yaml_node *pad = sb_yaml_get(node, "pad");
    int64_t width = 0;
    if (rc == 0 && pad)
        rc = sb_yaml_int(pad, 1, PAD_MAX, &width, err);
    r->pad = (size_t)width;
    if (rc == 0 && r->n_columns > 1 && r->n_crosswalks == 0)
        rc = sb_yaml_fail(
            node, SB_E_MAPPING, err, "several columns in \"from\" need a crosswalk");
    return rc;
}

static int parse_rule(struct sb_mapping *m,
                      const struct sb_yaml_node *node,
                      const struct shape *s,
                      struct rule *r,
                      struct sb_err *err)
{
    static const char *const keys[] = {"to",
                                       "from",
                                       "parts",
                                       "const",
                                       "missing",
                                       "crosswalk",
                                       "pad",
                                       "as",
                                       "codes",
                                       NULL};
    const struct sb_yaml_node *to = NULL;
    int rc = sb_yaml_expect(node, SB_YAML_MAP, "fields", err);
    if (rc == 0)
        rc = sb_yaml_check_keys(node, "fields", keys, err);
    if (rc == 0)
        rc = sb_yaml_need(node, "to", SB_YAML_SCALAR, &to, err);
    if (rc == 0)
        rc = check_company(node, err);
    if (rc)
        return rc;
    r->node = node;
    r->to = sb_bytes_str(sb_yaml_text(to));
    r->field = member(s, r->to);
    if (!r->field)
        return refuse_field(m, to, s, err);
    if (sb_bytes_is(r->to, "operacion") && !s->plain)
        return sb_yaml_fail(
            to, SB_E_MAPPING, err, "\"operacion\" follows from what was captured");
    if (sb_shape_rule(s, r->to))
        return sb_yaml_fail(to,
                            SB_E_CONFIG_DUPLICATE,
                            err,
                            "\"%s\" has an entry already",
                            sb_yaml_text(to));
    const struct sb_yaml_node *constant = sb_yaml_get(node, "const");
    const struct sb_yaml_node *parts = sb_yaml_get(node, "parts");
    if (constant)
        return sb_rule_parse_const(m, constant, r, err);
    if (!parts)
        return parse_transforms(m, node, r, err);
    rc = parse_parts(m, parts, s, r, err);
    return rc ? rc : parse_missing(m, sb_yaml_get(node, "missing"), r, err);
}

int sb_mapping_parse_fields(struct sb_mapping *m,
                            const struct sb_yaml_node *list,
                            struct shape *shape,
                            struct sb_err *err)
{
    if (!list)
        return 0;
    int rc = sb_yaml_expect(list, SB_YAML_LIST, "fields", err);
    if (rc)
        return rc;
    shape->rules =
        sb_arena_alloc(m->arena, sb_yaml_count(list) + 1, sizeof *shape->rules);
    if (!shape->rules)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (const struct sb_yaml_node *c = sb_yaml_first(list); c; c = sb_yaml_next(c)) {
        rc = parse_rule(m, c, shape, &shape->rules[shape->n], err);
        if (rc)
            return rc;
        shape->n++;
    }
    return 0;
}
