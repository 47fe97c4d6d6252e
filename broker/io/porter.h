/* Who stands in the door: each TCP connection from its acceptance to its end, so that
 * nobody makes the broker hold bytes or descriptors without ever saying a whole
 * message. libzmq bounds a frame and the time of a handshake, but neither how many
 * handshakes there are, nor the frames of a message that does not end. A connection
 * that is too much is shut down; its peer may come again. One thread: the loop's. */
#ifndef BROKER_IO_PORTER_H
#define BROKER_IO_PORTER_H

#include "broker/host/log.h"

struct sb_porter;

#define SB_PORTER_NEW 1024u          /* connections that have said nothing whole yet */
#define SB_PORTER_FIRST (16u * 1024) /* bytes that one of them may have sent */
#define SB_PORTER_SILENT_MS 30000u   /* how long it may take */
/* Bytes that a connection may send between two whole messages; the most that libzmq and
 * the kernel hold of one that waits for the journal is less. */
#define SB_PORTER_UNREAD (48ull << 20)
/* The same of all connections of one institution: then the one with the most goes. */
#define SB_PORTER_UNREAD_ALL (256ull << 20)

/* Before the router is bound. `log` may be NULL. */
SB_CHECK int sb_porter_open(struct sb_porter **out,
                            void *zmq,
                            void *router,
                            struct sb_log *log,
                            struct sb_err *err);
/* Before the router is closed. Takes NULL. */
void sb_porter_close(struct sb_porter *p, void *router);
void *sb_porter_socket(const struct sb_porter *p); /* to poll */
/* Takes what happened, and looks at the connections when that is due. */
void sb_porter_step(struct sb_porter *p, uint64_t mono_ms);
/* How long the loop may sleep until the next look. */
uint64_t sb_porter_wait(const struct sb_porter *p, uint64_t mono_ms);
/* A whole message of this owner (lines.h) came by this descriptor. The number of its
 * connection, which no other has; 0: unknown. */
uint64_t sb_porter_heard(struct sb_porter *p, int fd, uint64_t owner);
/* Shuts the connection, if it is still that one. */
void sb_porter_shut(struct sb_porter *p, int fd, uint64_t number, const char *why);

#endif
