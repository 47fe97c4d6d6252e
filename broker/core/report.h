/* What `status`, `lag` and `tail` show of the broker's core: plain lists, in an arena.
 */
#ifndef BROKER_CORE_REPORT_H
#define BROKER_CORE_REPORT_H

#include "broker/core/quota.h"

struct sb_core;

struct sb_session_info {
    struct sb_bytes institution;
    struct sb_bytes version;
    uint64_t revision; /* of the protocol */
    uint64_t since_ms;
    uint64_t directory_version;
    uint64_t refused; /* answers REFUSED since it came */
};
struct sb_lag_info {
    struct sb_bytes reader;
    struct sb_bytes subscription;
    struct sb_bytes stream;
    bool connected;
    uint64_t applied_seq;
    uint64_t last_seq;
    uint64_t applied_ms; /* real time of the last APPLIED; 0: none */
};
struct sb_witness_info { /* one witness of the newest directory */
    struct sb_bytes institution;
    uint64_t size;    /* newest tree that it cosigned; 0: none since the start */
    uint64_t time_ms; /* of that cosignature */
};
struct sb_refusals {
    int code; /* of enum sb_code */
    uint64_t n;
};
struct sb_share_info { /* one institution that came since the start */
    struct sb_bytes institution;
    uint64_t limits[SB_QUOTAS]; /* 0: none */
    uint64_t connections;
    uint64_t events; /* stored since the start; statements count as one */
    uint64_t bytes;
    uint64_t events_rate; /* a second, of some ten seconds */
    uint64_t bytes_rate;
    uint64_t journal_bytes; /* of its streams, pruned or not */
    struct sb_refusals *refusals;
    size_t n_refusals;
};
struct sb_core_status {
    struct sb_witness_info *witnesses;
    size_t n_witnesses;
    uint64_t quorum;
    uint64_t final_size; /* newest checkpoint with a quorum of cosignatures; 0: none */
    uint64_t final_ms;   /* its age runs from here */
    uint64_t pruned_below;
    uint64_t size; /* accepted */
    uint64_t durable;
    uint64_t directory_version;
    struct sb_session_info *sessions;
    size_t n_sessions;
    struct sb_lag_info *lags; /* granted readers x streams, connected or not */
    size_t n_lags;
    struct sb_share_info *shares;
    size_t n_shares;
    int clock_held;        /* why nothing of the members is dated now; 0: it is */
    uint64_t clock_behind; /* ms that the clock stands before the newest entry */
    uint64_t malformed;    /* messages since start */
    uint64_t refused;
};
/* Sizes, counts and shares alone; the lists of the others stay empty. */
SB_CHECK int sb_core_report_shares(const struct sb_core *core,
                                   struct sb_arena *arena,
                                   struct sb_core_status *out,
                                   struct sb_err *err);
SB_CHECK int sb_core_report(const struct sb_core *core,
                            uint64_t now_ms,
                            struct sb_arena *arena,
                            struct sb_core_status *out,
                            struct sb_err *err);

#endif
