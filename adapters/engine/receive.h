/* Receiving: subscriptions, credit, and whose turn it is.
 *
 * One subscription per priority of the subscribed types, each with credit of its own,
 * so that an alert never waits behind a back-fill. Entries wait in a small queue (never
 * more than the credit); a turn takes one entry, of the highest priority. A stream in
 * trouble is held with growing pauses, its entries dropped; then its subscription is
 * asked anew from the cursors in the target database, which are the only truth. */
#ifndef ADAPTERS_ENGINE_RECEIVE_H
#define ADAPTERS_ENGINE_RECEIVE_H

#include "adapters/engine/reading.h"

#define SB_CREDIT_ENTRIES 16u
#define SB_CREDIT_BYTES (4u * SB_MIB)

struct sb_queued; /* an ENTRY that waits */

struct sb_subscription {
    char name[SB_CODE_MAX + 1]; /* "p9", "own" */
    uint64_t priority;
    bool own;
    struct sb_bytes types[SB_SUBSCRIPTION_TYPES]; /* sorted */
    size_t n_types;
    struct sb_queued *first;
    struct sb_queued *last;
    size_t queued;
    uint64_t owed_entries; /* credit to give back */
    uint64_t owed_bytes;
    bool unasked;          /* the socket was full when it was to be asked */
    uint64_t heard_mono;   /* when an entry of it came last */
    uint64_t receipt_mono; /* when one was last signed; 0: not yet */
};

struct sb_receive {
    struct sb_env *env;
    struct sb_target *targets; /* borrowed */
    size_t n_targets;
    struct sb_stream *own; /* borrowed: our streams */
    size_t n_own;
    struct sb_subscription *subs; /* highest priority first */
    size_t n_subs;
    struct sb_reading **readings;
    size_t n_readings;
    uint64_t applied_mono; /* when APPLIED was last sent */
    uint64_t saved_mono;   /* when receipts that wait were last written down */
};

SB_CHECK int sb_receive_open(struct sb_receive *r, struct sb_err *err);
void sb_receive_close(struct sb_receive *r);
/* A session begins: subscribes from the cursors. */
SB_CHECK int
sb_receive_welcome(struct sb_receive *r, uint64_t mono_ms, struct sb_err *err);
/* The session is lost: forgets what waits. */
void sb_receive_away(struct sb_receive *r);
/* Queues an ENTRY (copied). */
SB_CHECK int
sb_receive_entry(struct sb_receive *r, const struct sb_message *m, struct sb_err *err);
/* The broker refuses a stream's cursor: its stream is held and asked for again. */
void sb_receive_refused(struct sb_receive *r,
                        struct sb_bytes stream,
                        uint64_t mono_ms,
                        const struct sb_err *why);
/* Takes one entry: 1 when there was one, 0 when none waits; negative when the process
 * must stop (its own state failed). */
SB_CHECK int sb_receive_turn(struct sb_receive *r,
                             uint64_t now_ms,
                             uint64_t mono_ms,
                             struct sb_err *err);
/* Credit, APPLIED, streams whose pause is over. */
SB_CHECK int
sb_receive_tick(struct sb_receive *r, uint64_t mono_ms, struct sb_err *err);
/* Private to receive*.c */
SB_CHECK int sb_receive_subscribe(struct sb_receive *r,
                                  struct sb_subscription *sub,
                                  struct sb_err *err);
bool sb_subscription_has(const struct sb_subscription *sub, struct sb_bytes type);

#endif
