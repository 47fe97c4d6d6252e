/* How rules judge a value; for this room's files only. */
#ifndef SCHEMAS_CATALOG_EVALUATE_H
#define SCHEMAS_CATALOG_EVALUATE_H

#include "schemas/catalog/rule.h"

#define SB_SCHEMA_EFFORT 20000000u /* schemas applied in one validation */
#define SB_SCHEMA_NESTING 512u     /* of subschemas in one validation */

struct place { /* where in the value; the chain is walked only for a report */
    const struct place *up;
    struct sb_bytes key; /* p == NULL: `index` counts */
    size_t index;
    const struct sb_field *field; /* NULL: everything below is held */
};

struct run {
    struct sb_violation *violation;
    unsigned held;
    unsigned quiet; /* > 0: a failure here is not yet the result */
    unsigned nesting;
    unsigned effort;
    int fault; /* SB_E_LIMIT, SB_E_DEPTH, SB_E_MEMORY */
};

bool sb_schema_apply(struct run *r,
                     const struct sb_schema *s,
                     const struct sb_value *v,
                     const struct place *at);
/* Each judges one rule; a false answer with `fault` unset was reported unless quiet. */
bool sb_schema_judge_scalar(struct run *r,
                            const struct rule *u,
                            const struct sb_value *v);
bool sb_schema_judge_array(struct run *r,
                           const struct rule *u,
                           const struct sb_value *v,
                           const struct place *at,
                           bool *reported);
bool sb_schema_judge_object(struct run *r,
                            const struct rule *u,
                            const struct sb_value *v,
                            const struct place *at,
                            bool *reported,
                            struct sb_bytes *name);
bool sb_schema_regex(struct run *r, const struct sb_regex *regex, struct sb_bytes s);

#endif
