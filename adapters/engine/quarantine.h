/* Quarantine: what this institution's technician must look at.
 *
 * 'out': local rows that do not map or break the catalogue; 'in': events of others that
 * cannot be opened, are not valid, or that our database refuses. One row per thing: the
 * same trouble again counts, does not repeat. Payloads may be personal: they stay in
 * the state file and are shown only when asked for by name (verbs.c). */
#ifndef ADAPTERS_ENGINE_QUARANTINE_H
#define ADAPTERS_ENGINE_QUARANTINE_H

#include "adapters/engine/sql.h"

struct sb_quarantined {     /* plain data; slices as the caller says */
    const char *direction;  /* "out", "in" */
    struct sb_bytes source; /* out: the source's name; in: the stream */
    struct sb_bytes table;  /* out: the local table; in: empty */
    struct sb_bytes key;    /* out: the row's key; in: the seq in decimal */
    int code;
    const char *pointer;
    const char *reason; /* one sentence, or the mapping's own word; no values */
    struct sb_bytes id_local;
    struct sb_bytes payload; /* msgpack value, or empty */
    unsigned classes;        /* in: the classes held */
};

SB_CHECK int sb_quarantine_put(struct sb_sql *s,
                               const struct sb_quarantined *q,
                               uint64_t now_ms,
                               struct sb_err *err);
/* It is well now: published, applied. Nothing happens when it was not there. */
SB_CHECK int sb_quarantine_clear(struct sb_sql *s,
                                 const char *direction,
                                 struct sb_bytes source,
                                 struct sb_bytes table,
                                 struct sb_bytes key,
                                 struct sb_err *err);
/* How many events of this stream and row, before `seq`, our database refused: what
 * comes later must not overtake them, or trying them again would undo it. */
SB_CHECK int sb_quarantine_before(struct sb_sql *s,
                                  struct sb_bytes stream,
                                  struct sb_bytes id_local,
                                  uint64_t seq,
                                  uint64_t *out,
                                  struct sb_err *err);
/* A later event of the row was applied: rejected ones before it are not tried again. */
SB_CHECK int sb_quarantine_overtake(struct sb_sql *s,
                                    struct sb_bytes stream,
                                    struct sb_bytes id_local,
                                    uint64_t seq,
                                    struct sb_err *err);
/* The publisher has withdrawn these events: nothing of them is kept. */
SB_CHECK int sb_quarantine_withdraw(struct sb_sql *s,
                                    struct sb_bytes stream,
                                    uint64_t first_seq,
                                    uint64_t last_seq,
                                    struct sb_err *err);
/* How many of these events are in quarantine. */
SB_CHECK int sb_quarantine_between(struct sb_sql *s,
                                   struct sb_bytes stream,
                                   uint64_t first_seq,
                                   uint64_t last_seq,
                                   uint64_t *out,
                                   struct sb_err *err);
SB_CHECK int sb_quarantine_count(struct sb_sql *s,
                                 const char *direction,
                                 uint64_t *out,
                                 struct sb_err *err);

#endif
