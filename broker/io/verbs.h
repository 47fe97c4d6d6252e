/* What the broker's verbs share. Private to broker/io. */
#ifndef BROKER_IO_VERBS_H
#define BROKER_IO_VERBS_H

#include "broker/io/broker_impl.h"

/* Building an answer: *good falls when memory ends, and sb_verb_done tells. */
void sb_verb_put(struct sb_value *map,
                 const char *key,
                 struct sb_value value,
                 struct sb_arena *arena,
                 bool *good);
struct sb_value sb_verb_count(uint64_t n);
struct sb_value sb_verb_truth(bool b);
SB_CHECK int sb_verb_done(bool good, struct sb_err *err);
SB_CHECK int sb_verb_report(struct sb_broker *b,
                            struct sb_arena *arena,
                            struct sb_core_status *out,
                            struct sb_err *err);

/* verbs_room.c: the disk, and the newest backup of the journal. */
void sb_verb_put_room(const struct sb_broker *b,
                      struct sb_value *map,
                      struct sb_arena *arena,
                      bool *good);

/* verbs_limits.c: shares of institutions, growth of the journal. */
void sb_verb_put_limits(const struct sb_broker *b,
                        const struct sb_core_status *st,
                        struct sb_value *map,
                        struct sb_arena *arena,
                        bool *good);

/* Each as sb_admin_fn. */
SB_CHECK int sb_verb_status(void *ctx,
                            const struct sb_admin_request *request,
                            struct sb_arena *arena,
                            struct sb_value *value,
                            struct sb_err *err);
SB_CHECK int sb_verb_lag(void *ctx,
                         const struct sb_admin_request *request,
                         struct sb_arena *arena,
                         struct sb_value *value,
                         struct sb_err *err);
SB_CHECK int sb_verb_checkpoint(void *ctx,
                                const struct sb_admin_request *request,
                                struct sb_arena *arena,
                                struct sb_value *value,
                                struct sb_err *err);
SB_CHECK int sb_verb_tail(void *ctx,
                          const struct sb_admin_request *request,
                          struct sb_arena *arena,
                          struct sb_value *value,
                          struct sb_err *err);
SB_CHECK int sb_verb_prune(void *ctx,
                           const struct sb_admin_request *request,
                           struct sb_arena *arena,
                           struct sb_value *value,
                           struct sb_err *err);

#endif
