/* broker.cli.explain: every code has its texts in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "broker/cli/explain.h"
#include "broker/cli/explain_rows.h"
#include "schemas/base/code.h"
#include "schemas/base/text.h"

static const int codes[] = {
#define ROW(name, number, text) SB_E_##name,
    SB_CODES(ROW)
#undef ROW
};

static bool is_text(const char *s)
{
    return s && *s && sb_text_valid(sb_bytes_str(s));
}

static void every_code_has_all_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        const struct sb_explain *en = sb_explain_find(SB_LANG_EN, codes[i]);
        const struct sb_explain *es = sb_explain_find(SB_LANG_ES, codes[i]);
        if (!en || !is_text(en->title) || !is_text(en->means) || !is_text(en->action))
            fail_msg("SB-%d lacks an English text", sb_code_number(codes[i]));
        if (!es || !is_text(es->title) || !is_text(es->means) || !is_text(es->action))
            fail_msg("SB-%d lacks a Spanish text", sb_code_number(codes[i]));
        if (en && es && strcmp(en->means, es->means) == 0)
            fail_msg("SB-%d is not translated", sb_code_number(codes[i]));
    }
}

static void rows_rise_and_belong_to_codes(void **state)
{
    (void)state;
    const struct sb_explain *const tables[] = {sb_explain_en_data,
                                               sb_explain_en_exchange,
                                               sb_explain_es_data,
                                               sb_explain_es_exchange};
    for (size_t t = 0; t < 4; t++) {
        int before = 0;
        for (const struct sb_explain *r = tables[t]; r->number; r++) {
            if (r->number <= before || sb_code_from_number(r->number) == SB_OK)
                fail_msg("row %d", r->number);
            before = r->number;
        }
    }
}

static void codes_are_found_in_every_form(void **state)
{
    (void)state;
    assert_int_equal(sb_explain_parse("SB-509"), SB_E_GAP);
    assert_int_equal(sb_explain_parse("sb-509"), SB_E_GAP);
    assert_int_equal(sb_explain_parse("509"), SB_E_GAP);
    assert_int_equal(sb_explain_parse("gap"), SB_E_GAP);
    assert_int_equal(sb_explain_parse("SB-gap"), SB_OK);
    assert_int_equal(sb_explain_parse("999"), SB_OK);
    assert_int_equal(sb_explain_parse("99999999999999999999"), SB_OK);
    assert_int_equal(sb_explain_parse(""), SB_OK);
    assert_null(sb_explain_find(SB_LANG_EN, SB_OK));
}

static size_t conversions(const char *s, char *out, size_t n)
{
    size_t found = 0;
    for (; *s && found + 1 < n; s++) {
        if (*s != '%')
            continue;
        size_t length = strspn(s + 1, "0123456789.*lz") + 1;
        for (size_t i = 1; i <= length && found + 1 < n; i++)
            out[found++] = s[i];
        s += length;
    }
    out[found] = '\0';
    return found;
}

static void translations_keep_their_conversions(void **state)
{
    (void)state;
    for (const struct sb_tr_row *r = sb_tr_framework; r->en; r++) {
        char en[64];
        char es[64];
        conversions(r->en, en, sizeof en);
        conversions(r->es, es, sizeof es);
        if (strcmp(en, es) != 0 || !is_text(r->es))
            fail_msg("\"%s\"", r->en);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_all_texts),
        cmocka_unit_test(rows_rise_and_belong_to_codes),
        cmocka_unit_test(codes_are_found_in_every_form),
        cmocka_unit_test(translations_keep_their_conversions),
    };
    return cmocka_run_group_tests_name("broker.cli.explain", tests, NULL, NULL);
}
