/* Purpose: the report of an audit as one HTML page, to print and to sign by hand.
 * Invariant: everything that is not of this file is escaped; nothing is fetched from
 * anywhere; the same audit gives the same bytes.
 * Not for: judging or counting. */
#include "broker/cli/cmd_audit_html.h"

#include <inttypes.h>

#include "schemas/base/text.h"

struct page {
    const struct sb_audit_job *job;
    struct sb_buf *to;
};

static const char style[] =
    "body{font:11pt/1.45 Georgia,serif;max-width:60em;margin:2em auto;padding:0 1em;"
    "color:#111;background:#fff}"
    "h1{font-size:1.6em}h2{font-size:1.2em;margin-top:1.8em;border-bottom:1px solid "
    "#999}"
    "table{border-collapse:collapse;width:100%;font-size:.92em}"
    "th,td{border:1px solid #bbb;padding:.3em .5em;text-align:left;vertical-align:top}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    "td.h,.h{font-family:monospace;overflow-wrap:anywhere}"
    ".passed{color:#0a5c1f}.failed{color:#a40000}.indeterminate{color:#7a4b00}"
    ".v{font-weight:bold}li{margin:.4em 0}"
    "@media print{body{margin:0;max-width:none;font-size:10pt}h2{break-after:avoid}"
    "tr,li{break-inside:avoid}thead{display:table-header-group}}"
    "@page{margin:2cm}";

static void put_escaped(struct sb_buf *to, struct sb_bytes text)
{
    if (!sb_text_valid(text)) {
        sb_buf_str(to, "?");
        return;
    }
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == '&')
            sb_buf_str(to, "&amp;");
        else if (c == '<')
            sb_buf_str(to, "&lt;");
        else if (c == '>')
            sb_buf_str(to, "&gt;");
        else if (c == '"')
            sb_buf_str(to, "&quot;");
        else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            sb_buf_str(to, "\xef\xbf\xbd"); /* no control character reaches paper */
        else
            sb_buf_byte(to, c);
    }
}

static const char *word(const struct page *p, const char *en)
{
    return sb_tr_find(sb_cli_lang(p->job->cli), sb_audit_spanish, en);
}

static void put_word(const struct page *p, const char *en)
{
    put_escaped(p->to, sb_bytes_str(word(p, en)));
}

static void heading(const struct page *p, const char *en)
{
    sb_buf_str(p->to, "<h2>");
    put_word(p, en);
    sb_buf_str(p->to, "</h2>\n");
}

static const char *verdict_class(enum sb_audit_verdict v)
{
    static const char *const names[] = {"passed", "failed", "indeterminate"};
    return names[v];
}

static void put_verdict(const struct page *p, enum sb_audit_verdict v)
{
    static const char *const words[] = {"PASSED", "FAILED", "INDETERMINATE"};
    sb_buf_printf(p->to, "<span class=\"v %s\">", verdict_class(v));
    put_word(p, words[v]);
    sb_buf_str(p->to, "</span>");
}

static void put_number(const struct page *p, uint64_t n)
{
    char text[32];
    sb_out_group(text, n);
    sb_buf_str(p->to, text);
}

static void put_time(const struct page *p, uint64_t ms)
{
    char text[32];
    sb_text_time(text, ms);
    sb_buf_str(p->to, ms ? text : "-");
}

static void begin_row(const struct page *p, const char *label)
{
    sb_buf_str(p->to, "<tr><th scope=\"row\">");
    put_word(p, label);
    sb_buf_str(p->to, "</th><td>");
}

static void end_row(const struct page *p)
{
    sb_buf_str(p->to, "</td></tr>\n");
}

static void row_text(const struct page *p, const char *label, const char *text)
{
    begin_row(p, label);
    put_escaped(p->to, sb_bytes_str(text));
    end_row(p);
}

static void row_number(const struct page *p, const char *label, uint64_t n)
{
    begin_row(p, label);
    put_number(p, n);
    end_row(p);
}

static void row_time(const struct page *p, const char *label, uint64_t ms)
{
    begin_row(p, label);
    put_time(p, ms);
    end_row(p);
}

