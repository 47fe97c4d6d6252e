/* Connections by number: io's names for peers, so that the core never sees a routing
 * id.
 *
 * A peer is a pair of routing id and authenticated key: the same id with another key is
 * another peer. Numbers rise and are never used again. */
#ifndef BROKER_IO_PEERS_H
#define BROKER_IO_PEERS_H

#include "broker/io/sending.h"
#include "schemas/record/record.h"

#define SB_ROUTING_ID 5u   /* libzmq's own: 0, then a number */
#define SB_PEERS_MAX 4096u /* connections */
#define SB_PEERS_EACH 64u  /* connections of one key */

struct sb_peer {
    struct sb_sending *sending; /* of all connections of its key; borrowed */
    uint64_t number;
    uint8_t id[SB_ROUTING_ID];
    uint8_t curve_pk[SB_PK];
    uint64_t seen_ms;           /* monotonic: when something last came from it */
    uint64_t directory_version; /* under which its key was last looked up; 0: never */
    uint64_t checked_ms;        /* monotonic: when */
    uint64_t owner;             /* its institution's number, then (lines.h) */
    int fd;                     /* of its connection when it first spoke, and */
    uint64_t caller;            /* the porter's number of that; 0: unknown */
};

struct sb_peers;

struct sb_peers *sb_peers_new(void); /* NULL: out of memory */
void sb_peers_free(struct sb_peers *p);
/* Borrowed until it is forgotten; NULL when there is none. */
struct sb_peer *sb_peers_by_id(struct sb_peers *p, const uint8_t id[SB_ROUTING_ID]);
struct sb_peer *sb_peers_by_number(struct sb_peers *p, uint64_t number);
/* SB_E_LIMIT: too many, of all or of this key. Any peer of the same id was forgotten
 * before. */
SB_CHECK int sb_peers_add(struct sb_peers *p,
                          const uint8_t id[SB_ROUTING_ID],
                          const uint8_t curve_pk[SB_PK],
                          struct sb_peer **out,
                          struct sb_err *err);
void sb_peers_forget(struct sb_peers *p, uint64_t number);
/* One that has been silent since before `mono_ms`; 0: none. */
uint64_t sb_peers_silent(struct sb_peers *p, uint64_t mono_ms);
size_t sb_peers_count(const struct sb_peers *p);

#endif
