/* Purpose: facts as lines, safe to read by people and by machines.
 * Invariant: a line never holds a control character, broken UTF-8 or more than
 * SB_LOG_LINE_MAX bytes; one line is one write.
 * Not for: evidence, which the journal keeps. */
#include "broker/host/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/host/clock.h"
#include "schemas/base/limits.h"
#include "schemas/base/text.h"

enum { LIMITED = 256 }; /* codes of institutions that are counted at the same time */

struct limit {
    enum sb_log_level level;
    int code;
    char module[16];
    char who[SB_CODE_MAX + 1]; /* the line's institution; "": none */
    unsigned lines;            /* of the burst */
    uint64_t suppressed;
    uint64_t last_ms;
};

struct sb_log {
    _Atomic enum sb_log_level level; /* a reload changes it while threads write */
    sb_log_sink *sink;
    void *ctx;
    uint64_t (*mono_ms)(void *ctx);
    void *clock_ctx;
    pthread_mutex_t lock;
    struct limit limits[LIMITED];
    size_t n_limits;
};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static uint64_t own_clock(void *ctx)
{
    (void)ctx;
    return sb_clock_mono_ms();
}

struct sb_log *sb_log_new(enum sb_log_level level, sb_log_sink *sink, void *ctx)
{
    struct sb_log *log = calloc(1, sizeof *log);
    if (!log)
        return NULL;
    if (pthread_mutex_init(&log->lock, NULL) != 0) {
        free(log);
        return NULL;
    }
    log->level = level;
    log->sink = sink;
    log->ctx = ctx;
    log->mono_ms = own_clock;
    return log;
}

void sb_log_free(struct sb_log *log)
{
    if (!log)
        return;
    pthread_mutex_destroy(&log->lock);
    free(log);
}

void sb_log_set_clock(struct sb_log *log, uint64_t (*mono_ms)(void *ctx), void *ctx)
{
    log->mono_ms = mono_ms;
    log->clock_ctx = ctx;
}

void sb_log_set_level(struct sb_log *log, enum sb_log_level level)
{
    if (log)
        log->level = level;
}

bool sb_log_level_parse(const char *name, enum sb_log_level *out)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum sb_log_level)i;
            return true;
        }
    }
    return false;
}

static bool needs_quotes(struct sb_bytes v)
{
    if (v.n == 0)
        return true;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] <= ' ' || v.p[i] == '"' || v.p[i] == '=' || v.p[i] == '\\' ||
            v.p[i] == 0x7f)
            return true;
    return !sb_text_valid(v);
}

/* Bytes of one well-formed character at p[0..n), or 0. C1 controls (U+0080 to U+009F)
 * and the line separators U+2028 and U+2029 count as not well-formed: terminals and
 * log readers act on them. */
static size_t character(const uint8_t *p, size_t n)
{
    size_t want = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (want > n || !sb_text_valid(sb_bytes(p, want)) || p[0] < 0x20 || p[0] == 0x7f)
        return 0;
    if (want == 2 && p[0] == 0xc2 && p[1] < 0xa0)
        return 0;
    if (want == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
        return 0;
    return want;
}

static void put_value(struct sb_buf *line, struct sb_bytes v)
{
    bool quoted = needs_quotes(v);
    if (quoted)
        sb_buf_byte(line, '"');
    for (size_t i = 0; i < v.n && line->n < SB_LOG_LINE_MAX;) {
        size_t n = character(v.p + i, v.n - i);
        if (n == 0) {
            sb_buf_printf(line, "\\x%02x", (unsigned)v.p[i]);
            i++;
            continue;
        }
        if (quoted && (v.p[i] == '"' || v.p[i] == '\\'))
            sb_buf_byte(line, '\\');
        sb_buf_put(line, v.p + i, n);
        i += n;
    }
    if (quoted)
        sb_buf_byte(line, '"');
}

static void put_field(struct sb_buf *line, const struct sb_log_field *f)
{
    sb_buf_printf(line, " %s=", f->key);
    switch (f->kind) {
    case SB_LOG_K_TEXT:
        put_value(line, f->text);
        break;
    case SB_LOG_K_I64:
        sb_buf_printf(line, "%" PRId64, f->number);
        break;
    case SB_LOG_K_U64:
        sb_buf_printf(line, "%" PRIu64, f->count);
        break;
    case SB_LOG_K_CODE: {
        const char *name = sb_code_name((int)f->number);
        if (name)
            sb_buf_printf(line, "SB-%" PRId64 " name=%s", -f->number, name);
        else
            sb_buf_printf(line, "%" PRId64, f->number);
        break;
    }
    }
}

/* Cuts at the edge of a character. */
static void cut(struct sb_buf *line)
{
    if (line->n <= SB_LOG_LINE_MAX)
        return;
    line->n = SB_LOG_LINE_MAX - 3;
    while (line->n > 0 && (line->p[line->n] & 0xc0) == 0x80)
        line->n--;
    sb_buf_str(line, "...");
}

static void to_stderr(struct sb_buf *line)
{
    sb_buf_byte(line, '\n');
    if (line->failed)
        return;
    size_t done = 0;
    while (done < line->n) {
        ssize_t n = write(STDERR_FILENO, line->p + done, line->n - done);
        if (n <= 0)
            return; /* nowhere left to say so */
        done += (size_t)n;
    }
}

static int code_of(const struct sb_log_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].kind == SB_LOG_K_CODE)
            return (int)fields[i].number;
    return 0;
}

