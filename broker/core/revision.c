/* Purpose: the revisions of the protocol that this release speaks (message.h).
 * Invariant: alone in its file, so that a program of the tests may speak others. */
#include "broker/core/message.h"

const struct sb_revisions sb_revisions = {1, 2};
