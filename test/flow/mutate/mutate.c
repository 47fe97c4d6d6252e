/* Purpose: SACBE_MUTATIONS (default 600) changes of exported bundles, drawn by
 * SACBE_SEED, of each kind as many: each must be found, or be one of those of which
 * broker/audit/README.md says that nothing sees them, and why. Prints the counts. (Keys
 * and nonces are new in each run: the same seed draws the same changes of other bytes.)
 *
 * Found: the verdict is FAILED; or, where only the witnesses or the auditor's own note
 * could tell more, a part that passed before is INDETERMINATE. */
#include "test/flow/mutate/mutate.h"

#include "broker/bundle/bundle_form.h"

#include <stdio.h>
#include <string.h>

struct counts {
    const char *name;
    unsigned failed;
    unsigned told;
    unsigned immaterial;
};

#define KINDS_MAX 24

struct all {
    struct trial trials[2]; /* whole; with a withdrawal */
    struct trial foreign;
    struct counts counts[KINDS_MAX];
};

static bool is_prefix(struct sb_bytes text, struct sb_bytes of)
{
    return text.n <= of.n && memcmp(text.p, of.p, text.n) == 0;
}

/* Another range in bundle.json, with the same batches in it. */
static bool is_range(struct trial *t)
{
    struct sb_bundle *b = NULL;
    if (strcmp(t->touched[0].path, SB_BUNDLE_JSON) != 0 ||
        sb_bundle_open(&b, t->dir, NULL) != 0)
        return false;
    const struct sb_bundle_info *info = sb_bundle_info(b);
    bool same = sb_bytes_is(info->exchange, "sns") && info->generation == 1 &&
                info->size == t->f.n;
    for (uint64_t i = 0; i < t->f.n; i++)
        if (t->f.entries[i].leaf.kind == SB_KIND_BATCH)
            same = same && info->from <= i && i < info->to;
    sb_bundle_close(b);
    return same;
}

/* Lines of others below a checkpoint whose text and known signatures are as before. */
static bool is_line_of_others(struct trial *t, const struct sb_audit_facts *facts)
{
    struct sb_bundle *b = NULL;
    struct sb_bytes text = sb_buf_bytes(&t->note);
    const uint8_t *end = memmem(text.p, text.n, "\n\n", 2);
    if (strcmp(t->touched[0].path, SB_BUNDLE_CHECKPOINT) != 0 ||
        sb_bundle_open(&b, t->dir, NULL) != 0)
        return false;
    text.n = (size_t)(end - text.p) + 2;
    bool same = is_prefix(text, sb_bundle_info(b)->note) &&
                facts->cosignatures == t->base.cosignatures;
    sb_bundle_close(b);
    return same;
}

static bool is_told(const struct trial *t, const struct sb_audit_facts *facts)
{
    for (int i = 0; i < SB_AUDIT_PARTS; i++)
        if (t->base.parts[i] == SB_AUDIT_PASSED && facts->asked[i] &&
            facts->parts[i] == SB_AUDIT_INDETERMINATE)
            return true;
    return false;
}

static void count(struct trial *t,
                  const struct change *c,
                  const struct sb_audit_facts *facts,
                  struct counts *to,
                  unsigned round)
{
    enum sb_audit_verdict verdict = sb_audit_result(facts);
    if (verdict == SB_AUDIT_FAILED)
        to->failed++;
    else if (c->told && is_told(t, facts))
        to->told++;
    else if (c->dir == t->dir && t->n_touched == 1 &&
             (is_range(t) || is_line_of_others(t, facts)))
        to->immaterial++;
    else
        fail_msg("round %u: %s (%s) was not found: verdict %d, %llu findings",
                 round,
                 to->name,
                 t->n_touched > 0 ? t->touched[0].path : "entries",
                 (int)verdict,
                 (unsigned long long)facts->findings);
}

static void
one_round(struct trial *t, const struct kind *kind, struct counts *to, unsigned round)
{
    struct change c;
    struct sb_audit_facts facts;
    for (bool made = false; !made;) {
        trial_restore(t);
        c = (struct change){.dir = t->dir};
        made = kind->make(t, &c);
    }
    (void)trial_judge(t, &c, &facts);
    count(t, &c, &facts, to, round);
    trial_restore(t);
}

static void print_counts(const struct counts *all, size_t n)
{
    unsigned sum[3] = {0};
    print_message("%-28s %7s %7s %10s\n", "", "failed", "told", "immaterial");
    for (size_t i = 0; i < n; i++) {
        const struct counts *c = &all[i];
        print_message(
            "%-28s %7u %7u %10u\n", c->name, c->failed, c->told, c->immaterial);
        sum[0] += c->failed;
        sum[1] += c->told;
        sum[2] += c->immaterial;
    }
    print_message("%-28s %7u %7u %10u\n", "together", sum[0], sum[1], sum[2]);
}

static size_t list_kinds(const struct kind *out[KINDS_MAX])
{
    size_t n = 0;
    for (const struct kind *k = kinds_of_bytes; k->name; k++)
        out[n++] = k;
    for (const struct kind *k = kinds_of_forgery; k->name; k++)
        out[n++] = k;
    assert_true(n <= KINDS_MAX);
    return n;
}

static void every_change_is_found(void **state)
{
    struct all *all = *state;
    const struct kind *kinds[KINDS_MAX];
    const char *wanted = getenv("SACBE_MUTATIONS");
    unsigned long rounds = wanted ? strtoul(wanted, NULL, 10) : 600;
    size_t n = list_kinds(kinds);
    for (unsigned i = 0; n > 0 && i < rounds; i++) {
        struct counts *to = &all->counts[i % n];
        to->name = kinds[i % n]->name;
        one_round(&all->trials[i / n % 2], kinds[i % n], to, i);
    }
    print_counts(all->counts, n < rounds ? n : rounds);
}

static void untouched_they_pass(void **state)
{
    struct all *all = *state;
    const struct sb_audit_facts *whole = &all->trials[0].base;
    const struct sb_audit_facts *withdrawn = &all->trials[1].base;
    assert_int_equal(sb_audit_result(whole), SB_AUDIT_PASSED);
    assert_int_equal(whole->findings, 0);
    assert_int_equal(whole->cosignatures, 2);
    assert_int_equal(sb_audit_result(withdrawn), SB_AUDIT_INDETERMINATE);
    assert_int_equal(withdrawn->withdrawn, BENCH_CLASSES);
    assert_int_equal(withdrawn->findings, 1); /* which says what is withdrawn */
}

static int open_all(void **state)
{
    struct all *all = calloc(1, sizeof *all);
    assert_non_null(all);
    for (size_t i = 0; i < 2; i++)
        trial_open(&all->trials[i], i == 1);
    trial_open(&all->foreign, false);
    for (size_t i = 0; i < 2; i++)
        all->trials[i].foreign = &all->foreign;
    *state = all;
    return 0;
}

static int close_all(void **state)
{
    struct all *all = *state;
    for (size_t i = 0; i < 2; i++)
        trial_close(&all->trials[i]);
    trial_close(&all->foreign);
    free(all);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(untouched_they_pass),
        cmocka_unit_test(every_change_is_found),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
