/* The heap of a program that sends and receives batches. */
#ifndef BROKER_HOST_HEAP_H
#define BROKER_HOST_HEAP_H

#include <stddef.h>

struct sb_heap { /* zeros at first */
    size_t free; /* bytes that were free at the last look */
};

/* Keeps what batches free for the next ones, some MiB for each thread that libc has a
 * heap of its own for; else each batch is given to the system and asked of it again,
 * page by page. Before the first thread. */
void sb_heap_keep(void);
/* Gives what is free back to the system when it has become over a MiB more since the
 * last look. For quiet moments: each look goes through the heap's free pieces. */
void sb_heap_give_back(struct sb_heap *h);

#endif
