/* A question of an operator that needs the broker: find an event, prove one, withdraw
 * some. One at a time; the loop goes on meanwhile, and the asker is answered when it is
 * done. A task whose session is lost, or that hears nothing for long, ends with an
 * error.
 *
 * Here too, because it is the same conversation: acts and withdrawals that are kept in
 * the state file, said and answered. */
#ifndef ADAPTERS_ENGINE_TASK_H
#define ADAPTERS_ENGINE_TASK_H

#include "adapters/engine/receive.h"
#include "schemas/pack/value.h"

#define SB_TASK_SILENT_MS 45000u /* an asker waits for a minute */
#define SB_TASK_AGAIN_MS 500u    /* after BUSY */

struct sb_task;

struct sb_tasks { /* plain data for the engine's files */
    struct sb_env *env;
    struct sb_stream *streams; /* borrowed */
    size_t n_streams;
    struct sb_receive *receive; /* borrowed */
    /* `refusal` NULL: success. */
    int (*answer)(void *ctx,
                  uint64_t id,
                  const struct sb_err *refusal,
                  const struct sb_value *value,
                  struct sb_err *err);
    void *ctx;
    struct sb_task *now; /* NULL: none runs */
    uint64_t now_ms;     /* of the newest tick */
    uint64_t mono_ms;
    uint64_t duty_mono; /* when acts and withdrawals were last looked at */
    uint64_t held_mono; /* the broker takes none before */
};

void sb_tasks_close(struct sb_tasks *t); /* the asker hears nothing more */
SB_CHECK int
sb_tasks_welcome(struct sb_tasks *t, bool new_generation, struct sb_err *err);
SB_CHECK int sb_tasks_away(struct sb_tasks *t, struct sb_err *err);
/* FETCHED; STORED and REFUSED of acts and withdrawals. */
SB_CHECK int
sb_tasks_message(struct sb_tasks *t, const struct sb_message *m, struct sb_err *err);
/* Whether STORED or REFUSED of this kind is for us. */
static inline bool sb_tasks_kind(enum sb_kind kind)
{
    return kind == SB_KIND_ACT || kind == SB_KIND_PRUNE;
}
/* Each turn of the loop while the session holds. */
SB_CHECK int sb_tasks_tick(struct sb_tasks *t,
                           uint64_t now_ms,
                           uint64_t mono_ms,
                           struct sb_err *err);

/* Starting: 0, the answer to `id` comes later; SB_E_BUSY: another one runs; or why not.
 * Texts are copied; empty means none. task_find.c, task_prove.c, task_withdraw.c. */
SB_CHECK int sb_task_find(struct sb_tasks *t,
                          uint64_t id,
                          struct sb_bytes id_local,
                          struct sb_bytes stream,
                          struct sb_err *err);
struct sb_prove_wish {
    struct sb_bytes stream;
    uint64_t seq;
    struct sb_bytes class_name; /* empty: nothing is disclosed */
    struct sb_bytes order;
};
SB_CHECK int sb_task_prove(struct sb_tasks *t,
                           uint64_t id,
                           const struct sb_prove_wish *wish,
                           struct sb_err *err);
struct sb_withdraw_wish {
    struct sb_bytes stream;
    uint64_t first;
    uint64_t last;
    struct sb_bytes reason;
    bool keep; /* no annulments: a later correction has overwritten the rows */
    bool dry;  /* only says what would be done */
};
SB_CHECK int sb_task_withdraw(struct sb_tasks *t,
                              uint64_t id,
                              const struct sb_withdraw_wish *wish,
                              struct sb_err *err);

/* Private to task*.c. */
struct sb_task_ops {
    size_t size; /* of the kind's own struct */
    /* Each returns 0: it goes on; 1: task->value is the answer; negative: why not. */
    int (*turn)(struct sb_task *task, struct sb_err *err);
    int (*hear)(struct sb_task *task, const struct sb_message *m, struct sb_err *err);
    void (*free)(struct sb_task *task); /* the whole struct, but for the arena */
};
struct sb_task { /* the first member of each kind's own struct */
    const struct sb_task_ops *ops;
    struct sb_tasks *of;
    uint64_t id;
    struct sb_arena *arena; /* lives as long as the task */
    struct sb_value value;
    uint64_t heard_mono;
    bool written; /* what was asked goes on without its asker */
};
/* The kind's own struct is zeroed but for the task; sb_tasks_close frees it. */
SB_CHECK int sb_task_begin(struct sb_tasks *t,
                           uint64_t id,
                           const struct sb_task_ops *ops,
                           struct sb_task **out,
                           struct sb_err *err);
SB_CHECK int sb_task_ask(struct sb_task *task,
                         struct sb_bytes stream,
                         uint64_t seq,
                         struct sb_err *err);
struct sb_stream *sb_task_own(const struct sb_tasks *t, struct sb_bytes stream);

#endif
