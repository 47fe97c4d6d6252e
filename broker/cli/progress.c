/* Purpose: one line that moves while long work runs.
 * Invariant: nothing but a terminal ever gets it. */
#include "broker/cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker/cli/output.h"
#include "broker/host/clock.h"

enum { QUIET_MS = 2000, REDRAW_MS = 100, LINE = 160 };

static const char wipe[] = "\r\033[K";

void sb_progress_start(struct sb_progress *p,
                       bool quiet,
                       const char *what,
                       uint64_t total)
{
    bool silent = quiet || !isatty(STDERR_FILENO);
    *p = (struct sb_progress){.fd = silent ? -1 : STDERR_FILENO,
                              .what = what,
                              .total = total,
                              .started_ms = sb_clock_mono_ms()};
}

void sb_progress_line(
    const struct sb_progress *p, uint64_t done, uint64_t now_ms, char *out, size_t n)
{
    uint64_t ms = now_ms > p->started_ms ? now_ms - p->started_ms : 1;
    uint64_t rate = (uint64_t)((double)done * 1000.0 / (double)ms);
    char a[32];
    char b[32];
    char c[32];
    sb_out_group(a, done);
    sb_out_group(b, p->total);
    sb_out_group(c, rate);
    if (p->total == 0 || done > p->total) {
        snprintf(out, n, "%s  %s  %s/s", p->what, a, c);
        return;
    }
    unsigned percent = (unsigned)((double)done * 100.0 / (double)p->total);
    if (rate == 0) {
        snprintf(out, n, "%s  %s / %s (%u %%)", p->what, a, b, percent);
        return;
    }
    uint64_t left = (p->total - done) / rate;
    snprintf(out,
             n,
             "%s  %s / %s (%u %%)  %s/s  -%" PRIu64 ":%02" PRIu64,
             p->what,
             a,
             b,
             percent,
             c,
             left / 60,
             left % 60);
}

static void show(const struct sb_progress *p, const char *text)
{
    char line[LINE + sizeof wipe];
    int n = snprintf(line, sizeof line, "%s%s", wipe, text);
    size_t size = n < 0 ? 0 : (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
    ssize_t written = write(p->fd, line, size);
    (void)written; /* only a picture */
}

void sb_progress_update(struct sb_progress *p, uint64_t done)
{
    if (!p->what || p->fd < 0)
        return;
    uint64_t now = sb_clock_mono_ms();
    if (now - p->started_ms < QUIET_MS || now - p->drawn_ms < REDRAW_MS)
        return;
    char text[LINE];
    sb_progress_line(p, done, now, text, sizeof text);
    show(p, text);
    p->drawn_ms = now;
    p->shown = true;
}

void sb_progress_of(void *progress, uint64_t done, uint64_t total)
{
    struct sb_progress *p = progress;
    p->total = total;
    sb_progress_update(p, done);
}

void sb_progress_end(struct sb_progress *p)
{
    if (p->shown)
        show(p, "");
    p->shown = false;
}
