/* Purpose: compile and match rewritten patterns with pcre2.
 * Invariant: a match costs at most MATCH_LIMIT steps. */
#include "schemas/catalog/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#define MATCH_LIMIT 1000000u
#define HEAP_LIMIT_KIB 8192u

struct sb_regex {
    pcre2_code *code;
    pcre2_match_context *bounds;
};

void sb_regex_free(struct sb_regex *r)
{
    if (!r)
        return;
    pcre2_match_context_free(r->bounds);
    pcre2_code_free(r->code);
    free(r);
}

static int compile(struct sb_regex *r, struct sb_bytes text, struct sb_err *err)
{
    uint32_t flags = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS |
                     PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C;
    int why = 0;
    PCRE2_SIZE at = 0;
    PCRE2_UCHAR words[160];
    r->code = pcre2_compile(
        text.n ? text.p : (PCRE2_SPTR) "", text.n, flags, &why, &at, NULL);
    if (!r->code) {
        pcre2_get_error_message(why, words, sizeof words);
        return sb_fail(err, SB_E_SCHEMA_VALUE, "%s", (const char *)words);
    }
    r->bounds = pcre2_match_context_create(NULL);
    if (!r->bounds)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a pattern");
    pcre2_set_match_limit(r->bounds, MATCH_LIMIT);
    pcre2_set_heap_limit(r->bounds, HEAP_LIMIT_KIB);
    /* without a compiler for this processor the interpreter serves */
    (void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
    return 0;
}

int sb_regex_new(struct sb_regex **out, struct sb_bytes pattern, struct sb_err *err)
{
    struct sb_buf text = {0};
    struct sb_regex *r = calloc(1, sizeof *r);
    if (!r)
        return sb_fail(err, SB_E_MEMORY, "out of memory for a pattern");
    int rc = sb_regex_translate(pattern, &text, err);
    if (rc == 0)
        rc = compile(r, sb_buf_bytes(&text), err);
    sb_buf_free(&text);
    if (rc != 0)
        sb_regex_free(r);
    else
        *out = r;
    return rc;
}

int sb_regex_match(const struct sb_regex *r, struct sb_bytes s)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (!data)
        return SB_E_MEMORY;
    int rc = pcre2_match(r->code,
                         s.n ? s.p : (PCRE2_SPTR) "",
                         s.n,
                         0,
                         PCRE2_NO_UTF_CHECK,
                         data,
                         r->bounds);
    pcre2_match_data_free(data);
    if (rc >= 0)
        return 1;
    if (rc == PCRE2_ERROR_NOMATCH)
        return 0;
    return rc == PCRE2_ERROR_NOMEMORY ? SB_E_MEMORY : SB_E_LIMIT;
}
