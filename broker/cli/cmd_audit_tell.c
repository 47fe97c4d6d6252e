/* Purpose: an audit in words: roots and range, each part, each finding, what is not
 * proven, the result.
 * Invariant: what failed is told before what is asked next, and a passed part never
 * hides a finding. Not for: judging; broker/audit does. */
#include "broker/cli/cmd_audit.h"

#include <inttypes.h>

#include "schemas/base/text.h"

static const char *const verdict_words[] = {"passed", "failed", "indeterminate"};

enum sb_finding sb_audit_finding(enum sb_audit_verdict v)
{
    return v == SB_AUDIT_PASSED   ? SB_PASSED
           : v == SB_AUDIT_FAILED ? SB_FAILED
                                  : SB_INDETERMINATE;
}

enum sb_exit sb_audit_exit(enum sb_audit_verdict verdict)
{
    return verdict == SB_AUDIT_PASSED   ? SB_EXIT_YES
           : verdict == SB_AUDIT_FAILED ? SB_EXIT_NO
                                        : SB_EXIT_INDETERMINATE;
}

const char *sb_audit_kind_text(enum sb_audit_kind kind)
{
    switch (kind) {
    case SB_AUDIT_BUNDLE:
        return "bundle of a journal";
    case SB_AUDIT_PROOF:
        return "proof of one event";
    case SB_AUDIT_TILES:
        return "tiles of a log";
    case SB_AUDIT_JOURNAL:
        return "journal of a broker";
    case SB_AUDIT_UNKNOWN:
        break;
    }
    return "something else";
}

const char *sb_audit_part_title(enum sb_audit_part part)
{
    static const char *const titles[SB_AUDIT_PARTS] = {
        [SB_AUDIT_FORM] = "form of files and records",
        [SB_AUDIT_ROOTS] = "the roots signed the first directory",
        [SB_AUDIT_DIRECTORIES] = "chain of directories",
        [SB_AUDIT_TREE] = "tree",
        [SB_AUDIT_CHECKPOINT] = "checkpoint and witnesses",
        [SB_AUDIT_STREAMS] = "streams: order, claims, epochs",
        [SB_AUDIT_RIGHTS] = "signatures and grants of that time",
        [SB_AUDIT_TEXTS] = "ciphertexts",
        [SB_AUDIT_STATEMENTS] = "receipts and other statements",
        [SB_AUDIT_CATALOGUE] = "catalogues",
        [SB_AUDIT_CONTENT] = "content"};
    return titles[part];
}

const char *const *sb_audit_not_proven(enum sb_audit_kind kind)
{
    static const char *const journal[] = {"truth at source",
                                          "rows that were never captured",
                                          "existence before the first cosignature",
                                          "that no later entries exist",
                                          "order between streams at source",
                                          "that no other tree was shown to others",
                                          "what was given out without a record here",
                                          NULL};
    static const char *const event[] = {"truth at source",
                                        "that the stream has no other events",
                                        "existence before the first cosignature",
                                        "that it was delivered to anybody",
                                        ("that nothing journaled withdraws it or names "
                                         "its key revoked"),
                                        NULL};
    static const char *const log[] = {
        "what the entries mean", "that no other tree was shown to others", NULL};
    return kind == SB_AUDIT_PROOF ? event : kind == SB_AUDIT_TILES ? log : journal;
}

/* What was counted of a part; empty where the title says all. */
static void
put_counts(const struct sb_audit_job *job, enum sb_audit_part part, struct sb_buf *to)
{
    const struct sb_audit_facts *f = &job->facts;
    const struct {
        enum sb_audit_part part;
        bool always; /* also when there are none */
        const char *what;
        uint64_t n;
    } counts[] = {{SB_AUDIT_FORM, true, "entries", f->entries},
                  {SB_AUDIT_DIRECTORIES, true, "directories", f->directories},
                  {SB_AUDIT_TREE, true, "leaves", f->size},
                  {SB_AUDIT_STREAMS, true, "streams", f->streams},
                  {SB_AUDIT_STREAMS, true, "batches", f->batches},
                  {SB_AUDIT_STREAMS, true, "events", f->events},
                  {SB_AUDIT_STREAMS, true, "gaps", f->gaps},
                  {SB_AUDIT_STREAMS, true, "double signatures", f->double_signatures},
                  {SB_AUDIT_STREAMS, false, "batches outside the range", f->outside},
                  {SB_AUDIT_TEXTS, false, "pruned", f->pruned},
                  {SB_AUDIT_TEXTS, false, "withdrawn", f->withdrawn},
                  {SB_AUDIT_TEXTS, true, "absent", f->absent},
                  {SB_AUDIT_STATEMENTS, true, "receipts", f->receipts},
                  {SB_AUDIT_STATEMENTS, false, "late receipts", f->late_receipts},
                  {SB_AUDIT_CONTENT, true, "events opened", f->opened},
                  {SB_AUDIT_CONTENT, true, "invalid", f->invalid}};
    const char *before = ": ";
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char number[32];
        if (counts[i].part != part || (counts[i].n == 0 && !counts[i].always))
            continue;
        sb_out_group(number, counts[i].n);
        sb_buf_printf(to, "%s%s %s", before, number, sb_tr(job->cli, counts[i].what));
        before = ", ";
    }
}

