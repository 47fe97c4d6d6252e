/* Numbers compared and divided exactly.
 *
 * An int64 against a double without rounding either. multipleOf works on decimals: a
 * double counts as the shortest decimal that reads back as it, which is what its author
 * wrote, so that 0.0075 is a multiple of 0.0001. */
#ifndef SCHEMAS_CATALOG_NUMBER_H
#define SCHEMAS_CATALOG_NUMBER_H

#include "schemas/pack/value.h"

struct sb_decimal { /* digits * 10^exponent, sign dropped */
    uint64_t digits;
    int exponent;
};

/* <0, 0, >0; both must be SB_INT or finite SB_DOUBLE. */
int sb_number_cmp(const struct sb_value *a, const struct sb_value *b);
/* A whole number, however large. */
bool sb_number_integral(const struct sb_value *v);
struct sb_decimal sb_number_decimal(const struct sb_value *v);
/* step.digits must not be 0. */
bool sb_number_multiple(const struct sb_value *v, struct sb_decimal step);

#endif
