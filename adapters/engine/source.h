/* Where an adapter's local changes come from: one ops table per driver.
 *
 * The source captures and maps (sb_mapping_row); the engine validates, seals, keeps the
 * outbox and the quarantine. They agree on what is done by tokens, so that a crash
 * anywhere neither loses a change nor sends it twice:
 *
 *     next -> a batch with a token
 *     [refused for each change that the catalogue refuses]
 *     one outbox transaction: events, quarantine, and the token of this source
 *     done
 *
 * After a crash the engine opens the source and gives `recover` the token that its
 * outbox holds: a batch that the outbox has is done, any other one comes again. All
 * calls from one thread; no call works much longer than a tenth of a second. */
#ifndef ADAPTERS_ENGINE_SOURCE_H
#define ADAPTERS_ENGINE_SOURCE_H

#include "adapters/engine/mapping.h"

struct sb_source_row { /* a local row that stands in quarantine on its own */
    struct sb_bytes table;
    struct sb_bytes key; /* "2017-15", or "file.csv:12": unique within the table */
};

struct sb_source_change {
    int code;              /* 0, or why it goes to quarantine (SB_E_...) */
    char pointer[256];     /* with code: JSON pointer or column; may be empty */
    const char *motivo;    /* with SB_E_LEFTOVER: the mapping's own word; else NULL */
    const char *operacion; /* "alta" "correccion" "anulacion"; NULL: not known */
    struct sb_bytes id_local; /* empty when it is not known */
    struct sb_value value;    /* code 0: the payload, operacion and id_local in it */
    struct sb_value local;    /* code != 0: the local row (a map of texts), or nil */
    struct sb_source_row row; /* the row that it comes from */
    /* Rows of its arrays: when it goes to quarantine, now or by the catalogue, each of
     * them goes too, with SB_E_PARENT_QUARANTINED. */
    const struct sb_source_row *with;
    size_t n_with;
};

struct sb_source_batch {   /* lives until the next call of this source */
    struct sb_bytes token; /* <= 64 bytes; new for each batch */
    const struct sb_source_change *changes;
    size_t n;
};

struct sb_source_options {
    const struct sb_mapping *mapping; /* borrowed until close */
    const char *state_dir;            /* where a source may keep its own state */
    const char *name;                 /* unique among the adapter's sources: a code */
    const char *database;             /* when the mapping names no file; may be NULL */
};

struct sb_source; /* its first member is the ops pointer */

struct sb_source_ops {
    const char *name; /* the mapping's driver: "sqlite" "csv" */
    int (*open)(struct sb_source **out,
                const struct sb_source_options *options,
                struct sb_err *err);
    /* Once, after open: the token in the outbox; empty when it has none. */
    int (*recover)(struct sb_source *s, struct sb_bytes token, struct sb_err *err);
    /* 1: *out holds a batch, or (n is 0, no done wanted) call again soon; 0: nothing
     * now; negative: error. `max`: how many changes that are no quarantine. */
    int (*next)(struct sb_source *s,
                size_t max,
                struct sb_source_batch *out,
                struct sb_err *err);
    /* Before the outbox transaction: the catalogue refuses the change at `index`. */
    int (*refused)(struct sb_source *s,
                   size_t index,
                   int code,
                   const char *pointer,
                   struct sb_err *err);
    /* The last batch is safe in the outbox. */
    int (*done)(struct sb_source *s, struct sb_err *err);
    void (*close)(struct sb_source *s); /* takes NULL */
    /* Looks again at a row that stands in quarantine (`table`, `key` as in its
     * sb_source_row). NULL: the source has no way. */
    int (*again)(struct sb_source *s,
                 struct sb_bytes table,
                 struct sb_bytes key,
                 struct sb_err *err);
};

struct sb_source {
    const struct sb_source_ops *ops;
};

#endif
