/* Purpose: findings, verdicts, and what kind of thing a path is.
 * Invariant: a verdict only ever gets worse; every finding is said when it is found. */
#include "broker/audit/audit_form.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#define SQLITE_MAGIC "SQLite format 3"

const char *sb_audit_part_text(enum sb_audit_part part)
{
    static const char *const texts[SB_AUDIT_PARTS] = {
        [SB_AUDIT_FORM] = "form",
        [SB_AUDIT_ROOTS] = "roots",
        [SB_AUDIT_DIRECTORIES] = "directories",
        [SB_AUDIT_TREE] = "tree",
        [SB_AUDIT_CHECKPOINT] = "checkpoint",
        [SB_AUDIT_STREAMS] = "streams",
        [SB_AUDIT_RIGHTS] = "rights",
        [SB_AUDIT_TEXTS] = "texts",
        [SB_AUDIT_STATEMENTS] = "statements",
        [SB_AUDIT_CATALOGUE] = "catalogue",
        [SB_AUDIT_CONTENT] = "content",
    };
    return texts[part];
}

enum sb_audit_verdict sb_audit_result(const struct sb_audit_facts *f)
{
    enum sb_audit_verdict worst = SB_AUDIT_PASSED;
    for (int i = 0; i < SB_AUDIT_PARTS; i++) {
        if (f->asked[i] && f->parts[i] == SB_AUDIT_FAILED)
            return SB_AUDIT_FAILED;
        if (f->asked[i] && f->parts[i] == SB_AUDIT_INDETERMINATE)
            worst = SB_AUDIT_INDETERMINATE;
    }
    return worst;
}

void audit_say(struct sb_audit *a,
               enum sb_audit_part part,
               enum sb_audit_verdict verdict,
               int code,
               const char *fmt,
               ...)
{
    char text[SB_ERR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct sb_audit_finding f = {.part = part,
                                 .verdict = verdict,
                                 .code = code,
                                 .has_index = a->at_entry,
                                 .index = a->at_entry ? a->at : 0,
                                 .text = text};
    if (a->facts.parts[part] != SB_AUDIT_FAILED && verdict != SB_AUDIT_PASSED)
        a->facts.parts[part] = verdict;
    a->facts.asked[part] = true;
    a->facts.findings++;
    if (a->config->say)
        a->config->say(a->config->ctx, &f);
}

bool audit_fatal(int rc)
{
    return rc == SB_E_MEMORY || rc == SB_E_IO || rc == SB_E_DISK_FULL ||
           rc == SB_E_INTERRUPTED;
}

bool audit_stops(int rc, const struct sb_err *why, struct sb_err *err)
{
    if (audit_fatal(rc) && err)
        *err = *why;
    return audit_fatal(rc);
}

int audit_judge(struct sb_audit *a,
                enum sb_audit_part part,
                int rc,
                const struct sb_err *why,
                struct sb_err *err)
{
    if (rc == 0 || audit_stops(rc, why, err))
        return rc;
    audit_say(a, part, SB_AUDIT_FAILED, rc, "%s", why->text);
    return 1;
}

int audit_no_memory(struct sb_err *err)
{
    return sb_fail(err, SB_E_MEMORY, "no memory for the audit");
}

static bool is_there(const char *dir, const char *name)
{
    char path[4096];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    return n > 0 && (size_t)n < sizeof path && stat(path, &st) == 0;
}

static enum sb_audit_kind kind_of_folder(const char *path)
{
    if (is_there(path, "bundle.json") || is_there(path, "records") ||
        sb_bundle_is_unfinished(path))
        return SB_AUDIT_BUNDLE;
    if (is_there(path, "checkpoint") && is_there(path, "tile"))
        return SB_AUDIT_TILES;
    return SB_AUDIT_UNKNOWN;
}

static enum sb_audit_kind kind_of_bytes(const char *head, size_t n)
{
    /* an array of 13 and the tag as a str */
    static const char proof[] = "\x9d\xad" SB_PROOF_TAG;
    if (n >= sizeof SQLITE_MAGIC &&
        memcmp(head, SQLITE_MAGIC, sizeof SQLITE_MAGIC) == 0)
        return SB_AUDIT_JOURNAL;
    if (n >= sizeof proof - 1 && memcmp(head, proof, sizeof proof - 1) == 0)
        return SB_AUDIT_PROOF;
    return SB_AUDIT_UNKNOWN;
}

int sb_audit_kind(const char *path, enum sb_audit_kind *out, struct sb_err *err)
{
    struct stat st;
    char head[64] = {0};
    FILE *f = fopen(path, "rb");
    if (!f)
        return sb_fail(err, SB_E_NOT_FOUND, "%s cannot be opened", path);
    if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
        *out = kind_of_folder(path);
    } else {
        size_t n = fread(head, 1, sizeof head, f);
        *out = kind_of_bytes(head, n);
    }
    (void)fclose(f);
    return 0;
}
