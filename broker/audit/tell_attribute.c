/* Purpose: who is behind an event: key, card, enrolment, validity, what came after.
 * Invariant: told only of a batch whose signature was found; the verdict of the whole
 * proof is the caller's to show. */
#include "broker/audit/tell.h"
#include "broker/audit/audit_bundle.h"
#include "broker/audit/audit_proof.h"
#include "keys/card.h"

struct telling {
    struct sb_audit *a;
    const struct audit_proof *p;
    struct sb_arena *arena;
    struct sb_attribution *out;
};

static const struct sb_dir_member *member_of(const struct sb_dir *d,
                                             struct sb_bytes code)
{
    const struct sb_directory *b = sb_dir_body(d);
    for (size_t i = 0; i < b->n_members; i++)
        if (sb_bytes_eq(b->members[i].code, code))
            return &b->members[i];
    return NULL;
}

static int read_card(struct sb_bytes raw,
                     struct sb_arena *arena,
                     struct sb_card *out,
                     struct sb_err *err)
{
    struct sb_record record;
    int rc = sb_record_read(raw, &record, err);
    return rc == 0 ? sb_card_read(record.body, arena, out, err) : rc;
}

/* The member's first card with this sign key; its last name. 1: found, 0: none. */
static int find_card(const struct telling *t,
                     const struct sb_dir *d,
                     const uint8_t key_id[SB_KEY_ID],
                     struct sb_card *out,
                     const struct sb_card_key **key,
                     struct sb_err *err)
{
    const struct sb_dir_member *m = member_of(d, t->out->institution);
    for (size_t i = 0; m && i < m->n_cards; i++) {
        uint8_t id[SB_KEY_ID];
        int rc = read_card(m->cards[i], t->arena, out, err);
        if (rc != 0)
            return rc;
        *key = sb_card_key(out, SB_USE_SIGN);
        if (!*key)
            continue;
        sb_key_id(id, (*key)->use, (*key)->pk);
        if (memcmp(id, key_id, SB_KEY_ID) == 0)
            return 1;
    }
    return 0;
}

/* The key that signed the batch, among those on the institution's cards. 1: found. */
static int find_signer(const struct telling *t,
                       const struct sb_dir *d,
                       struct sb_card *card,
                       struct sb_err *err)
{
    const struct sb_record *r = &t->p->batch_entry.record;
    const struct sb_exchange *x = sb_trust_exchange(t->a->trust);
    for (size_t i = 0; i < r->n; i++) {
        const struct sb_card_key *k = NULL;
        const uint8_t *id = r->sigs[i].key_id;
        int rc = find_card(t, d, id, card, &k, err);
        bool found = rc == 1 && k;
        if (found)
            rc = sb_verify_record(x, r, id, k->pk, err);
        if (audit_fatal(rc))
            return rc;
        if (!found || rc != 0)
            continue;
        memcpy(t->out->key_id, id, SB_KEY_ID);
        memcpy(t->out->pk, k->pk, SB_PK);
        t->out->card_no = card->card_no;
        t->out->key_not_before = k->not_before;
        t->out->key_not_after = k->not_after;
        return 1;
    }
    return 0;
}

static int newest_name(const struct telling *t,
                       const struct sb_dir *d,
                       struct sb_bytes *name,
                       struct sb_err *err)
{
    struct sb_card card = {0};
    const struct sb_dir_member *m = member_of(d, t->out->institution);
    int rc = 0;
    if (m && m->n_cards > 0)
        rc = read_card(m->cards[m->n_cards - 1], t->arena, &card, err);
    *name = card.name;
    return audit_fatal(rc) ? rc : 0;
}

/* Whose root signatures a directory bears, by the roots that it names. */
static int holders(const struct telling *t, const struct sb_dir *d, struct sb_err *err)
{
    const struct sb_directory *b = sb_dir_body(d);
    const struct sb_exchange *x = sb_trust_exchange(t->a->trust);
    struct sb_record record;
    struct sb_bytes *list = sb_arena_alloc(t->arena, b->n_roots, sizeof *list);
    if (!list)
        return audit_no_memory(err);
    t->out->root_holders = list;
    t->out->n_root_holders = 0;
    int rc = sb_record_read(sb_dir_record(d), &record, err);
    for (size_t i = 0; rc == 0 && i < b->n_roots; i++) {
        const struct sb_dir_root *root = &b->roots[i];
        int held = sb_verify_record(x, &record, root->key_id, root->pk, err);
        if (audit_fatal(held))
            return held;
        if (held != 0)
            continue;
        struct sb_bytes *name = &list[t->out->n_root_holders++];
        *name = sb_arena_dup(t->arena, root->holder);
        rc = name->p ? 0 : audit_no_memory(err);
    }
    return rc;
}

/* The key alone, or the member with all its keys. */
static bool revokes(const struct sb_dir_member *m, const uint8_t key_id[SB_KEY_ID])
{
    if (sb_bytes_is(m->status, "revoked"))
        return true;
    for (size_t i = 0; i < m->n_keys; i++)
        if (memcmp(m->keys[i].key_id, key_id, SB_KEY_ID) == 0)
            return true;
    return false;
}

