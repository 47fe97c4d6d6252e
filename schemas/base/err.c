/* Purpose: the error table and the sentences of failures.
 * Invariant: a text always ends inside its buffer, cut at a UTF-8 character's edge.
 * Names in parentheses are those that test/lint/model.h wraps for static analysis. */
#include "schemas/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct code_row {
    int code;
    const char *name;
};

static const struct code_row codes[] = {
#define SB_CODE_ROW(name, number, text) {-(number), text},
    SB_CODES(SB_CODE_ROW)
#undef SB_CODE_ROW
};

const char *sb_code_name(int code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].code == code)
            return codes[i].name;
    return NULL;
}

int sb_code_from_number(long number)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].code == -number)
            return codes[i].code;
    return SB_OK;
}

/* Cuts a text that vsnprintf shortened inside a multi-byte character. */
static void trim_utf8(char *text)
{
    size_t n = strlen(text);
    size_t back = 0;
    while (back < n && back < 4 && ((unsigned char)text[n - 1 - back] & 0xc0) == 0x80)
        back++;
    if (back == n || n < SB_ERR_TEXT - 1)
        return;
    unsigned char lead = (unsigned char)text[n - 1 - back];
    size_t want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (want != back)
        text[n - 1 - back] = '\0';
}

static void SB_PRINTF(2, 0) put_text(struct sb_err *err, const char *fmt, va_list args)
{
    vsnprintf(err->text, sizeof err->text, fmt, args);
    trim_utf8(err->text);
    for (char *p = err->text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
}

int(sb_fail)(struct sb_err *err, int code, const char *fmt, ...)
{
    if (!err)
        return code;
    va_list args;
    va_start(args, fmt);
    put_text(err, fmt, args);
    va_end(args);
    err->code = code;
    return code;
}

int(sb_err_wrap)(struct sb_err *err, int code, const char *fmt, ...)
{
    if (!err)
        return code;
    struct sb_err old = *err;
    va_list args;
    va_start(args, fmt);
    put_text(err, fmt, args);
    va_end(args);
    size_t n = strlen(err->text);
    snprintf(err->text + n, sizeof err->text - n, ": %s", old.text);
    trim_utf8(err->text);
    err->code = code;
    return code;
}

int(sb_fail_os)(struct sb_err *err, int os_error, const char *fmt, ...)
{
    int code = os_error == ENOSPC || os_error == EDQUOT ? SB_E_DISK_FULL
               : os_error == ENOMEM                     ? SB_E_MEMORY
                                                        : SB_E_IO;
    if (!err)
        return code;
    va_list args;
    va_start(args, fmt);
    put_text(err, fmt, args);
    va_end(args);
    size_t n = strlen(err->text);
    char why[128];
    if (strerror_r(os_error, why, sizeof why) != 0)
        snprintf(why, sizeof why, "system error %d", os_error);
    snprintf(err->text + n, sizeof err->text - n, ": %s", why);
    trim_utf8(err->text);
    err->code = code;
    return code;
}
