/* Going back through a stream in the journal, batch by batch, each one chained to the
 * one before (`prev`), from an event that we know down to the first that is asked for
 * or that this journal has. */
#ifndef ADAPTERS_ENGINE_TASK_WALK_H
#define ADAPTERS_ENGINE_TASK_WALK_H

#include "adapters/engine/task.h"
#include "adapters/engine/task_fetch.h"

struct sb_walk { /* set the first three (and `known`, hash), the rest zero */
    char stream[SB_STREAM_MAX + 1];
    uint64_t next; /* event to ask for; 0: the walk is over */
    uint64_t down_to;
    bool known; /* `hash` is that of the batch with `next` */
    uint8_t hash[SB_HASH];
    bool asked;
    bool moved;          /* a batch has come */
    uint64_t again_mono; /* not before */
    struct sb_fetched_keys keys;
};

/* Asks, when it is time. *asked counts the questions that are open. */
SB_CHECK int sb_walk_turn(struct sb_task *task,
                          struct sb_walk *w,
                          size_t *asked,
                          struct sb_err *err);
/* 1: *out is the next batch, opened as far as it is for us (w->keys); 0: nothing of
 * this walk, or not now; negative: why it cannot go on. */
SB_CHECK int sb_walk_hear(struct sb_task *task,
                          struct sb_walk *w,
                          const struct sb_message *m,
                          struct sb_arena *arena,
                          struct sb_fetched *out,
                          struct sb_err *err);

#endif
