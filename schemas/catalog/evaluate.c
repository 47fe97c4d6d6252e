/* Purpose: apply a compiled schema to a value, and report the first violation.
 * Invariant: no JSON, no allocation but what uniqueItems and pcre2 need; nesting and
 * effort are bounded. */
#include "schemas/catalog/evaluate.h"

#include <stdio.h>

#include "schemas/catalog/class.h"

static void put_place(const struct place *at, struct sb_buf *out, unsigned left)
{
    if (!at->up || left == 0)
        return;
    put_place(at->up, out, left - 1);
    if (!at->key.p) {
        sb_buf_printf(out, "/%zu", at->index);
        return;
    }
    sb_buf_byte(out, '/');
    for (size_t i = 0; i < at->key.n; i++) {
        if (at->key.p[i] == '~' || at->key.p[i] == '/')
            sb_buf_str(out, at->key.p[i] == '~' ? "~0" : "~1");
        else
            sb_buf_byte(out, at->key.p[i]);
    }
}

/* Cut at the buffer's end, never inside a UTF-8 sequence. */
static void copy_cut(char *to, size_t room, struct sb_bytes s)
{
    size_t n = s.n < room ? s.n : room - 1;
    while (n < s.n && n > 0 && (s.p[n] & 0xc0) == 0x80)
        n--;
    if (n)
        memcpy(to, s.p, n);
    to[n] = '\0';
}

static void report(struct run *r,
                   const struct sb_schema *s,
                   const struct rule *u,
                   const struct sb_value *v,
                   const struct place *at,
                   struct sb_bytes name)
{
    struct sb_buf pointer = {0};
    if (r->quiet || r->fault || !r->violation)
        return;
    put_place(at, &pointer, SB_SCHEMA_NESTING);
    *r->violation = (struct sb_violation){
        .rule = u->keyword, .where = s->where, .kind = sb_value_kind(v), .name = name};
    copy_cut(r->violation->pointer, SB_POINTER_MAX, sb_buf_bytes(&pointer));
    sb_buf_free(&pointer);
}

static bool quietly(struct run *r,
                    const struct sb_schema *s,
                    const struct sb_value *v,
                    const struct place *at)
{
    r->quiet++;
    bool fine = sb_schema_apply(r, s, v, at);
    r->quiet--;
    return fine;
}

static size_t count_valid(struct run *r,
                          const struct rule *u,
                          const struct sb_value *v,
                          const struct place *at,
                          size_t enough)
{
    size_t n = 0;
    for (size_t i = 0; i < u->as.list.n && n < enough && !r->fault; i++)
        n += quietly(r, u->as.list.all[i], v, at);
    return n;
}

/* The property that the first branch of a failed anyOf misses, if that is its fault:
 * `f`, where f or a reason for its absence is asked for. */
static struct sb_bytes missing_in(struct run *r,
                                  const struct sb_schema *s,
                                  const struct sb_value *v,
                                  const struct place *at)
{
    struct sb_violation inner = {.name = {NULL, 0}};
    struct run probe = *r;
    if (r->quiet || !r->violation)
        return inner.name;
    probe.violation = &inner;
    (void)sb_schema_apply(&probe, s, v, at);
    return inner.name;
}

static bool judge_logic(struct run *r,
                        const struct rule *u,
                        const struct sb_value *v,
                        const struct place *at,
                        bool *reported,
                        struct sb_bytes *name)
{
    const struct sb_schema *next = u->as.schema;
    switch ((int)u->kind) {
    case RULE_ANY:
        if (count_valid(r, u, v, at, 1) == 1)
            return true;
        *name = missing_in(r, u->as.list.all[0], v, at);
        return false;
    case RULE_ONE:
        return count_valid(r, u, v, at, 2) == 1;
    case RULE_NOT:
        return !quietly(r, next, v, at) && !r->fault;
    case RULE_ALL:
        *reported = true;
        for (size_t i = 0; i < u->as.list.n; i++)
            if (!sb_schema_apply(r, u->as.list.all[i], v, at))
                return false;
        return true;
    case RULE_IF:
        next =
            quietly(r, u->as.branch.test, v, at) ? u->as.branch.yes : u->as.branch.no;
        break;
    default: /* RULE_REF */
        break;
    }
    *reported = true;
    return !r->fault && (!next || sb_schema_apply(r, next, v, at));
}

static bool judge(struct run *r,
                  const struct rule *u,
                  const struct sb_value *v,
                  const struct place *at,
                  bool *reported,
                  struct sb_bytes *name)
{
    if (u->kind <= RULE_CODES)
        return sb_schema_judge_scalar(r, u, v);
    if (u->kind >= RULE_REF)
        return judge_logic(r, u, v, at, reported, name);
    if (v->type == SB_ARRAY)
        return sb_schema_judge_array(r, u, v, at, reported);
    return sb_schema_judge_object(r, u, v, at, reported, name);
}

bool sb_schema_apply(struct run *r,
                     const struct sb_schema *s,
                     const struct sb_value *v,
                     const struct place *at)
{
    unsigned kind = TYPE_BIT(v->type);
    bool fine = true;
    if (s->n_rules == 0)
        return true;
    if (r->nesting == SB_SCHEMA_NESTING || r->effort == SB_SCHEMA_EFFORT) {
        if (!r->fault)
            r->fault = r->nesting == SB_SCHEMA_NESTING ? SB_E_DEPTH : SB_E_LIMIT;
        return false;
    }
    r->nesting++;
    r->effort++;
    for (size_t i = 0; fine && i < s->n_rules; i++) {
        const struct rule *u = &s->rules[i];
        bool reported = false;
        struct sb_bytes name = {NULL, 0};
        if (u->applies && !(u->applies & kind))
            continue;
        fine = judge(r, u, v, at, &reported, &name) && !r->fault;
        if (!fine && !reported)
            report(r, s, u, v, at, name);
    }
    r->nesting--;
    return fine;
}

static int
conclude(const struct run *r, const struct sb_violation *w, struct sb_err *err)
{
    if (r->fault)
        return sb_fail(err,
                       r->fault,
                       "the value could not be judged: the schema asks for too much "
                       "work (%s)",
                       sb_code_name(r->fault));
    return sb_fail(err,
                   SB_E_INVALID,
                   "at \"%s\": %s%s%.*s%s (%s; %s)",
                   w->pointer,
                   w->rule,
                   w->name.n ? " \"" : "",
                   SB_FMT(w->name),
                   w->name.n ? "\"" : "",
                   w->kind,
                   w->where);
}

int sb_schema_validate_held(const struct sb_schema *schema,
                            const struct sb_value *value,
                            const struct sb_field *field,
                            unsigned held,
                            struct sb_violation *violation,
                            struct sb_err *err)
{
    struct sb_violation own = {.rule = "", .where = "", .kind = ""};
    struct run r = {.violation = &own, .held = held};
    bool whole = (held & SB_CLASS_ALL) == SB_CLASS_ALL;
    struct place root = {.field = whole ? NULL : field};
    if (sb_schema_apply(&r, schema, value, &root) && !r.fault)
        return 0;
    if (violation)
        *violation = own;
    return conclude(&r, &own, err);
}

int sb_schema_validate(const struct sb_schema *schema,
                       const struct sb_value *value,
                       struct sb_violation *violation,
                       struct sb_err *err)
{
    return sb_schema_validate_held(schema, value, NULL, SB_CLASS_ALL, violation, err);
}
