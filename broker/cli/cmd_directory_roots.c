/* Purpose: `sacbe directory show --roots`: what an auditor pins, for an official
 * publication.
 * Not for: saying who signed a directory; `directory show` lists that. */
#include "broker/cli/cmd_directory.h"

#include <stdio.h>

#include "keys/roots.h"

static int copy_name(char *to, size_t room, struct sb_bytes from, struct sb_err *err)
{
    if (from.n >= room)
        return sb_fail(err, SB_E_LIMIT, "a name of more than %zu bytes", room - 1);
    memcpy(to, from.p, from.n);
    to[from.n] = '\0';
    return 0;
}

static int
of_directory(const struct sb_directory *d, struct sb_anchor *out, struct sb_err *err)
{
    struct sb_anchor a = {.threshold = d->threshold, .n_roots = d->n_roots};
    if (d->n_roots > SB_ROOTS_MAX)
        return sb_fail(err, SB_E_LIMIT, "more than %u roots", SB_ROOTS_MAX);
    memcpy(a.nonce, d->nonce, SB_NONCE);
    int rc = copy_name(a.exchange, sizeof a.exchange, d->exchange, err);
    for (size_t i = 0; rc == 0 && i < d->n_roots; i++) {
        memcpy(a.roots[i].pk, d->roots[i].pk, SB_PK);
        rc = copy_name(
            a.roots[i].holder, sizeof a.roots[i].holder, d->roots[i].holder, err);
    }
    if (rc == 0)
        *out = a;
    return rc;
}

/* The anchor itself, or the roots of a signed directory. */
static int find_roots(struct sb_cli *cli, struct sb_anchor *out, struct sb_err *err)
{
    const char *path = sb_cli_arg(cli, 0);
    struct sb_cmd_dir d;
    struct sb_err why = {0};
    int rc = sb_cmd_ends(path, err);
    if (rc != 0 || sb_anchor_read(path, out, &why) == 0)
        return rc;
    if (why.code == SB_E_NOT_FOUND || why.code == SB_E_MEMORY)
        return sb_fail(err, why.code, "%s", why.text);
    rc = sb_cmd_dir_signed(cli, path, &d, err);
    if (rc != 0)
        return rc;
    rc = of_directory(&d.body, out, err);
    sb_cmd_dir_close(&d);
    return rc;
}

static void tell_json(struct sb_out *out, const struct sb_anchor *a)
{
    static const struct sb_out_column columns[] = {{"key", "", false},
                                                   {"holder", "", false}};
    char hex[2 * SB_PK + 1];
    sb_hex(hex, a->nonce, SB_NONCE);
    sb_out_text(out, "exchange", NULL, a->exchange);
    sb_out_text(out, "nonce", NULL, hex);
    sb_out_int(out, "threshold", NULL, (int64_t)a->threshold);
    sb_out_table(out, "roots", columns, 2);
    for (size_t i = 0; i < a->n_roots; i++) {
        sb_hex(hex, a->roots[i].pk, SB_PK);
        sb_out_cell_text(out, hex);
        sb_out_cell_text(out, a->roots[i].holder);
    }
    sb_out_end(out);
}

int sb_directory_print_roots(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_anchor anchor;
    struct sb_buf text = {0};
    int rc = find_roots(cli, &anchor, err);
    if (rc != 0)
        return rc;
    if (sb_out_format(out) == SB_OUT_JSON) {
        tell_json(out, &anchor);
        return SB_EXIT_YES;
    }
    sb_roots_write(&anchor, &text);
    rc = sb_buf_check(&text, err);
    struct sb_bytes b = sb_buf_bytes(&text);
    if (rc == 0)
        sb_out_line(out, sb_bytes(b.p, b.n && b.p[b.n - 1] == '\n' ? b.n - 1 : b.n));
    sb_buf_free(&text);
    return rc == 0 ? SB_EXIT_YES : rc;
}
