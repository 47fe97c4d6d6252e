/* Purpose: `sacbe grant offer`: a publisher signs that a reader may see its
 * events. Invariant: it is made against a directory that the roots signed. Not
 * for: putting it into force; the exchange adds it to a directory. */
#include "broker/cli/cmd_grant.h"

#include <stdio.h>
#include <sys/random.h>

#include "broker/cli/cmd_types.h"
#include "broker/host/clock.h"

#define UNTIL_PRESET "365d"

/* Period, and the key by which the reader is known. */
static int fill(const struct sb_cli *cli,
                const struct sb_cmd_dir *d,
                struct sb_grant *g,
                struct sb_err *err)
{
    const char *until = sb_cli_text(cli, "until");
    const char *from = sb_cli_text(cli, "from");
    uint64_t now = sb_clock_now_ms();
    struct sb_card_key key;
    g->not_before = now;
    int rc = from ? sb_cmd_when(from, now, &g->not_before, err) : 0;
    if (rc == 0)
        rc = sb_cmd_when(until ? until : UNTIL_PRESET, now, &g->not_after, err);
    if (rc != 0)
        return rc;
    if (g->not_before >= g->not_after)
        return sb_fail(err, SB_E_USAGE, "the grant would end before it begins");
    rc = sb_dir_key(
        sb_trust_newest(d->trust), g->reader, SB_USE_SIGN, NULL, now, &key, err);
    if (rc == 0)
        sb_key_id(g->reader_sign_key_id, key.use, key.pk);
    return rc;
}

static int make_id(struct sb_arena *arena, struct sb_grant *g, struct sb_err *err)
{
    uint8_t random[8];
    char hex[2 * sizeof random + 1];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return sb_fail(err, SB_E_INTERNAL, "the system gives no random bytes");
    sb_hex(hex, random, sizeof random);
    const char *text = sb_arena_str(arena, "g-%s", hex);
    if (!text)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    g->id = sb_bytes_str(text);
    return 0;
}

/* The sign key of the vault that the directory knows. */
static int sign(const struct sb_cmd_dir *d,
                const struct sb_vault *vault,
                const struct sb_grant *g,
                struct sb_buf *out,
                struct sb_err *err)
{
    struct sb_vault_key mine;
    struct sb_card_key key;
    struct sb_buf body = {0};
    struct sb_grant again;
    if (!sb_vault_newest(vault, SB_USE_SIGN, &mine))
        return sb_fail(err, SB_E_NO_KEY, "the vault has no sign key");
    int rc = sb_dir_key(sb_trust_newest(d->trust),
                        g->publisher,
                        SB_USE_SIGN,
                        mine.key_id,
                        sb_clock_now_ms(),
                        &key,
                        err);
    if (rc != 0)
        return rc;
    sb_grant_write(g, &body);
    rc = sb_buf_check(&body, err);
    if (rc == 0)
        rc = sb_grant_read(sb_buf_bytes(&body), d->arena, &again, err);
    if (rc == 0)
        rc = sb_sign_record(
            &d->exchange, vault, mine.key_id, sb_buf_bytes(&body), out, err);
    sb_buf_free(&body);
    return rc;
}

static void
tell(const struct sb_cli *cli, const struct sb_grant *g, struct sb_arena *arena)
{
    struct sb_out *out = sb_cli_out(cli);
    sb_out_bytes(out, "id", sb_tr(cli, "Grant"), g->id);
    sb_out_bytes(out, "publisher", sb_tr(cli, "Publisher"), g->publisher);
    sb_out_bytes(out, "type", sb_tr(cli, "Type"), g->type);
    sb_out_bytes(out, "reader", sb_tr(cli, "Reader"), g->reader);
    sb_out_text(out,
                "classes",
                sb_tr(cli, "Classes"),
                sb_grant_classes_text(&g->classes, arena));
    sb_out_bytes(out, "basis", sb_tr(cli, "Basis"), g->basis);
    sb_out_time(out, "from", sb_tr(cli, "From"), g->not_before);
    sb_out_time(out, "until", sb_tr(cli, "Until"), g->not_after);
    sb_out_note(out,
                "%s",
                sb_tr(cli, "Next: send the file to the exchange (sacbe grant add)."));
}

static int offer(const struct sb_cli *cli,
                 const struct sb_cmd_dir *d,
                 const struct sb_vault *vault,
                 struct sb_err *err)
{
    struct sb_buf record = {0};
    struct sb_grant g = {.publisher = sb_vault_code(vault),
                         .type = sb_bytes_str(sb_cli_text(cli, "type")),
                         .reader = sb_bytes_str(sb_cli_text(cli, "reader")),
                         .basis = sb_bytes_str(sb_cli_text(cli, "basis"))};
    if (sb_bytes_eq(g.publisher, g.reader))
        return sb_fail(err, SB_E_USAGE, "a publisher reads its own events anyway");
    int rc = sb_grant_classes(sb_cli_text(cli, "classes"), d->arena, &g.classes, err);
    if (rc == 0)
        rc = sb_cmd_check_classes(
            sb_cli_text(cli, "catalogue"), g.type, g.classes.items, g.classes.n, err);
    if (rc == 0)
        rc = make_id(d->arena, &g, err);
    if (rc == 0)
        rc = fill(cli, d, &g, err);
    if (rc == 0)
        rc = sign(d, vault, &g, &record, err);
    if (rc == 0)
        rc = sb_cmd_write(sb_cli_text(cli, "out"), sb_buf_bytes(&record), false, err);
    if (rc == 0)
        tell(cli, &g, d->arena);
    sb_buf_free(&record);
    return rc;
}

int sb_grant_run_offer(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_cmd_dir d = {0};
    struct sb_vault *vault = NULL;
    int rc = sb_cmd_dir_signed(cli, sb_cli_text(cli, "directory"), &d, err);
    if (rc == 0)
        rc = sb_cmd_vault(cli, sb_cli_text(cli, "vault"), &vault, err);
    if (rc == 0)
        rc = offer(cli, &d, vault, err);
    sb_vault_free(vault);
    sb_cmd_dir_close(&d);
    return rc == 0 ? SB_EXIT_YES : rc;
}
