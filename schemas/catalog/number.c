/* Purpose: exact comparison and divisibility of JSON numbers.
 * Invariant: no result depends on a rounding of ours. */
#include "schemas/catalog/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

static int cmp_int_double(int64_t i, double d)
{
    if (d >= 9223372036854775808.0)
        return -1;
    if (d < -9223372036854775808.0)
        return 1;
    double whole = trunc(d);
    int64_t t = (int64_t)whole;
    if (i != t)
        return i < t ? -1 : 1;
    return d > whole ? -1 : d < whole;
}

int sb_number_cmp(const struct sb_value *a, const struct sb_value *b)
{
    if (a->type == SB_INT && b->type == SB_INT)
        return a->as.i < b->as.i ? -1 : a->as.i > b->as.i;
    if (a->type == SB_INT)
        return cmp_int_double(a->as.i, b->as.d);
    if (b->type == SB_INT)
        return -cmp_int_double(b->as.i, a->as.d);
    return a->as.d < b->as.d ? -1 : a->as.d > b->as.d;
}

bool sb_number_integral(const struct sb_value *v)
{
    return v->type == SB_INT || (v->type == SB_DOUBLE && v->as.d == trunc(v->as.d));
}

static struct sb_decimal stripped(struct sb_decimal d)
{
    while (d.digits && d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    return d;
}

/* Reads "d.ddde+xx", which snprintf wrote; the locale chooses the point. */
static struct sb_decimal parse(const char *text)
{
    struct sb_decimal out = {0, 0};
    bool fraction = false;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9') {
            fraction = true;
            continue;
        }
        out.digits = out.digits * 10 + (uint64_t)(*text - '0');
        out.exponent -= fraction;
    }
    if (*text == 'e')
        out.exponent += (int)strtol(text + 1, NULL, 10);
    return stripped(out);
}

struct sb_decimal sb_number_decimal(const struct sb_value *v)
{
    if (v->type == SB_INT) {
        uint64_t u = v->as.i < 0 ? 0 - (uint64_t)v->as.i : (uint64_t)v->as.i;
        return stripped((struct sb_decimal){u, 0});
    }
    double d = fabs(v->as.d);
    char text[40] = "0";
    for (int digits = 14; digits <= 16; digits++) {
        snprintf(text, sizeof text, "%.*e", digits, d);
        if (strtod(text, NULL) == d)
            break;
    }
    return parse(text);
}

/* digits * 10^exponent mod m, exponent >= 0 */
static uint64_t power_mod(uint64_t digits, int exponent, uint64_t m)
{
    wide result = digits % m;
    wide base = 10 % m;
    for (; exponent > 0; exponent /= 2) {
        if (exponent % 2)
            result = result * base % m;
        base = base * base % m;
    }
    return (uint64_t)result;
}

bool sb_number_multiple(const struct sb_value *v, struct sb_decimal step)
{
    struct sb_decimal d = sb_number_decimal(v);
    int exponent = d.exponent - step.exponent;
    if (d.digits == 0)
        return true;
    if (exponent >= 0)
        return power_mod(d.digits, exponent, step.digits) == 0;
    if (exponent < -19)
        return false;
    wide divisor = step.digits;
    for (; exponent < 0; exponent++)
        divisor *= 10;
    return d.digits % divisor == 0;
}
