/* Purpose: one event from the row of the event query and the queries of its arrays.
 * Invariant: every array row that a query gave is in `used`, whether the event maps or
 * not, so that a driver can account for each. */
#include <stdio.h>

#include "adapters/engine/mapping_impl.h"

struct used { /* grows in the arena */
    struct sb_used_row *rows;
    size_t n;
    size_t room;
};

struct reading { /* one event's arrays */
    struct mapper *w;
    struct sb_db *db;
    const struct sb_map_input *in;
    struct used used;
};

struct elements { /* one array being read */
    struct mapper *w;
    const struct sb_array_source *source;
    const struct shape *shape;
    struct sb_value list;
    struct used *used;
    size_t index;
};

static int
use(struct used *u, struct sb_arena *arena, struct sb_bytes table, int64_t row)
{
    if (u->n == u->room) {
        size_t room = u->room ? u->room * 2 : 8;
        struct sb_used_row *rows = sb_arena_alloc(arena, room, sizeof *rows);
        if (!rows)
            return SB_E_MEMORY;
        if (u->n)
            memcpy(rows, u->rows, u->n * sizeof *rows);
        u->rows = rows;
        u->room = room;
    }
    u->rows[u->n++] = (struct sb_used_row){table, row};
    return 0;
}

static int take_element(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct elements *e = ctx;
    struct mapper *w = e->w;
    const struct sb_cell *cell = sb_row_get(row, sb_bytes_str("_row"));
    int rc = 0;
    if (cell && cell->type == SB_CELL_INT)
        rc = use(e->used, w->arena, e->source->table, cell->i);
    if (rc == 0 && w->fault->code == 0) {
        char prefix[128];
        struct sb_value element;
        snprintf(
            prefix, sizeof prefix, "/%.*s/%zu", SB_FMT(e->source->field), e->index);
        rc = sb_mapping_object(w, e->shape, row, prefix, &element);
        if (rc == 0 && !sb_value_push(&e->list, element, w->arena))
            rc = SB_E_MEMORY;
    }
    e->index++;
    return rc ? sb_fail(err, rc, "out of memory while mapping a row") : 0;
}

/* What an array's query may use: the event row's columns, then the keys. */
static int collect_params(const struct sb_map_input *in,
                          struct sb_arena *arena,
                          struct sb_param **out,
                          size_t *n)
{
    struct sb_param *p = sb_arena_alloc(arena, in->row->n + in->n_keys + 1, sizeof *p);
    if (!p)
        return SB_E_MEMORY;
    *n = 0;
    for (size_t i = 0; i < in->row->n; i++)
        p[(*n)++] = (struct sb_param){in->row->names[i], in->row->cells[i]};
    for (size_t i = 0; i < in->n_keys; i++)
        p[(*n)++] = in->keys[i];
    *out = p;
    return 0;
}

static int
read_array(struct reading *r, size_t i, struct sb_value *event, struct sb_err *err)
{
    struct mapper *w = r->w;
    struct sb_db *db = r->db;
    const struct sb_map_input *in = r->in;
    const struct sb_array_source *source = &w->m->facts.arrays[i];
    if (sb_row_reason(in->row, source->field).n)
        return 0;
    struct elements e = {.w = w,
                         .source = source,
                         .shape = &w->m->arrays[i],
                         .list = {.type = SB_ARRAY},
                         .used = &r->used};
    struct sb_param *params = NULL;
    size_t n = 0;
    int rc = collect_params(in, w->arena, &params, &n);
    if (rc)
        return sb_fail(err, rc, "out of memory while mapping a row");
    rc = db->ops->run(db, source->sql, params, n, take_element, &e, err);
    if (rc == 0 && !sb_value_set(event, source->field, e.list, w->arena))
        rc = sb_fail(err, SB_E_MEMORY, "out of memory while mapping a row");
    return rc;
}

int sb_mapping_row(const struct sb_mapping *m,
                   struct sb_db *db,
                   const struct sb_map_input *in,
                   struct sb_arena *arena,
                   struct sb_mapped *out,
                   struct sb_map_fault *fault,
                   struct sb_err *err)
{
    struct sb_map_fault found = {0};
    struct mapper w = {m, arena, &found};
    struct sb_value event;
    struct reading reading = {.w = &w, .db = db, .in = in};
    const struct used *used = &reading.used;
    int rc = sb_mapping_object(&w, &m->event, in->row, "", &event);
    if (rc)
        return sb_fail(err, rc, "out of memory while mapping a row");
    for (size_t i = 0; i < m->facts.n_arrays; i++) {
        rc = read_array(&reading, i, &event, err);
        if (rc)
            return rc;
    }
    const struct sb_value *id = sb_value_get(&event, "id_local");
    if (id && id->type == SB_STR)
        found.id_local = id->as.s;
    if (!found.code && found.id_local.n == 0) {
        found.code = SB_E_INVALID;
        snprintf(found.pointer, sizeof found.pointer, "/id_local");
    }
    found.used = used->rows;
    found.n_used = used->n;
    if (found.code) {
        *fault = found;
        return 1;
    }
    struct sb_value operation = sb_value_text(sb_bytes_str(in->operacion));
    if (!sb_value_set(&event, sb_bytes_str("operacion"), operation, arena))
        return sb_fail(err, SB_E_MEMORY, "out of memory while mapping a row");
    *out = (struct sb_mapped){event, found.id_local, used->rows, used->n};
    return 0;
}
