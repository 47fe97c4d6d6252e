/* Purpose: one event of the journal as a CloudEvents 1.0 line.
 * Invariant: data stands there only when every section that this vault may read
 * was opened and the sections fit each other. Source: CloudEvents
 * specification 1.0, JSON event format. */
#include "broker/cli/cmd_replay.h"

#include <inttypes.h>
#include <jansson.h>

#include "schemas/base/text.h"
#include "schemas/catalog/json.h"

/* Appends the $id of the type's schema: an absolute URI. */
static int put_schema(const struct sb_catalog *catalog,
                      const struct sb_event_type *type,
                      struct sb_buf *out,
                      struct sb_err *err)
{
    struct sb_bytes content = {NULL, 0};
    for (size_t i = 0; i < sb_catalog_file_count(catalog); i++) {
        struct sb_bytes c;
        if (strcmp(sb_catalog_file(catalog, i, &c), type->file) == 0)
            content = c;
    }
    json_t *root = json_loadb((const char *)content.p, content.n, 0, NULL);
    const char *id = json_string_value(json_object_get(root, "$id"));
    if (id)
        sb_buf_printf(out, ",\"dataschema\":\"%s\"", id);
    json_decref(root);
    return id ? 0
              : sb_fail(
                    err, SB_E_SCHEMA_VALUE, "the schema of %s has no $id", type->name);
}

/* The section of one class; *there stays false when this vault does not hold
 * it. */
static int open_section(struct sb_replay *r,
                        const struct sb_replay_batch *b,
                        const struct sb_item *item,
                        size_t c,
                        size_t i,
                        struct sb_value *out,
                        bool *there,
                        struct sb_err *err)
{
    struct sb_bytes name = item->event.classes[c].name;
    const struct sb_class_cts *cts = NULL;
    struct sb_buf plain = {0};
    for (size_t k = 0; k < b->cts.n; k++)
        if (sb_bytes_eq(b->cts.classes[k].name, name))
            cts = &b->cts.classes[k];
    if (!cts || i >= cts->n || !sb_secrets_has(b->stream->secrets, name))
        return 0;
    int rc = sb_event_open(b->stream->secrets, item, c, cts->cts[i], &plain, err);
    struct sb_bytes kept =
        rc == 0 ? sb_arena_dup(r->arena, sb_buf_bytes(&plain)) : sb_bytes(NULL, 0);
    sb_buf_free(&plain);
    if (rc == 0 && !kept.p)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0)
        rc = sb_value_unpack(kept, r->arena, out, err);
    *there = rc == 0;
    return rc;
}

static int put_data(struct sb_replay *r,
                    const struct sb_replay_batch *b,
                    const struct sb_event_type *type,
                    const struct sb_item *item,
                    size_t i,
                    struct sb_buf *out,
                    struct sb_err *err)
{
    struct sb_value values[SB_CLASSES];
    const struct sb_value *sections[SB_CLASS_COUNT] = {NULL};
    struct sb_value whole;
    size_t opened = 0;
    for (size_t c = 0; c < item->event.n_classes; c++) {
        enum sb_class cls;
        bool there = false;
        if (!sb_class_parse(item->event.classes[c].name, &cls))
            return sb_fail(err, SB_E_GRANT_FORM, "an unknown class");
        int rc = open_section(r, b, item, c, i, &values[c], &there, err);
        if (rc != 0)
            return rc;
        if (there)
            sections[cls] = &values[c];
        opened += there;
    }
    if (opened == 0)
        return 0;
    int rc = sb_event_type_merge(type, sections, &whole, r->arena, err);
    if (rc != 0)
        return rc;
    sb_buf_str(out, ",\"datacontenttype\":\"application/json\",\"data\":");
    return sb_value_to_json(&whole, 0, out, err);
}

static void put_head(const struct sb_replay *r,
                     const struct sb_replay_batch *b,
                     uint64_t seq,
                     struct sb_buf *out)
{
    char time[32];
    sb_text_time(time, b->batch.sent);
    sb_buf_printf(out,
                  "{\"specversion\":\"1.0\",\"id\":\"%.*s@%" PRIu64 "\","
                  "\"source\":\"/%s/%.*s\",\"type\":\"%.*s\",\"time\":\"%s\"",
                  SB_FMT(b->batch.stream),
                  seq,
                  r->anchor.exchange,
                  SB_FMT(b->institution),
                  SB_FMT(b->type),
                  time);
}

int sb_replay_event(struct sb_replay *r,
                    const struct sb_replay_batch *b,
                    size_t i,
                    struct sb_err *err)
{
    struct sb_item item;
    struct sb_buf line = {0};
    const struct sb_event_type *type;
    int rc = sb_item_read(b->items[i], &item, err);
    if (rc == 0)
        rc =
            sb_catalog_find(r->catalog, b->type, item.event.schema_version, &type, err);
    if (rc == 0) {
        put_head(r, b, item.event.seq, &line);
        rc = put_schema(r->catalog, type, &line, err);
    }
    if (rc == 0 && b->stream->secrets)
        rc = put_data(r, b, type, &item, i, &line, err);
    sb_buf_str(&line, "}");
    if (rc == 0)
        rc = sb_buf_check(&line, err);
    if (rc == 0)
        sb_out_line(sb_cli_out(r->cli), sb_buf_bytes(&line));
    sb_buf_free(&line);
    return rc == 0 ? 0
                   : sb_err_wrap(err,
                                 rc,
                                 "%.*s@%" PRIu64,
                                 SB_FMT(b->batch.stream),
                                 b->batch.first_seq + i);
}
