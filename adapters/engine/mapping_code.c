/* Purpose: what a rule says of codes, types and constants.
 * Invariant: every list and crosswalk named is one of the catalogue, and fits.
 * Not for: looking a code up (mapping_object.c). */
#include "adapters/engine/mapping_impl.h"
#include "schemas/catalog/json.h"

static int find_crosswalk(struct sb_mapping *m,
                          const struct sb_yaml_node *node,
                          struct rule *r,
                          struct sb_err *err)
{
    struct sb_bytes name = sb_bytes_str(sb_yaml_text(node));
    const struct sb_crosswalk *x = sb_catalog_crosswalk(m->catalog, name);
    if (!x) {
        size_t n = sb_catalog_crosswalk_count(m->catalog);
        struct sb_bytes *names = sb_arena_alloc(m->arena, n + 1, sizeof *names);
        for (size_t i = 0; names && i < n; i++)
            names[i] = sb_bytes_str(sb_catalog_crosswalk_name(m->catalog, i));
        return sb_mapping_refuse_name(
            node, "crosswalk", name, sb_words(names, names ? n : 0), SB_E_MAPPING, err);
    }
    if (sb_crosswalk_inputs(x) != r->n_columns)
        return sb_yaml_fail(node,
                            SB_E_MAPPING,
                            err,
                            "the crosswalk \"%s\" needs %zu columns in \"from\", "
                            "not %zu",
                            sb_yaml_text(node),
                            sb_crosswalk_inputs(x),
                            r->n_columns);
    if (r->n_crosswalks == SB_RULE_CROSSWALKS)
        return sb_yaml_fail(
            node, SB_E_MAPPING, err, "\"crosswalk\" takes four lists at most");
    r->crosswalks[r->n_crosswalks++] = x;
    return 0;
}

int sb_rule_parse_crosswalk(struct sb_mapping *m,
                            const struct sb_yaml_node *node,
                            struct rule *r,
                            struct sb_err *err)
{
    if (!node)
        return 0;
    if (sb_yaml_kind(node) == SB_YAML_SCALAR)
        return find_crosswalk(m, node, r, err);
    int rc = sb_yaml_expect(node, SB_YAML_LIST, "crosswalk", err);
    for (const struct sb_yaml_node *c = sb_yaml_first(node); c && rc == 0;
         c = sb_yaml_next(c)) {
        rc = sb_yaml_expect(c, SB_YAML_SCALAR, "crosswalk", err);
        if (rc == 0)
            rc = find_crosswalk(m, c, r, err);
    }
    return rc;
}

int sb_rule_parse_codes(struct sb_mapping *m,
                        const struct sb_yaml_node *node,
                        struct rule *r,
                        struct sb_err *err)
{
    if (!node)
        return 0;
    struct sb_bytes name = sb_bytes_str(sb_yaml_text(node));
    r->codes = sb_catalog_codes(m->catalog, name);
    if (!r->codes) {
        size_t n = sb_catalog_codes_count(m->catalog);
        struct sb_bytes *names = sb_arena_alloc(m->arena, n + 1, sizeof *names);
        for (size_t i = 0; names && i < n; i++)
            names[i] = sb_bytes_str(sb_catalog_codes_name(m->catalog, i));
        return sb_mapping_refuse_name(
            node, "code list", name, sb_words(names, names ? n : 0), SB_E_MAPPING, err);
    }
    if (r->field->codes.n && !sb_bytes_eq(r->field->codes, name))
        return sb_yaml_fail(node,
                            SB_E_MAPPING,
                            err,
                            "in the catalogue this field's list is \"%.*s\"",
                            SB_FMT(r->field->codes));
    return 0;
}

int sb_rule_parse_as(const struct sb_yaml_node *node,
                     struct rule *r,
                     struct sb_err *err)
{
    if (!node)
        return 0;
    struct sb_bytes word = sb_bytes_str(sb_yaml_text(node));
    struct sb_bytes names[8];
    size_t n = 0;
    for (; sb_as_names[n]; n++) {
        names[n] = sb_bytes_str(sb_as_names[n]);
        if (sb_bytes_eq(names[n], word)) {
            r->as = (enum sb_as)(n + 1);
            return 0;
        }
    }
    return sb_mapping_refuse_name(
        node, "type", word, sb_words(names, n), SB_E_MAPPING, err);
}

/* A constant in the field's own type; quoted, it is a text. */
int sb_rule_parse_const(struct sb_mapping *m,
                        const struct sb_yaml_node *node,
                        struct rule *r,
                        struct sb_err *err)
{
    int rc = sb_yaml_expect(node, SB_YAML_SCALAR, "const", err);
    if (rc)
        return rc;
    struct sb_bytes text = sb_bytes_str(sb_yaml_text(node));
    unsigned types = r->field->types;
    bool only_text = types && !(types & ~(1u << SB_STR));
    r->kind = RULE_CONST;
    r->constant = sb_value_text(text);
    struct sb_value v;
    if (!only_text && sb_yaml_is_plain(node) &&
        sb_json_to_value(text, m->arena, &v, NULL) == 0 && v.type != SB_NIL)
        r->constant = v;
    if (types && !(types & (1u << r->constant.type)))
        return sb_yaml_fail(node,
                            SB_E_MAPPING,
                            err,
                            "the catalogue wants %s here, not %s",
                            r->field->type,
                            sb_value_kind(&r->constant));
    const struct sb_code_list *codes =
        r->field->codes.n ? sb_catalog_codes(m->catalog, r->field->codes) : NULL;
    if (codes && !sb_code_list_has(codes, &r->constant))
        return sb_yaml_fail(node,
                            SB_E_UNKNOWN_CODE,
                            err,
                            "this constant is not in the list \"%.*s\"",
                            SB_FMT(r->field->codes));
    return 0;
}
