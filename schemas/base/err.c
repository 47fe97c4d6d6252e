/* Purpose: the error table and the sentences of failures.
 * Invariant: a text is one line of UTF-8 that ends inside its buffer, whatever bytes it
 * was made of: what is none becomes "?".
 * Names in parentheses are those that test/lint/model.h wraps for static analysis. */
#include "schemas/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schemas/base/text.h"

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

/* Bytes of the well-formed character at `p`; 0: none. */
static size_t character(const unsigned char *p)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    size_t i = 1;
    while (i < n && (p[i] & 0xc0) == 0x80)
        i++;
    return i == n && sb_text_valid(sb_bytes(p, n)) ? n : 0;
}

/* Others have written into the text: whoever wrote a file, a library's message. One
 * that fills its buffer was cut, perhaps inside a character, which then goes. */
static void clean(char *text)
{
    bool cut = strlen(text) == SB_ERR_TEXT - 1;
    for (unsigned char *p = (unsigned char *)text; *p;) {
        size_t n = character(p);
        if (n == 0 && cut && *p >= 0xc0 && strlen((char *)p) < 4)
            *p = '\0';
        else if (n == 0)
            *p++ = '?';
        else if (*p < 0x20 || *p == 0x7f)
            *p++ = ' ';
        else
            p += n;
    }
}

static void SB_PRINTF(2, 0) put_text(struct sb_err *err, const char *fmt, va_list args)
{
    vsnprintf(err->text, sizeof err->text, fmt, args);
    clean(err->text);
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
    clean(err->text);
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
    clean(err->text);
    err->code = code;
    return code;
}
