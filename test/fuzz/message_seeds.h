/* One full message of every command. */
#ifndef TEST_FUZZ_MESSAGE_SEEDS_H
#define TEST_FUZZ_MESSAGE_SEEDS_H

#include "broker/core/message.h"

#define MESSAGE_SEEDS ((size_t)SB_CMD_FETCHED)

struct message_seed { /* the message borrows from the rest */
    struct sb_message m;
    struct sb_own_stream streams[2];
    struct sb_proved proved[2];
    struct sb_own_proof own[2];
    struct sb_head heads[2];
    struct sb_bytes texts[2];
    uint64_t indices[3];
};
void message_seed(enum sb_command cmd, struct message_seed *out);

#endif
