/* broker.metrics.render: the text, its escaping with hostile names, the table's names,
 * and that alerts.yml asks for metrics that exist and names what mends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/metrics/render.h"
#include "schemas/base/limits.h"

struct doc {
    struct sb_arena *arena;
    struct sb_value status;
    struct sb_value lag;
    struct sb_buf text;
};

static void set(struct doc *d, struct sb_value *map, const char *key, struct sb_value v)
{
    assert_true(sb_value_set(map, sb_bytes_str(key), v, d->arena));
}

static struct sb_value number(int64_t n)
{
    return (struct sb_value){.type = SB_INT, .as.i = n};
}

static struct sb_value text(const char *s)
{
    return (struct sb_value){.type = SB_STR, .as.s = sb_bytes_str(s)};
}

static void begin(struct doc *d, const char *program)
{
    *d = (struct doc){.status = {.type = SB_MAP}, .lag = {.type = SB_ARRAY}};
    d->arena = sb_arena_new(0);
    set(d, &d->status, "program", text(program));
    set(d, &d->status, "version", text("0.1.0"));
    set(d, &d->status, "now_ms", number(1000000));
    set(d, &d->status, "started_ms", number(400000));
}

static void end(struct doc *d)
{
    sb_buf_free(&d->text);
    sb_arena_free(d->arena);
}

static void render(struct doc *d)
{
    sb_buf_reset(&d->text);
    assert_int_equal(sb_metrics_render(&d->status, &d->lag, &d->text, NULL), 0);
    sb_buf_byte(&d->text, '\0');
    assert_false(d->text.failed);
}

static void says(const struct doc *d, const char *line)
{
    if (!strstr((const char *)d->text.p, line))
        fail_msg("no %s in\n%s", line, (const char *)d->text.p);
}

static void says_not(const struct doc *d, const char *line)
{
    if (strstr((const char *)d->text.p, line))
        fail_msg("%s stands in\n%s", line, (const char *)d->text.p);
}

static void a_broker_is_told_as_prometheus_reads_it(void **state)
{
    (void)state;
    struct doc d;
    begin(&d, "sacbe-broker");
    struct sb_value row = {.type = SB_MAP};
    struct sb_value refusal = {.type = SB_MAP};
    struct sb_value refusals = {.type = SB_ARRAY};
    struct sb_value limits = {.type = SB_ARRAY};
    struct sb_value late = {.type = SB_MAP};
    set(&d, &refusal, "code", number(523));
    set(&d, &refusal, "n", number(7));
    assert_true(sb_value_push(&refusals, refusal, d.arena));
    set(&d, &row, "institution", text("pnc"));
    set(&d, &row, "events", number(12));
    set(&d, &row, "events_s_limit", number(0));
    set(&d, &row, "journal_bytes_limit", number(1000));
    set(&d, &row, "refusals", refusals);
    assert_true(sb_value_push(&limits, row, d.arena));
    set(&d, &d.status, "limits", limits);
    set(&d, &d.status, "entries", number(6402118));
    set(&d, &d.status, "checkpoint", number(6402110));
    set(&d, &d.status, "final_ms", number(998766));
    set(&d, &late, "reader", text("igm"));
    set(&d, &late, "stream", text("pnc/comun.alerta"));
    set(&d, &late, "last_seq", number(100));
    set(&d, &late, "applied_seq", number(90));
    set(&d, &late, "applied_ms", number(700000));
    set(&d, &late, "connected", (struct sb_value){.type = SB_BOOL, .as.b = true});
    assert_true(sb_value_push(&d.lag, late, d.arena));
    render(&d);
    says(&d,
         "# HELP sacbe_info The program that answers, always 1.\n"
         "# TYPE sacbe_info gauge\n"
         "sacbe_info{program=\"sacbe-broker\",version=\"0.1.0\"} 1\n");
    says(&d, "# TYPE sacbe_broker_entries_total counter\n");
    says(&d, "\nsacbe_broker_entries_total 6402118\n");
    says(&d, "\nsacbe_broker_unsigned_entries 8\n");
    says(&d, "\nsacbe_broker_final_age_seconds 1.234\n");
    says(&d, "\nsacbe_start_time_seconds 400.000\n");
    says(&d, "\nsacbe_broker_refusals_total{institution=\"pnc\",code=\"SB-523\"} 7\n");
    says(&d,
         "\nsacbe_broker_institution_journal_limit_bytes{institution=\"pnc\"} 1000\n");
    says_not(&d, "institution_events_limit"); /* 0: there is none */
    says(&d,
         "\nsacbe_broker_reader_behind_events{reader=\"igm\",stream=\"pnc/"
         "comun.alerta\"} "
         "10\n");
    says(&d,
         "\nsacbe_broker_reader_behind_seconds{reader=\"igm\",stream=\"pnc/"
         "comun.alerta\"}"
         " 300.000\n");
    says_not(&d, "sacbe_adapter");
    end(&d);
}

