/* The heap of a program that sends and receives batches. */
#ifndef BROKER_HOST_HEAP_H
#define BROKER_HOST_HEAP_H

/* Keeps what batches free for the next ones, some MiB for each thread that libc has a
 * heap of its own for; else each batch is given to the system and asked of it again,
 * page by page. Before the first thread. What a burst left is given back by
 * malloc_trim. */
void sb_heap_keep(void);

#endif
