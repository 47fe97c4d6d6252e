/* Purpose: with an institution's vault, open what it may read and hold it against the
 * catalogue of that day.
 * Invariant: no value of an event ever stands in a finding, only its place. */
#include "broker/audit/audit_catalogue.h"
#include "broker/audit/audit_stream.h"

int audit_content_epoch(struct sb_audit *a, struct audit_stream *s, struct sb_err *err)
{
    const struct sb_vault *v = a->config->vault;
    struct sb_err why = {0};
    sb_secrets_free(s->secrets);
    s->secrets = NULL;
    if (!v)
        return 0;
    int rc = sb_epoch_open(v, &s->epoch, sb_vault_code(v), &s->secrets, &why);
    if (audit_stops(rc, &why, err))
        return rc;
    if (rc != 0)
        s->secrets = NULL;
    if (rc == SB_E_OPEN_FAILED)
        audit_say(a,
                  SB_AUDIT_CONTENT,
                  SB_AUDIT_FAILED,
                  rc,
                  "%.*s: epoch %llu names %.*s and gives it no key: %s",
                  SB_FMT(s->name),
                  (unsigned long long)s->epoch_no,
                  SB_FMT(sb_vault_code(v)),
                  why.text);
    else if (rc == SB_E_NO_KEY)
        audit_say(a,
                  SB_AUDIT_CONTENT,
                  SB_AUDIT_INDETERMINATE,
                  rc,
                  "%.*s: epoch %llu is sealed to a key that this vault does not hold",
                  SB_FMT(s->name),
                  (unsigned long long)s->epoch_no);
    return 0;
}

struct opened { /* the sections of one event */
    struct sb_value values[SB_CLASSES];
    const struct sb_value *sections[SB_CLASS_COUNT];
    unsigned held;
};

static int open_section(struct sb_audit *a,
                        const struct audit_stream *s,
                        const struct sb_item *item,
                        size_t c,
                        struct sb_bytes text,
                        struct opened *out,
                        struct sb_err *err)
{
    struct sb_buf plain = {0};
    enum sb_class cls;
    if (!sb_class_parse(item->event.classes[c].name, &cls))
        return sb_fail(err, SB_E_INVALID, "a class that no catalogue has");
    int rc = sb_event_open(s->secrets, item, c, text, &plain, err);
    struct sb_bytes kept = {NULL, 0};
    if (rc == 0) {
        kept = sb_arena_dup(a->arena, sb_buf_bytes(&plain));
        rc = kept.p ? 0 : audit_no_memory(err);
    }
    sb_buf_free(&plain);
    if (rc == 0)
        rc = sb_value_unpack(kept, a->arena, &out->values[c], err);
    if (rc == 0) {
        out->sections[cls] = &out->values[c];
        out->held |= SB_CLASS_BIT(cls);
    }
    return rc;
}

static int open_all(struct sb_audit *a,
                    const struct audit_stream *s,
                    const struct sb_item *item,
                    const struct sb_cts *cts,
                    size_t i,
                    struct opened *out,
                    struct sb_err *err)
{
    int rc = 0;
    for (size_t c = 0; c < item->event.n_classes && rc == 0; c++) {
        struct sb_bytes name = item->event.classes[c].name;
        struct sb_bytes text = audit_text(cts, name, i);
        if (text.n > 0 && sb_secrets_has(s->secrets, name))
            rc = open_section(a, s, item, c, text, out, err);
    }
    return rc;
}

static int validate(struct sb_audit *a,
                    const struct audit_stream *s,
                    const struct sb_item *item,
                    const struct opened *o,
                    struct sb_err *err)
{
    const struct sb_catalog *cat = NULL;
    const struct sb_event_type *type = NULL;
    struct sb_value whole;
    struct sb_violation violation = {0};
    int rc = audit_catalogue_now(a, &cat, err);
    if (rc != 0 || !cat)
        return rc;
    rc = sb_catalog_find(cat, s->type, item->event.schema_version, &type, err);
    if (rc == 0)
        rc = sb_event_type_merge(type, o->sections, &whole, a->arena, err);
    if (rc == 0)
        rc = sb_event_type_validate(type, &whole, o->held, &violation, err);
    return rc;
}

static void
say(struct sb_audit *a, const struct sb_item *item, const char *text, int rc)
{
    audit_say(a,
              SB_AUDIT_CONTENT,
              SB_AUDIT_FAILED,
              rc,
              "%.*s@%llu: %s",
              SB_FMT(item->event.stream),
              (unsigned long long)item->event.seq,
              text);
}

static int one(struct sb_audit *a,
               const struct audit_stream *s,
               struct sb_bytes bytes,
               const struct sb_cts *cts,
               size_t i,
               struct sb_err *err)
{
    struct sb_item item;
    struct opened o = {.held = 0};
    struct sb_err why = {0};
    int rc = sb_item_read(bytes, &item, &why);
    if (rc == 0)
        rc = open_all(a, s, &item, cts, i, &o, &why);
    if (rc != 0 && !audit_fatal(rc))
        say(a, &item, why.text, rc);
    if (rc == 0 && o.held) {
        a->facts.opened++;
        rc = validate(a, s, &item, &o, &why);
        if (rc != 0 && !audit_fatal(rc)) {
            a->facts.invalid++;
            say(a, &item, why.text, rc);
        }
    }
    return audit_stops(rc, &why, err) ? rc : 0;
}

int audit_content(struct sb_audit *a,
                  const struct audit_stream *s,
                  const struct sb_bytes *items,
                  size_t n,
                  struct sb_bytes payload,
                  struct sb_err *err)
{
    struct sb_cts cts;
    if (!s->secrets || payload.n == 0)
        return 0;
    int rc = sb_cts_read(payload, a->arena, &cts, err);
    if (rc != 0)
        return audit_fatal(rc) ? rc : 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = one(a, s, items[i], &cts, i, err);
    return rc;
}
