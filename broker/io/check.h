/* `sacbe-broker --check`: would it start? Changes nothing. */
#ifndef BROKER_IO_CHECK_H
#define BROKER_IO_CHECK_H

#include "broker/io/broker.h"

enum { SB_CHECKS = 7 }; /* findings of sb_check_broker */

/* Says each finding in turn: `what` is a short name, `why` NULL when it is well.
 * Returns the number of findings that are not well. */
typedef void (*sb_finding_fn)(void *ctx, const char *what, const struct sb_err *why);
size_t
sb_check_broker(const struct sb_broker_config *config, sb_finding_fn say, void *ctx);

#endif
