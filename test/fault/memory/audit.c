/* fault.memory.audit: a bundle and a proof file judged without memory: the audit ends
 * with SB_E_MEMORY, or with the verdict and the facts that it would have had. It never
 * says that something is wrong because there was no memory to look. */
#include "test/fault/memory/exhaust.h"
#include "test/unit/broker_audit/prover.h"

#include "broker/audit/tell.h"

#include <stdio.h>

struct place {
    struct proof *proof;
    struct sb_audit_config config;
    struct sb_buf bytes; /* the proof file */
    struct sb_audit_facts good[2];
    size_t said;
    char first[SB_ERR_TEXT];
};

static void say(void *ctx, const struct sb_audit_finding *f)
{
    struct place *p = ctx;
    if (p->said++ == 0)
        snprintf(p->first, sizeof p->first, "%s", f->text);
}

static void begin(void *ctx)
{
    struct place *p = ctx;
    p->said = 0;
}

/* Not the bytes of the whole: between the members there may be any. */
static bool same_facts(const struct sb_audit_facts *a, const struct sb_audit_facts *b)
{
    return memcmp(a->parts, b->parts, sizeof a->parts) == 0 &&
           memcmp(a->asked, b->asked, sizeof a->asked) == 0 &&
           a->entries == b->entries && a->batches == b->batches &&
           a->events == b->events && a->streams == b->streams &&
           a->directories == b->directories && a->gaps == b->gaps &&
           a->double_signatures == b->double_signatures && a->pruned == b->pruned &&
           a->withdrawn == b->withdrawn && a->absent == b->absent &&
           a->outside == b->outside && a->receipts == b->receipts &&
           a->late_receipts == b->late_receipts && a->opened == b->opened &&
           a->invalid == b->invalid && a->findings == b->findings &&
           a->size == b->size && memcmp(a->root, b->root, sizeof a->root) == 0 &&
           a->cosignatures == b->cosignatures && a->quorum == b->quorum &&
           strcmp(a->origin, b->origin) == 0 && a->first_ms == b->first_ms &&
           a->last_ms == b->last_ms;
}

static int same(struct place *p, const struct sb_audit_facts *f, struct sb_err *err)
{
    struct sb_audit_facts *good = &p->good[f->batches == 1];
    if (good->size == 0)
        *good = *f;
    if (sb_audit_result(f) == SB_AUDIT_PASSED && same_facts(f, good))
        return 0;
    return sb_fail(err, SB_E_INTERNAL, "another verdict");
}

static int run_bundle(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_audit_facts facts;
    int rc = sb_audit_bundle(p->proof->s->dir, &p->config, &facts, err);
    return rc == 0 ? same(p, &facts, err) : rc;
}

static int run_proof(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_audit_facts facts;
    int rc = sb_audit_proof(sb_buf_bytes(&p->bytes), &p->config, &facts, err);
    return rc == 0 ? same(p, &facts, err) : rc;
}

static int run_attribute(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_attribution a = {.seq = 0};
    enum sb_audit_verdict verdict = SB_AUDIT_FAILED;
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? sb_audit_attribute(
                         sb_buf_bytes(&p->bytes), &p->config, arena, &a, &verdict, err)
                   : sb_fail(err, SB_E_MEMORY, "no arena");
    bool whole = a.valid && verdict == SB_AUDIT_PASSED && a.enrolled_version == 1 &&
                 a.n_root_holders == 2 && a.institution_name.n > 0;
    if (rc == 0 && !whole)
        rc = sb_fail(err, SB_E_INTERNAL, "another answer");
    sb_arena_free(arena);
    return rc;
}

static int count(void *ctx, const struct sb_delivery *d, struct sb_err *err)
{
    uint64_t *n = ctx;
    (void)err;
    *n += d->delivered + 100 * d->n_bases;
    return 0;
}

static int run_deliveries(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_audit_facts facts;
    uint64_t n = 0;
    int rc = sb_audit_deliveries(p->proof->s->dir, &p->config, count, &n, &facts, err);
    if (rc == 0 && n != 110)
        rc = sb_fail(err, SB_E_INTERNAL, "other deliveries: %d", (int)n);
    return rc;
}

static void judge(void *ctx, int rc)
{
    struct place *p = ctx;
    (void)rc;
    if (p->said > 0)
        fail_msg("it says \"%s\"", p->first);
}

static void an_audit(void **state)
{
    struct place p = {.proof = proof_new()};
    struct exhaust_scenario all[] = {
        {.name = "audit of a bundle", .run = run_bundle},
        {.name = "audit of a proof", .run = run_proof},
        {.name = "attribution", .run = run_attribute},
        {.name = "deliveries", .run = run_deliveries},
    };
    struct scene *s = p.proof->s;
    (void)state;
    (void)scene_audit(s); /* writes it */
    sb_proof_file_write(&p.proof->file, &p.bytes);
    p.config = scene_config(s);
    p.config.vault = s->w->members[IGM].vault;
    p.config.say = say;
    p.config.ctx = &p;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        all[i].begin = begin;
        all[i].most = 20;
        all[i].judge = judge;
        exhaust_each(&all[i], &p);
    }
    sb_buf_free(&p.bytes);
    proof_free(p.proof);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_audit)};
    return cmocka_run_group_tests_name("fault.memory.audit", tests, NULL, NULL);
}
