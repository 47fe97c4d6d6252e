/* Purpose: the names of the four classes.
 * Invariant: the table stands in the order of the names. */
#include "schemas/catalog/class.h"

static const char *const names[SB_CLASS_COUNT] = {
    "confidencial", "interna", "publica", "reservada"};

const char *sb_class_name(enum sb_class c)
{
    return (unsigned)c < SB_CLASS_COUNT ? names[c] : NULL;
}

bool sb_class_parse(struct sb_bytes name, enum sb_class *out)
{
    for (unsigned i = 0; i < SB_CLASS_COUNT; i++) {
        if (sb_bytes_is(name, names[i])) {
            *out = (enum sb_class)i;
            return true;
        }
    }
    return false;
}
