/* Purpose: signatures and grants, by the directory at an entry's index.
 * Invariant: the clock is the entry's stored_ms, never this machine's. */
#include "broker/audit/audit_rights.h"
#include "broker/audit/audit_stream.h"
#include "keys/card.h"

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

bool audit_is_later(const struct sb_audit *a)
{
    return a->opened_ms > 0;
}

enum sb_audit_verdict audit_unexplained(const struct sb_audit *a)
{
    return audit_is_later(a) || a->lost > 0 ? SB_AUDIT_INDETERMINATE : SB_AUDIT_FAILED;
}

bool audit_is_old(const struct sb_audit *a, uint64_t said_ms)
{
    return said_ms < a->opened_ms;
}

bool audit_is_refilling(const struct sb_audit *a, const struct audit_stream *s)
{
    return audit_is_later(a) &&
           (s->epoch_no == 0 || audit_is_old(a, s->epoch.core.not_before));
}

static bool is_revoked(const struct sb_dir_member *m, const uint8_t key_id[SB_KEY_ID])
{
    for (size_t i = 0; i < m->n_keys; i++)
        if (memcmp(m->keys[i].key_id, key_id, SB_KEY_ID) == 0)
            return true;
    return false;
}

/* A sign key on one card of the member, whatever its dates, signed the record: 0. */
static int card_signed(struct sb_audit *a,
                       const struct sb_dir_member *m,
                       struct sb_bytes card_record,
                       const struct sb_record *record,
                       struct sb_err *err)
{
    struct sb_record envelope;
    struct sb_card card;
    uint8_t id[SB_KEY_ID];
    int rc = sb_record_read(card_record, &envelope, err);
    if (rc == 0)
        rc = sb_card_read(envelope.body, a->arena, &card, err);
    if (rc != 0)
        return rc;
    const struct sb_card_key *k = sb_card_key(&card, SB_USE_SIGN);
    if (!k)
        return sb_fail(err, SB_E_NO_KEY, "a card without a key to sign with");
    sb_key_id(id, k->use, k->pk);
    if (is_revoked(m, id))
        return sb_fail(err, SB_E_NO_KEY, "a card's key is revoked");
    return sb_verify_record(sb_trust_exchange(a->trust), record, id, k->pk, err);
}

/* Of an entry whose signature does not hold by `rc` and `why` alone: 0 when some card's
 * key made it, whatever its dates. */
static int any_card_signed(struct sb_audit *a,
                           const struct sb_directory *d,
                           struct sb_bytes member,
                           const struct sb_record *record,
                           struct sb_err *why)
{
    struct sb_err first = *why;
    for (size_t i = 0; i < d->n_members; i++) {
        const struct sb_dir_member *m = &d->members[i];
        for (size_t c = m->n_cards; c > 0 && sb_bytes_eq(m->code, member); c--) {
            int rc = card_signed(a, m, m->cards[c - 1], record, why);
            if (rc == 0 || audit_fatal(rc))
                return rc;
        }
    }
    *why = first;
    return first.code;
}

int audit_signed_code(struct sb_audit *a,
                      struct sb_bytes member,
                      const struct audit_entry *e,
                      bool aged,
                      struct sb_err *err)
{
    const struct sb_dir *d = audit_directory(a, &e->leaf);
    if (!d)
        return sb_fail(err, SB_E_DIR_VERSION, "its directory is not held");
    struct sb_err why = {0};
    int rc = sb_dir_verify(a->trust, d, member, &e->record, e->leaf.stored_ms, &why);
    if (rc == SB_E_KEY_EXPIRED && aged && audit_is_later(a))
        rc = any_card_signed(a, sb_dir_body(d), member, &e->record, &why);
    if (rc != 0 && err)
        *err = why;
    return rc;
}

int audit_signed(struct sb_audit *a,
                 struct sb_bytes member,
                 const struct audit_entry *e,
                 bool aged,
                 struct sb_err *err)
{
    int rc = audit_signed_code(a, member, e, aged, err);
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

int audit_granted(struct sb_audit *a,
                  const struct audit_stream *s,
                  struct sb_bytes reader,
                  const struct sb_entry *leaf,
                  struct sb_codes *out,
                  struct sb_err *err)
{
    const struct sb_dir *d = audit_directory(a, leaf);
    uint64_t now = leaf->stored_ms;
    *out = (struct sb_codes){.n = 0};
    int rc =
        d ? sb_dir_classes(d, s->institution, s->type, reader, now, a->arena, out, err)
          : 0;
    return audit_fatal(rc) ? rc : 0;
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
    if (s->readers_version == e->leaf.directory_version &&
        e->leaf.stored_ms < s->readers_until)
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
