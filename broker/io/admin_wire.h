/* Bytes of the admin socket's two messages, shared by both sides; for broker/io only.
 */
#ifndef BROKER_IO_ADMIN_WIRE_H
#define BROKER_IO_ADMIN_WIRE_H

#include "broker/io/admin.h"

struct sb_admin_reply {
    uint64_t code; /* 0 or a positive number of code.h */
    struct sb_bytes text;
    struct sb_bytes value; /* packed; empty: none */
};

/* SB_E_LIMIT: a path longer than a socket's may be. */
SB_CHECK int
sb_admin_path(char *out, size_t size, const char *run_dir, struct sb_err *err);
/* 0: somebody listens; SB_E_NO_DAEMON, SB_E_PERMISSION, SB_E_IO. */
SB_CHECK int sb_admin_probe(const char *path, struct sb_err *err);

void sb_admin_request_write(struct sb_buf *out,
                            const char *verb,
                            const struct sb_bytes *args,
                            size_t n_args);
/* Fills verb and args. */
SB_CHECK int sb_admin_request_read(struct sb_bytes in,
                                   struct sb_admin_request *out,
                                   struct sb_err *err);
void sb_admin_reply_write(struct sb_buf *out, const struct sb_admin_reply *reply);
SB_CHECK int
sb_admin_reply_read(struct sb_bytes in, struct sb_admin_reply *out, struct sb_err *err);

#endif
