/* Purpose: a sink held against the catalogue, the reader's grant, and its tables.
 * Invariant: what passes binds only fields that the grant shows. */
#include "adapters/engine/mapping_impl.h"
#include "adapters/engine/sink_impl.h"

struct checker {
    const struct sb_sink *s;
    unsigned classes;
    struct sb_db *db; /* may be NULL */
    struct sb_arena *arena;
    struct sb_err *err;
};

/* The field that a parameter means in that object; *reason: its reason is meant. */
static const struct sb_field *
meant(const struct sb_field *object, struct sb_bytes name, bool *reason)
{
    static const size_t n = sizeof SB_SINK_REASON - 1;
    const struct sb_field *f = sb_field_child(object, name);
    *reason = false;
    if (f && sb_sink_is_plain(f))
        return f;
    if (name.n <= n || memcmp(name.p, SB_SINK_REASON, n) != 0)
        return NULL;
    *reason = true;
    f = sb_field_child(object, sb_bytes(name.p + n, name.n - n));
    return f && !f->reasons && !f->everywhere ? f : NULL;
}

static int refuse_unknown(struct checker *c,
                          const struct statement *st,
                          const struct sb_field *element,
                          struct sb_bytes name)
{
    const struct sb_field *objects[2] = {element, &c->s->type->root};
    size_t room = 3 + 2 * ((element ? element->n : 0) + objects[1]->n);
    struct sb_bytes *names = sb_arena_alloc(c->arena, room, sizeof *names);
    size_t n = 0;
    if (!names)
        return sb_fail(c->err, SB_E_MEMORY, "out of memory");
    names[n++] = sb_bytes_str("stream");
    names[n++] = sb_bytes_str("seq");
    if (element && element->n == 0)
        names[n++] = sb_bytes_str(SB_PLAIN_ELEMENT);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; objects[k] && i < objects[k]->n; i++) {
            const struct sb_field *f = &objects[k]->children[i];
            char *reason =
                sb_arena_str(c->arena, SB_SINK_REASON "%.*s", SB_FMT(f->name));
            if (sb_sink_is_plain(f))
                names[n++] = f->name;
            if (reason && !f->reasons && !f->everywhere)
                names[n++] = sb_bytes_str(reason);
        }
    return sb_mapping_refuse_name(
        st->node, "parameter", name, sb_words(names, n), SB_E_SINK, c->err);
}

static int check_name(struct checker *c,
                      const struct statement *st,
                      const struct sb_field *element,
                      struct sb_bytes name)
{
    bool reason = false;
    if (sb_bytes_is(name, "stream") || sb_bytes_is(name, "seq"))
        return 0;
    const struct sb_field *f = element ? meant(element, name, &reason) : NULL;
    if (!f && element && element->n == 0 && sb_bytes_is(name, SB_PLAIN_ELEMENT))
        f = element;
    if (!f)
        f = meant(&c->s->type->root, name, &reason);
    if (!f)
        return refuse_unknown(c, st, element, name);
    if (reason || f->everywhere || (SB_CLASS_BIT(f->cls) & c->classes))
        return 0;
    return sb_yaml_fail(st->node,
                        SB_E_SINK,
                        c->err,
                        "\"%.*s\" is of class %s, which the grant does not show",
                        SB_FMT(name),
                        sb_class_name(f->cls));
}

static int compile(struct checker *c, const struct statement *st)
{
    struct sb_bytes *params = NULL;
    struct sb_bytes *columns = NULL;
    size_t n_params = 0;
    size_t n_columns = 0;
    if (!c->db)
        return 0;
    int rc = c->db->ops->describe(
        c->db, st->sql, c->arena, &params, &n_params, &columns, &n_columns, c->err);
    if (rc)
        sb_err_wrap(
            c->err, rc, "%.*s:%u", SB_FMT(c->s->facts.path), sb_yaml_line(st->node));
    return rc;
}

static int check_statements(struct checker *c,
                            const struct statements *list,
                            const struct sb_field *element)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < list->n; i++) {
        struct sb_bytes name;
        size_t at = 0;
        while (rc == 0 && sb_sink_next_name(list->all[i].sql, &at, &name))
            rc = check_name(c, &list->all[i], element, name);
        if (rc == 0)
            rc = compile(c, &list->all[i]);
    }
    return rc;
}

static int check_array(struct checker *c, const struct sink_array *a)
{
    if (!(a->field->classes & c->classes))
        return sb_yaml_fail(sb_yaml_get(sb_yaml_root(c->s->yaml), "arrays"),
                            SB_E_SINK,
                            c->err,
                            "\"%.*s\" is of class %s, which the grant does not show",
                            SB_FMT(a->field->name),
                            sb_class_name(a->field->cls));
    int rc = check_statements(c, &a->before, NULL);
    return rc ? rc : check_statements(c, &a->each, a->field->items);
}

int sb_sink_check(const struct sb_sink *s,
                  unsigned classes,
                  struct sb_db *db,
                  struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    struct checker c = {s, classes, db, arena, err};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < SINK_OPERATIONS; i++)
        rc = check_statements(&c, &s->operations[i], NULL);
    for (size_t i = 0; rc == 0 && i < s->n_arrays; i++)
        rc = check_array(&c, &s->arrays[i]);
    sb_arena_free(arena);
    return rc;
}
