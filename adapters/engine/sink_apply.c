/* Purpose: one event put into the reader's tables, by the sink's statements.
 * Invariant: an event carries its whole state: after alta and correccion each array is
 * written anew, also when the event has none.
 * Not for: transactions and cursors, which are the caller's. */
#include "adapters/engine/mapping_impl.h"
#include "adapters/engine/sink_impl.h"

#define RESERVED "reservado"

struct params {
    struct sb_param *all;
    size_t n;
};

struct applying { /* one event */
    const struct sb_sink *s;
    struct sb_db *db;
    const struct sb_value *payload;
    unsigned classes;
    struct params params; /* the event's */
    struct sb_arena *arena;
};

static struct sb_cell cell_of(const struct sb_value *v)
{
    struct sb_cell c = {.type = SB_CELL_NULL};
    if (!v)
        return c;
    switch (v->type) {
    case SB_BOOL:
        c = (struct sb_cell){.type = SB_CELL_INT, .i = v->as.b};
        break;
    case SB_INT:
        c = (struct sb_cell){.type = SB_CELL_INT, .i = v->as.i};
        break;
    case SB_DOUBLE:
        c = (struct sb_cell){.type = SB_CELL_REAL, .d = v->as.d};
        break;
    case SB_STR:
        c = (struct sb_cell){.type = SB_CELL_TEXT, .s = v->as.s};
        break;
    case SB_NIL:
    case SB_ARRAY:
    case SB_MAP:
        break;
    }
    return c;
}

static const struct sb_value *member(const struct sb_value *object,
                                     struct sb_bytes name)
{
    for (size_t i = 0; object && object->type == SB_MAP && i < object->as.m.n; i++)
        if (sb_bytes_eq(object->as.m.pairs[i].key, name))
            return &object->as.m.pairs[i].value;
    return NULL;
}

/* The reason of a field: the event's own, or that this reader may not see it. */
static struct sb_cell
reason_of(const struct sb_field *f, const struct sb_value *object, unsigned classes)
{
    const struct sb_value *reasons = member(object, sb_bytes_str("calidad"));
    const struct sb_value *own = member(reasons, f->name);
    unsigned where = f->items || f->n ? f->classes : SB_CLASS_BIT(f->cls);
    if (own && own->type == SB_STR)
        return cell_of(own);
    if (!(where & classes) && !f->everywhere)
        return (struct sb_cell){.type = SB_CELL_TEXT, .s = sb_bytes_str(RESERVED)};
    return (struct sb_cell){.type = SB_CELL_NULL};
}

/* Appends two parameters per field of an object. */
static int add_object(struct params *p,
                      const struct sb_field *fields,
                      const struct sb_value *object,
                      unsigned classes,
                      struct sb_arena *arena)
{
    for (size_t i = 0; i < fields->n; i++) {
        const struct sb_field *f = &fields->children[i];
        if (f->reasons)
            continue;
        char *reason = sb_arena_str(arena, SB_SINK_REASON "%.*s", SB_FMT(f->name));
        if (!reason)
            return SB_E_MEMORY;
        bool shown = f->everywhere || (SB_CLASS_BIT(f->cls) & classes);
        if (sb_sink_is_plain(f))
            p->all[p->n++] = (struct sb_param){
                f->name, cell_of(shown ? member(object, f->name) : NULL)};
        p->all[p->n++] =
            (struct sb_param){sb_bytes_str(reason), reason_of(f, object, classes)};
    }
    return 0;
}

static int run_all(struct sb_db *db,
                   const struct statements *list,
                   const struct params *p,
                   struct sb_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < list->n; i++)
        rc = db->ops->run(db, list->all[i].sql, p->all, p->n, NULL, NULL, err);
    return rc;
}

static int run_element(const struct applying *x,
                       const struct sink_array *a,
                       const struct sb_value *element,
                       struct sb_err *err)
{
    const struct sb_field *items = a->field->items;
    const struct params *event = &x->params;
    struct params p = {
        sb_arena_alloc(x->arena, 2 * items->n + 1 + event->n, sizeof *p.all), 0};
    int rc = p.all ? add_object(&p, items, element, x->classes, x->arena) : SB_E_MEMORY;
    if (rc)
        return sb_fail(err, rc, "out of memory while applying an event");
    if (items->n == 0)
        p.all[p.n++] =
            (struct sb_param){sb_bytes_str(SB_PLAIN_ELEMENT), cell_of(element)};
    memcpy(p.all + p.n, event->all, event->n * sizeof *p.all);
    p.n += event->n;
    return run_all(x->db, &a->each, &p, err);
}

static int
run_array(const struct applying *x, const struct sink_array *a, struct sb_err *err)
{
    const struct sb_value *list = member(x->payload, a->field->name);
    int rc = run_all(x->db, &a->before, &x->params, err);
    size_t n = list && list->type == SB_ARRAY ? list->as.a.n : 0;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = run_element(x, a, &list->as.a.items[i], err);
    return rc;
}

static int apply(struct applying *x, struct sb_err *err)
{
    const struct sb_value *name = member(x->payload, sb_bytes_str("operacion"));
    size_t op = 0;
    while (op < SINK_OPERATIONS && !(name && name->type == SB_STR &&
                                     sb_bytes_is(name->as.s, sb_sink_operations[op])))
        op++;
    if (op == SINK_OPERATIONS)
        return sb_fail(err, SB_E_INVALID, "the event's operation is not known");
    int rc =
        add_object(&x->params, &x->s->type->root, x->payload, x->classes, x->arena);
    if (rc)
        return sb_fail(err, rc, "out of memory while applying an event");
    rc = run_all(x->db, &x->s->operations[op], &x->params, err);
    for (size_t i = 0; rc == 0 && op != SINK_ANULACION && i < x->s->n_arrays; i++)
        rc = run_array(x, &x->s->arrays[i], err);
    return rc;
}

int sb_sink_apply(const struct sb_sink *s,
                  struct sb_db *db,
                  const struct sb_value *payload,
                  unsigned classes,
                  struct sb_bytes stream,
                  uint64_t seq,
                  struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct applying x = {s, db, payload, classes, {0}, arena};
    struct params *p = &x.params;
    if (arena)
        p->all = sb_arena_alloc(arena, 2 * s->type->root.n + 2, sizeof *p->all);
    if (!p->all) {
        sb_arena_free(arena);
        return sb_fail(err, SB_E_MEMORY, "out of memory while applying an event");
    }
    p->all[p->n++] =
        (struct sb_param){sb_bytes_str("stream"), {.type = SB_CELL_TEXT, .s = stream}};
    p->all[p->n++] = (struct sb_param){sb_bytes_str("seq"),
                                       {.type = SB_CELL_INT, .i = (int64_t)seq}};
    int rc = apply(&x, err);
    sb_arena_free(arena);
    return rc;
}
