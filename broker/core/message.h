/* The bus protocol, shared by both sides. FORMATS, "Bus protocol".
 *
 * A message is frames: "SB1", command, session (16 bytes), header (canonical msgpack),
 * then exactly the payload frames of its command. Payloads:
 *   DIRECTORY CLAIM EPOCH REGRANT HEADS RECEIPT REJECT ACT WITHDRAW NOTICE   [record]
 *   COSIGN                                       [signature line, note, or empty]
 *   PUBLISH                                          [batch record, items, ciphertexts]
 *   ENTRY, FETCHED                  [leaf data, record, items, ciphertexts] (last two
 *                                   empty for what is no batch, or not for this reader;
 *                                   FETCHED that was refused: all four empty)
 *   CHECKPOINT                                       [note]
 * items: msgpack array of bin, one item per event. ciphertexts: msgpack array of
 * [class, [bin ...]], classes in text order, one bin per event, event order; an empty
 * bin stands for a ciphertext that was withdrawn. What stands in headers: message_in.h
 * (members to the broker), message_out.h (the broker to members), revision.h.
 *
 * SUBSCRIBE means every granted stream of its types, later ones too; a stream of one's
 * own only when a cursor names it (seq 0: from its beginning). Slices borrow from the
 * frames; lists live in the arena. */
#ifndef BROKER_CORE_MESSAGE_H
#define BROKER_CORE_MESSAGE_H

#include "broker/core/message_in.h"
#include "broker/core/message_out.h"
#include "broker/core/payload.h"
#include "broker/core/revision.h"
#include "schemas/record/entry.h"
#include "schemas/record/event.h"
#include "schemas/record/record.h"

#define SB_PROTOCOL "SB1"
#define SB_SESSION 16
#define SB_PAYLOADS 4
#define SB_FRAMES (4 + SB_PAYLOADS)

enum sb_command {
    SB_CMD_HELLO = 1,
    SB_CMD_CHALLENGE,
    SB_CMD_PROVE,
    SB_CMD_WELCOME,
    SB_CMD_DIRECTORY,
    SB_CMD_CLAIM,
    SB_CMD_EPOCH,
    SB_CMD_REGRANT,
    SB_CMD_PUBLISH,
    SB_CMD_STORED,
    SB_CMD_REFUSED,
    SB_CMD_HEADS,
    SB_CMD_RECEIPT,
    SB_CMD_REJECT,
    SB_CMD_SUBSCRIBE,
    SB_CMD_ENTRY,
    SB_CMD_CREDIT,
    SB_CMD_APPLIED,
    SB_CMD_COSIGN,
    SB_CMD_CHECKPOINT,
    SB_CMD_PING,
    SB_CMD_PONG,
    SB_CMD_BYE,
    SB_CMD_WHO,
    SB_CMD_ACT,
    SB_CMD_WITHDRAW,
    SB_CMD_NOTICE,
    SB_CMD_FETCH,
    SB_CMD_FETCHED,
};

/* "HELLO" ...; NULL for another number. */
const char *sb_command_text(enum sb_command cmd);

struct sb_frames {
    size_t n;
    struct sb_bytes f[SB_FRAMES];
};

struct sb_message {
    enum sb_command cmd;
    uint8_t session[SB_SESSION]; /* zero until WELCOME */
    union {
        struct sb_msg_hello hello;
        struct sb_msg_prove prove;
        struct sb_msg_subscribe subscribe;
        struct sb_msg_credit credit;
        struct sb_msg_applied applied;
        struct sb_msg_cosign cosign;
        struct sb_msg_fetch fetch;
        struct sb_msg_challenge challenge;
        struct sb_msg_welcome welcome;
        struct sb_msg_stored stored;
        struct sb_msg_refused refused;
        struct sb_msg_entry entry;
        struct sb_msg_checkpoint checkpoint;
        struct sb_msg_fetched fetched;
    } as;
    size_t n_payload;
    struct sb_bytes payload[SB_PAYLOADS];
};

/* Whether REFUSED with this code of enum sb_code means only that nothing is taken now:
 * the same is sent again `expected` ms later. */
bool sb_refused_later(int code);
/* How many payload frames a command has. */
size_t sb_message_payloads(enum sb_command cmd);
/* SB_E_FRAMES, SB_E_MALFORMED or an encoding error; SB_E_VERSION_SKEW: well formed, but
 * a command that this program does not know. */
SB_CHECK int sb_message_read(const struct sb_frames *frames,
                             struct sb_arena *arena,
                             struct sb_message *out,
                             struct sb_err *err);
/* Appends the header to `header` and fills frames: they borrow from `m` and `header`,
 * so `header` must not be written again while they are used. */
SB_CHECK int sb_message_write(const struct sb_message *m,
                              struct sb_buf *header,
                              struct sb_frames *out,
                              struct sb_err *err);

#endif
