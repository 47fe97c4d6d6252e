/* Purpose: many members of one exchange that have nothing to do, in one process.
 * Invariant: each says what an idle adapter says: PING, COSIGN, a subscription with
 * credit.
 * Not: 500 processes: it is the broker's memory that is of interest. */
#include <czmq.h>
#include <sys/resource.h>

#include "test/bench/bus.h"

#define TURN_NS 20000000u
#define FILES_EACH 16u

static void subscribe(struct bus *b)
{
    struct sb_bytes types[] = {sb_bytes_str(BUS_TYPE)};
    struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
    m.as.subscribe.name = sb_bytes_str("bench");
    m.as.subscribe.types = (struct sb_codes){types, 1};
    bus_send(b, &m);
    m = (struct sb_message){.cmd = SB_CMD_CREDIT};
    m.as.credit.name = sb_bytes_str("bench");
    m.as.credit.entries = 16;
    m.as.credit.bytes = 4 * SB_MIB;
    bus_send(b, &m);
}

static void allow_files(unsigned sessions)
{
    struct rlimit l = {.rlim_cur = FILES_EACH * (sessions + 64),
                       .rlim_max = FILES_EACH * (sessions + 64)};
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur < l.rlim_cur) {
        if (now.rlim_max > l.rlim_max)
            l.rlim_max = now.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &l) != 0)
            perror("bench-sacbe: open files");
    }
    zsys_set_max_sockets(0);
}

static void turn(struct bus *b, unsigned sessions)
{
    struct sb_message m;
    for (unsigned i = 0; i < sessions; i++) {
        while (bus_next(&b[i], 0, &m) == 1)
            ;
        bus_round(&b[i], 0);
    }
}

void bus_idle(const char *folder,
              unsigned sessions,
              uint64_t ns,
              void (*ready)(void *ctx),
              void *ctx)
{
    struct bus *b = calloc(sessions, sizeof *b);
    struct sb_message welcome;
    struct timespec pause = {.tv_nsec = TURN_NS};
    if (!b)
        exit(1);
    allow_files(sessions);
    for (unsigned i = 0; i < sessions; i++) {
        bus_open(&b[i], folder, i + 1);
        bus_welcome(&b[i], &welcome);
        subscribe(&b[i]);
        if (i % 16 == 0)
            turn(b, i);
    }
    ready(ctx);
    uint64_t until = bench_now_ns() + ns;
    while (bench_now_ns() < until) {
        turn(b, sessions);
        nanosleep(&pause, NULL);
    }
    for (unsigned i = 0; i < sessions; i++)
        bus_close(&b[i]);
    free(b);
}
