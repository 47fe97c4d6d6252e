/* Checkpoints of a generation, whichever of its log keys signed them. */
#include "keys/trust.h"

static int open_any(const struct sb_trust *t,
                    uint64_t generation,
                    struct sb_bytes note,
                    struct sb_checkpoint *out,
                    struct sb_err *err)
{
    const uint8_t *tried = NULL;
    const struct sb_dir *dir = sb_trust_newest(t);
    int rc = sb_fail(err, SB_E_NOTE, "no directory of this generation is held");
    while (rc != 0 && dir) {
        const struct sb_directory *d = sb_dir_body(dir);
        bool known = tried && memcmp(tried, d->log_pk, SB_PK) == 0;
        if (d->generation < generation)
            break;
        if (d->generation == generation && !known) {
            tried = d->log_pk;
            rc = sb_checkpoint_open(note, tried, out, err);
        }
        dir = sb_trust_version(t, d->version - 1);
    }
    return rc;
}

int sb_trust_checkpoint(const struct sb_trust *t,
                        uint64_t generation,
                        struct sb_bytes note,
                        struct sb_checkpoint *out,
                        struct sb_err *err)
{
    struct sb_checkpoint c;
    char origin[SB_ORIGIN];
    int rc = open_any(t, generation, note, &c, err);
    if (rc != 0)
        return rc;
    sb_checkpoint_origin(origin, sb_dir_body(sb_trust_newest(t))->exchange, generation);
    if (strcmp(c.origin, origin) != 0)
        return sb_fail(
            err, SB_E_NOTE, "the checkpoint is of %s, not of %s", c.origin, origin);
    *out = c;
    return 0;
}
