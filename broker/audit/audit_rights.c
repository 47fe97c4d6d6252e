/* Purpose: signatures and grants, by the directory at an entry's index.
 * Invariant: the clock is the entry's stored_ms, never this machine's. */
#include "broker/audit/audit_rights.h"
#include "broker/audit/audit_stream.h"

const struct sb_dir *audit_directory(struct sb_audit *a, const struct sb_entry *leaf)
{
    const struct sb_dir *d =
        a->trust ? sb_trust_version(a->trust, leaf->directory_version) : NULL;
    if (d || a->unknown_dir == leaf->directory_version)
        return d;
    a->unknown_dir = leaf->directory_version;
    audit_say(a,
              SB_AUDIT_RIGHTS,
              SB_AUDIT_INDETERMINATE,
              SB_E_DIR_VERSION,
              "directory %llu is not among those that hold; what was stored under it "
              "cannot be judged",
              (unsigned long long)leaf->directory_version);
    return NULL;
}

int audit_signed_code(struct sb_audit *a,
                      struct sb_bytes member,
                      const struct audit_entry *e,
                      uint64_t made_ms,
                      struct sb_err *err)
{
    const struct sb_dir *d = audit_directory(a, &e->leaf);
    if (!d)
        return sb_fail(err, SB_E_DIR_VERSION, "its directory is not held");
    int rc = sb_dir_verify(a->trust, d, member, &e->record, e->leaf.stored_ms, err);
    if (rc == SB_E_KEY_EXPIRED && made_ms > 0 && a->generation > 1)
        rc = sb_dir_verify(a->trust, d, member, &e->record, made_ms, err);
    return rc;
}

int audit_signed(struct sb_audit *a,
                 struct sb_bytes member,
                 const struct audit_entry *e,
                 uint64_t made_ms,
                 struct sb_err *err)
{
    int rc = audit_signed_code(a, member, e, made_ms, err);
    if (rc == SB_E_DIR_VERSION)
        return 1; /* said by audit_directory */
    if (rc == 0 || audit_fatal(rc))
        return rc;
    audit_say(a,
              SB_AUDIT_RIGHTS,
              SB_AUDIT_FAILED,
              rc,
              "the %s is not rightly signed: %s",
              sb_kind_text(e->leaf.kind),
              err->text);
    return 1;
}

int audit_signed_by_log(struct sb_audit *a,
                        const struct audit_entry *e,
                        struct sb_err *err)
{
    uint8_t id[SB_KEY_ID];
    const struct sb_dir *d = audit_directory(a, &e->leaf);
    if (!d)
        return sb_fail(err, SB_E_DIR_VERSION, "its directory is not held");
    const uint8_t *pk = sb_dir_body(d)->log_pk;
    sb_key_id(id, sb_bytes_str(SB_USE_LOG), pk);
    return sb_verify_record(sb_trust_exchange(a->trust), &e->record, id, pk, err);
}

bool audit_is_refilled(const struct sb_audit *a, const struct sb_epoch_core *core)
{
    return a->generation > 1 && core->not_before < a->opened_ms;
}

static int find_readers(struct sb_audit *a,
                        const struct audit_stream *s,
                        const struct sb_dir *d,
                        uint64_t now_ms,
                        struct sb_readers *out,
                        struct sb_err *err)
{
    struct sb_codes own = {.n = s->epoch.n_classes};
    own.items = sb_arena_alloc(a->arena, own.n, sizeof *own.items);
    if (!own.items)
        return audit_no_memory(err);
    for (size_t i = 0; i < own.n; i++)
        own.items[i] = s->epoch.classes[i].name;
    return sb_dir_readers(d, s->institution, s->type, &own, now_ms, a->arena, out, err);
}

int audit_readers(struct sb_audit *a,
                  struct audit_stream *s,
                  const struct audit_entry *e,
                  struct sb_err *err)
{
    struct sb_readers readers = {0};
    if (s->refilled || (s->readers_version == e->leaf.directory_version &&
                        e->leaf.stored_ms < s->readers_until))
        return 0;
    const struct sb_dir *d = audit_directory(a, &e->leaf);
    if (!d)
        return 1;
    int rc = find_readers(a, s, d, e->leaf.stored_ms, &readers, err);
    if (rc == 0)
        rc = sb_readers_match(&readers, &s->epoch.core, err);
    if (rc == 0) {
        s->readers_version = e->leaf.directory_version;
        s->readers_until = readers.until;
        return 0;
    }
    if (audit_fatal(rc))
        return rc;
    audit_say(a,
              SB_AUDIT_RIGHTS,
              SB_AUDIT_FAILED,
              rc,
              "%.*s: the %s is not for exactly those who were granted it: %s",
              SB_FMT(s->name),
              sb_kind_text(e->leaf.kind),
              err->text);
    return 1;
}
