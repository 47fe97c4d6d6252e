/* Purpose: samples of the table, from the daemon's answers.
 * Invariant: whatever an institution calls itself, a line stays one line, its label
 * one label, and the text valid UTF-8.
 * Not: asking the daemon (ask.c), serving (serve.c). */
#include "broker/metrics/render.h"

#include <inttypes.h>
#include <string.h>

#include "schemas/base/text.h"

struct rendering {
    const struct sb_value *status;
    const struct sb_value *lag;
    struct sb_buf *out;
    const struct sb_metric *last; /* whose HELP and TYPE were written */
};

struct row { /* where a sample's value and labels are looked for: inner first */
    const struct sb_value *inner;
    const struct sb_value *outer;
};

static const struct sb_value *look(const struct row *r, const char *key)
{
    const struct sb_value *v = r->inner ? sb_value_get(r->inner, key) : NULL;
    return v || !r->outer ? v : sb_value_get(r->outer, key);
}

static bool number(const struct row *r, const char *key, int64_t *out)
{
    const struct sb_value *v = key ? look(r, key) : NULL;
    if (!v || (v->type != SB_INT && v->type != SB_BOOL))
        return false;
    *out = v->type == SB_INT ? v->as.i : v->as.b;
    return true;
}

static int64_t number_or_0(const struct row *r, const char *key)
{
    int64_t n = 0;
    return number(r, key, &n) ? n : 0;
}

struct sample { /* thousandths, when `milli` */
    int64_t n;
    bool milli;
};

static int64_t above_0(int64_t a, int64_t b)
{
    return a > b ? a - b : 0;
}

/* Of a reader that is behind: since its last word, or since we listen. */
static int64_t late_ms(const struct rendering *g, const struct row *r)
{
    struct row whole = {g->status, NULL};
    int64_t now = number_or_0(&whole, "now_ms");
    int64_t since = number_or_0(&whole, "started_ms");
    int64_t applied = number_or_0(r, "applied_ms");
    if (number_or_0(r, "last_seq") <= number_or_0(r, "applied_seq"))
        return 0;
    return above_0(now, applied > since ? applied : since);
}

/* False: there is no sample. */
static bool measure(const struct rendering *g,
                    const struct row *r,
                    const struct sb_metric *m,
                    struct sample *out)
{
    const struct sb_value *list = m->key ? look(r, m->key) : NULL;
    struct row whole = {g->status, NULL};
    int64_t n = 0;
    bool there = number(r, m->key, &n);
    *out = (struct sample){.n = n};
    switch (m->how) {
    case SB_METRIC_NUMBER:
        return there;
    case SB_METRIC_PRESENT:
        return there && n != 0;
    case SB_METRIC_MS:
        out->milli = true;
        return there && n != 0;
    case SB_METRIC_SPAN:
        out->milli = true;
        return there;
    case SB_METRIC_AGE:
        *out = (struct sample){above_0(number_or_0(&whole, "now_ms"), n), true};
        return there && n != 0;
    case SB_METRIC_COUNT:
        out->n = list && list->type == SB_ARRAY ? (int64_t)list->as.a.n : 0;
        return list && list->type == SB_ARRAY;
    case SB_METRIC_ONE:
        out->n = 1;
        return true;
    case SB_METRIC_SET:
        out->n = n != 0;
        return there;
    case SB_METRIC_BEHIND:
        out->n = above_0(number_or_0(r, "last_seq"), number_or_0(r, "applied_seq"));
        return true;
    case SB_METRIC_LATE:
        *out = (struct sample){late_ms(g, r), true};
        return true;
    case SB_METRIC_AHEAD:
        out->n = above_0(n, number_or_0(r, m->other));
        return there;
    }
    return false;
}

static void put_label_text(struct sb_buf *out, struct sb_bytes v)
{
    bool valid = sb_text_valid(v);
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (c == '\n')
            sb_buf_str(out, "\\n");
        else if (c == '"' || c == '\\')
            sb_buf_printf(out, "\\%c", c);
        else
            sb_buf_byte(out, c < 0x20 || c == 0x7f || (c > 0x7f && !valid) ? '?' : c);
    }
}

static void
put_labels(const struct rendering *g, const struct row *r, const struct sb_metric *m)
{
    size_t n = 0;
    for (size_t i = 0; i < SB_METRIC_LABELS && m->labels[i]; i++) {
        const struct sb_value *v = look(r, m->labels[i]);
        sb_buf_printf(g->out, "%c%s=\"", n++ ? ',' : '{', m->labels[i]);
        if (v && v->type == SB_STR)
            put_label_text(g->out, v->as.s);
        else if (v && v->type == SB_INT)
            sb_buf_printf(g->out, "SB-%" PRId64, v->as.i);
        sb_buf_byte(g->out, '"');
    }
    if (n)
        sb_buf_byte(g->out, '}');
}

