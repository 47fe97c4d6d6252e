/* One key of the change log: its row mapped, and what is to be said of it. */
#include "adapters/sqlite/source_impl.h"

#include <stdio.h>

#include "keys/hash.h"

struct row_ctx { /* the event query of one key */
    struct source *s;
    struct sb_param keys[SB_CAPTURE_KEYS];
    struct sb_mapped mapped;
    struct sb_map_fault fault;
    struct sb_value local;
    size_t rows;
    bool faulty;
};

/* The local row as texts, for quarantine. */
static int local_row(struct row_ctx *x, const struct sb_row *row, struct sb_err *err)
{
    x->local = (struct sb_value){.type = SB_MAP};
    for (size_t i = 0; i < row->n; i++) {
        const struct sb_cell *c = &row->cells[i];
        char number[40] = "";
        if (c->type == SB_CELL_INT)
            (void)snprintf(number, sizeof number, "%lld", (long long)c->i);
        else if (c->type == SB_CELL_REAL)
            (void)snprintf(number, sizeof number, "%.17g", c->d);
        struct sb_value v = {.type = SB_NIL};
        if (c->type != SB_CELL_NULL)
            v = sb_value_text(sb_arena_dup(
                x->s->arena, c->type == SB_CELL_TEXT ? c->s : sb_bytes_str(number)));
        if (!sb_value_set(&x->local, row->names[i], v, x->s->arena))
            return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    return 0;
}

static int map_row(void *ctx, const struct sb_row *row, struct sb_err *err)
{
    struct row_ctx *x = ctx;
    if (x->rows++ > 0)
        return 1;
    struct sb_map_input in = {
        .row = row, .keys = x->keys, .n_keys = x->s->facts->key.n, .operacion = "alta"};
    int rc = sb_mapping_row(
        x->s->mapping, x->s->db, &in, x->s->arena, &x->mapped, &x->fault, err);
    if (rc < 0)
        return rc;
    x->faulty = rc == 1;
    return x->faulty ? local_row(x, row, err) : 0;
}

static int key_value(const struct source *s,
                     const struct changed *c,
                     struct sb_bytes *out,
                     struct sb_err *err)
{
    struct sb_value list = {.type = SB_ARRAY};
    struct sb_buf b = {0};
    for (size_t i = 0; i < s->facts->key.n; i++) {
        const struct sb_cell *cell = &c->cells[i];
        struct sb_value v = {.type = SB_NIL};
        if (cell->type == SB_CELL_INT)
            v = sb_value_int(cell->i);
        else if (cell->type == SB_CELL_REAL)
            v = (struct sb_value){.type = SB_DOUBLE, .as.d = cell->d};
        else if (cell->type == SB_CELL_TEXT)
            v = sb_value_text(cell->s);
        if (!sb_value_push(&list, v, s->arena))
            return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    int rc = sb_value_pack(&list, &b, err);
    if (!rc) {
        *out = sb_arena_dup(s->arena, sb_buf_bytes(&b));
        rc = out->p ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_buf_free(&b);
    return rc;
}

/* "2017-15" */
static int key_text(const struct source *s,
                    const struct changed *c,
                    struct sb_bytes *out,
                    struct sb_err *err)
{
    struct sb_buf b = {0};
    for (size_t i = 0; i < s->facts->key.n; i++) {
        const struct sb_cell *cell = &c->cells[i];
        if (i)
            sb_buf_byte(&b, '-');
        if (cell->type == SB_CELL_INT)
            sb_buf_printf(&b, "%lld", (long long)cell->i);
        else if (cell->type == SB_CELL_REAL)
            sb_buf_printf(&b, "%.17g", cell->d);
        else if (cell->type == SB_CELL_TEXT)
            sb_buf_put(&b, cell->s.p, cell->s.n);
    }
    int rc = sb_buf_check(&b, err);
    if (!rc) {
        *out = sb_arena_dup(s->arena, sb_buf_bytes(&b));
        rc = out->p ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_buf_free(&b);
    return rc;
}

static struct sb_source_change *next_change(struct source *s, struct sb_bytes text)
{
    struct sb_source_change *c = &s->changes[s->n++];
    c->row = (struct sb_source_row){s->facts->table, text};
    return c;
}

static void faulty(struct source *s,
                   struct sb_bytes text,
                   int code,
                   const char *pointer,
                   const struct row_ctx *x)
{
    struct sb_source_change *c = next_change(s, text);
    c->code = code;
    (void)snprintf(c->pointer, sizeof c->pointer, "%s", pointer);
    c->id_local = x->faulty ? x->fault.id_local : x->mapped.id_local;
    c->local = x->local;
}

static int withdraw(struct source *s,
                    struct sb_bytes key,
                    struct sb_bytes text,
                    const struct sb_memory_item *old,
                    struct sb_err *err)
{
    struct sb_bytes id = sb_arena_dup(s->arena, sb_bytes_str(old->id_local));
    struct sb_memory_item none = {.known = false};
    struct sb_source_change *c = next_change(s, text);
    c->operacion = "anulacion";
    c->id_local = id;
    c->value = (struct sb_value){.type = SB_MAP};
    if (!id.p ||
        !sb_value_set(
            &c->value, sb_bytes_str("id_local"), sb_value_text(id), s->arena) ||
        !sb_value_set(&c->value,
                      sb_bytes_str("operacion"),
                      sb_value_text(sb_bytes_str("anulacion")),
                      s->arena))
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    return sb_memory_set(s->memory, s->n - 1, key, &none, err);
}

static int tell(struct source *s,
                struct sb_bytes key,
                struct sb_bytes text,
                const struct row_ctx *x,
                const struct sb_memory_item *item,
                bool again,
                struct sb_err *err)
{
    struct sb_source_change *c = next_change(s, text);
    c->operacion = again ? "correccion" : "alta";
    c->id_local = x->mapped.id_local;
    c->value = x->mapped.value;
    if (!sb_value_set(&c->value,
                      sb_bytes_str("operacion"),
                      sb_value_text(sb_bytes_str(c->operacion)),
                      s->arena))
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    return sb_memory_set(s->memory, s->n - 1, key, item, err);
}

/* A row that maps, against what was published of its key. */
static int decide(struct source *s,
                  struct sb_bytes key,
                  struct sb_bytes text,
                  const struct row_ctx *x,
                  struct sb_err *err)
{
    struct sb_memory_item old;
    struct sb_memory_item item = {.known = true};
    struct sb_buf packed = {0};
    bool taken = false;
    int rc = sb_memory_find(s->memory, key, &old, err);
    if (!rc)
        rc = sb_memory_taken(s->memory, key, x->mapped.id_local, &taken, err);
    if (rc)
        return rc;
    struct sb_err why = {.code = 0};
    int bad = sb_value_pack(&x->mapped.value, &packed, &why);
    if (!bad && x->mapped.id_local.n >= sizeof item.id_local)
        bad = SB_E_TOO_LARGE;
    sb_hash(item.content, "sacbe/content/1", sb_buf_bytes(&packed));
    sb_buf_free(&packed);
    if (bad == SB_E_MEMORY)
        return sb_fail(err, bad, "out of memory");
    if (bad || taken) {
        faulty(s, text, bad ? bad : SB_E_DUPLICATE_ID, taken ? "/id_local" : "", x);
        return 0;
    }
    (void)snprintf(
        item.id_local, sizeof item.id_local, "%.*s", SB_FMT(x->mapped.id_local));
    bool same_id = old.known && strcmp(old.id_local, item.id_local) == 0;
    if (same_id && memcmp(old.content, item.content, SB_HASH) == 0)
        return 0;
    if (old.known && !same_id)
        rc = withdraw(s, key, text, &old, err);
    return rc ? rc : tell(s, key, text, x, &item, same_id, err);
}

int sb_source_key(struct source *s, const struct changed *c, struct sb_err *err)
{
    struct row_ctx x = {.s = s};
    struct sb_bytes key;
    struct sb_bytes text;
    int rc = key_text(s, c, &text, err);
    if (!rc)
        rc = key_value(s, c, &key, err);
    if (rc == SB_E_UTF8 || rc == SB_E_RANGE) { /* no key that can be remembered */
        faulty(s, text, rc, "", &x);
        return 0;
    }
    for (size_t i = 0; i < s->facts->key.n; i++)
        x.keys[i] = (struct sb_param){s->facts->key.items[i], c->cells[i]};
    if (!rc)
        rc = s->db->ops->run(
            s->db, s->facts->event_sql, x.keys, s->facts->key.n, map_row, &x, err);
    if (rc)
        return rc;
    if (x.rows > 1) {
        faulty(s, text, SB_E_AMBIGUOUS, "", &x);
        return 0;
    }
    if (x.faulty) {
        faulty(s, text, x.fault.code, x.fault.pointer, &x);
        return 0;
    }
    if (x.rows == 1)
        return decide(s, key, text, &x, err);
    struct sb_memory_item old;
    rc = sb_memory_find(s->memory, key, &old, err);
    return rc || !old.known ? rc : withdraw(s, key, text, &old, err);
}
