/* Purpose: one local row -> one object of the catalogue, by the rules of its shape.
 * Invariant: a field is there with a value that a rule or a column gave, or it is left
 * out, with its reason when one is known; the first fault is the row's.
 * Not for: running queries (mapping_row.c), the catalogue's rules (the engine asks). */
#include <stdio.h>

#include "adapters/engine/mapping_impl.h"

#define REASON_PREFIX "calidad."
#define LEFT_OUT 1 /* beside 0 and faults: the field stays away */

struct object { /* being built */
    const struct shape *shape;
    const struct sb_row *row;
    const char *prefix;
    struct sb_value *value;
    struct sb_value reasons;
};

static bool is_reason_column(struct sb_bytes name)
{
    size_t n = sizeof REASON_PREFIX - 1;
    return name.n > n && memcmp(name.p, REASON_PREFIX, n) == 0;
}

struct sb_bytes sb_row_reason(const struct sb_row *row, struct sb_bytes field)
{
    size_t n = sizeof REASON_PREFIX - 1;
    for (size_t i = 0; i < row->n; i++)
        if (is_reason_column(row->names[i]) && row->names[i].n == n + field.n &&
            memcmp(row->names[i].p + n, field.p, field.n) == 0)
            return row->cells[i].type == SB_CELL_TEXT ? row->cells[i].s
                                                      : (struct sb_bytes){0};
    return (struct sb_bytes){0};
}

static void
keep_fault(struct mapper *w, int code, const char *prefix, struct sb_bytes field)
{
    if (w->fault->code)
        return;
    w->fault->code = code;
    snprintf(w->fault->pointer,
             sizeof w->fault->pointer,
             "%s%s%.*s",
             prefix,
             field.n ? "/" : "",
             SB_FMT(field));
}

static int column(struct mapper *w,
                  const struct object *o,
                  struct sb_bytes name,
                  struct sb_value *out)
{
    const struct sb_cell *cell = sb_row_get(o->row, name);
    return cell ? sb_transform_cell(cell, w->arena, out) : SB_E_MAPPING;
}

static int
put(struct mapper *w, struct sb_value *map, struct sb_bytes key, struct sb_value value)
{
    return sb_value_set(map, key, value, w->arena) ? 0 : SB_E_MEMORY;
}

/* Whether `v` is one of the rule's values for "unknown"; its reason is noted. */
static int find_missing(struct mapper *w,
                        struct object *o,
                        const struct rule *r,
                        const struct sb_value *v,
                        size_t part)
{
    struct sb_bytes text = {0};
    int rc = r->n_missing ? sb_transform_text(v, w->arena, &text) : 0;
    for (size_t i = 0; rc == 0 && i < r->n_missing; i++) {
        const struct missing *m = &r->missing[i];
        if (!sb_bytes_eq(m->value, text) || m->part != part)
            continue;
        rc = m->reason.n ? put(w, &o->reasons, r->to, sb_value_text(m->reason)) : 0;
        return rc ? rc : LEFT_OUT;
    }
    return rc;
}

/* A crosswalk's output in the type that the catalogue has for the field. */
static int as_declared(struct mapper *w,
                       const struct rule *r,
                       struct sb_bytes text,
                       struct sb_value *v)
{
    unsigned types = r->field->types;
    struct sb_value in = sb_value_text(text);
    enum sb_as as = r->as || !types || (types & (1u << SB_STR)) ? SB_AS_IS
                    : (types & (1u << SB_INT))                  ? SB_AS_INT
                    : (types & (1u << SB_DOUBLE))               ? SB_AS_NUMBER
                                                                : SB_AS_IS;
    return sb_transform_as(as, &in, w->arena, v);
}

static int cross(struct mapper *w,
                 const struct rule *r,
                 const struct sb_value *inputs,
                 struct sb_value *out)
{
    struct sb_bytes keys[SB_CROSSWALK_INPUTS];
    struct sb_bytes found = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->n_columns; i++)
        rc = sb_transform_text(&inputs[i], w->arena, &keys[i]);
    if (rc)
        return rc;
    for (size_t i = 0; i < r->n_crosswalks; i++) {
        rc = sb_crosswalk_find(r->crosswalks[i], keys, r->n_columns, &found, NULL);
        if (rc != SB_E_NO_MATCH)
            break;
    }
    return rc ? rc : as_declared(w, r, found, out);
}

/* Its id is text whatever the local column is: a number has one decimal form. */
static int id_as_text(struct mapper *w, struct sb_value *v)
{
    struct sb_bytes text = {0};
    int rc = sb_transform_text(v, w->arena, &text);
    if (rc == 0)
        *v = sb_value_text(text);
    return rc;
}

