/* Purpose: NAME.report.json: what became of a file's records, line by line.
 * Invariant: counts come from the records' own notes; no cell of the file stands here.
 */
#include <jansson.h>
#include <stdlib.h>

#include "adapters/csv/steps.h"

#define LINES_MAX 10000u /* of one reason */

static int memory(struct sb_err *err)
{
    return sb_fail(err, SB_E_MEMORY, "out of memory");
}

/* A slice as JSON text; NULL when memory is out. */
static json_t *text_of(struct sb_bytes b)
{
    return json_stringn(b.n ? (const char *)b.p : "", b.n);
}

/* "SB-308" of a reason; a mapping's own word is SB_E_LEFTOVER's. */
static int number_of(const char *reason)
{
    for (int n = 1; n < 1000; n++) {
        int code = sb_code_from_number(n);
        if (code && strcmp(sb_code_name(code), reason) == 0)
            return n;
    }
    int code =
        strcmp(reason, SB_CSV_PARENT) == 0 ? SB_E_PARENT_QUARANTINED : SB_E_LEFTOVER;
    return sb_code_number(code);
}

static int add_line(json_t *quarantined, const char *reason, uint64_t line)
{
    json_t *entry = json_object_get(quarantined, reason);
    if (!entry) {
        char code[16];
        snprintf(code, sizeof code, "SB-%d", number_of(reason));
        entry = json_pack(
            "{s:s, s:I, s:[]}", "code", code, "count", (json_int_t)0, "lines");
        if (json_object_set_new(quarantined, reason, entry) != 0)
            return SB_E_MEMORY;
    }
    json_t *count = json_object_get(entry, "count");
    json_t *lines = json_object_get(entry, "lines");
    json_integer_set(count, json_integer_value(count) + 1);
    if (json_array_size(lines) < LINES_MAX &&
        json_array_append_new(lines, json_integer((json_int_t)line)) != 0)
        return SB_E_MEMORY;
    return 0;
}

static int
add_quarantined(struct csv_source *s, size_t member, json_t *root, struct sb_err *err)
{
    json_t *quarantined = json_object();
    sqlite3_stmt *q = NULL;
    if (json_object_set_new(root, "quarantined", quarantined) != 0)
        return memory(err);
    int rc = sb_sql_start(s->sql,
                          &q,
                          err,
                          "SELECT outcome, line FROM _use WHERE tbl = ? AND outcome "
                          "NOT IN ('alta', 'correccion', 'event', 'unchanged') "
                          "ORDER BY line",
                          "u",
                          (uint64_t)member);
    while (rc == 0 && (rc = sb_sql_row(s->sql, q, err)) == 1) {
        char reason[128];
        snprintf(reason, sizeof reason, "%.*s", SB_FMT(sb_sql_bytes(q, 0)));
        rc = add_line(quarantined, reason, sb_sql_uint(q, 1));
        if (rc)
            rc = memory(err);
    }
    sb_sql_end(q);
    return rc;
}

/* rows, published, and how many of them by operation. */
static int
add_counts(struct csv_source *s, size_t member, json_t *root, struct sb_err *err)
{
    static const char *const names[] = {"alta", "correccion", "event", "unchanged"};
    sqlite3_stmt *q = NULL;
    json_int_t rows = 0;
    json_int_t published = 0;
    json_int_t of[4] = {0};
    int rc = sb_sql_start(s->sql,
                          &q,
                          err,
                          "SELECT outcome, count(*) FROM _use WHERE tbl = ? "
                          "GROUP BY outcome",
                          "u",
                          (uint64_t)member);
    while (rc == 0 && (rc = sb_sql_row(s->sql, q, err)) == 1) {
        json_int_t n = (json_int_t)sb_sql_uint(q, 1);
        rows += n;
        for (size_t i = 0; i < 4; i++)
            of[i] += sb_bytes_is(sb_sql_bytes(q, 0), names[i]) ? n : 0;
        rc = 0;
    }
    sb_sql_end(q);
    if (rc)
        return rc;
    published = of[0] + of[1] + of[2];
    json_t *counts = json_pack(
        "{s:I, s:I, s:I}", "rows", rows, "published", published, "unchanged", of[3]);
    if (counts && member == 0) {
        json_object_set_new(counts, "alta", json_integer(of[0]));
        json_object_set_new(counts, "correccion", json_integer(of[1]));
    }
    int failed = counts ? json_object_update(root, counts) : -1;
    json_decref(counts);
    return failed ? memory(err) : 0;
}

