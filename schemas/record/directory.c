/* Purpose: struct sb_directory <-> body bytes.
 * Invariant: every list is bounded by limits.h before memory is taken for it. */
#include "schemas/record/directory.h"

static void
read_roots(struct sb_unpack *u, struct sb_arena *arena, struct sb_directory *d)
{
    struct sb_order order = {0};
    sb_unpack_array(u, 2, 2);
    d->threshold = sb_unpack_uint(u, SB_ROOTS_MAX);
    d->n_roots = sb_unpack_array(u, 1, SB_ROOTS_MAX);
    d->roots = sb_list_alloc(u, arena, &d->n_roots, sizeof *d->roots);
    for (size_t i = 0; i < d->n_roots && !u->failed; i++) {
        sb_unpack_array(u, 3, 3);
        sb_unpack_fixed(u, d->roots[i].key_id, SB_KEY_ID);
        sb_unpack_fixed(u, d->roots[i].pk, SB_PK);
        d->roots[i].holder = sb_unpack_str(u, SB_NAME_MAX);
        sb_order_next(&order, u, sb_bytes(d->roots[i].key_id, SB_KEY_ID));
    }
    if (!u->failed && (d->threshold == 0 || d->threshold > d->n_roots))
        sb_unpack_fail(u, SB_E_RANGE);
}

static void read_broker(struct sb_unpack *u, struct sb_directory *d)
{
    sb_unpack_array(u, 5, 5);
    sb_unpack_fixed(u, d->curve_pk, SB_PK);
    sb_unpack_fixed(u, d->log_pk, SB_PK);
    d->address = sb_unpack_str(u, SB_NAME_MAX);
    d->generation = sb_unpack_uint(u, UINT64_MAX);
    d->last_final_note = sb_unpack_str(u, 64 * SB_KIB);
}

static void
read_member(struct sb_unpack *u, struct sb_arena *arena, struct sb_dir_member *m)
{
    struct sb_order order = {0};
    sb_unpack_array(u, 4, 4);
    m->code = sb_unpack_code(u);
    m->status = sb_unpack_code(u);
    m->n_cards = sb_unpack_array(u, 1, SB_CARDS_MAX);
    m->cards = sb_list_alloc(u, arena, &m->n_cards, sizeof *m->cards);
    for (size_t i = 0; i < m->n_cards && !u->failed; i++)
        m->cards[i] = sb_unpack_bin(u, 64 * SB_KIB);
    m->n_keys = sb_unpack_array(u, 0, SB_CARDS_MAX * SB_CARD_KEYS_MAX);
    m->keys = sb_list_alloc(u, arena, &m->n_keys, sizeof *m->keys);
    for (size_t i = 0; i < m->n_keys && !u->failed; i++) {
        sb_unpack_array(u, 2, 2);
        sb_unpack_fixed(u, m->keys[i].key_id, SB_KEY_ID);
        m->keys[i].status = sb_unpack_code(u);
        sb_order_next(&order, u, sb_bytes(m->keys[i].key_id, SB_KEY_ID));
    }
}

static void
read_members(struct sb_unpack *u, struct sb_arena *arena, struct sb_directory *d)
{
    struct sb_order members = {0};
    struct sb_order grants = {0};
    d->n_members = sb_unpack_array(u, 0, SB_MEMBERS_MAX);
    d->members = sb_list_alloc(u, arena, &d->n_members, sizeof *d->members);
    for (size_t i = 0; i < d->n_members && !u->failed; i++) {
        read_member(u, arena, &d->members[i]);
        sb_order_next(&members, u, d->members[i].code);
    }
    d->n_grants = sb_unpack_array(u, 0, SB_GRANTS_MAX);
    d->grants = sb_list_alloc(u, arena, &d->n_grants, sizeof *d->grants);
    for (size_t i = 0; i < d->n_grants && !u->failed; i++) {
        d->grants[i] = sb_unpack_bin(u, 64 * SB_KIB);
        sb_order_next(&grants, u, d->grants[i]);
    }
}

static void
read_policy(struct sb_unpack *u, struct sb_arena *arena, struct sb_directory *d)
{
    struct sb_order order = {0};
    sb_unpack_array(u, 5, 5);
    d->quorum = sb_unpack_uint(u, SB_MEMBERS_MAX);
    d->freshness = sb_unpack_uint(u, UINT64_MAX);
    d->keep = sb_unpack_uint(u, UINT64_MAX);
    d->retention = sb_unpack_uint(u, UINT64_MAX);
    d->n_limits = sb_unpack_array(u, 0, SB_MEMBERS_MAX);
    d->limits = sb_list_alloc(u, arena, &d->n_limits, sizeof *d->limits);
    for (size_t i = 0; i < d->n_limits && !u->failed; i++) {
        sb_unpack_array(u, 2, 2);
        d->limits[i].code = sb_unpack_code(u);
        d->limits[i].value = sb_unpack_uint(u, UINT64_MAX);
        sb_order_next(&order, u, d->limits[i].code);
    }
}