static bool is_counter(const char *name)
{
    static const char end[] = "_total";
    size_t n = strlen(name);
    return n > sizeof end && strcmp(name + n - (sizeof end - 1), end) == 0;
}

static void
put_sample(struct rendering *g, const struct row *r, const struct sb_metric *m)
{
    struct sample s;
    if (!measure(g, r, m, &s))
        return;
    if (g->last != m)
        sb_buf_printf(g->out,
                      "# HELP %s %s\n# TYPE %s %s\n",
                      m->name,
                      m->help,
                      m->name,
                      is_counter(m->name) ? "counter" : "gauge");
    g->last = m;
    sb_buf_str(g->out, m->name);
    put_labels(g, r, m);
    if (s.milli)
        sb_buf_printf(g->out, " %" PRId64 ".%03d\n", s.n / 1000, (int)(s.n % 1000));
    else
        sb_buf_printf(g->out, " %" PRId64 "\n", s.n);
}

/* Two samples of one name and the same labels make the whole answer wrong: of rows
 * that are alike (two sessions of one institution) the first one stands. */
static bool
is_alike(const struct sb_value *a, const struct sb_value *b, const struct sb_metric *m)
{
    for (size_t i = 0; i < SB_METRIC_LABELS && m->labels[i]; i++) {
        const struct sb_value *x = sb_value_get(a, m->labels[i]);
        const struct sb_value *y = sb_value_get(b, m->labels[i]);
        if (!x || !y || x->type != SB_STR || y->type != SB_STR ||
            !sb_bytes_eq(x->as.s, y->as.s))
            return false;
    }
    return true;
}

static bool stands_before(const struct rendering *g,
                          const struct sb_value *list,
                          size_t i,
                          const struct sb_metric *m)
{
    size_t at = 0;
    if (list == g->lag) /* a row for each reader and stream */
        return false;
    while (at < i && !is_alike(&list->as.a.items[at], &list->as.a.items[i], m))
        at++;
    return at < i;
}

static void put_rows(struct rendering *g,
                     const struct sb_value *list,
                     const char *inner,
                     const struct sb_metric *m)
{
    size_t n = list && list->type == SB_ARRAY ? list->as.a.n : 0;
    for (size_t i = 0; i < n && !g->out->failed; i++) {
        struct row r = {&list->as.a.items[i], NULL};
        const struct sb_value *rows = inner ? sb_value_get(r.inner, inner) : NULL;
        if (r.inner->type != SB_MAP)
            continue;
        if (!inner && !stands_before(g, list, i, m))
            put_sample(g, &r, m);
        size_t k = rows && rows->type == SB_ARRAY ? rows->as.a.n : 0;
        for (size_t j = 0; j < k; j++) {
            struct row in = {&rows->as.a.items[j], r.inner};
            if (in.inner->type == SB_MAP)
                put_sample(g, &in, m);
        }
    }
}

static void put_metric(struct rendering *g, const struct sb_metric *m)
{
    struct row whole = {g->status, NULL};
    const struct sb_value *program = look(&whole, "program");
    if (m->program && (!program || program->type != SB_STR ||
                       !sb_bytes_is(program->as.s, m->program)))
        return;
    if (!m->list) {
        put_sample(g, &whole, m);
        return;
    }
    const char *dot = strchr(m->list, '.');
    char name[32] = "";
    size_t n = dot ? (size_t)(dot - m->list) : strlen(m->list);
    memcpy(name, m->list, n < sizeof name ? n : sizeof name - 1);
    put_rows(g,
             strcmp(name, "lag") == 0 ? g->lag : sb_value_get(g->status, name),
             dot ? dot + 1 : NULL,
             m);
}

int sb_metrics_render(const struct sb_value *status,
                      const struct sb_value *lag,
                      struct sb_buf *out,
                      struct sb_err *err)
{
    struct rendering g = {.status = status, .lag = lag, .out = out};
    if (status->type != SB_MAP)
        return sb_fail(err, SB_E_REMOTE, "the daemon's status is no map");
    for (size_t i = 0; i < sb_metrics_count; i++)
        put_metric(&g, &sb_metrics[i]);
    return sb_buf_check(out, err);
}
