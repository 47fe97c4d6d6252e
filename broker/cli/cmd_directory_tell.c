/* Purpose: directories in words: what one says, and what changed between two.
 * Not for: judging them; cmd_dir.c and keys/trust.h do. */
#include "broker/cli/cmd_directory.h"

#include "broker/cli/cmd_signed.h"
#include "schemas/record/grant.h"

/* "7d", "90s", "1500ms" */
static void span_text(char out[32], uint64_t ms)
{
    bool days = ms % SB_DAY_MS == 0;
    bool seconds = ms % 1000 == 0;
    (void)snprintf(out,
                   32,
                   "%llu%s",
                   (unsigned long long)(days      ? ms / SB_DAY_MS
                                        : seconds ? ms / 1000
                                                  : ms),
                   days      ? "d"
                   : seconds ? "s"
                             : "ms");
}

static void
put_span(const struct sb_cli *cli, const char *key, const char *label, uint64_t ms)
{
    struct sb_out *out = sb_cli_out(cli);
    char text[32];
    span_text(text, ms);
    if (sb_out_format(out) == SB_OUT_JSON)
        sb_out_int(out, key, NULL, (int64_t)ms);
    else
        sb_out_text(out, key, label, text);
}

void sb_directory_tell_policy(const struct sb_cli *cli, const struct sb_directory *d)
{
    sb_out_int(sb_cli_out(cli), "quorum", sb_tr(cli, "Quorum"), (int64_t)d->quorum);
    put_span(cli, "freshness_ms", sb_tr(cli, "Freshness"), d->freshness);
    put_span(cli, "keep_ms", sb_tr(cli, "Kept by publishers"), d->keep);
    put_span(cli, "retention_ms", sb_tr(cli, "Retention"), d->retention);
    sb_directory_tell_limits(cli, d);
}

void sb_directory_tell(const struct sb_cli *cli, const struct sb_cmd_dir *d)
{
    struct sb_out *out = sb_cli_out(cli);
    const struct sb_directory *b = &d->body;
    char text[72];
    sb_out_bytes(out, "exchange", sb_tr(cli, "Exchange"), b->exchange);
    sb_out_int(out, "version", sb_tr(cli, "Version"), (int64_t)b->version);
    sb_out_bool(out, "signed", sb_tr(cli, "Signed"), d->is_signed);
    sb_out_int(out, "signatures", sb_tr(cli, "Signatures"), (int64_t)d->good);
    sb_out_int(out, "threshold", sb_tr(cli, "Threshold"), (int64_t)b->threshold);
    sb_out_time(out, "issued", sb_tr(cli, "Issued"), b->issued);
    sb_out_time(out, "expires", sb_tr(cli, "Expires"), b->expires);
    sb_out_bytes(out, "address", sb_tr(cli, "Address"), b->address);
    sb_out_int(out, "generation", sb_tr(cli, "Generation"), (int64_t)b->generation);
    sb_directory_tell_policy(cli, b);
    sb_out_int(out, "n_members", sb_tr(cli, "Members"), (int64_t)b->n_members);
    sb_out_int(out, "n_grants", sb_tr(cli, "Grants"), (int64_t)b->n_grants);
    sb_cmd_fingerprint(b->catalogue, text);
    sb_out_text(out, "catalogue", sb_tr(cli, "Catalogue"), text);
    sb_cmd_fingerprint(d->hash, text);
    sb_out_text(out, "fingerprint", sb_tr(cli, "Fingerprint"), text);
}

int sb_directory_tell_roots(const struct sb_cli *cli,
                            const struct sb_cmd_dir *d,
                            struct sb_err *err)
{
    static const struct sb_out_column columns[] = {{"holder", "HOLDER", false},
                                                   {"key_id", "KEY ID", false},
                                                   {"signed", "SIGNED", false}};
    struct sb_out *out = sb_cli_out(cli);
    int rc = 0;
    sb_out_table(out, "roots", columns, 3);
    for (size_t i = 0; i < d->body.n_roots; i++) {
        const struct sb_dir_root *r = &d->body.roots[i];
        char hex[2 * SB_KEY_ID + 1];
        bool good = false;
        rc = sb_cmd_signed_by(d, &d->file.record, r->key_id, r->pk, &good, err);
        if (rc != 0)
            break;
        sb_hex(hex, r->key_id, SB_KEY_ID);
        sb_out_cell_bytes(out, r->holder);
        sb_out_cell_text(out, hex);
        sb_out_cell_bool(out, good);
    }
    sb_out_end(out);
    return rc;
}

