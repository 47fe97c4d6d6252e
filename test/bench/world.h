/* An exchange of any size in one folder: see main_world.c. */
#ifndef TEST_BENCH_WORLD_H
#define TEST_BENCH_WORLD_H

#include <stdbool.h>

struct bench_plan {
    const char *folder;
    unsigned members;    /* 1 to SB_MEMBERS_MAX */
    unsigned readers;    /* fewer than members */
    unsigned witnesses;  /* the first members */
    const char *address; /* tcp://host:port; NULL: a free port of this machine */
    const char *type;
    const char *catalogue; /* folder */
};

/* Prints the address. Ends the program with a line on standard error when it cannot. */
void bench_world(const struct bench_plan *plan);

#endif