static void hostile_names_stay_labels(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *shown;
    } rows[] = {{"a\"} 1\nsacbe_evil 666", "a\\\"} 1\\nsacbe_evil 666"},
                {"back\\slash", "back\\\\slash"},
                {"tab\tcr\r\x7f", "tab?cr??"},
                {"broken \xff\xc3 utf", "broken ?? utf"},
                {"Policía", "Policía"},
                {"", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct doc d;
        char line[200];
        begin(&d, "sacbe-adapter");
        struct sb_value row = {.type = SB_MAP};
        struct sb_value list = {.type = SB_ARRAY};
        set(&d, &row, "stream", text(rows[i].name));
        set(&d, &row, "sealed", number(3));
        set(&d, &row, "stored", number(5)); /* never below 0 */
        assert_true(sb_value_push(&list, row, d.arena));
        set(&d, &d.status, "streams", list);
        render(&d);
        (void)snprintf(line,
                       sizeof line,
                       "\nsacbe_adapter_outbox_events{stream=\"%s\"} 0\n",
                       rows[i].shown);
        says(&d, line);
        says_not(&d, "\nsacbe_evil");
        end(&d);
    }
}

/* Answers of another version, or of no daemon at all: left out, never invented. */
static void other_types_are_left_out(void **state)
{
    (void)state;
    struct doc d;
    begin(&d, "sacbe-adapter");
    struct sb_value list = {.type = SB_ARRAY};
    assert_true(sb_value_push(&list, number(7), d.arena));
    set(&d, &d.status, "streams", list);
    set(&d, &d.status, "sources", text("none"));
    set(&d, &d.status, "quarantine_in", text("3"));
    set(&d, &d.status, "quarantine_out", (struct sb_value){.type = SB_NIL});
    render(&d);
    says_not(&d, "quarantine");
    says_not(&d, "sealed");
    struct sb_value none = {.type = SB_NIL};
    assert_int_equal(sb_metrics_render(&none, NULL, &d.text, NULL), SB_E_REMOTE);
    end(&d);
}

static void the_same_labels_never_come_twice(void **state)
{
    (void)state;
    struct doc d;
    begin(&d, "sacbe-broker");
    struct sb_value list = {.type = SB_ARRAY};
    for (int i = 0; i < 3; i++) {
        struct sb_value row = {.type = SB_MAP};
        set(&d, &row, "institution", text(i == 1 ? "igm" : "pnc"));
        set(&d, &row, "version", text("0.1.0"));
        set(&d, &row, "since_ms", number(1000 * (i + 1)));
        assert_true(sb_value_push(&list, row, d.arena));
    }
    set(&d, &d.status, "sessions", list);
    render(&d);
    says(&d, "\nsacbe_broker_sessions 3\n");
    says(&d, "{institution=\"pnc\",version=\"0.1.0\"} 1.000\n");
    says(&d, "{institution=\"igm\",version=\"0.1.0\"} 2.000\n");
    says_not(&d, " 3.000\n");
    end(&d);
}

static bool exists(const char *name, size_t n)
{
    for (size_t i = 0; i < sb_metrics_count; i++)
        if (strlen(sb_metrics[i].name) == n && memcmp(sb_metrics[i].name, name, n) == 0)
            return true;
    return false;
}

static void names_keep_to_the_conventions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sb_metrics_count; i++) {
        const struct sb_metric *m = &sb_metrics[i];
        size_t n = strlen(m->name);
        assert_int_equal(strspn(m->name, "abcdefghijklmnopqrstuvwxyz_"), n);
        assert_true(m->help[strlen(m->help) - 1] == '.');
        assert_null(strpbrk(m->help, "\n\\"));
        for (size_t k = i + 1; k < sb_metrics_count; k++)
            assert_string_not_equal(m->name, sb_metrics[k].name);
    }
}

static void alerts_name_metrics_that_exist_and_what_mends(void **state)
{
    (void)state;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
    struct sb_buf file = {0};
    struct sb_err err;
    if (sb_file_read(SB_TEST_ALERTS, SB_MIB, &file, &err) != 0)
        fail_msg("%s", err.text);
    sb_buf_byte(&file, '\0');
    size_t alerts = 0;
    size_t mends = 0;
    size_t metrics = 0;
    for (const char *at = (const char *)file.p; *at; at += strcspn(at, "\n") + 1) {
        size_t line = strcspn(at, "\n");
        const char *expr = strstr(at, "expr: ");
        alerts += strncmp(at, "  - alert: ", 11) == 0;
        mends += strncmp(at, "      mend: sacbe ", 18) == 0 ||
                 strncmp(at, "      mend: systemctl ", 22) == 0;
        if (!expr || expr > at + line)
            continue;
        for (const char *name = strstr(expr, "sacbe_"); name && name < at + line;
             name = strstr(name + strspn(name, letters), "sacbe_")) {
            size_t n = strspn(name, letters);
            if (!exists(name, n))
                fail_msg("alerts.yml: no metric %.*s", (int)n, name);
            metrics++;
        }
    }
    assert_true(alerts > 15);
    assert_int_equal(mends, alerts);
    assert_true(metrics > alerts);
    sb_buf_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broker_is_told_as_prometheus_reads_it),
        cmocka_unit_test(hostile_names_stay_labels),
        cmocka_unit_test(other_types_are_left_out),
        cmocka_unit_test(the_same_labels_never_come_twice),
        cmocka_unit_test(names_keep_to_the_conventions),
        cmocka_unit_test(alerts_name_metrics_that_exist_and_what_mends),
    };
    return cmocka_run_group_tests_name("broker.metrics.render", tests, NULL, NULL);
}
