/* Purpose: the limits of institutions in a directory: set, shown, compared.
 * Invariant: pairs of codes that this version does not know stay as they are.
 * Not: what becomes of who is over them (broker/core/quota.h). */
#include "broker/cli/cmd_directory.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/core/quota.h"

struct wish { /* one --limit */
    char code[SB_CODE_MAX + 1];
    uint64_t value;
    bool drop; /* the pair goes */
};

/* 2000, 500k, 10G: thousands, as disks are sold. */
static bool read_number(const char *text, uint64_t *out)
{
    static const char units[] = "kMGT";
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9')
        return false;
    unsigned long long n = strtoull(text, &end, 10);
    const char *unit = *end ? strchr(units, *end) : NULL;
    for (const char *at = units; unit && at <= unit; at++)
        if (__builtin_mul_overflow(n, 1000u, &n))
            return false;
    *out = n;
    return n <= INT64_MAX && (*end == '\0' || (unit && end[1] == '\0'));
}

static int no_wish(const char *text, struct sb_err *err)
{
    return sb_fail(
        err,
        SB_E_USAGE,
        "--limit wants CODE=N or INSTITUTION:CODE=N, where CODE is events_s, "
        "bytes_s, journal_bytes or connections, and N a number (500k, 10G), "
        "0 for no limit, or \"default\"; not %.100s",
        text);
}

/* "events_s=2000", "pnc:events_s=5000", "pnc:events_s=default". */
static int read_wish(const struct sb_directory *d,
                     const char *text,
                     struct wish *out,
                     struct sb_err *err)
{
    enum sb_quota quota;
    struct sb_bytes whose;
    const char *equals = strchr(text, '=');
    const char *colon = strchr(text, ':');
    if (!equals || (colon && colon > equals))
        return no_wish(text, err);
    const char *name = colon ? colon + 1 : text;
    struct sb_bytes code = sb_bytes(name, (size_t)(equals - name));
    if (!sb_quota_parse(code, &quota, &whose) || whose.n)
        return no_wish(text, err);
    struct sb_bytes who = sb_bytes(text, colon ? (size_t)(colon - text) : 0);
    if (colon && !sb_cmd_member(d, who))
        return sb_fail(err,
                       SB_E_NOT_FOUND,
                       "--limit: %.*s is no member of this directory",
                       SB_FMT(who));
    int n =
        colon ? snprintf(
                    out->code, sizeof out->code, "%.*s.%.*s", SB_FMT(code), SB_FMT(who))
              : snprintf(out->code, sizeof out->code, "%.*s", SB_FMT(code));
    if (n < 0 || (size_t)n >= sizeof out->code)
        return sb_fail(err,
                       SB_E_LIMIT,
                       "--limit: the code of %.*s is too long for a limit of its own",
                       SB_FMT(who));
    out->drop = strcmp(equals + 1, "default") == 0;
    out->value = 0;
    if (!out->drop && !read_number(equals + 1, &out->value))
        return no_wish(text, err);
    out->drop = out->drop || (!colon && out->value == 0);
    return 0;
}

static int by_code(const void *a, const void *b)
{
    const struct sb_limit *x = a;
    const struct sb_limit *y = b;
    return sb_bytes_cmp(x->code, y->code);
}

static int apply(struct sb_cmd_dir *d, const struct wish *w, struct sb_err *err)
{
    struct sb_directory *b = &d->body;
    struct sb_limit *next =
        sb_arena_alloc(d->arena, b->n_limits + 1, sizeof *b->limits);
    struct sb_bytes code = sb_arena_dup(d->arena, sb_bytes_str(w->code));
    size_t n = 0;
    if (!next || !code.p)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; i < b->n_limits; i++)
        if (!sb_bytes_eq(b->limits[i].code, code))
            next[n++] = b->limits[i];
    if (!w->drop)
        next[n++] = (struct sb_limit){code, w->value};
    if (n > SB_MEMBERS_MAX)
        return sb_fail(
            err, SB_E_LIMIT, "a directory has at most %u limits", SB_MEMBERS_MAX);
    qsort(next, n, sizeof *next, by_code);
    b->limits = next;
    b->n_limits = n;
    return 0;
}

int sb_directory_set_limits(struct sb_cli *cli,
                            struct sb_cmd_dir *d,
                            bool *changed,
                            struct sb_err *err)
{
    size_t n = 0;
    const char *const *texts = sb_cli_values(cli, "limit", &n);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct wish w;
        rc = read_wish(&d->body, texts[i], &w, err);
        if (rc == 0)
            rc = apply(d, &w, err);
        *changed = true;
    }
    return rc;
}

void sb_directory_tell_limits(const struct sb_cli *cli, const struct sb_directory *d)
{
    static const struct sb_out_column columns[] = {
        {"limit", "LIMIT", false},
        {"institution", "INSTITUTION", false},
        {"value", "VALUE", true}};
    struct sb_out *out = sb_cli_out(cli);
    if (d->n_limits == 0)
        return;
    sb_out_table(out, "limits", columns, 3);
    for (size_t i = 0; i < d->n_limits; i++) {
        enum sb_quota quota;
        struct sb_bytes who = sb_bytes(NULL, 0);
        bool known = sb_quota_parse(d->limits[i].code, &quota, &who);
        if (known)
            sb_out_cell_text(out, sb_quota_code(quota));
        else
            sb_out_cell_bytes(out, d->limits[i].code);
        if (who.n)
            sb_out_cell_bytes(out, who);
        else
            sb_out_cell_text(out, sb_tr(cli, "every"));
        sb_out_cell_int(out, (int64_t)d->limits[i].value);
    }
    sb_out_end(out);
}

const struct sb_limit *sb_directory_limit(const struct sb_directory *d,
                                          struct sb_bytes code)
{
    for (size_t i = 0; i < d->n_limits; i++)
        if (sb_bytes_eq(d->limits[i].code, code))
            return &d->limits[i];
    return NULL;
}
