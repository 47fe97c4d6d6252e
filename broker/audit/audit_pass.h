/* One pass over a bundle's entries, past what cannot be read. Private to this room. */
#ifndef BROKER_AUDIT_AUDIT_PASS_H
#define BROKER_AUDIT_AUDIT_PASS_H

#include "broker/audit/audit_form.h"

typedef int (*audit_pass_fn)(struct sb_audit *a,
                             const struct sb_bundle_entry *e,
                             struct sb_err *err);
struct audit_pass {
    struct sb_bundle *bundle;
    bool texts; /* with ciphertexts */
    bool loud;  /* files that cannot be read are findings */
    audit_pass_fn fn;
    /* Entries from `from` up to `to` cannot be read; may be NULL. */
    void (*hole)(struct sb_audit *a, uint64_t from, uint64_t to);
    uint64_t steps_before; /* for progress */
    uint64_t steps;
    bool
        no_texts; /* out: these entries come without ciphertexts that should be there */
};
/* fn's errors and what keeps the audit from running; else 0. */
SB_CHECK int audit_pass(struct sb_audit *a, struct audit_pass *p, struct sb_err *err);

#endif
