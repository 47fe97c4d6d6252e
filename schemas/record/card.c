/* Purpose: struct sb_card <-> body bytes. */
#include "schemas/record/card.h"

int sb_card_read(struct sb_bytes body,
                 struct sb_arena *arena,
                 struct sb_card *out,
                 struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "card");
    struct sb_unpack u = sb_unpack(body);
    struct sb_card c = {0};
    struct sb_order order = {0};
    sb_unpack_tag(&u, "sacbe/card/1", 6);
    c.code = sb_unpack_code(&u);
    c.name = sb_unpack_str(&u, SB_NAME_MAX);
    c.card_no = sb_unpack_uint(&u, UINT64_MAX);
    sb_unpack_fixed(&u, c.prev_hash, SB_HASH);
    c.n_keys = sb_unpack_array(&u, 1, SB_CARD_KEYS_MAX);
    c.keys = sb_list_alloc(&u, arena, &c.n_keys, sizeof *c.keys);
    for (size_t i = 0; i < c.n_keys && !u.failed; i++) {
        struct sb_card_key *k = &c.keys[i];
        sb_unpack_array(&u, 4, 4);
        k->use = sb_unpack_code(&u);
        sb_unpack_fixed(&u, k->pk, SB_PK);
        k->not_before = sb_unpack_uint(&u, UINT64_MAX);
        k->not_after = sb_unpack_uint(&u, UINT64_MAX);
        sb_order_next(&order, &u, k->use);
    }
    if (!u.failed && c.card_no == 0)
        sb_unpack_fail(&u, SB_E_RANGE);
    rc = sb_unpack_end(&u, "card", err);
    if (rc == 0)
        *out = c;
    return rc;
}

void sb_card_write(const struct sb_card *card, struct sb_buf *out)
{
    sb_pack_array(out, 6);
    sb_pack_cstr(out, "sacbe/card/1");
    sb_pack_str(out, card->code);
    sb_pack_str(out, card->name);
    sb_pack_uint(out, card->card_no);
    sb_pack_bin(out, sb_bytes(card->prev_hash, SB_HASH));
    sb_pack_array(out, card->n_keys);
    for (size_t i = 0; i < card->n_keys; i++) {
        const struct sb_card_key *k = &card->keys[i];
        sb_pack_array(out, 4);
        sb_pack_str(out, k->use);
        sb_pack_bin(out, sb_bytes(k->pk, SB_PK));
        sb_pack_uint(out, k->not_before);
        sb_pack_uint(out, k->not_after);
    }
}
