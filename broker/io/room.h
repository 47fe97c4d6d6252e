/* Room on the journal's disk: how much there is, and a file that keeps some for the day
 * when there is none.
 *
 * `<journal>-reserve` holds blocks of the file system. It is given up when the disk is
 * full, so that what was begun can be ended, and prune, export and stop work; it is
 * made again when there is room. One thread at a time. */
#ifndef BROKER_IO_ROOM_H
#define BROKER_IO_ROOM_H

#include "broker/host/log.h"

struct sb_room;

struct sb_room_config {
    const char *journal; /* the reserve stands beside it */
    uint64_t reserve;    /* bytes; 0: none is kept */
    uint64_t low;        /* below so many bytes peers are held back; 0: never */
    struct sb_log *log;  /* may be NULL; borrowed */
};

struct sb_room_state {
    bool known; /* the file system answered */
    bool low;
    bool reserved;
    uint64_t free;     /* for this process, without the reserve */
    uint64_t total;    /* of the file system */
    uint64_t reusable; /* in the journal's file itself */
};

/* Looks, and makes the reserve or gives it up, as sb_room_look. That the reserve cannot
 * be made is logged, and no error. */
SB_CHECK int sb_room_open(struct sb_room **out,
                          const struct sb_room_config *config,
                          struct sb_err *err);
void sb_room_close(struct sb_room *r); /* the file stays; takes NULL */
/* `reusable`: bytes that the journal can fill without growing. Low begins below `low`
 * bytes, and ends with an eighth more and the reserve in its place. */
void sb_room_look(struct sb_room *r, uint64_t reusable, struct sb_room_state *out);
/* A write found the disk full: the reserve is given up, and the room is low. True:
 * there may be room now. */
bool sb_room_release(struct sb_room *r);

#endif
