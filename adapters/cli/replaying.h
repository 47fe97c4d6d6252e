/* `journal replay` into a database or onto another exchange: what the two share.
 *
 * Events come in the journal's order, are gathered in chunks, and each chunk is put
 * away together with the place that it reaches, in one transaction of whoever takes
 * them. So a replay that is repeated goes on where it was, also after a kill. A place
 * belongs to one source (exchange, reader, filters) and to one journal: another is
 * refused, never mixed. Values of events are in no message. */
#ifndef ADAPTERS_CLI_REPLAYING_H
#define ADAPTERS_CLI_REPLAYING_H

#include "adapters/engine/sections.h"
#include "broker/cli/cmd_replay.h"
#include "broker/cli/progress.h"

#define SB_REPLAY_CHUNK 256u
#define SB_REPLAY_SOURCE 1500u /* bytes of the text that says what is replayed */
#define SB_REPLAY_PLACE 160u   /* bytes of a place as text */
#define SB_REPLAY_REASONS 64u  /* different ones that a summary tells */

struct sb_place { /* the newest event that was put away; all zero: none */
    uint64_t index;
    uint64_t seq;
    uint8_t hash[SB_HASH]; /* of its batch */
    uint64_t taken;        /* so far, over all runs */
    uint64_t refused;      /* likewise */
};
void sb_place_text(const struct sb_place *p, char out[SB_REPLAY_PLACE]);
/* false: no such text. */
bool sb_place_parse(struct sb_bytes text, struct sb_place *out);

struct sb_given { /* an event of a chunk; lives until the chunk is put away */
    size_t where; /* what `find` said */
    struct sb_bytes stream;
    struct sb_place place; /* index, seq and hash alone */
    struct sb_value payload;
    unsigned classes;
    struct sb_sections sections; /* `judge` may make them */
    int code;                    /* 0, or why it is refused */
    char pointer[SB_FAULT_POINTER];
};

struct sb_replaying;
struct sb_replay_ops {
    /* The place of a type among the sinks or streams; SIZE_MAX: there is none. */
    size_t (*find)(void *ctx, struct sb_bytes type);
    /* Sets code and pointer of an event that will not do. `e` is what was replayed. */
    int (*judge)(void *ctx,
                 const struct sb_replay_event *e,
                 struct sb_given *g,
                 struct sb_err *err);
    /* Puts a chunk and the place behind it away; may set codes. n may be 0. */
    int (*put)(struct sb_replaying *p, struct sb_err *err);
};

struct sb_replaying { /* plain; sb_replaying_end takes all zero */
    struct sb_cli *cli;
    struct sb_cmd_replay replay;
    const struct sb_replay_ops *ops;
    void *ctx;
    char source[SB_REPLAY_SOURCE];
    bool resumed;           /* `start` was reached by a run before, */
    bool met;               /* and stands in this journal */
    struct sb_place start;  /* set by the caller before sb_replaying_run */
    struct sb_place at;     /* the newest event seen; its counters mean nothing */
    struct sb_arena *arena; /* of a chunk */
    struct sb_given *given;
    size_t n;
    bool moved; /* `at` is further than what was put away */
    struct sb_progress progress;
    uint64_t events;   /* all of the filters */
    uint64_t before;   /* put away by a run before */
    uint64_t closed;   /* no data: for others, withdrawn or pruned */
    uint64_t unwanted; /* of a type without sink or stream */
    uint64_t taken;
    uint64_t refused;
    struct sb_refusals {
        int code;
        char pointer[SB_FAULT_POINTER];
        char first[SB_STREAM_MAX + 24]; /* stream@seq */
        uint64_t events;
    } reasons[SB_REPLAY_REASONS];
    size_t n_reasons;
};

/* Reads the options of `journal replay`; --vault must be there. */
SB_CHECK int
sb_replaying_begin(struct sb_replaying *p, struct sb_cli *cli, struct sb_err *err);
void sb_replaying_end(struct sb_replaying *p);
/* The place that a run before has reached, as `ops` kept it. */
SB_CHECK int sb_replaying_resume(struct sb_replaying *p,
                                 struct sb_bytes source,
                                 struct sb_bytes place,
                                 const char *what,
                                 struct sb_err *err);
/* Runs it to its end. SB_E_STATE: `what` holds more than, or other than, this. */
SB_CHECK int
sb_replaying_run(struct sb_replaying *p, const char *what, struct sb_err *err);
/* For `put`: the place once the first n events of the chunk are away; n the whole
 * chunk, or at least 1. */
struct sb_place sb_replaying_place(const struct sb_replaying *p, size_t n);
/* Counts and reasons; the exit status. */
int sb_replaying_tell(const struct sb_replaying *p, const char *key, const char *what);

/* replay_into.c, replay_onto.c: exit statuses or codes. */
int sb_replay_into(struct sb_cli *cli, struct sb_err *err);
int sb_replay_onto(struct sb_cli *cli, struct sb_err *err);
extern const struct sb_tr_row sb_replay_spanish[];

#endif
