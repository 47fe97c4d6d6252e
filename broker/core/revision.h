/* Revisions. "SB1" stays; what a release changes of the protocol raises its revision by
 * one, and a release speaks its own and the one before. HELLO says which ones the
 * client speaks, WELCOME which one of them the session has: the newest that both speak.
 * Within the session every frame is exactly of that revision, in both directions:
 * nothing is skipped, and nobody guesses. Only HELLO, which comes before, is open at
 * its end: what a later revision appends there is skipped. No revision in common:
 * VERSION_SKEW.
 *
 *     1   HELLO of 4 elements, WELCOME of 7: nothing is said of revisions
 *     2   HELLO of 6 or more, WELCOME of 10 */
#ifndef BROKER_CORE_REVISION_H
#define BROKER_CORE_REVISION_H

#include "schemas/base/bytes.h"

struct sb_revisions { /* that a program speaks; both 0: as revision 1 */
    uint64_t oldest;
    uint64_t newest;
};
/* Of this program. A program of the tests may define another one. */
extern const struct sb_revisions sb_revisions;
/* The newest that both speak; 0: none. */
uint64_t sb_revision_common(struct sb_revisions a, struct sb_revisions b);

#endif
