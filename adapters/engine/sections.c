/* Splitting a payload into packed sections, and putting sections together. */
#include "adapters/engine/sections.h"

#include <stdio.h>

#include "schemas/base/limits.h"
#include "schemas/catalog/catalog.h"

int sb_type_facts(const struct sb_catalog *catalog,
                  struct sb_bytes name,
                  struct sb_type_facts *out,
                  struct sb_err *err)
{
    const struct sb_event_type *type = sb_catalog_type(catalog, name);
    if (!type)
        return sb_fail(
            err, SB_E_UNKNOWN_TYPE, "the catalogue has no type \"%.*s\"", SB_FMT(name));
    *out = (struct sb_type_facts){
        .type = type,
        .name = sb_bytes_str(type->name),
        .version = type->version,
        .classes = type->classes,
        .priority = (uint64_t)(type->priority > 0 ? type->priority : 0)};
    return 0;
}

static int check(const struct sb_event_type *type,
                 const struct sb_value *payload,
                 unsigned held,
                 char pointer[SB_FAULT_POINTER],
                 struct sb_err *err)
{
    struct sb_violation why = {.rule = NULL};
    int rc = sb_event_type_validate(type, payload, held, &why, err);
    if (rc == SB_E_INVALID)
        (void)snprintf(
            pointer, SB_FAULT_POINTER, "%.*s", SB_FAULT_POINTER - 1, why.pointer);
    return rc;
}

int sb_sections_make(const struct sb_type_facts *type,
                     const struct sb_value *payload,
                     struct sb_arena *arena,
                     struct sb_sections *out,
                     char pointer[SB_FAULT_POINTER],
                     struct sb_err *err)
{
    pointer[0] = '\0';
    int rc = check(type->type, payload, SB_CLASS_ALL, pointer, err);
    struct sb_value parts[SB_CLASS_COUNT] = {0};
    if (!rc)
        rc = sb_event_type_split(type->type, payload, parts, arena, err);
    if (rc)
        return rc;
    struct sb_sections made = {0};
    struct sb_buf bytes = {.limit = SB_PAYLOAD_MAX};
    for (size_t c = 0; !rc && c < SB_CLASS_COUNT; c++) {
        if (!(type->classes & SB_CLASS_BIT(c)))
            continue;
        sb_buf_reset(&bytes);
        rc = sb_value_pack(&parts[c], &bytes, err);
        if (rc == SB_E_LIMIT)
            rc =
                sb_fail(err, SB_E_TOO_LARGE, "a section over %u bytes", SB_PAYLOAD_MAX);
        if (rc)
            break;
        made.plain[c] = sb_arena_dup(arena, sb_buf_bytes(&bytes));
        if (!made.plain[c].p)
            rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    sb_buf_free(&bytes);
    if (!rc)
        *out = made;
    return rc;
}

int sb_sections_join(const struct sb_type_facts *type,
                     uint64_t version,
                     const struct sb_sections *in,
                     struct sb_arena *arena,
                     struct sb_value *out,
                     char pointer[SB_FAULT_POINTER],
                     struct sb_err *err)
{
    pointer[0] = '\0';
    if (version != type->version)
        return sb_fail(err,
                       SB_E_UNKNOWN_TYPE,
                       "%.*s version %llu: this catalogue has %llu",
                       SB_FMT(type->name),
                       (unsigned long long)version,
                       (unsigned long long)type->version);
    struct sb_value parts[SB_CLASS_COUNT] = {0};
    const struct sb_value *given[SB_CLASS_COUNT] = {0};
    unsigned held = 0;
    for (size_t c = 0; c < SB_CLASS_COUNT; c++) {
        if (!in->plain[c].p)
            continue;
        int rc = sb_value_unpack(in->plain[c], arena, &parts[c], err);
        if (rc)
            return rc;
        given[c] = &parts[c];
        held |= SB_CLASS_BIT(c);
    }
    struct sb_value whole = {0};
    int rc = sb_event_type_merge(type->type, given, &whole, arena, err);
    if (!rc)
        rc = check(type->type, &whole, held, pointer, err);
    if (!rc)
        *out = whole;
    return rc;
}

size_t sb_class_names(unsigned classes, struct sb_bytes out[SB_CLASS_COUNT])
{
    size_t n = 0;
    for (unsigned c = 0; c < SB_CLASS_COUNT; c++)
        if (classes & SB_CLASS_BIT(c))
            out[n++] = sb_bytes_str(sb_class_name((enum sb_class)c));
    return n;
}

unsigned sb_class_mask(const struct sb_bytes *names, size_t n)
{
    unsigned mask = 0;
    for (size_t i = 0; i < n; i++) {
        enum sb_class c;
        if (sb_class_parse(names[i], &c))
            mask |= SB_CLASS_BIT(c);
    }
    return mask;
}
