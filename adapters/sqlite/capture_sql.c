/* The text of triggers and snapshot, from a mapping's facts. Runs nothing. */
#include "adapters/sqlite/capture.h"

static void identifier(struct sb_buf *b, struct sb_bytes name)
{
    sb_buf_byte(b, '"');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '"')
            sb_buf_byte(b, '"');
        sb_buf_byte(b, name.p[i]);
    }
    sb_buf_byte(b, '"');
}

static void literal(struct sb_buf *b, struct sb_bytes text)
{
    sb_buf_byte(b, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'')
            sb_buf_byte(b, '\'');
        sb_buf_byte(b, text.p[i]);
    }
    sb_buf_byte(b, '\'');
}

/* "INSERT INTO sacbe_change(source, k1, k2)" */
static void into(struct sb_buf *b, size_t n_keys)
{
    sb_buf_str(b, "INSERT INTO sacbe_change(source");
    for (size_t i = 1; i <= n_keys; i++)
        sb_buf_printf(b, ", k%zu", i);
    sb_buf_str(b, ")");
}

/* "'source', NEW."a", NEW."b"" */
static void values(struct sb_buf *b,
                   struct sb_bytes source,
                   const char *row,
                   const struct sb_columns *key)
{
    literal(b, source);
    for (size_t i = 0; i < key->n; i++) {
        sb_buf_str(b, ", ");
        sb_buf_str(b, row);
        identifier(b, key->items[i]);
    }
}

static void body(struct sb_buf *b,
                 struct sb_bytes source,
                 char operation,
                 const struct sb_columns *key)
{
    if (operation == 'u') { /* the row that had this key has gone, if the key changed */
        into(b, key->n);
        sb_buf_str(b, " SELECT ");
        values(b, source, "OLD.", key);
        for (size_t i = 0; i < key->n; i++) {
            sb_buf_str(b, i ? " OR OLD." : " WHERE OLD.");
            identifier(b, key->items[i]);
            sb_buf_str(b, " IS NOT NEW.");
            identifier(b, key->items[i]);
        }
        sb_buf_str(b, "; ");
    }
    into(b, key->n);
    sb_buf_str(b, " VALUES (");
    values(b, source, operation == 'd' ? "OLD." : "NEW.", key);
    sb_buf_str(b, "); ");
}

static int trigger(struct sb_capture *c,
                   struct sb_bytes table,
                   const struct sb_columns *key,
                   char operation,
                   struct sb_arena *arena,
                   struct sb_err *err)
{
    const char *when = operation == 'i'   ? "INSERT"
                       : operation == 'u' ? "UPDATE"
                                          : "DELETE";
    struct sb_capture_trigger *t = &c->triggers[c->n_triggers];
    char *name = sb_arena_str(
        arena, "sacbe:%.*s:%.*s:%c", SB_FMT(c->source), SB_FMT(table), operation);
    struct sb_buf b = {0};
    if (!name)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    t->name = sb_bytes_str(name);
    sb_buf_str(&b, "CREATE TRIGGER ");
    identifier(&b, t->name);
    sb_buf_printf(&b, " AFTER %s ON ", when);
    identifier(&b, table);
    sb_buf_str(&b, " BEGIN ");
    body(&b, c->source, operation, key);
    sb_buf_str(&b, "END");
    int rc = sb_buf_check(&b, err);
    if (!rc) {
        t->sql = sb_arena_dup(arena, sb_buf_bytes(&b));
        rc = t->sql.p ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_buf_free(&b);
    c->n_triggers += !rc;
    return rc;
}

static int table(struct sb_capture *c,
                 struct sb_bytes name,
                 const struct sb_columns *key,
                 struct sb_arena *arena,
                 struct sb_err *err)
{
    int rc = 0;
    for (const char *op = "iud"; !rc && *op; op++)
        rc = trigger(c, name, key, *op, arena, err);
    return rc;
}

static int snapshot(struct sb_capture *c,
                    const struct sb_mapping_facts *f,
                    struct sb_arena *arena,
                    struct sb_err *err)
{
    struct sb_buf b = {0};
    into(&b, f->key.n);
    sb_buf_str(&b, " SELECT ");
    values(&b, c->source, "", &f->key);
    sb_buf_str(&b, " FROM ");
    identifier(&b, f->table);
    int rc = sb_buf_check(&b, err);
    if (!rc) {
        c->snapshot = sb_arena_dup(arena, sb_buf_bytes(&b));
        rc = c->snapshot.p ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_buf_free(&b);
    return rc;
}

/* A table that two arrays share, or an array in the captured table itself, needs its
 * triggers once. */
static bool seen(const struct sb_mapping_facts *f, size_t i)
{
    struct sb_bytes name = f->arrays[i].table;
    bool before = sb_bytes_eq(name, f->table);
    for (size_t k = 0; k < i; k++)
        before = before || sb_bytes_eq(name, f->arrays[k].table);
    return before;
}

int sb_capture_of(const struct sb_mapping *m,
                  struct sb_arena *arena,
                  struct sb_capture *out,
                  struct sb_err *err)
{
    const struct sb_mapping_facts *f = sb_mapping_facts(m);
    struct sb_capture c = {.n_triggers = 0};
    if (f->table.n == 0 || f->key.n == 0 || f->key.n > SB_CAPTURE_KEYS)
        return sb_fail(err,
                       SB_E_MAPPING,
                       "%.*s: source needs a table and a key of 1 to %u columns",
                       SB_FMT(f->path),
                       SB_CAPTURE_KEYS);
    char *source = sb_arena_str(arena, "%.*s:%.*s", SB_FMT(f->type), SB_FMT(f->table));
    c.triggers = sb_arena_alloc(arena, 3 * (f->n_arrays + 1), sizeof *c.triggers);
    if (!source || !c.triggers)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    c.source = sb_bytes_str(source);
    int rc = snapshot(&c, f, arena, err);
    if (!rc)
        rc = table(&c, f->table, &f->key, arena, err);
    for (size_t i = 0; !rc && i < f->n_arrays; i++) {
        const struct sb_array_source *a = &f->arrays[i];
        if (a->table.n == 0 || seen(f, i))
            continue;
        rc = a->key.n == f->key.n
                 ? table(&c, a->table, &a->key, arena, err)
                 : sb_fail(err,
                           SB_E_MAPPING,
                           "%.*s: the key of array \"%.*s\" must name the parent's %zu"
                           " columns",
                           SB_FMT(f->path),
                           SB_FMT(a->field),
                           f->key.n);
    }
    if (!rc)
        *out = c;
    return rc;
}
