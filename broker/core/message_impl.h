/* Private to broker/core: the headers of messages, one reader and one writer. */
#ifndef BROKER_CORE_MESSAGE_IMPL_H
#define BROKER_CORE_MESSAGE_IMPL_H

#include "broker/core/message.h"

/* Reads m->cmd's header into m->as; failures stay in the reader. */
void sb_message_header_read(struct sb_unpack *u,
                            struct sb_arena *arena,
                            struct sb_message *m);
void sb_message_header_write(const struct sb_message *m, struct sb_buf *out);
/* message_evidence.c: those of COSIGN, CHECKPOINT, ENTRY, FETCH and FETCHED. */
void sb_message_evidence_read(struct sb_unpack *u,
                              struct sb_arena *arena,
                              struct sb_message *m);
void sb_message_evidence_write(const struct sb_message *m, struct sb_buf *out);

#endif
