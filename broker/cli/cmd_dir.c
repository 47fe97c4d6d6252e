/* Purpose: directory files for commands: opened, judged, written as the next
 * draft. Invariant: what is called signed was taken by the trust; a draft bears
 * no signature of what it was before. Not for: rules of directories;
 * keys/trust.h has them. */
#include "broker/cli/cmd_file.h"

#include "broker/cli/cmd_signed.h"
#include "broker/host/clock.h"

static int same_exchange(const struct sb_cmd_dir *d, struct sb_err *err)
{
    if (sb_bytes_is(d->body.exchange, d->anchor.exchange) &&
        memcmp(d->body.nonce, d->anchor.nonce, SB_NONCE) == 0)
        return 0;
    return sb_fail(err,
                   SB_E_EXCHANGE,
                   "this directory belongs to exchange %.*s, the anchor to another %s",
                   SB_FMT(d->body.exchange),
                   d->anchor.exchange);
}

static int judge(struct sb_cmd_dir *d, struct sb_err *err)
{
    int rc = same_exchange(d, err);
    if (rc == 0)
        rc = sb_record_hash(d->hash, d->file.record.body, err);
    if (rc == 0)
        rc = sb_cmd_dir_count(d, &d->file.record, &d->good, err);
    if (rc != 0)
        return rc;
    if (d->good < d->body.threshold)
        return 0;
    rc = sb_trust_new(&d->trust, &d->anchor, err);
    if (rc == 0)
        rc = sb_trust_add(d->trust, d->file.record.raw, err);
    d->is_signed = rc == 0;
    return rc;
}

int sb_cmd_dir_open(const struct sb_cli *cli,
                    const char *path,
                    struct sb_cmd_dir *out,
                    struct sb_err *err)
{
    struct sb_cmd_dir d = {.arena = sb_arena_new(0)};
    if (!d.arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_anchor(cli, path, &d.anchor, err);
    if (rc == 0)
        rc = sb_cmd_record_read(path, "sacbe/dir/1", &d.file, err);
    if (rc == 0) {
        sb_cmd_exchange(&d.anchor, &d.exchange);
        rc = sb_directory_read(d.file.record.body, d.arena, &d.body, err);
        if (rc == 0)
            rc = judge(&d, err);
        if (rc != 0)
            rc = sb_err_wrap(err, rc, "%s", path);
    }
    if (rc != 0)
        sb_cmd_dir_close(&d);
    else
        *out = d;
    return rc;
}

int sb_cmd_dir_signed(const struct sb_cli *cli,
                      const char *path,
                      struct sb_cmd_dir *out,
                      struct sb_err *err)
{
    struct sb_cmd_dir d;
    int rc = sb_cmd_dir_open(cli, path, &d, err);
    if (rc != 0)
        return rc;
    if (!d.is_signed) {
        rc = sb_fail(err,
                     SB_E_THRESHOLD,
                     "%s is a draft with %zu of %llu signatures: sign it first "
                     "(sacbe directory sign)",
                     path,
                     d.good,
                     (unsigned long long)d.body.threshold);
        sb_cmd_dir_close(&d);
        return rc;
    }
    *out = d;
    return 0;
}

void sb_cmd_dir_close(struct sb_cmd_dir *d)
{
    sb_trust_free(d->trust);
    sb_cmd_record_free(&d->file);
    sb_arena_free(d->arena);
    *d = (struct sb_cmd_dir){0};
}

struct sb_dir_member *sb_cmd_member(const struct sb_directory *d, struct sb_bytes code)
{
    for (size_t i = 0; i < d->n_members; i++)
        if (sb_bytes_eq(d->members[i].code, code))
            return &d->members[i];
    return NULL;
}

int sb_cmd_card(const struct sb_dir_member *m,
                struct sb_arena *arena,
                struct sb_card *out,
                struct sb_err *err)
{
    struct sb_record record;
    int rc = sb_record_read(m->cards[m->n_cards - 1], &record, err);
    if (rc == 0)
        rc = sb_card_read(record.body, arena, out, err);
    return rc;
}

/* A signed directory is followed by the next version, with the same time to
 * live. */
static void step(struct sb_cmd_dir *d)
{
    uint64_t span = d->body.expires - d->body.issued;
    uint64_t now = sb_clock_now_ms();
    if (d->is_signed) {
        d->body.version++;
        memcpy(d->body.prev_hash, d->hash, SB_HASH);
    }
    d->body.issued = now;
    d->body.expires = now + span;
}

int sb_cmd_draft_write(const struct sb_cli *cli,
                       struct sb_cmd_dir *d,
                       const char *path,
                       struct sb_err *err)
{
    struct sb_buf body = {.limit = SB_DIRECTORY_MAX};
    struct sb_buf raw = {.limit = SB_RECORD_MAX};
    struct sb_directory again;
    step(d);
    sb_directory_write(&d->body, &body);
    int rc = sb_buf_check(&body, err);
    if (rc == 0)
        rc = sb_directory_read(sb_buf_bytes(&body), d->arena, &again, err);
    if (rc == 0) {
        sb_record_write(&raw, sb_buf_bytes(&body), NULL, 0);
        rc = sb_buf_check(&raw, err);
    }
    if (rc == 0 && !sb_cli_dry_run(cli))
        rc = sb_cmd_write(path, sb_buf_bytes(&raw), true, err);
    sb_buf_free(&raw);
    sb_buf_free(&body);
    return rc;
}