static void put_witnesses(const struct sb_audit_job *job, struct sb_buf *to)
{
    char cosigned[32];
    char quorum[32];
    sb_out_group(cosigned, job->facts.cosignatures);
    sb_out_group(quorum, job->facts.quorum);
    sb_buf_str(to, ": ");
    sb_buf_printf(
        to, sb_tr(job->cli, "%s cosignatures, the quorum is %s"), cosigned, quorum);
    if (job->since.n > 0)
        sb_buf_printf(to, ", %s", sb_tr(job->cli, "against your own checkpoint"));
}

void sb_audit_part_line(const struct sb_audit_job *job,
                        enum sb_audit_part part,
                        struct sb_buf *out)
{
    sb_buf_str(out, sb_tr(job->cli, sb_audit_part_title(part)));
    put_counts(job, part, out);
    if (part == SB_AUDIT_CHECKPOINT && job->kind != SB_AUDIT_TILES)
        put_witnesses(job, out);
}

static const char *kind_name(enum sb_audit_kind kind)
{
    return kind == SB_AUDIT_BUNDLE  ? "bundle"
           : kind == SB_AUDIT_PROOF ? "proof"
                                    : "tiles";
}

bool sb_audit_knows_tree(const struct sb_audit_facts *f)
{
    return f->size > 0 || f->origin[0] != 0;
}

/* Whose word the audit rests on, and how far X goes. */
static void tell_range(const struct sb_audit_job *job)
{
    const struct sb_audit_facts *f = &job->facts;
    struct sb_buf line = {0};
    char last[32];
    if (job->roots_path)
        sb_buf_printf(&line,
                      sb_tr(job->cli, "Roots: %s (%llu of %zu)"),
                      job->roots_path,
                      (unsigned long long)job->roots.threshold,
                      job->roots.n_roots);
    else
        sb_buf_str(&line, sb_tr(job->cli, "Roots: none"));
    sb_buf_str(&line, "    ");
    sb_out_group(last, f->size > 0 ? f->size - 1 : 0);
    if (f->size > 0)
        sb_buf_printf(&line, sb_tr(job->cli, "Entries 0-%s"), last);
    else if (sb_audit_knows_tree(f))
        sb_buf_str(&line, sb_tr(job->cli, "Entries: none"));
    else
        sb_buf_str(&line, sb_tr(job->cli, "Entries: not known, no checkpoint holds"));
    sb_out_note(sb_cli_out(job->cli), "%.*s", SB_FMT(sb_buf_bytes(&line)));
    sb_buf_free(&line);
}

static void tell_tree(const struct sb_audit_job *job)
{
    struct sb_out *out = sb_cli_out(job->cli);
    const struct sb_audit_facts *f = &job->facts;
    char hex[2 * SB_HASH + 1];
    if (!sb_audit_knows_tree(f)) {
        sb_out_text(out, "origin", NULL, NULL);
        sb_out_text(out, "size", NULL, NULL);
        sb_out_text(out, "root", NULL, NULL);
        return;
    }
    sb_hex(hex, f->root, SB_HASH);
    sb_out_text(out, "origin", sb_tr(job->cli, "Origin"), f->origin);
    sb_out_int(out, "size", NULL, (int64_t)f->size);
    sb_out_text(out, "root", sb_tr(job->cli, "Root"), hex);
}

static void tell_head(const struct sb_audit_job *job)
{
    struct sb_out *out = sb_cli_out(job->cli);
    const struct sb_audit_facts *f = &job->facts;
    if (sb_out_format(out) == SB_OUT_TEXT) {
        sb_out_note(
            out, "%s: %s", job->path, sb_tr(job->cli, sb_audit_kind_text(job->kind)));
        tell_range(job);
    }
    sb_out_text(out, "path", NULL, job->path);
    sb_out_text(out, "kind", NULL, kind_name(job->kind));
    sb_out_text(out, "roots", NULL, job->roots_path);
    tell_tree(job);
    if (f->last_ms) {
        sb_out_time(out, "first", sb_tr(job->cli, "First entry"), f->first_ms);
        sb_out_time(out, "last", sb_tr(job->cli, "Last entry"), f->last_ms);
    }
}