static int from_columns(struct mapper *w, struct object *o, const struct rule *r)
{
    struct sb_value v[SB_PARTS] = {{.type = SB_NIL}};
    int rc = 0;
    for (size_t i = 0; i < r->n_columns; i++) {
        rc = column(w, o, r->columns[i], &v[i]);
        if (rc || v[i].type == SB_NIL)
            return rc ? rc : LEFT_OUT;
    }
    for (size_t i = 0; rc == 0 && i < r->n_columns; i++)
        rc = find_missing(w, o, r, &v[i], 0);
    if (rc == 0 && r->n_crosswalks)
        rc = cross(w, r, v, &v[0]);
    if (rc == 0 && r->pad)
        rc = sb_transform_pad(r->pad, &v[0], w->arena, &v[0]);
    if (rc == 0)
        rc = sb_transform_as(r->as, &v[0], w->arena, &v[0]);
    if (rc == 0 && r->codes && !sb_code_list_has(r->codes, &v[0]))
        rc = SB_E_UNKNOWN_CODE;
    if (rc == 0 && r->field->everywhere)
        rc = id_as_text(w, &v[0]);
    return rc ? rc : put(w, o->value, r->to, v[0]);
}

static int from_parts(struct mapper *w, struct object *o, const struct rule *r)
{
    struct sb_value v[SB_PARTS];
    size_t known = 0;
    int rc = 0;
    for (; known < r->n_columns; known++) {
        rc = column(w, o, r->columns[known], &v[known]);
        if (rc == 0 && v[known].type == SB_NIL)
            break;
        if (rc == 0)
            rc = find_missing(w, o, r, &v[known], known);
        if (rc)
            break;
    }
    if (rc < 0)
        return rc;
    if (known == 0 || (r->precision.n == 0 && known < r->n_columns))
        return LEFT_OUT;
    struct sb_value time = {0};
    rc = sb_transform_parts(v, known, w->arena, &time);
    if (rc == 0)
        rc = put(w, o->value, r->to, time);
    if (rc == 0 && r->precision.n)
        rc = put(w,
                 o->value,
                 r->precision,
                 sb_value_text(sb_bytes_str(sb_part_names[known - 1])));
    return rc;
}

static int direct_column(struct mapper *w, struct object *o, size_t i)
{
    struct sb_bytes name = o->row->names[i];
    const struct sb_field *field = sb_shape_direct(o->shape, name);
    if (!field || o->row->cells[i].type == SB_CELL_NULL)
        return 0;
    char key[64];
    snprintf(key, sizeof key, "%.*s", SB_FMT(name));
    if (sb_value_get(&o->reasons, key) || sb_value_get(o->value, key))
        return 0;
    struct sb_value v;
    int rc = sb_transform_cell(&o->row->cells[i], w->arena, &v);
    if (rc == 0 && field->everywhere)
        rc = id_as_text(w, &v);
    return rc ? rc : put(w, o->value, name, v); /* an element has no name of its own */
}

static int read_reasons(struct mapper *w, struct object *o)
{
    size_t n = sizeof REASON_PREFIX - 1;
    for (size_t i = 0; i < o->row->n; i++) {
        struct sb_bytes name = o->row->names[i];
        struct sb_value reason;
        if (!is_reason_column(name))
            continue;
        int rc = sb_transform_cell(&o->row->cells[i], w->arena, &reason);
        if (rc == 0 && reason.type != SB_NIL)
            rc = put(w, &o->reasons, sb_bytes(name.p + n, name.n - n), reason);
        if (rc)
            return rc;
    }
    return 0;
}

static int apply_rule(struct mapper *w, struct object *o, const struct rule *r)
{
    if (sb_row_reason(o->row, r->to).n)
        return 0;
    switch (r->kind) {
    case RULE_CONST:
        return put(w, o->value, r->to, r->constant);
    case RULE_PARTS:
        return from_parts(w, o, r);
    case RULE_FROM:
        break;
    }
    return from_columns(w, o, r);
}

/* The value that a plain element's row gives, instead of an object. */
static int plain_element(struct mapper *w, struct object *o)
{
    const char *key = SB_PLAIN_ELEMENT;
    const struct sb_value *v = sb_value_get(o->value, key);
    if (!v)
        keep_fault(w, SB_E_INVALID, o->prefix, (struct sb_bytes){0});
    else
        *o->value = *v;
    return 0;
}

int sb_mapping_object(struct mapper *w,
                      const struct shape *shape,
                      const struct sb_row *row,
                      const char *prefix,
                      struct sb_value *out)
{
    *out = (struct sb_value){.type = SB_MAP};
    struct object o = {shape, row, prefix, out, {.type = SB_MAP}};
    int rc = read_reasons(w, &o);
    for (size_t i = 0; rc >= 0 && i < shape->n; i++) {
        rc = apply_rule(w, &o, &shape->rules[i]);
        if (rc < 0 && rc != SB_E_MEMORY) {
            keep_fault(w, rc, prefix, shape->rules[i].to);
            rc = 0;
        }
    }
    for (size_t i = 0; rc >= 0 && i < row->n; i++) {
        rc = direct_column(w, &o, i);
        if (rc < 0 && rc != SB_E_MEMORY) {
            keep_fault(w, rc, prefix, row->names[i]);
            rc = 0;
        }
    }
    if (rc < 0)
        return rc;
    if (shape->plain)
        return plain_element(w, &o);
    if (o.reasons.as.m.n)
        return put(w, out, sb_bytes_str("calidad"), o.reasons);
    return 0;
}
