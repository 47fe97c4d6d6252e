/* A relay between peers and a broker, for fault tests: it passes bytes on, and delays,
 * stalls, cuts, half-opens or corrupts when it is told to. One thread. */
#ifndef TEST_FAULT_RELAY_RELAY_H
#define TEST_FAULT_RELAY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum flow {
    FLOW_PASS,
    FLOW_STALL,     /* nothing is read: what was sent stays in the kernel's buffers */
    FLOW_STALL_IN,  /* the same, only towards the broker */
    FLOW_STALL_OUT, /* the same, only towards the peers */
    FLOW_CUT,       /* connections are closed, new ones at once */
    FLOW_HALF,      /* new connections are accepted and never answered */
};

struct manner { /* how bytes are passed on now */
    enum flow flow;
    uint64_t delay_ms;
    uint64_t corrupt_in; /* the byte that is changed, counted from now; 0: none */
    uint64_t corrupt_out;
};

struct chunk;

struct way { /* one direction of one connection */
    int from;
    int to;
    struct chunk *first;
    struct chunk *last;
    size_t held;
    bool ended; /* no more will be read */
};

void way_drop(struct way *w);
bool way_reads(const struct way *w);
/* Whether its first chunk is due; else when, in `due_ms` (0: there is none). */
bool way_writes(const struct way *w, uint64_t now_ms, uint64_t *due_ms);
/* False: the connection is over. `corrupt` counts down; its byte is changed. */
bool way_read(struct way *w, uint64_t due_ms, uint64_t *corrupt);
bool way_write(struct way *w, uint64_t now_ms);

#endif
