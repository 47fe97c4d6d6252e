/* Purpose: local rows through a mapping and the catalogue, shown to the technician.
 * Invariant: reads only; what does not map is shown with its code, as the engine would
 * quarantine it.
 * Not for: sending; the engine has its own way through changes. */
#include "adapters/cli/try.h"

#include "schemas/catalog/json.h"

struct one { /* an event query for one local row */
    struct sb_try *t;
    const struct sb_param *keys;
    size_t n_keys;
};

static void put_line(struct sb_try *t, const struct sb_value *line)
{
    struct sb_buf text = {0};
    unsigned indent = sb_out_format(sb_cli_out(t->cli)) == SB_OUT_JSON ? 0 : 2;
    if (sb_value_to_json(line, indent, &text, NULL) == 0)
        sb_out_line(sb_cli_out(t->cli), sb_buf_bytes(&text));
    sb_buf_free(&text);
}

static bool
set(struct sb_try *t, struct sb_value *map, const char *key, struct sb_value value)
{
    return sb_value_set(map, sb_bytes_str(key), value, t->arena);
}

static int put_fault(struct sb_try *t,
                     int code,
                     const char *pointer,
                     struct sb_bytes id_local,
                     struct sb_err *err)
{
    struct sb_value map = {.type = SB_MAP};
    const char *text = sb_arena_str(t->arena, "SB-%d", sb_code_number(code));
    bool good =
        text && set(t, &map, "code", sb_value_text(sb_bytes_str(text))) &&
        set(t, &map, "reason", sb_value_text(sb_bytes_str(sb_code_name(code)))) &&
        set(t, &map, "pointer", sb_value_text(sb_bytes_str(pointer))) &&
        set(t, &map, "id_local", sb_value_text(id_local));
    if (!good)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    put_line(t, &map);
    return 0;
}

static int judge(struct sb_try *t, const struct sb_mapped *m, struct sb_err *err)
{
    struct sb_violation v = {.pointer = ""};
    int rc = sb_event_type_validate(t->type, &m->value, SB_CLASS_ALL, &v, err);
    if (rc == SB_E_INVALID)
        return put_fault(t, rc, v.pointer, m->id_local, err);
    if (rc == 0) {
        t->good++;
        put_line(t, &m->value);
    }
    return rc;
}

static int take_row(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    const struct one *o = ctx;
    struct sb_try *t = o->t;
    struct sb_map_input in = {
        .row = row, .keys = o->keys, .n_keys = o->n_keys, .operacion = "alta"};
    struct sb_mapped mapped = {.n_used = 0};
    struct sb_map_fault fault = {.code = 0};
    if (t->left == 0)
        return 1;
    t->left--;
    t->rows++;
    int rc =
        sb_mapping_row(t->local->mapping, t->db, &in, t->arena, &mapped, &fault, err);
    if (rc == 1)
        rc = put_fault(t, fault.code, fault.pointer, fault.id_local, err);
    else if (rc == 0)
        rc = judge(t, &mapped, err);
    if (!o->keys)
        sb_arena_reset(t->arena);
    return rc;
}

static int run_event(struct one *o, struct sb_err *err)
{
    const struct sb_mapping_facts *f = sb_mapping_facts(o->t->local->mapping);
    int rc = o->t->db->ops->run(
        o->t->db, f->event_sql, o->keys, o->n_keys, take_row, o, err);
    return rc < 0 ? rc : 0;
}

/* A row of the captured table: its key columns are the event query's parameters. */
static int take_key(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct sb_try *t = ctx;
    struct sb_param *keys = sb_arena_alloc(t->arena, row->n, sizeof *keys);
    if (!keys)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; i < row->n; i++) {
        keys[i].name = sb_arena_dup(t->arena, row->names[i]);
        keys[i].cell = row->cells[i];
        if (keys[i].cell.type == SB_CELL_TEXT)
            keys[i].cell.s = sb_arena_dup(t->arena, row->cells[i].s);
    }
    struct one o = {.t = t, .keys = keys, .n_keys = row->n};
    int rc = run_event(&o, err);
    sb_arena_reset(t->arena);
    return rc == 0 && t->left == 0 ? 1 : rc;
}

static void
key_query(const struct sb_try *t, const struct sb_mapping_facts *f, struct sb_buf *sql)
{
    sb_buf_str(sql, "SELECT ");
    for (size_t i = 0; i < f->key.n; i++) {
        sb_buf_str(sql, i ? ", " : "");
        t->db->ops->quote(sql, f->key.items[i]);
    }
    sb_buf_str(sql, " FROM ");
    t->db->ops->quote(sql, f->table);
}

int sb_try_rows(struct sb_try *t, struct sb_err *err)
{
    const struct sb_mapping_facts *f = sb_mapping_facts(t->local->mapping);
    struct one all = {.t = t};
    struct sb_buf sql = {0};
    if (f->table.n == 0)
        return run_event(&all, err);
    key_query(t, f, &sql);
    int rc = sb_buf_check(&sql, err);
    if (rc == 0)
        rc = t->db->ops->run(t->db, sb_buf_bytes(&sql), NULL, 0, take_key, t, err);
    sb_buf_free(&sql);
    return rc < 0 ? rc : 0;
}