static void tell_counts(const struct sb_audit_job *job)
{
    const struct sb_audit_facts *f = &job->facts;
    const struct {
        const char *key;
        uint64_t n;
    } counts[] = {{"entries", f->entries},
                  {"batches", f->batches},
                  {"events", f->events},
                  {"streams", f->streams},
                  {"directories", f->directories},
                  {"gaps", f->gaps},
                  {"double_signatures", f->double_signatures},
                  {"pruned", f->pruned},
                  {"withdrawn", f->withdrawn},
                  {"absent", f->absent},
                  {"outside", f->outside},
                  {"receipts", f->receipts},
                  {"late_receipts", f->late_receipts},
                  {"opened", f->opened},
                  {"invalid", f->invalid},
                  {"cosignatures", f->cosignatures},
                  {"quorum", f->quorum}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        sb_out_int(sb_cli_out(job->cli), counts[i].key, NULL, (int64_t)counts[i].n);
}

static void tell_parts(const struct sb_audit_job *job)
{
    static const struct sb_out_column columns[] = {
        {"part", "", false}, {"verdict", "", false}, {"text", "", false}};
    struct sb_out *out = sb_cli_out(job->cli);
    bool json = sb_out_format(out) == SB_OUT_JSON;
    if (json)
        sb_out_table(out, "parts", columns, 3);
    for (size_t p = 0; p < SB_AUDIT_PARTS; p++) {
        enum sb_audit_verdict v = job->facts.parts[p];
        if (!job->facts.asked[p])
            continue;
        struct sb_buf text = {0};
        sb_audit_part_line(job, (enum sb_audit_part)p, &text);
        if (json) {
            sb_out_cell_text(out, sb_audit_part_text((enum sb_audit_part)p));
            sb_out_cell_text(out, verdict_words[v]);
            sb_out_cell_bytes(out, sb_buf_bytes(&text));
        } else {
            sb_out_finding(
                out, sb_audit_finding(v), 0, "%.*s", SB_FMT(sb_buf_bytes(&text)));
        }
        sb_buf_free(&text);
    }
    if (json)
        sb_out_end(out);
}

static void tell_finding_json(struct sb_out *out, const struct sb_audit_finding *f)
{
    char code[16];
    (void)snprintf(code, sizeof code, "SB-%d", sb_code_number(f->code));
    sb_out_cell_text(out, verdict_words[f->verdict]);
    sb_out_cell_text(out, f->code ? code : NULL);
    sb_out_cell_text(out, sb_audit_part_text(f->part));
    if (f->has_index)
        sb_out_cell_int(out, (int64_t)f->index);
    else
        sb_out_cell_text(out, NULL);
    sb_out_cell_text(out, f->text);
}

void sb_audit_tell_findings(const struct sb_audit_job *job)
{
    static const struct sb_out_column columns[] = {{"finding", "", false},
                                                   {"code", "", false},
                                                   {"part", "", false},
                                                   {"index", "", true},
                                                   {"text", "", false}};
    struct sb_out *out = sb_cli_out(job->cli);
    bool json = sb_out_format(out) == SB_OUT_JSON;
    if (json)
        sb_out_table(out, "findings", columns, 5);
    for (const struct sb_audit_said *s = job->first; s; s = s->next) {
        const struct sb_audit_finding *f = &s->finding;
        char index[32];
        sb_out_group(index, f->index);
        if (json)
            tell_finding_json(out, f);
        else if (f->has_index)
            sb_out_finding(out,
                           sb_audit_finding(f->verdict),
                           f->code,
                           sb_tr(job->cli, "index %s: %s"),
                           index,
                           f->text);
        else
            sb_out_finding(out, sb_audit_finding(f->verdict), f->code, "%s", f->text);
    }
    if (json)
        sb_out_end(out);
}

/* What a proof discloses stands as it was signed. */
static void tell_disclosed(const struct sb_audit_job *job)
{
    struct sb_out *out = sb_cli_out(job->cli);
    if (job->disclosed.n == 0)
        return;
    if (sb_out_format(out) == SB_OUT_TEXT) {
        const char *p = (const char *)job->disclosed.p;
        sb_out_note(out,
                    sb_tr(job->cli, "Disclosed, class %.*s:"),
                    SB_FMT(job->disclosed_class));
        for (size_t n; *p; p += n + (p[n] == '\n')) {
            n = strcspn(p, "\n");
            sb_out_note(out, "%.*s", (int)n, p);
        }
    }
    sb_out_bytes(out, "disclosed_class", NULL, job->disclosed_class);
    sb_out_json(out, "disclosed", job->disclosed);
}

void sb_audit_tell(const struct sb_audit_job *job)
{
    tell_head(job);
    tell_counts(job);
    tell_disclosed(job);
    tell_parts(job);
    sb_audit_tell_findings(job);
}

int sb_audit_tell_result(const struct sb_audit_job *job)
{
    struct sb_out *out = sb_cli_out(job->cli);
    struct sb_buf not_proven = {0};
    enum sb_audit_verdict verdict = sb_audit_result(&job->facts);
    const char *const *lines = sb_audit_not_proven(job->kind);
    for (size_t i = 0; lines[i]; i++)
        sb_buf_printf(&not_proven, "%s%s", i ? "; " : "", sb_tr(job->cli, lines[i]));
    sb_out_text(out, "verdict", NULL, verdict_words[verdict]);
    sb_out_bytes(out, "not_proven", NULL, sb_buf_bytes(&not_proven));
    sb_out_result(out,
                  sb_audit_finding(verdict),
                  sb_tr(job->cli, "Not proven: %.*s."),
                  SB_FMT(sb_buf_bytes(&not_proven)));
    sb_buf_free(&not_proven);
    return (int)sb_audit_exit(verdict);
}
