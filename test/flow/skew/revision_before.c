/* Linked before the rooms, this makes a program speak as the release before did: the
 * revisions of the protocol that broker/core/revision.c would say, one back. */
#include "broker/core/message.h"

const struct sb_revisions sb_revisions = {1, 1};
