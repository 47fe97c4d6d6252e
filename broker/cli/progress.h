/* Progress of long work: one line on standard error, only when that is a terminal, only
 * after two seconds, ten times a second at most. */
#ifndef BROKER_CLI_PROGRESS_H
#define BROKER_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_progress { /* plain; all zero is silent */
    bool shown;
    int fd; /* the terminal, or -1 */
    const char *what;
    uint64_t total; /* 0: not known */
    uint64_t started_ms;
    uint64_t drawn_ms;
};

/* `what` is borrowed. `quiet` or no terminal: silent. */
void sb_progress_start(struct sb_progress *p,
                       bool quiet,
                       const char *what,
                       uint64_t total);
void sb_progress_update(struct sb_progress *p, uint64_t done);
/* The same for callbacks that also bring the total; `progress` is a struct sb_progress.
 */
void sb_progress_of(void *progress, uint64_t done, uint64_t total);
/* Wipes the line. */
void sb_progress_end(struct sb_progress *p);

/* The line, e.g. "verify  1,204,311 / 6,402,118 (18 %)  210,000/s  -0:24". */
void sb_progress_line(
    const struct sb_progress *p, uint64_t done, uint64_t now_ms, char *out, size_t n);

#endif
