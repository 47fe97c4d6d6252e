/* Private to broker/core: what each institution has had of the broker, and whether it
 * may have more (quota.h). One share per institution that ever came; never forgotten,
 * because its buckets and counts are its own, not a session's. */
#ifndef BROKER_CORE_SHARE_H
#define BROKER_CORE_SHARE_H

#include "broker/core/quota.h"
#include "broker/core/state.h"

struct step;

#define SHARE_CODES 24u /* refusals are counted by so many codes, then together */

struct pace { /* of the last ten seconds or more */
    uint64_t begun_mono;
    uint64_t n;    /* since then */
    uint64_t rate; /* a second, of the ten seconds before */
};

struct share {
    struct share *next;
    char institution[SB_CODE_MAX + 1];
    uint64_t version; /* directory of `limits`; 0: none was looked at */
    uint64_t limits[SB_QUOTAS];
    struct sb_bucket events;
    struct sb_bucket bytes;
    struct pace events_pace;
    struct pace bytes_pace;
    uint64_t n_events; /* stored since the start */
    uint64_t n_bytes;
    uint64_t journal_bytes; /* of its streams, in this journal */
    uint64_t asked_events;  /* of what is judged now: taken when it is stored */
    uint64_t asked_bytes;
    uint64_t held_until; /* monotonic: what is not urgent waits */
    uint64_t retry_ms;   /* what the last refusal told */
    bool told;           /* it was about the same wait as the one before */
    uint64_t questions;  /* that wait for their answers (question.h) */
    bool crowded;        /* they were too many, and it was told so */
    struct {
        int code;
        uint64_t n;
    } refusals[SHARE_CODES];
    size_t n_refusals;
};

struct share_want { /* what a message would store */
    uint64_t events;
    uint64_t bytes;
    bool urgent; /* may reach into the reserve */
};

/* NULL: out of memory. */
struct share *share_of(struct sb_core *core, const char *institution);
void share_free(struct share *list);
/* Whether the session's institution may store this now: 0, or SB_E_QUOTA, and the
 * REFUSED that follows says when. Nothing is taken before share_stored. */
SB_CHECK int share_ask(struct step *s,
                       const struct session *from,
                       const struct share_want *want,
                       struct sb_err *err);
/* The same, of a PUBLISH with `n` events; `st` NULL: a stream that is not known. */
SB_CHECK int share_batch(struct step *s,
                         const struct session *from,
                         const struct stream *st,
                         size_t n,
                         const struct sb_message *m,
                         struct sb_err *err);
/* The same, of one record alone. */
SB_CHECK int share_record(struct step *s,
                          const struct session *from,
                          struct sb_bytes record,
                          struct sb_err *err);
/* What share_ask was asked for is stored; `streamed`: under a stream. */
void share_stored(struct step *s, const struct session *from, bool streamed);
/* Of a session that is to open, which has its share from now on: SB_E_QUOTA when the
 * institution has as many as it may.
 */
SB_CHECK int share_connect(struct step *s, struct session *fresh, struct sb_err *err);
void share_refused(struct sb_core *core, const char *institution, int code);
/* Whether this refusal is worth a line: one for each wait; disk and clock have theirs.
 */
bool share_is_news(struct sb_core *core, const char *institution, int code);
/* What a refusal with SB_E_QUOTA tells, ms. */
uint64_t share_retry(struct sb_core *core, const char *institution);
void share_tick(struct step *s);
uint64_t share_sessions(const struct sb_core *core, const char *institution);

#endif
