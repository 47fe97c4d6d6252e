/* Purpose: signatures counted for commands.
 * Invariant: what could not be looked at for want of memory is not called unsigned.
 * Not for: rules of directories; keys/trust.h has them. */
#include "broker/cli/cmd_signed.h"

int sb_cmd_signed_by(const struct sb_cmd_dir *d,
                     const struct sb_record *record,
                     const uint8_t key_id[SB_KEY_ID],
                     const uint8_t pk[SB_PK],
                     bool *out,
                     struct sb_err *err)
{
    struct sb_err why = {0};
    int rc = sb_verify_record(&d->exchange, record, key_id, pk, &why);
    *out = rc == 0;
    return rc == SB_E_MEMORY ? sb_fail(err, rc, "%s", why.text) : 0;
}

int sb_cmd_dir_count(const struct sb_cmd_dir *d,
                     const struct sb_record *record,
                     size_t *out,
                     struct sb_err *err)
{
    int rc = 0;
    *out = 0;
    for (size_t i = 0; rc == 0 && i < d->body.n_roots; i++) {
        const struct sb_dir_root *r = &d->body.roots[i];
        bool good = false;
        rc = sb_cmd_signed_by(d, record, r->key_id, r->pk, &good, err);
        *out += good;
    }
    return rc;
}
