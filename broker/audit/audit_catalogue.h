/* The catalogues that a journal holds. Private to this room. */
#ifndef BROKER_AUDIT_AUDIT_CATALOGUE_H
#define BROKER_AUDIT_AUDIT_CATALOGUE_H

#include "broker/audit/audit_form.h"
#include "schemas/catalog/catalog.h"

struct audit_catalogue { /* one that is journaled */
    uint8_t manifest[SB_HASH];
    uint8_t record[SB_HASH]; /* SHA-256 of the record */
    uint64_t index;
    void *loaded; /* struct sb_catalog, for content; NULL: not yet */
    bool tried;
};

/* The journal's own catalogues. */
SB_CHECK int
audit_catalogue(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err);
void audit_catalogues_free(struct sb_audit *a);
/* The catalogue in force at the entry that is looked at, loaded; NULL: none, which was
 * said. Returns as the others do. */
SB_CHECK int audit_catalogue_now(struct sb_audit *a,
                                 const struct sb_catalog **out,
                                 struct sb_err *err);

#endif
