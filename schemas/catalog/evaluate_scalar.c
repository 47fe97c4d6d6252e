/* Purpose: the rules that judge a value by itself.
 * Invariant: numbers are compared exactly, lengths count code points. */
#include "schemas/catalog/evaluate.h"

#include "schemas/base/text.h"
#include "schemas/catalog/codes.h"

bool sb_schema_regex(struct run *r, const struct sb_regex *regex, struct sb_bytes s)
{
    int rc = sb_regex_match(regex, s);
    if (rc < 0 && !r->fault)
        r->fault = rc;
    return rc == 1;
}

static bool one_of(const struct rule *u, const struct sb_value *v)
{
    for (size_t i = 0; i < u->as.values.n; i++)
        if (sb_value_eq(&u->as.values.all[i], v))
            return true;
    return false;
}

bool sb_schema_judge_scalar(struct run *r,
                            const struct rule *u,
                            const struct sb_value *v)
{
    switch ((int)u->kind) {
    case RULE_TYPE:
        return (u->as.types & TYPE_BIT(v->type)) != 0 ||
               (v->type == SB_DOUBLE && (u->as.types & TYPE_BIT(SB_INT)) != 0 &&
                sb_number_integral(v));
    case RULE_ENUM:
        return one_of(u, v);
    case RULE_MULTIPLE:
        return sb_number_multiple(v, u->as.step);
    case RULE_MINIMUM:
        return sb_number_cmp(v, &u->as.bound) >= 0;
    case RULE_MAXIMUM:
        return sb_number_cmp(v, &u->as.bound) <= 0;
    case RULE_ABOVE:
        return sb_number_cmp(v, &u->as.bound) > 0;
    case RULE_BELOW:
        return sb_number_cmp(v, &u->as.bound) < 0;
    case RULE_MIN_LENGTH:
        return sb_text_length(v->as.s) >= u->as.count;
    case RULE_MAX_LENGTH:
        return v->as.s.n <= u->as.count || sb_text_length(v->as.s) <= u->as.count;
    case RULE_PATTERN:
        return sb_schema_regex(r, u->as.regex, v->as.s);
    case RULE_FORMAT:
        return u->as.format(v->as.s);
    case RULE_CODES:
        return sb_code_list_has(u->as.codes, v);
    default: /* RULE_FALSE */
        return false;
    }
}