/* Whose fault the line is about, so that one cannot hide another's. */
static void
institution_of(const struct sb_log_field *fields, size_t n, char out[SB_CODE_MAX + 1])
{
    out[0] = '\0';
    for (size_t i = 0; i < n; i++)
        if (fields[i].kind == SB_LOG_K_TEXT &&
            strcmp(fields[i].key, "institution") == 0)
            snprintf(
                out,
                SB_CODE_MAX + 1,
                "%.*s",
                (int)(fields[i].text.n < SB_CODE_MAX ? fields[i].text.n : SB_CODE_MAX),
                (const char *)fields[i].text.p);
}

struct about { /* what a line is counted under */
    enum sb_log_level level;
    const char *module;
    const char *who;
    int code;
};

static void put_line(struct sb_log *log, struct sb_buf *line)
{
    cut(line);
    if (log && log->sink && !line->failed)
        log->sink(log->ctx, sb_buf_bytes(line));
    else if (!line->failed)
        to_stderr(line);
    sb_buf_free(line);
}

/* A counter is needed for another code: what it kept back is told first. */
static void tell_last(struct sb_log *log, const struct limit *l)
{
    struct sb_buf line = {0};
    struct sb_log_field code = SB_LOG_CODE(l->code);
    struct sb_log_field who = SB_LOG_TEXT("institution", l->who);
    if (l->suppressed == 0)
        return;
    sb_buf_printf(&line, "%s %s", level_names[l->level], l->module);
    put_field(&line, &code);
    if (l->who[0])
        put_field(&line, &who);
    sb_buf_printf(&line, " suppressed=%" PRIu64, l->suppressed);
    put_line(log, &line);
}

static bool is_about(const struct limit *l, const struct about *a)
{
    return l->code == a->code && l->level == a->level &&
           strncmp(l->module, a->module, sizeof l->module - 1) == 0;
}

/* The counter of this code and institution; or the one that was silent longest,
 * emptied; or, while all are busy, one of the same code: more institutions than that
 * share a limit. */
static struct limit *find_limit(struct sb_log *log, const struct about *a, uint64_t now)
{
    struct limit *oldest = &log->limits[0];
    struct limit *alike = NULL;
    for (size_t i = 0; i < log->n_limits; i++) {
        struct limit *l = &log->limits[i];
        bool same = is_about(l, a);
        if (same && strcmp(l->who, a->who) == 0)
            return l;
        if (same)
            alike = l;
        if (l->last_ms < oldest->last_ms)
            oldest = l;
    }
    bool full = log->n_limits == LIMITED;
    if (full && alike && now - oldest->last_ms < SB_LOG_PERIOD_MS)
        return alike;
    struct limit *l = full ? oldest : &log->limits[log->n_limits++];
    tell_last(log, l);
    *l = (struct limit){.level = a->level, .code = a->code};
    snprintf(l->module, sizeof l->module, "%s", a->module);
    snprintf(l->who, sizeof l->who, "%s", a->who);
    return l;
}

/* May this line be written? `*suppressed`: how many before it were not. */
static bool admit(struct limit *l, uint64_t now, uint64_t *suppressed)
{
    if (l->lines > 0 && now - l->last_ms >= SB_LOG_PERIOD_MS && l->suppressed == 0)
        l->lines = 0; /* it was quiet: a new burst */
    bool fine = l->lines < SB_LOG_BURST || now - l->last_ms >= SB_LOG_PERIOD_MS;
    if (!fine) {
        l->suppressed++;
        return false;
    }
    *suppressed = l->suppressed;
    l->suppressed = 0;
    l->last_ms = now;
    if (l->lines < SB_LOG_BURST)
        l->lines++;
    return true;
}

static bool may_write(struct sb_log *log, const struct about *a, uint64_t *suppressed)
{
    if (!log || a->code == 0)
        return true;
    uint64_t now = log->mono_ms(log->clock_ctx);
    return admit(find_limit(log, a, now), now, suppressed);
}

static void write_line(struct sb_log *log,
                       enum sb_log_level level,
                       const char *module,
                       const struct sb_log_field *fields,
                       size_t n)
{
    char who[SB_CODE_MAX + 1];
    uint64_t suppressed = 0;
    institution_of(fields, n, who);
    struct about about = {level, module, who, code_of(fields, n)};
    if (!may_write(log, &about, &suppressed))
        return;
    struct sb_buf line = {0};
    sb_buf_printf(&line, "%s %s", level_names[level], module);
    for (size_t i = 0; i < n; i++)
        put_field(&line, &fields[i]);
    if (suppressed > 0)
        sb_buf_printf(&line, " suppressed=%" PRIu64, suppressed);
    put_line(log, &line);
}

void sb_log_write(struct sb_log *log,
                  enum sb_log_level level,
                  const char *module,
                  const struct sb_log_field *fields,
                  size_t n)
{
    if (level > (log ? log->level : SB_LOG_INFO))
        return;
    if (log)
        pthread_mutex_lock(&log->lock);
    write_line(log, level, module, fields, n);
    if (log)
        pthread_mutex_unlock(&log->lock);
}
