/* The assertions of `format`: what a text must look like.
 *
 * date-time, date, time (RFC 3339), duration (RFC 3339, appendix A), email (RFC 5321),
 * hostname (RFC 1123), ipv4, ipv6 (RFC 4291), uri, uri-reference (RFC 3986), iri,
 * iri-reference (RFC 3987), uuid (RFC 4122), json-pointer (RFC 6901),
 * relative-json-pointer and regex (ECMA-262). Every other name is unknown. */
#ifndef SCHEMAS_CATALOG_FORMAT_H
#define SCHEMAS_CATALOG_FORMAT_H

#include "schemas/base/bytes.h"

typedef bool sb_format_check(struct sb_bytes s);

/* NULL: no such format. */
sb_format_check *sb_format_find(struct sb_bytes name);

sb_format_check sb_format_date_time;
sb_format_check sb_format_date;
sb_format_check sb_format_time;
sb_format_check sb_format_duration;
sb_format_check sb_format_ipv4;
sb_format_check sb_format_ipv6;

#endif
