/* URI references: resolution against a base, fragments (RFC 3986, sections 3 and 5.2).
 *
 * Only what $id, $ref and $anchor need; nothing is fetched. */
#ifndef SCHEMAS_CATALOG_URI_H
#define SCHEMAS_CATALOG_URI_H

#include "schemas/base/bytes.h"

/* Appends `ref` resolved against `base` (both UTF-8; base absolute or empty, its
 * fragment ignored) to out. A fragment of `ref` is kept. Memory: out->failed. */
void sb_uri_resolve(struct sb_bytes base, struct sb_bytes ref, struct sb_buf *out);

/* The part before '#'; `fragment` (may be NULL) is what follows, p == NULL: none. */
struct sb_bytes sb_uri_split(struct sb_bytes uri, struct sb_bytes *fragment);

/* Appends `s` with its %XX undone; false when one is malformed. */
bool sb_uri_decode(struct sb_bytes s, struct sb_buf *out);

/* A URI (absolute, with scheme) or, with `relative`, also a relative reference, by the
 * grammar of RFC 3986. `beyond_ascii`: as RFC 3987 allows. */
bool sb_uri_valid(struct sb_bytes s, bool relative, bool beyond_ascii);

#endif