static int add_list(struct csv_source *s,
                    json_t *list,
                    const char *sql,
                    const char *types,
                    uint64_t a,
                    const char *b,
                    struct sb_err *err)
{
    sqlite3_stmt *q = NULL;
    int rc = sb_sql_start(s->sql, &q, err, sql, types, a, b);
    while (rc == 0 && (rc = sb_sql_row(s->sql, q, err)) == 1)
        rc = json_array_append_new(list, text_of(sb_sql_bytes(q, 0))) ? memory(err) : 0;
    sb_sql_end(q);
    return rc;
}

/* What stood in an earlier file of this key and stands in this one no more. */
static int add_vanished(struct csv_source *s, json_t *root, struct sb_err *err)
{
    uint64_t n = 0;
    json_t *list = json_array();
    int rc = sb_sql_number(s->sql,
                           &n,
                           0,
                           err,
                           "SELECT count(*) FROM _seen WHERE run <> ? AND set_key = ?",
                           "is",
                           s->run,
                           s->set_key);
    if (rc == 0)
        rc = add_list(s,
                      list,
                      "SELECT id_local FROM _seen WHERE run <> ? AND set_key = ? "
                      "ORDER BY id_local LIMIT 1000",
                      "us",
                      (uint64_t)s->run,
                      s->set_key,
                      err);
    json_t *entry = json_pack("{s:I, s:O}", "count", (json_int_t)n, "id_local", list);
    json_decref(list);
    if (json_object_set_new(root, "vanished", entry) != 0 && rc == 0)
        rc = memory(err);
    return rc;
}

static int add_refusal(struct csv_source *s, json_t *root, struct sb_err *err)
{
    sqlite3_stmt *q = NULL;
    int rc = sb_sql_start(s->sql, &q, err, "SELECT code, text FROM _run", "");
    if (rc == 0)
        rc = sb_sql_row(s->sql, q, err);
    if (rc == 1) {
        char code[16];
        int64_t number = sqlite3_column_int64(q, 0);
        snprintf(code, sizeof code, "SB-%d", sb_code_number((int)number));
        json_t *entry = json_pack("{s:s, s:s, s:o}",
                                  "code",
                                  code,
                                  "reason",
                                  sb_code_name((int)number),
                                  "text",
                                  text_of(sb_sql_bytes(q, 1)));
        rc = json_object_set_new(root, "refused", entry) ? memory(err) : 0;
    }
    sb_sql_end(q);
    return rc;
}

static int fill(struct csv_source *s, size_t member, json_t *root, struct sb_err *err)
{
    json_t *warnings = json_object_get(root, "warnings");
    int rc = add_counts(s, member, root, err);
    if (rc == 0)
        rc = add_quarantined(s, member, root, err);
    if (rc == 0)
        rc = add_list(s,
                      warnings,
                      "SELECT text FROM _warning WHERE n = ? ORDER BY rowid",
                      "u",
                      (uint64_t)member,
                      NULL,
                      err);
    if (rc == 0 && s->phase == PHASE_STOP)
        return add_refusal(s, root, err);
    if (rc == 0 && member == 0 && !s->again)
        rc = add_vanished(s, root, err);
    return rc;
}

int sb_csv_report(struct csv_source *s,
                  size_t member,
                  struct sb_buf *out,
                  struct sb_err *err)
{
    json_t *root = json_pack("{s:s, s:o, s:s, s:o, s:b, s:[]}",
                             "file",
                             s->members[member].name,
                             "type",
                             text_of(s->facts->type),
                             "set",
                             s->set_key,
                             "table",
                             text_of(s->facts->set[member].table),
                             "repeated",
                             s->again,
                             "warnings");
    if (!root)
        return memory(err);
    int rc = fill(s, member, root, err);
    char *text = rc ? NULL : json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(root);
    if (rc)
        return rc;
    if (!text)
        return memory(err);
    sb_buf_str(out, text);
    sb_buf_byte(out, '\n');
    free(text);
    return sb_buf_check(out, err);
}