/* What one directory of the chain says of the key; they come from old to new. */
static int
one_directory(const struct telling *t, const struct sb_dir *d, struct sb_err *err)
{
    struct sb_attribution *o = t->out;
    const struct sb_directory *b = sb_dir_body(d);
    const struct sb_dir_member *m = member_of(d, o->institution);
    struct sb_card card;
    const struct sb_card_key *k = NULL;
    int rc = 0;
    if (!m)
        return 0;
    if (o->enrolled_version == 0)
        rc = find_card(t, d, o->key_id, &card, &k, err);
    if (rc == 1) {
        o->enrolled_version = b->version;
        o->enrolled_ms = b->issued;
        rc = holders(t, d, err);
    }
    if (audit_fatal(rc))
        return rc;
    if (o->revoked_version == 0 && revokes(m, o->key_id)) {
        o->revoked_version = b->version;
        o->revoked_ms = b->issued;
    }
    if (o->suspended_version == 0 && sb_bytes_is(m->status, "suspended")) {
        o->suspended_version = b->version;
        o->suspended_ms = b->issued;
    }
    return 0;
}

static int witness(const struct telling *t, const struct sb_dir *d, struct sb_err *err)
{
    struct sb_witness_keys keys = {0};
    uint64_t at = t->out->stored_ms;
    if (sb_dir_body(d)->issued > at)
        at = sb_dir_body(d)->issued;
    int rc = t->p->noted ? sb_dir_witnesses(d, at, t->arena, &keys, err) : 0;
    uint64_t *times = sb_arena_alloc(t->arena, keys.n + 1, sizeof *times);
    if (rc != 0 || !times)
        return rc != 0 ? rc : audit_no_memory(err);
    (void)sb_cosign_times(t->p->file.note, &keys, times);
    for (size_t i = 0; i < keys.n; i++)
        if (sb_bytes_eq(keys.items[i].institution, t->out->institution) && times[i]) {
            t->out->own_witness = true;
            t->out->own_witness_s = times[i];
        }
    return 0;
}

static int tell(const struct telling *t, struct sb_err *err)
{
    struct sb_attribution *o = t->out;
    const struct sb_trust *trust = t->a->trust;
    const struct sb_dir *newest = sb_trust_newest(trust);
    const struct sb_dir *then = sb_trust_version(trust, o->directory_version);
    struct sb_card card = {0};
    struct sb_card_key key;
    if (!then)
        then = newest; /* the one that it names is not here: not valid, then */
    int rc = find_signer(t, then, &card, err);
    if (rc < 0)
        return rc;
    if (rc == 1)
        o->valid = sb_dir_body(then)->version == o->directory_version &&
                   sb_dir_key(then,
                              o->institution,
                              SB_USE_SIGN,
                              o->key_id,
                              o->stored_ms,
                              &key,
                              NULL) == 0;
    rc = newest_name(t, then, &o->institution_name, err);
    uint64_t first = sb_dir_body(newest)->version;
    while (sb_trust_version(trust, first - 1))
        first--;
    for (uint64_t v = first; rc == 0 && v <= sb_dir_body(newest)->version; v++)
        rc = one_directory(t, sb_trust_version(trust, v), err);
    return rc == 0 ? witness(t, newest, err) : rc;
}

static int fill(const struct telling *t, struct sb_err *err)
{
    const struct audit_proof *p = t->p;
    *t->out = (struct sb_attribution){
        .stream = sb_arena_dup(t->arena, p->file.stream),
        .seq = p->file.seq,
        .index = p->file.place.index,
        .stored_ms = p->batch_entry.leaf.stored_ms,
        .sent_ms = p->batch.sent,
        .directory_version = p->batch_entry.leaf.directory_version,
        .institution = sb_arena_dup(t->arena, p->stream.institution),
    };
    if (!t->out->stream.p || !t->out->institution.p)
        return audit_no_memory(err);
    return t->a->trust ? tell(t, err) : 0;
}

/* Card names borrow from the trust, which goes with the audit. */
static int keep_name(const struct telling *t, struct sb_err *err)
{
    t->out->institution_name = sb_arena_dup(t->arena, t->out->institution_name);
    return t->out->institution_name.p ? 0 : audit_no_memory(err);
}

int sb_audit_attribute(struct sb_bytes proof,
                       const struct sb_audit_config *config,
                       struct sb_arena *arena,
                       struct sb_attribution *out,
                       enum sb_audit_verdict *verdict,
                       struct sb_err *err)
{
    struct sb_audit a;
    struct audit_proof p;
    struct sb_attribution told = {.seq = 0};
    struct telling t = {.a = &a, .p = &p, .arena = arena, .out = &told};
    struct sb_proof_file file;
    struct sb_err why = {0};
    int rc = audit_new(&a, NULL, config, &why);
    if (rc == 0)
        rc = sb_proof_file_read(proof, a.names, &file, &why);
    if (rc == 0) {
        rc = audit_run_proof(&a, proof, &p, &why);
        if (rc >= 0)
            rc = fill(&t, &why);
    }
    if (rc == 0)
        rc = keep_name(&t, &why);
    if (rc == 0) {
        *out = told;
        *verdict = sb_audit_result(&a.facts);
    } else if (err) {
        *err = why;
    }
    audit_free(&a);
    return rc;
}