static void row_hash(const struct page *p, const char *label, const uint8_t *hash)
{
    char hex[2 * SB_HASH + 1];
    sb_hex(hex, hash, SB_HASH);
    begin_row(p, label);
    sb_buf_printf(p->to, "<span class=\"h\">%s</span>", hex);
    end_row(p);
}

/* What else the auditor brought: an earlier checkpoint, a vault. */
static void put_brought(const struct page *p)
{
    const struct sb_audit_job *job = p->job;
    if (job->since.n > 0) {
        uint8_t hash[SB_HASH];
        sb_sha256(hash, sb_buf_bytes(&job->since));
        row_hash(p, "SHA-256 of the earlier checkpoint", hash);
    }
    if (job->vault) {
        begin_row(p, "Opened as");
        put_escaped(p->to, sb_vault_code(job->vault));
        end_row(p);
    }
}

static void put_subject(const struct page *p, const struct sb_audit_hashes *h)
{
    const struct sb_audit_facts *f = &p->job->facts;
    const char *slash = strrchr(p->job->path, '/');
    const char *name = slash && slash[1] ? slash + 1 : p->job->path;
    heading(p, "What was audited");
    sb_buf_str(p->to, "<table>\n");
    row_text(p, "File", name);
    row_text(p, "Kind", word(p, sb_audit_kind_text(p->job->kind)));
    if (h->has_x)
        row_hash(p, "SHA-256 of it", h->x);
    if (sb_audit_knows_tree(f)) {
        row_text(p, "Origin", f->origin);
        row_number(p, "Size of the tree", f->size);
        row_hash(p, "Root", f->root);
    }
    row_time(p, "First entry", f->first_ms);
    row_time(p, "Last entry", f->last_ms);
    put_brought(p);
    row_text(p, "Program", "sacbe " SB_VERSION);
    row_hash(p, "SHA-256 of the program", h->program);
    sb_buf_str(p->to, "</table>\n");
}

static void put_roots(const struct page *p)
{
    const struct sb_anchor *a = p->job->config.roots;
    heading(p, "Roots that the auditor brought");
    if (!a) {
        sb_buf_str(p->to, "<p>");
        put_word(p, "None.");
        sb_buf_str(p->to, "</p>\n");
        return;
    }
    sb_buf_str(p->to, "<p>");
    put_escaped(p->to, sb_bytes_str(a->exchange));
    sb_buf_printf(p->to, ": %" PRIu64 " / %zu</p>\n<ul>\n", a->threshold, a->n_roots);
    for (size_t i = 0; i < a->n_roots; i++) {
        char hex[2 * SB_PK + 1];
        sb_hex(hex, a->roots[i].pk, SB_PK);
        sb_buf_str(p->to, "<li>");
        put_escaped(p->to, sb_bytes_str(a->roots[i].holder));
        sb_buf_printf(p->to, " <span class=\"h\">%s</span></li>\n", hex);
    }
    sb_buf_str(p->to, "</ul>\n");
}

static void put_parts(const struct page *p)
{
    heading(p, "Parts");
    sb_buf_str(p->to, "<table>\n");
    for (size_t i = 0; i < SB_AUDIT_PARTS; i++) {
        if (!p->job->facts.asked[i])
            continue;
        sb_buf_str(p->to, "<tr><td>");
        put_verdict(p, p->job->facts.parts[i]);
        sb_buf_str(p->to, "</td><td>");
        struct sb_buf text = {0};
        sb_audit_part_line(p->job, (enum sb_audit_part)i, &text);
        put_escaped(p->to, sb_buf_bytes(&text));
        sb_buf_free(&text);
        end_row(p);
    }
    sb_buf_str(p->to, "</table>\n");
}

static void put_findings(const struct page *p)
{
    heading(p, "Findings");
    if (!p->job->first) {
        sb_buf_str(p->to, "<p>");
        put_word(p, "None.");
        sb_buf_str(p->to, "</p>\n");
        return;
    }
    sb_buf_str(p->to, "<ol>\n");
    for (const struct sb_audit_said *s = p->job->first; s; s = s->next) {
        const struct sb_audit_finding *f = &s->finding;
        sb_buf_str(p->to, "<li>");
        put_verdict(p, f->verdict);
        if (f->code)
            sb_buf_printf(p->to, " SB-%d", sb_code_number(f->code));
        if (f->has_index) {
            sb_buf_printf(p->to, ", %s ", word(p, "index"));
            put_number(p, f->index);
        }
        sb_buf_str(p->to, ": ");
        put_escaped(p->to, sb_bytes_str(f->text));
        sb_buf_str(p->to, "</li>\n");
    }
    sb_buf_str(p->to, "</ol>\n");
}

