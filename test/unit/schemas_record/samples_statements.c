/* Purpose: samples of entries and signed statements, and reading them back. */
#include "test/unit/schemas_record/samples_statements.h"

static struct sb_head two_heads[] = {
    {.stream = {(const uint8_t *)"igm/a.b", 7}, .seq = 5, .batch_hash = {1}},
    {.stream = {(const uint8_t *)"pnc/a.b", 7}, .seq = 1000, .batch_hash = {2}}};

void make_receipt(struct sb_buf *out)
{
    struct sb_receipt r = {.reader = S("igm"),
                           .subscription = S("main"),
                           .heads = {two_heads, 2},
                           .tree_size = 10,
                           .root = {3},
                           .time = 1700000000000};
    sb_receipt_write(&r, out);
}

int again_receipt(struct sb_bytes b,
                  struct sb_arena *a,
                  struct sb_buf *out,
                  struct sb_err *err)
{
    struct sb_receipt r;
    int rc = sb_receipt_read(b, a, &r, err);
    if (rc == 0)
        sb_receipt_write(&r, out);
    return rc;
}

#define HEADS_TIME 7u

void make_heads(struct sb_buf *out)
{
    const struct sb_heads heads = {two_heads, 2};
    sb_heads_write(S("pnc"), &heads, HEADS_TIME, out);
}

int again_heads(struct sb_bytes b,
                struct sb_arena *a,
                struct sb_buf *out,
                struct sb_err *err)
{
    struct sb_bytes who;
    struct sb_heads heads;
    uint64_t time;
    int rc = sb_heads_read(b, a, &who, &heads, &time, err);
    if (rc == 0)
        sb_heads_write(who, &heads, time, out);
    return rc;
}

void make_reject(struct sb_buf *out)
{
    struct sb_reject r = {.reader = S("igm"),
                          .stream = S("pnc/comun.alerta"),
                          .seq = 9,
                          .code = 311,
                          .pointer = S("/personas/0/edad"),
                          .time = 1700000000000};
    sb_reject_write(&r, out);
}

int again_reject(struct sb_bytes b,
                 struct sb_arena *a,
                 struct sb_buf *out,
                 struct sb_err *err)
{
    (void)a;
    struct sb_reject r;
    int rc = sb_reject_read(b, &r, err);
    if (rc == 0)
        sb_reject_write(&r, out);
    return rc;
}

struct sb_withdraw sample_withdraw(void)
{
    return (struct sb_withdraw){.stream = S("pnc/comun.alerta/2"),
                                .first_seq = 200,
                                .last_seq = 70000,
                                .annulled_by = 70001,
                                .reason = S("sent in error, Oficio 12-2026"),
                                .time = 1700000000000};
}

struct sb_act sample_act(void)
{
    return (struct sb_act){.who = S("pnc"),
                           .act = S(SB_ACT_DISCLOSE),
                           .stream = S("pnc/comun.alerta"),
                           .first_seq = 300,
                           .last_seq = 300,
                           .classes = sample_classes(),
                           .text = S("Juzgado 3\xc2\xba"),
                           .time = 1700000000000};
}

void make_prune(struct sb_buf *out)
{
    struct sb_prune p = {
        .before = 1600000000000, .below = 70000, .time = 1700000000000};
    sb_prune_write(&p, out);
}

int again_prune(struct sb_bytes b,
                struct sb_arena *a,
                struct sb_buf *out,
                struct sb_err *err)
{
    (void)a;
    struct sb_prune p;
    int rc = sb_prune_read(b, &p, err);
    if (rc == 0)
        sb_prune_write(&p, out);
    return rc;
}

void make_withdraw(struct sb_buf *out)
{
    struct sb_withdraw w = sample_withdraw();
    sb_withdraw_write(&w, out);
}

int again_withdraw(struct sb_bytes b,
                   struct sb_arena *a,
                   struct sb_buf *out,
                   struct sb_err *err)
{
    (void)a;
    struct sb_withdraw w;
    int rc = sb_withdraw_read(b, &w, err);
    if (rc == 0)
        sb_withdraw_write(&w, out);
    return rc;
}

void make_act(struct sb_buf *out)
{
    struct sb_act act = sample_act();
    sb_act_write(&act, out);
}

int again_act(struct sb_bytes b,
              struct sb_arena *a,
              struct sb_buf *out,
              struct sb_err *err)
{
    struct sb_act act;
    int rc = sb_act_read(b, a, &act, err);
    if (rc == 0)
        sb_act_write(&act, out);
    return rc;
}

void make_entry(struct sb_buf *out)
{
    struct sb_entry e = {.kind = SB_KIND_BATCH,
                         .stored_ms = 1700000000000,
                         .directory_version = 3,
                         .record_hash = {1}};
    sb_entry_write(&e, out);
}

int again_entry(struct sb_bytes b,
                struct sb_arena *a,
                struct sb_buf *out,
                struct sb_err *err)
{
    (void)a;
    struct sb_entry e;
    int rc = sb_entry_read(b, &e, err);
    if (rc == 0)
        sb_entry_write(&e, out);
    return rc;
}

void make_catalogue(struct sb_buf *out)
{
    struct sb_manifest_file files[] = {
        {.path = S("codes/a.csv"), .hash = {1}, .content = S("a,b\n")},
        {.path = S("comun/alerta.json"), .hash = {2}, .content = S("{}")}};
    struct sb_manifest m = {.edition = S("2026-1"), .files = files, .n_files = 2};
    sb_manifest_write(&m, true, out);
}

int again_catalogue(struct sb_bytes b,
                    struct sb_arena *a,
                    struct sb_buf *out,
                    struct sb_err *err)
{
    struct sb_manifest m;
    int rc = sb_catalogue_read(b, a, &m, err);
    if (rc == 0)
        sb_manifest_write(&m, true, out);
    return rc;
}
