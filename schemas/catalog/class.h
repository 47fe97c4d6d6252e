/* Classes of fields: who may read them (publica, interna, confidencial, reservada).
 *
 * A set of classes is a bit mask; the canonical order of a list of classes is the order
 * of their names, which is also the order of their bits here. */
#ifndef SCHEMAS_CATALOG_CLASS_H
#define SCHEMAS_CATALOG_CLASS_H

#include "schemas/base/bytes.h"

enum sb_class { /* in the order of their names; also indices of arrays of sections */
                SB_CLASS_CONFIDENCIAL = 0,
                SB_CLASS_INTERNA = 1,
                SB_CLASS_PUBLICA = 2,
                SB_CLASS_RESERVADA = 3,
                SB_CLASS_COUNT = 4,
};

#define SB_CLASS_BIT(c) (1u << (unsigned)(c))
#define SB_CLASS_ALL 15u

/* "publica" and so on; NULL for no class. Static. */
const char *sb_class_name(enum sb_class c);
/* false when `name` is no class. */
bool sb_class_parse(struct sb_bytes name, enum sb_class *out);

#endif