int sb_directory_tell_members(const struct sb_cli *cli,
                              const struct sb_cmd_dir *d,
                              struct sb_err *err)
{
    static const struct sb_out_column columns[] = {{"code", "CODE", false},
                                                   {"name", "NAME", false},
                                                   {"status", "STATUS", false},
                                                   {"cards", "CARDS", true},
                                                   {"witness", "WITNESS", false},
                                                   {"until", "UNTIL", false}};
    struct sb_out *out = sb_cli_out(cli);
    int rc = 0;
    sb_out_table(out, "members", columns, 6);
    for (size_t i = 0; rc == 0 && i < d->body.n_members; i++) {
        const struct sb_dir_member *m = &d->body.members[i];
        struct sb_card card;
        rc = sb_cmd_card(m, d->arena, &card, err);
        if (rc != 0)
            break;
        const struct sb_card_key *sign = sb_card_key(&card, SB_USE_SIGN);
        sb_out_cell_bytes(out, m->code);
        sb_out_cell_bytes(out, card.name);
        sb_out_cell_bytes(out, m->status);
        sb_out_cell_int(out, (int64_t)m->n_cards);
        sb_out_cell_bool(out, sb_card_key(&card, SB_USE_WITNESS) != NULL);
        sb_out_cell_time(out, sign ? sign->not_after : 0);
    }
    sb_out_end(out);
    return rc;
}

struct changes {
    struct sb_out *out;
    size_t n;
};

static void
change(struct changes *c, const char *what, struct sb_bytes name, struct sb_bytes how)
{
    sb_out_cell_text(c->out, what);
    sb_out_cell_bytes(c->out, name);
    sb_out_cell_bytes(c->out, how);
    c->n++;
}

static void members(struct changes *c,
                    const struct sb_directory *older,
                    const struct sb_directory *newer)
{
    for (size_t i = 0; i < newer->n_members; i++) {
        const struct sb_dir_member *now = &newer->members[i];
        const struct sb_dir_member *was = sb_cmd_member(older, now->code);
        if (!was)
            change(c, "member", now->code, sb_bytes_str("added"));
        else if (!sb_bytes_eq(was->status, now->status))
            change(c, "status", now->code, now->status);
        if (was && was->n_cards != now->n_cards)
            change(c, "card", now->code, sb_bytes_str("added"));
    }
    for (size_t i = 0; i < older->n_members; i++)
        if (!sb_cmd_member(newer, older->members[i].code))
            change(c, "member", older->members[i].code, sb_bytes_str("removed"));
}

static bool has_grant(const struct sb_directory *d, struct sb_bytes record)
{
    for (size_t i = 0; i < d->n_grants; i++)
        if (sb_bytes_eq(d->grants[i], record))
            return true;
    return false;
}

static int grants(struct changes *c,
                  const struct sb_cmd_dir *a,
                  const struct sb_cmd_dir *b,
                  struct sb_bytes how,
                  struct sb_err *err)
{
    for (size_t i = 0; i < b->body.n_grants; i++) {
        struct sb_record record;
        struct sb_grant g;
        if (has_grant(&a->body, b->body.grants[i]))
            continue;
        int rc = sb_record_read(b->body.grants[i], &record, err);
        if (rc == 0)
            rc = sb_grant_read(record.body, b->arena, &g, err);
        if (rc != 0)
            return rc;
        const char *text = sb_arena_str(b->arena,
                                        "%.*s %.*s/%.*s -> %.*s",
                                        SB_FMT(g.id),
                                        SB_FMT(g.publisher),
                                        SB_FMT(g.type),
                                        SB_FMT(g.reader));
        if (!text)
            return sb_fail(err, SB_E_MEMORY, "out of memory");
        change(c, "grant", sb_bytes_str(text), how);
    }
    return 0;
}

