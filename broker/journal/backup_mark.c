/* Purpose: remember beside a journal how far it is backed up.
 * Invariant: three lines: the form, entries, ms since 1970. Not a proof of anything. */
#include <inttypes.h>

#include "broker/journal/backup.h"
#include "schemas/base/text.h"

#define FORM "sacbe-backup 1"
#define MARK_MAX 256

static int mark_name(struct sb_buf *out, const char *journal, struct sb_err *err)
{
    sb_buf_printf(out, "%s-backup", journal);
    sb_buf_byte(out, 0);
    return sb_buf_check(out, err);
}

/* The next line of `rest`, without its end. */
static struct sb_bytes take_line(struct sb_bytes *rest)
{
    const uint8_t *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    struct sb_bytes line = sb_bytes(rest->p, n);
    size_t used = end ? n + 1 : n;
    *rest = sb_bytes(rest->p + used, rest->n - used);
    return line;
}

static bool parse(struct sb_bytes text, struct sb_backup_mark *out)
{
    return sb_bytes_is(take_line(&text), FORM) &&
           sb_text_number(take_line(&text), &out->entries) &&
           sb_text_number(take_line(&text), &out->time_ms) && text.n == 0;
}

int sb_backup_mark_read(const char *journal,
                        struct sb_backup_mark *out,
                        struct sb_err *err)
{
    struct sb_buf name = {0};
    struct sb_buf text = {0};
    struct sb_backup_mark mark;
    int rc = mark_name(&name, journal, err);
    if (rc == 0)
        rc = sb_file_read((const char *)name.p, MARK_MAX, &text, err);
    if (rc == 0 && !parse(sb_buf_bytes(&text), &mark))
        rc = sb_fail(err, SB_E_INPUT, "%s: not the mark of a backup", name.p);
    if (rc == 0)
        *out = mark;
    sb_buf_free(&name);
    sb_buf_free(&text);
    return rc;
}

int sb_backup_mark_write(const char *journal,
                         const struct sb_backup_mark *mark,
                         struct sb_err *err)
{
    struct sb_buf name = {0};
    struct sb_buf text = {0};
    sb_buf_printf(
        &text, FORM "\n%" PRIu64 "\n%" PRIu64 "\n", mark->entries, mark->time_ms);
    int rc = mark_name(&name, journal, err);
    if (rc == 0)
        rc = sb_buf_check(&text, err);
    if (rc == 0)
        rc = sb_file_write((const char *)name.p, sb_buf_bytes(&text), 0600, err);
    sb_buf_free(&name);
    sb_buf_free(&text);
    return rc;
}
