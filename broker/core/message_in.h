/* What members say to the broker (message.h). Records travel as payloads: CLAIM, EPOCH,
 * PUBLISH and the statements have no header of their own. */
#ifndef BROKER_CORE_MESSAGE_IN_H
#define BROKER_CORE_MESSAGE_IN_H

#include "broker/core/revision.h"
#include "schemas/record/entry.h"
#include "schemas/record/record.h"

struct sb_msg_hello {
    struct sb_bytes institution;
    struct sb_bytes role;       /* "adapter" "witness" */
    struct sb_bytes version;    /* of the program */
    uint64_t directory_version; /* 0: none held */
    struct sb_revisions revisions;
};

/* sig("sacbe/prove/1", broker curve pk || own curve pk || nonce) */
struct sb_msg_prove {
    uint8_t key_id[SB_KEY_ID];
    uint8_t sig[SB_SIG];
};

struct sb_msg_subscribe {
    struct sb_bytes name; /* a code, unique in the institution */
    struct sb_codes types;
    struct sb_heads cursors;
};

struct sb_msg_credit {
    struct sb_bytes name;
    uint64_t entries; /* added to what is left */
    uint64_t bytes;
};

struct sb_msg_applied {
    struct sb_bytes name;
    struct sb_heads heads;
};

struct sb_msg_cosign {
    uint64_t seen;     /* size of the newest tree that the client knows; 0 */
    uint64_t *indices; /* rising; wanted paths */
    size_t n_indices;
};

struct sb_msg_fetch {
    struct sb_bytes stream;
    uint64_t seq;
};

#endif
