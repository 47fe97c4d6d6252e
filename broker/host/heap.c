/* Purpose: tell libc how much of its heap to keep.
 * Invariant: what is set here is set for the whole process and never changes. */
#include "broker/host/heap.h"

#include <malloc.h>

#define MAPPED_FROM (4 * 1024 * 1024) /* larger pieces are mapped one by one */
#define KEPT (8 * 1024 * 1024)        /* free at the end of a heap */

void sb_heap_keep(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT);
}
