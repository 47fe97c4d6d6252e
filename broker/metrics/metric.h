/* The metrics of Sacbe's daemons: names, types, help, and where in the answers of the
 * admin socket (`status`, `lag`) each stands. One table, and the text is made of it.
 *
 * Names and units: https://prometheus.io/docs/practices/naming/ (seconds, bytes,
 * `_total` for counters that fall only at a restart). A metric that a daemon does not
 * answer has no samples there. */
#ifndef BROKER_METRICS_METRIC_H
#define BROKER_METRICS_METRIC_H

#include "schemas/pack/value.h"

enum sb_metric_how {
    SB_METRIC_NUMBER,  /* as it stands; true is 1, false 0; absent: no sample */
    SB_METRIC_PRESENT, /* as it stands, but 0 means that there is none: no sample */
    SB_METRIC_MS,      /* ms as seconds; 0: no sample */
    SB_METRIC_SPAN,    /* ms as seconds; 0 is 0 */
    SB_METRIC_AGE,     /* seconds since this time in ms; 0: no sample */
    SB_METRIC_COUNT,   /* how many items the array has */
    SB_METRIC_ONE,     /* 1, for labels alone */
    SB_METRIC_SET,     /* 1 when it is not 0, else 0 */
    SB_METRIC_BEHIND,  /* last_seq - applied_seq of a row of the broker's `lag` */
    SB_METRIC_LATE,    /* and since when in seconds, 0 while it is current */
    SB_METRIC_AHEAD,   /* key minus `other`, not below 0 */
};

#define SB_METRIC_LABELS 2

struct sb_metric {
    const char *name;
    const char *help;
    const char
        *list; /* array of the status whose rows are samples; "lag": of that
                  answer; "a.b": rows of b in rows of a; NULL: the status itself */
    const char *key;
    enum sb_metric_how how;
    const char *program;                  /* only of this one; NULL: of any */
    const char *other;                    /* SB_METRIC_AHEAD */
    const char *labels[SB_METRIC_LABELS]; /* keys of the row, and names of labels */
};

extern const struct sb_metric sb_metrics[];
extern const size_t sb_metrics_count;

#endif
