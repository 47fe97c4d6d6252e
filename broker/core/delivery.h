/* Private to broker/core: the files that decide what is sent to readers. */
#ifndef BROKER_CORE_DELIVERY_H
#define BROKER_CORE_DELIVERY_H

#include "broker/core/state.h"
#include "broker/core/stream.h"

struct step;

enum feed_state {
    FEED_IDLE,     /* may be read from `from` on */
    FEED_UNOPENED, /* where its cursor stands is still to be asked */
    FEED_OPENING,  /* waits for SB_IN_OPENED */
    FEED_READING,  /* waits for SB_IN_READ */
    FEED_AHEAD,    /* its cursor is past what was refilled yet */
    FEED_REFUSED,  /* its cursor is not the stream's */
};

struct feed { /* one stream in one subscription */
    struct stream *stream;
    enum feed_state state;
    uint64_t id; /* of the effect it waits for */
    uint64_t from;
    uint64_t prelude[2]; /* claim and epoch in force at the cursor, still to be sent */
    size_t n_prelude;
    bool in_epoch; /* the epoch in force names the reader, with these classes: */
    size_t n_classes;
    char classes[SB_CLASSES][SB_CODE_MAX + 1];
};

struct subscription {
    struct subscription *next;
    char name[SB_CODE_MAX + 1];
    struct sb_arena *arena; /* types and cursors */
    struct sb_codes types;
    struct sb_heads cursors;
    uint64_t entries; /* credit left */
    uint64_t bytes;
    struct feed *feeds;
    size_t n_feeds;
    size_t unopened; /* feeds of that state */
    size_t turn;     /* where the search for the next feed starts */
    bool reading;
};

/* feed.c, subscribe.c */
void feed_subscribe(struct step *s, struct session *from, const struct sb_message *m);
void feed_credit(struct step *s, struct session *from, const struct sb_message *m);
void feed_applied(struct step *s, struct session *from, const struct sb_message *m);
void feed_opened(struct step *s);
void feed_read(struct step *s);
/* Looks for work in every subscription: after a commit, a directory, a new stream. */
void feed_all(struct step *s);
/* After a stream's first claim, and after each epoch: its readers may be new. */
void feed_new_stream(struct step *s);
/* deliver.c: one entry within the credit, with the classes that the reader may have. */
void feed_deliver(struct step *s,
                  struct session *session,
                  struct subscription *sub,
                  struct feed *f,
                  const struct sb_stored_entry *e);
/* Streams that are granted and not yet fed. */
void feed_refresh(struct step *s, struct session *session, struct subscription *sub);
void feed_free(struct subscription *subs);
/* The classes that the session's institution may have of a stream now. A stream of its
 * own is complete to it. */
bool feed_granted(struct step *s,
                  const struct session *session,
                  const struct stream *st,
                  struct sb_codes *classes);
/* The payloads of a batch, as far as its epoch lets the reader have them. */
void deliver_batch(struct step *s,
                   const struct session *to,
                   struct sb_bytes epoch,
                   const struct sb_stored_entry *batch,
                   struct sb_message *m);
/* Those that are told with a batch. */
size_t deliver_withdrawals(const struct sb_stored_entry *batch,
                           struct sb_bytes **records);
/* NULL: the session has none of that name. */
struct subscription *feed_subscription(const struct session *session,
                                       struct sb_bytes name);

#endif
