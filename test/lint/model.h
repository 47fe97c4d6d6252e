/* What static analysis is told and cannot find out one file at a time: a failure is
 * never 0. Without it gcc's and clang's analysers follow paths on which `return
 * sb_fail(...)` reports success, and find null pointers there. Included before every
 * file when SACBE_LINT is on, by no program that anybody runs. */
#ifndef TEST_LINT_MODEL_H
#define TEST_LINT_MODEL_H

#include "schemas/base/err.h"

static inline int sb_model_failed(int code)
{
    if (code >= 0)
        __builtin_unreachable();
    return code;
}

#define sb_fail(...) sb_model_failed(sb_fail(__VA_ARGS__))
#define sb_err_wrap(...) sb_model_failed(sb_err_wrap(__VA_ARGS__))
#define sb_fail_os(...) sb_model_failed(sb_fail_os(__VA_ARGS__))

#endif