static void
settings(struct changes *c, const struct sb_directory *a, const struct sb_directory *b)
{
    if (!sb_bytes_eq(a->address, b->address))
        change(c, "broker", b->address, sb_bytes_str("moved"));
    if (memcmp(a->curve_pk, b->curve_pk, SB_PK) != 0)
        change(c, "broker", sb_bytes_str("curve key"), sb_bytes_str("changed"));
    if (memcmp(a->log_pk, b->log_pk, SB_PK) != 0)
        change(c, "broker", sb_bytes_str("log key"), sb_bytes_str("changed"));
    if (a->generation != b->generation)
        change(c, "broker", sb_bytes_str("generation"), sb_bytes_str("changed"));
    if (memcmp(a->catalogue, b->catalogue, SB_HASH) != 0)
        change(c, "catalogue", sb_bytes_str("manifest"), sb_bytes_str("changed"));
    bool same = a->threshold == b->threshold && a->n_roots == b->n_roots;
    for (size_t i = 0; same && i < a->n_roots; i++)
        same = memcmp(a->roots[i].key_id, b->roots[i].key_id, SB_KEY_ID) == 0;
    if (!same)
        change(c, "roots", sb_bytes_str("set"), sb_bytes_str("changed"));
}

/* What whoever signs must see: the old value and the new one. */
static int policy(struct changes *c,
                  const struct sb_directory *a,
                  const struct sb_directory *b,
                  struct sb_arena *arena,
                  struct sb_err *err)
{
    const struct {
        const char *name;
        uint64_t was;
        uint64_t now;
    } spans[] = {{"freshness", a->freshness, b->freshness},
                 {"keep", a->keep, b->keep},
                 {"retention", a->retention, b->retention}};
    const char *text = sb_arena_str(arena,
                                    "%llu -> %llu",
                                    (unsigned long long)a->quorum,
                                    (unsigned long long)b->quorum);
    if (text && a->quorum != b->quorum)
        change(c, "policy", sb_bytes_str("quorum"), sb_bytes_str(text));
    for (size_t i = 0; text && i < sizeof spans / sizeof spans[0]; i++) {
        char was[32];
        char now[32];
        span_text(was, spans[i].was);
        span_text(now, spans[i].now);
        text = sb_arena_str(arena, "%s -> %s", was, now);
        if (text && spans[i].was != spans[i].now)
            change(c, "policy", sb_bytes_str(spans[i].name), sb_bytes_str(text));
    }
    return text ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
}

/* A pair of `b` that `a` has not, or has with another value. */
static int limits(struct changes *c,
                  const struct sb_directory *a,
                  const struct sb_directory *b,
                  struct sb_arena *arena,
                  struct sb_err *err)
{
    for (size_t i = 0; i < b->n_limits; i++) {
        const struct sb_limit *now = &b->limits[i];
        const struct sb_limit *was = sb_directory_limit(a, now->code);
        unsigned long long value = now->value;
        const char *text =
            was ? sb_arena_str(
                      arena, "%llu -> %llu", (unsigned long long)was->value, value)
                : sb_arena_str(arena, "added: %llu", value);
        if (!text)
            return sb_fail(err, SB_E_MEMORY, "out of memory");
        if (!was || was->value != now->value)
            change(c, "limit", now->code, sb_bytes_str(text));
    }
    for (size_t i = 0; i < a->n_limits; i++)
        if (!sb_directory_limit(b, a->limits[i].code))
            change(c, "limit", a->limits[i].code, sb_bytes_str("removed"));
    return 0;
}

int sb_directory_tell_changes(const struct sb_cli *cli,
                              const struct sb_cmd_dir *older,
                              const struct sb_cmd_dir *newer,
                              size_t *n,
                              struct sb_err *err)
{
    static const struct sb_out_column columns[] = {
        {"what", "WHAT", false}, {"name", "NAME", false}, {"change", "CHANGE", false}};
    struct changes c = {.out = sb_cli_out(cli)};
    sb_out_table(c.out, "changes", columns, 3);
    members(&c, &older->body, &newer->body);
    settings(&c, &older->body, &newer->body);
    int rc = policy(&c, &older->body, &newer->body, newer->arena, err);
    if (rc == 0)
        rc = limits(&c, &older->body, &newer->body, newer->arena, err);
    if (rc == 0)
        rc = grants(&c, older, newer, sb_bytes_str("added"), err);
    if (rc == 0)
        rc = grants(&c, newer, older, sb_bytes_str("removed"), err);
    sb_out_end(c.out);
    *n = c.n;
    return rc;
}