static void put_disclosed(const struct page *p)
{
    if (p->job->disclosed.n == 0)
        return;
    heading(p, "Disclosed content");
    sb_buf_str(p->to, "<p>");
    put_escaped(p->to, p->job->disclosed_class);
    sb_buf_str(p->to, "</p>\n<pre>");
    put_escaped(p->to, p->job->disclosed);
    sb_buf_str(p->to, "</pre>\n");
}

static void put_delivery(const struct page *p, const struct sb_delivery *d)
{
    const uint64_t numbers[] = {
        d->sent, d->delivered, d->applied, d->rejected, d->pending, d->deleted};
    sb_buf_str(p->to, "<tr><td>");
    put_escaped(p->to, d->stream);
    sb_buf_str(p->to, "</td><td>");
    put_escaped(p->to, d->reader);
    sb_buf_str(p->to, "</td>");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sb_buf_str(p->to, "<td class=\"n\">");
        put_number(p, numbers[i]);
        sb_buf_str(p->to, "</td>");
    }
    sb_buf_str(p->to, "<td>");
    put_time(p, d->receipt_ms);
    sb_buf_str(p->to, "</td><td>");
    for (size_t i = 0; i < d->n_bases; i++) {
        sb_buf_str(p->to, i ? "<br>" : "");
        put_escaped(p->to, d->bases[i]);
    }
    end_row(p);
}

static void put_deliveries(const struct page *p)
{
    static const char *const titles[] = {"STREAM",
                                         "READER",
                                         "SENT",
                                         "DELIVERED",
                                         "APPLIED",
                                         "REJECTED",
                                         "NOT YET",
                                         "DELETED",
                                         "LAST RECEIPT",
                                         "LEGAL BASIS"};
    if (p->job->kind != SB_AUDIT_BUNDLE)
        return;
    heading(p, "Deliveries");
    sb_buf_str(p->to, "<table>\n<thead><tr>");
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        sb_buf_str(p->to, "<th>");
        put_word(p, titles[i]);
        sb_buf_str(p->to, "</th>");
    }
    sb_buf_str(p->to, "</tr></thead>\n<tbody>\n");
    for (const struct sb_audit_delivered *r = p->job->delivered; r; r = r->next)
        put_delivery(p, &r->delivery);
    sb_buf_str(p->to, "</tbody></table>\n");
}

static void put_not_proven(const struct page *p)
{
    const char *const *lines = sb_audit_not_proven(p->job->kind);
    heading(p, "What this does not prove");
    sb_buf_str(p->to, "<ul>\n");
    for (size_t i = 0; lines[i]; i++) {
        sb_buf_str(p->to, "<li>");
        put_word(p, lines[i]);
        sb_buf_str(p->to, "</li>\n");
    }
    sb_buf_str(p->to, "</ul>\n");
}

void sb_audit_html(const struct sb_audit_job *job,
                   const struct sb_audit_hashes *hashes,
                   struct sb_buf *out)
{
    const struct page p = {.job = job, .to = out};
    bool es = sb_cli_lang(job->cli) == SB_LANG_ES;
    sb_buf_printf(out,
                  "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta "
                  "charset=\"utf-8\">\n<title>",
                  es ? "es" : "en");
    put_word(&p, "Audit report");
    sb_buf_str(out, ": ");
    put_escaped(out, sb_bytes_str(job->facts.origin));
    sb_buf_printf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n<h1>", style);
    put_word(&p, "Audit report");
    sb_buf_str(out, "</h1>\n<p>");
    put_word(&p, "Result");
    sb_buf_str(out, ": ");
    put_verdict(&p, sb_audit_result(&job->facts));
    sb_buf_str(out, "</p>\n");
    put_subject(&p, hashes);
    put_roots(&p);
    put_parts(&p);
    put_findings(&p);
    put_disclosed(&p);
    put_deliveries(&p);
    put_not_proven(&p);
    sb_buf_str(out, "</body>\n</html>\n");
}
