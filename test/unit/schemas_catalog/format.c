/* schemas.catalog.format: what each format takes and refuses; URI resolution. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schemas/catalog/format.h"
#include "schemas/catalog/uri.h"

struct row {
    const char *format;
    const char *text;
    bool want;
};

static void formats_take_and_refuse(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"date-time", "2026-11-23T12:00:00-06:00", true},
        {"date-time", "2026-11-23t12:00:00.5z", true},
        {"date-time", "1998-12-31T23:59:60Z", true},
        {"date-time", "1998-12-31T15:59:60.123-08:00", true},
        {"date-time", "1998-12-31T22:59:60Z", false},
        {"date-time", "2026-02-29T00:00:00Z", false},
        {"date-time", "2026-11-23 12:00:00Z", false},
        {"date-time", "2026-11-23T12:00:00", false},
        {"date-time", "2026-11-23T24:00:00Z", false},
        {"date", "2024-02-29", true},
        {"date", "1900-02-29", false},
        {"date", "2024-2-09", false},
        {"date", "202\xe0\xa7\xaa-02-09", false},
        {"time", "08:30:06.283185Z", true},
        {"time", "08:30:06", false},
        {"time", "08:30:06+24:00", false},
        {"duration", "P4DT12H30M5S", true},
        {"duration", "P2W", true},
        {"duration", "P1Y1D", false},
        {"duration", "PT", false},
        {"duration", "P1Y2W", false},
        {"email", "joe.bloggs@example.com", true},
        {"email", "\"joe bloggs\"@example.com", true},
        {"email", "joe@[127.0.0.1]", true},
        {"email", "joe@[IPv6:::1]", true},
        {"email", "joe@[ipv6:::1]", true},
        {"email", "\"\\\"\"@example.com", true},
        {"email", "\"\\\\\"@example.com", true},
        {"email", "\"\\\\\"\"@example.com", false},
        {"email", "\"a\\\"@example.com", false},
        {"email", ".joe@example.com", false},
        {"email", "joe..b@example.com", false},
        {"email", "joe", false},
        {"hostname", "a-1.example", true},
        {"hostname", "-a.example", false},
        {"hostname", "a_b", false},
        {"hostname", "", false},
        {"ipv4", "192.168.0.1", true},
        {"ipv4", "256.1.1.1", false},
        {"ipv4", "087.10.0.1", false},
        {"ipv6", "::ffff:192.168.0.1", true},
        {"ipv6", "12345::", false},
        {"ipv6", "fe80::a%eth1", false},
        {"uri", "https://a.example:8080/p?q=1#f", true},
        {"uri", "urn:oasis:names:x", true},
        {"uri", "//a.example/p", false},
        {"uri", "http://a b.example", false},
        {"uri", "http://a.example/%zz", false},
        {"uri", "http://[::1]/", true},
        {"uri", "http://[::g]/", false},
        {"uri-reference", "../p", true},
        {"uri-reference", "1:2", false},
        {"uri-reference", "", true},
        {"iri", "http://\xc3\xb1.example/", true},
        {"uri", "http://\xc3\xb1.example/", false},
        {"uuid", "2EB8AA08-aa98-11ea-b4aa-73b441d16380", true},
        {"uuid", "2eb8aa08aa9811eab4aa73b441d16380----", false},
        {"json-pointer", "/a~1b/~0", true},
        {"json-pointer", "a", false},
        {"json-pointer", "/~", false},
        {"relative-json-pointer", "1/a", true},
        {"relative-json-pointer", "01/a", false},
        {"regex", "^(a|b)$", true},
        {"regex", "^(", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sb_format_check *check = sb_format_find(sb_bytes_str(rows[i].format));
        assert_non_null(check);
        if (check(sb_bytes_str(rows[i].text)) != rows[i].want)
            fail_msg("%s: %s", rows[i].format, rows[i].text);
    }
    assert_null(sb_format_find(sb_bytes_str("idn-email")));
}

static void references_resolve_as_the_rfc_shows(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../../../g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g..", "http://a/b/c/g.."},
        {"./g/.", "http://a/b/c/g/"},
        {"g;x=1/../y", "http://a/b/c/y"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sb_buf out = {0};
        sb_uri_resolve(
            sb_bytes_str("http://a/b/c/d;p?q"), sb_bytes_str(rows[i][0]), &out);
        if (!sb_bytes_is(sb_buf_bytes(&out), rows[i][1]))
            fail_msg("%s: %.*s", rows[i][0], SB_FMT(sb_buf_bytes(&out)));
        sb_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_take_and_refuse),
        cmocka_unit_test(references_resolve_as_the_rfc_shows),
    };
    return cmocka_run_group_tests_name("schemas.catalog.format", tests, NULL, NULL);
}
