/* The log: one line per fact on standard error, `level module key=value ...`.
 *
 *     sb_log(log, SB_LOG_WARNING, "broker", SB_LOG_TEXT("event", "refused"),
 *            SB_LOG_CODE(code), SB_LOG_TEXT("peer", peer), SB_LOG_U64("seq", seq));
 *     -> warning broker event=refused code=SB-509 name=gap peer=pnc seq=41
 *
 * A warning means that an operator must act. Payloads and secrets are never logged.
 * Values are quoted when they hold a space, a quote or '='; control characters and
 * broken UTF-8 are escaped, so that no peer can forge a line. Lines with a code are
 * limited: SB_LOG_BURST lines of one module, level, code and `institution=`, then one
 * each SB_LOG_PERIOD_MS with `suppressed=N`. Threads may share a log.
 *
 * The handle is passed, not global; a NULL log writes everything up to info to
 * standard error, without limit. */
#ifndef BROKER_HOST_LOG_H
#define BROKER_HOST_LOG_H

#include "schemas/base/bytes.h"

#define SB_LOG_LINE_MAX 2048u /* bytes; longer lines are cut */
#define SB_LOG_BURST 20u
#define SB_LOG_PERIOD_MS 10000u

enum sb_log_level { SB_LOG_ERROR, SB_LOG_WARNING, SB_LOG_INFO, SB_LOG_DEBUG };

enum sb_log_kind { SB_LOG_K_TEXT, SB_LOG_K_I64, SB_LOG_K_U64, SB_LOG_K_CODE };

struct sb_log_field {
    const char *key;
    enum sb_log_kind kind;
    struct sb_bytes text;
    int64_t number; /* I64, CODE */
    uint64_t count; /* U64 */
};

static inline struct sb_log_field sb_log_text(const char *key, const char *text)
{
    return (struct sb_log_field){
        key, SB_LOG_K_TEXT, sb_bytes_str(text ? text : ""), 0, 0};
}

static inline struct sb_log_field
sb_log_number(enum sb_log_kind kind, const char *key, int64_t number, uint64_t count)
{
    return (struct sb_log_field){key, kind, {NULL, 0}, number, count};
}

#define SB_LOG_TEXT(key, s) sb_log_text((key), (s)) /* NULL is "" */
#define SB_LOG_BYTES(key, b) ((struct sb_log_field){(key), SB_LOG_K_TEXT, (b), 0, 0})
#define SB_LOG_INT(key, v) sb_log_number(SB_LOG_K_I64, (key), (v), 0)
#define SB_LOG_U64(key, v) sb_log_number(SB_LOG_K_U64, (key), 0, (v))
/* `code=SB-509 name=gap`; a positive or unknown number only as code. */
#define SB_LOG_CODE(code) sb_log_number(SB_LOG_K_CODE, "code", (code), 0)
/* Two fields: the error's code and its text. */
#define SB_LOG_ERR(err) SB_LOG_CODE((err)->code), sb_log_text("text", (err)->text)

struct sb_log;

/* Receives each line without its newline. Called under the log's lock. */
typedef void sb_log_sink(void *ctx, struct sb_bytes line);

/* Writes lines up to `level`. `sink` NULL: standard error, one write per line. NULL
 * when memory is exhausted (which still logs, see above). */
struct sb_log *sb_log_new(enum sb_log_level level, sb_log_sink *sink, void *ctx);
void sb_log_free(struct sb_log *log); /* takes NULL */
/* Takes the time for the limit from `mono_ms(ctx)` instead of the monotonic clock. */
void sb_log_set_clock(struct sb_log *log, uint64_t (*mono_ms)(void *ctx), void *ctx);
/* From now on; at any time, by any thread. */
void sb_log_set_level(struct sb_log *log, enum sb_log_level level); /* takes NULL */
/* "error" "warning" "info" "debug"; false when it is none of them. */
bool sb_log_level_parse(const char *name, enum sb_log_level *out);

void sb_log_write(struct sb_log *log,
                  enum sb_log_level level,
                  const char *module,
                  const struct sb_log_field *fields,
                  size_t n);

/* sb_log(log, level, module, field...): at least one field. */
#define sb_log(log, level, module, ...)                                                \
    sb_log_write((log),                                                                \
                 (level),                                                              \
                 (module),                                                             \
                 (const struct sb_log_field[]){__VA_ARGS__},                           \
                 sizeof((const struct sb_log_field[]){__VA_ARGS__}) /                  \
                     sizeof(struct sb_log_field))

#endif
