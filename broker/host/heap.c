/* Purpose: how much of its heap libc keeps, and when it gives the rest back.
 * Invariant: what sb_heap_keep sets is set for the whole process and never changes. */
#include "broker/host/heap.h"

#include <malloc.h>

#define MAPPED_FROM (4 * 1024 * 1024) /* larger pieces are mapped one by one */
#define KEPT (8 * 1024 * 1024)        /* free at the end of a heap */
#define GIVEN_FROM (1024 * 1024)      /* more than at the look before */

void sb_heap_keep(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT);
}

void sb_heap_give_back(struct sb_heap *h)
{
    size_t now = mallinfo2().fordblks;
    if (now > h->free + GIVEN_FROM)
        (void)malloc_trim(0);
    else if (now > h->free)
        return; /* it may become more */
    h->free = now;
}