int sb_directory_read(struct sb_bytes body,
                      struct sb_arena *arena,
                      struct sb_directory *out,
                      struct sb_err *err)
{
    if (body.n > SB_DIRECTORY_MAX)
        return sb_fail(err, SB_E_LIMIT, "a directory of %zu bytes is too long", body.n);
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "directory");
    struct sb_unpack u = sb_unpack(body);
    struct sb_directory d = {0};
    sb_unpack_tag(&u, "sacbe/dir/1", 12);
    sb_unpack_array(&u, 2, 2);
    d.exchange = sb_unpack_code(&u);
    sb_unpack_fixed(&u, d.nonce, SB_NONCE);
    d.version = sb_unpack_uint(&u, UINT64_MAX);
    sb_unpack_fixed(&u, d.prev_hash, SB_HASH);
    d.issued = sb_unpack_uint(&u, UINT64_MAX);
    d.expires = sb_unpack_uint(&u, UINT64_MAX);
    read_roots(&u, arena, &d);
    read_broker(&u, &d);
    read_members(&u, arena, &d);
    sb_unpack_fixed(&u, d.catalogue, SB_HASH);
    read_policy(&u, arena, &d);
    if (!u.failed && (d.version == 0 || d.generation == 0 || d.issued >= d.expires))
        sb_unpack_fail(&u, SB_E_RANGE);
    rc = sb_unpack_end(&u, "directory", err);
    if (rc == 0)
        *out = d;
    return rc;
}

static void write_member(const struct sb_dir_member *m, struct sb_buf *out)
{
    sb_pack_array(out, 4);
    sb_pack_str(out, m->code);
    sb_pack_str(out, m->status);
    sb_pack_array(out, m->n_cards);
    for (size_t i = 0; i < m->n_cards; i++)
        sb_pack_bin(out, m->cards[i]);
    sb_pack_array(out, m->n_keys);
    for (size_t i = 0; i < m->n_keys; i++) {
        sb_pack_array(out, 2);
        sb_pack_bin(out, sb_bytes(m->keys[i].key_id, SB_KEY_ID));
        sb_pack_str(out, m->keys[i].status);
    }
}

static void write_roots(const struct sb_directory *d, struct sb_buf *out)
{
    sb_pack_array(out, 2);
    sb_pack_uint(out, d->threshold);
    sb_pack_array(out, d->n_roots);
    for (size_t i = 0; i < d->n_roots; i++) {
        sb_pack_array(out, 3);
        sb_pack_bin(out, sb_bytes(d->roots[i].key_id, SB_KEY_ID));
        sb_pack_bin(out, sb_bytes(d->roots[i].pk, SB_PK));
        sb_pack_str(out, d->roots[i].holder);
    }
}

static void write_policy(const struct sb_directory *d, struct sb_buf *out)
{
    sb_pack_array(out, 5);
    sb_pack_uint(out, d->quorum);
    sb_pack_uint(out, d->freshness);
    sb_pack_uint(out, d->keep);
    sb_pack_uint(out, d->retention);
    sb_pack_array(out, d->n_limits);
    for (size_t i = 0; i < d->n_limits; i++) {
        sb_pack_array(out, 2);
        sb_pack_str(out, d->limits[i].code);
        sb_pack_uint(out, d->limits[i].value);
    }
}

void sb_directory_write(const struct sb_directory *d, struct sb_buf *out)
{
    sb_pack_array(out, 12);
    sb_pack_cstr(out, "sacbe/dir/1");
    sb_pack_array(out, 2);
    sb_pack_str(out, d->exchange);
    sb_pack_bin(out, sb_bytes(d->nonce, SB_NONCE));
    sb_pack_uint(out, d->version);
    sb_pack_bin(out, sb_bytes(d->prev_hash, SB_HASH));
    sb_pack_uint(out, d->issued);
    sb_pack_uint(out, d->expires);
    write_roots(d, out);
    sb_pack_array(out, 5);
    sb_pack_bin(out, sb_bytes(d->curve_pk, SB_PK));
    sb_pack_bin(out, sb_bytes(d->log_pk, SB_PK));
    sb_pack_str(out, d->address);
    sb_pack_uint(out, d->generation);
    sb_pack_str(out, d->last_final_note);
    sb_pack_array(out, d->n_members);
    for (size_t i = 0; i < d->n_members; i++)
        write_member(&d->members[i], out);
    sb_pack_array(out, d->n_grants);
    for (size_t i = 0; i < d->n_grants; i++)
        sb_pack_bin(out, d->grants[i]);
    sb_pack_bin(out, sb_bytes(d->catalogue, SB_HASH));
    write_policy(d, out);
}
