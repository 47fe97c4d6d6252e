/* Every file below a folder. Private to this room. */
#ifndef BROKER_BUNDLE_BUNDLE_WALK_H
#define BROKER_BUNDLE_BUNDLE_WALK_H

#include "broker/bundle/bundle_form.h"

/* `path`: within the folder; `regular`: neither a link nor anything else. 0 to go on, 1
 * to stop, or an error. In no order. */
typedef int (*sb_walk_fn)(void *ctx,
                          const char *path,
                          bool regular,
                          struct sb_err *err);
SB_CHECK int
sb_bundle_walk(const char *dir, sb_walk_fn fn, void *ctx, struct sb_err *err);

#endif
