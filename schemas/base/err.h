/* Errors: a stable code for programs, one sentence for people.
 *
 * Every function that can fail takes a `struct sb_err *` (NULL: not wanted) and returns
 * 0 or the same negative code that it put there. The text says what, where and what to
 * do; it never holds a secret or the value of a field that is not public. */
#ifndef SCHEMAS_BASE_ERR_H
#define SCHEMAS_BASE_ERR_H

#include "schemas/base/code.h"

#define SB_ERR_TEXT 480

#define SB_CHECK __attribute__((warn_unused_result))
#define SB_PRINTF(f, a) __attribute__((format(printf, f, a)))

struct sb_err {
    int code;               /* 0 or a negative enum sb_code */
    char text[SB_ERR_TEXT]; /* UTF-8, one line, no trailing full stop needed */
};

/* Sets code and text and returns `code`, so that `return sb_fail(err, ...)` reads well.
 */
int sb_fail(struct sb_err *err, int code, const char *fmt, ...) SB_PRINTF(3, 4);

/* Puts "prefix: " before the text that stands in err; returns `code`, also where err is
 * NULL. */
int sb_err_wrap(struct sb_err *err, int code, const char *fmt, ...) SB_PRINTF(3, 4);

/* As sb_fail, adding the text of errno `os_error`; ENOSPC and EDQUOT become
 * SB_E_DISK_FULL, ENOMEM becomes SB_E_MEMORY, others SB_E_IO. */
int sb_fail_os(struct sb_err *err, int os_error, const char *fmt, ...) SB_PRINTF(3, 4);

#endif
