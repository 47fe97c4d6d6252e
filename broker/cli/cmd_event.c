/* Purpose: `sacbe event`: find, prove, withdraw, at the institution's own adapter.
 * Invariant: a proof is written only after it was judged here, under the adapter's own
 * anchor; a file is replaced only when that was asked for.
 * Not for: making proofs; the adapter does that, with its keys. */
#include <stdlib.h>

#include "broker/audit/audit.h"
#include "broker/cli/cmd_admin.h"
#include "broker/cli/cmd_event.h"
#include "broker/cli/families.h"
#include "schemas/base/text.h"

#define FIND_MS 600000
#define ASK_MS 60000

struct event { /* "STREAM@SEQ" or "STREAM@SEQ..SEQ", taken apart */
    struct sb_bytes stream;
    struct sb_bytes first;
    struct sb_bytes last;
};

static bool is_seq(struct sb_bytes text)
{
    size_t i = 0;
    while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
        i++;
    return text.n > 0 && text.n < 19 && i == text.n && text.p[0] != '0';
}

static int parse_event(const char *text, struct event *out, struct sb_err *err)
{
    const char *at = strrchr(text, '@');
    const char *dots = at ? strstr(at, "..") : NULL;
    struct event e = {.stream = sb_bytes(text, at ? (size_t)(at - text) : 0)};
    if (at)
        e.first = sb_bytes(at + 1, dots ? (size_t)(dots - at - 1) : strlen(at + 1));
    e.last = dots ? sb_bytes_str(dots + 2) : e.first;
    if (!at || !is_seq(e.first) || !is_seq(e.last) ||
        !sb_text_stream_parts(e.stream, NULL, NULL, NULL))
        return sb_fail(err,
                       SB_E_USAGE,
                       "\"%.200s\" names no event: write institution/type@number",
                       text);
    if (e.first.n > e.last.n ||
        (e.first.n == e.last.n && memcmp(e.first.p, e.last.p, e.first.n) > 0))
        return sb_fail(err,
                       SB_E_USAGE,
                       "%.*s..%.*s is backwards: the smaller number stands first",
                       SB_FMT(e.first),
                       SB_FMT(e.last));
    *out = e;
    return 0;
}

static void put_when(struct sb_out *out, const struct sb_value *row)
{
    int64_t ms = sb_cmd_int(row, "time");
    if (ms > 0)
        sb_out_cell_time(out, (uint64_t)ms);
    else
        sb_out_cell_text(out, NULL);
}

static void tell_found(const struct sb_cli *cli, const struct sb_value *list)
{
    static const struct sb_out_column columns[] = {{"stream", "STREAM", false},
                                                   {"seq", "EVENT", true},
                                                   {"operacion", "OPERATION", false},
                                                   {"time", "SENT", false},
                                                   {"index", "INDEX", true},
                                                   {"withdrawn", "WITHDRAWN", false}};
    struct sb_out *out = sb_cli_out(cli);
    size_t n = list->type == SB_ARRAY ? list->as.a.n : 0;
    sb_out_table(out, "events", columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < n; i++) {
        const struct sb_value *row = &list->as.a.items[i];
        sb_out_cell_bytes(out, sb_cmd_text(row, "stream"));
        sb_out_cell_int(out, sb_cmd_int(row, "seq"));
        sb_out_cell_bytes(out, sb_cmd_text(row, "operacion"));
        put_when(out, row);
        if (sb_cmd_int(row, "batch_index") > 0)
            sb_out_cell_int(out, sb_cmd_int(row, "batch_index"));
        else
            sb_out_cell_text(out, NULL);
        sb_out_cell_bool(out, sb_cmd_true(row, "withdrawn"));
    }
    sb_out_end(out);
}

/* Whether the row's first event is there, and nothing of it is gone. */
static bool is_whole(const struct sb_value *list)
{
    bool begun = false;
    for (size_t i = 0; list->type == SB_ARRAY && i < list->as.a.n; i++) {
        const struct sb_value *row = &list->as.a.items[i];
        if (sb_cmd_true(row, "withdrawn"))
            return false;
        begun = begun || sb_bytes_is(sb_cmd_text(row, "operacion"), "alta");
    }
    return begun;
}

static int run_find(struct sb_cli *cli, struct sb_err *err)
{
    const char *stream = sb_cli_text(cli, "stream");
    const struct sb_bytes args[] = {sb_bytes_str(sb_cli_text(cli, "id-local")),
                                    sb_bytes_str(stream ? stream : "")};
    const struct sb_cmd_request request = {
        .verb = "event-find", .args = args, .n_args = 2, .timeout_ms = FIND_MS};
    struct sb_value list = {.type = SB_NIL};
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_ask(cli, &request, arena, &list, err);
    if (rc == 0) {
        tell_found(cli, &list);
        if (!is_whole(&list))
            sb_out_note(sb_cli_out(cli),
                        "%s",
                        sb_tr(cli,
                              "Withdrawn and pruned events have no text left: they "
                              "cannot be found by their identifier."));
        rc = list.type == SB_ARRAY && list.as.a.n > 0 ? SB_EXIT_YES : SB_EXIT_NO;
    }
    sb_arena_free(arena);
    return rc;
}

struct judged {
    struct sb_err worst; /* code 0: nothing failed */
    bool open;           /* something is indeterminate */
};

static void found(void *ctx, const struct sb_audit_finding *f)
{
    struct judged *j = ctx;
    if (f->verdict == SB_AUDIT_INDETERMINATE)
        j->open = true;
    else if (f->verdict == SB_AUDIT_FAILED && j->worst.code == 0)
        (void)sb_fail(&j->worst, f->code, "%s", f->text);
}

/* What came from the adapter is judged as a stranger would. */
static int
judge(struct sb_cli *cli, struct sb_bytes proof, bool *final, struct sb_err *err)
{
    struct sb_anchor anchor;
    struct judged j = {.open = false};
    struct sb_audit_facts facts = {0};
    int rc = sb_cmd_config_anchor(cli, &anchor, err);
    if (rc != 0)
        return rc;
    const struct sb_audit_config config = {.roots = &anchor, .say = found, .ctx = &j};
    rc = sb_audit_proof(proof, &config, &facts, err);
    if (rc == 0 && j.worst.code != 0)
        return sb_fail(err,
                       j.worst.code,
                       "the proof does not hold, so it was not written: %s",
                       j.worst.text);
    if (rc == 0 && sb_audit_result(&facts) == SB_AUDIT_FAILED)
        return sb_fail(
            err, SB_E_PROOF_FORM, "the proof does not hold, so it was not written");
    *final = !j.open;
    return rc;
}

static int keep(struct sb_cli *cli, struct sb_bytes proof, struct sb_err *err)
{
    const char *to = sb_cli_text(cli, "out");
    /* a disclosed section is for whoever ordered it, not for all of this machine */
    unsigned mode = sb_cli_text(cli, "disclose") ? 0600 : 0644;
    if (sb_cli_flag(cli, "force"))
        return sb_file_write(to, proof, mode, err);
    int rc = sb_file_create(to, proof, mode, err);
    return rc == SB_E_EXISTS
               ? sb_fail(err, rc, "%s is there already: --force replaces it", to)
               : rc;
}

static int write_proof(struct sb_cli *cli, struct sb_bytes text, struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_buf proof = {.limit = SB_PROOF_FILE_MAX};
    bool final = false;
    char *base64 = arena ? sb_arena_str(arena, "%.*s", SB_FMT(text)) : NULL;
    int rc = base64 ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0 && (text.n == 0 || base64[0] == '@'))
        rc = sb_fail(err, SB_E_REMOTE, "the adapter sent no proof");
    if (rc == 0)
        rc = sb_cmd_unbase64(base64, SB_PROOF_FILE_MAX, &proof, err);
    if (rc == 0)
        rc = judge(cli, sb_buf_bytes(&proof), &final, err);
    if (rc == 0 && !sb_cli_dry_run(cli))
        rc = keep(cli, sb_buf_bytes(&proof), err);
    if (rc == 0) {
        sb_out_text(out, "file", sb_tr(cli, "Proof"), sb_cli_text(cli, "out"));
        sb_out_int(out, "bytes", sb_tr(cli, "Bytes"), (int64_t)proof.n);
        sb_out_bool(out, "complete", sb_tr(cli, "Complete"), final);
        if (!final)
            sb_out_note(out,
                        "%s",
                        sb_tr(cli,
                              "It holds, and leaves something open: sacbe audit verify "
                              "says what."));
        if (sb_cli_dry_run(cli))
            sb_out_note(out, "%s", sb_tr(cli, "Dry run: nothing was written."));
    }
    sb_buf_free(&proof);
    sb_arena_free(arena);
    return rc;
}

static int run_prove(struct sb_cli *cli, struct sb_err *err)
{
    struct event e;
    const char *disclose = sb_cli_text(cli, "disclose");
    const char *order = sb_cli_text(cli, "order");
    struct sb_value map;
    if ((disclose != NULL) != (order != NULL))
        return sb_fail(err,
                       SB_E_USAGE,
                       "%s",
                       sb_tr(cli, "--disclose CLASS and --order TEXT go together"));
    int rc = parse_event(sb_cli_arg(cli, 0), &e, err);
    if (rc == 0 && !sb_bytes_eq(e.first, e.last))
        rc = sb_fail(err, SB_E_USAGE, "one event at a time is proved");
    struct sb_arena *arena = rc == 0 ? sb_arena_new(0) : NULL;
    if (rc == 0 && !arena)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc != 0)
        return rc;
    /* a dry run discloses nothing: the act would be journaled */
    bool discloses = disclose && !sb_cli_dry_run(cli);
    const struct sb_bytes args[] = {e.stream,
                                    e.first,
                                    sb_bytes_str(discloses ? disclose : ""),
                                    sb_bytes_str(discloses ? order : "")};
    const struct sb_cmd_request request = {
        .verb = "event-prove", .args = args, .n_args = 4, .timeout_ms = ASK_MS};
    rc = sb_cmd_ask(cli, &request, arena, &map, err);
    if (rc == 0)
        rc = write_proof(cli, sb_cmd_text(&map, "file"), err);
    sb_arena_free(arena);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static void tell_withdrawn(const struct sb_cli *cli, const struct sb_value *map)
{
    static const struct {
        const char *key;
        const char *label;
    } numbers[] = {{"events", "Events"},
                   {"annulments", "Annulments"},
                   {"gone_before", "Texts gone before"}};
    struct sb_out *out = sb_cli_out(cli);
    int64_t annulled = sb_cmd_int(map, "annulled_by");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sb_out_int(out,
                   numbers[i].key,
                   sb_tr(cli, numbers[i].label),
                   sb_cmd_int(map, numbers[i].key));
    if (sb_cli_dry_run(cli)) {
        sb_out_note(out, "%s", sb_tr(cli, "Dry run: nothing was withdrawn."));
        return;
    }
    sb_out_int(out,
               "withdrawn_index",
               sb_tr(cli, "Journaled at"),
               sb_cmd_int(map, "withdrawn_index"));
    if (annulled > 0)
        sb_out_int(out, "annulled_by", sb_tr(cli, "Annulled by event"), annulled);
    else
        sb_out_text(out, "annulled_by", NULL, NULL);
    sb_out_note(out,
                "%s",
                sb_tr(cli,
                      "The ciphertexts are gone from the journal; the readers delete "
                      "and sign: sacbe audit deliveries shows who did."));
}

static int run_withdraw(struct sb_cli *cli, struct sb_err *err)
{
    struct event e;
    const char *reason = sb_cli_text(cli, "reason");
    struct sb_value map = {.type = SB_NIL};
    int rc = parse_event(sb_cli_arg(cli, 0), &e, err);
    struct sb_arena *arena = rc == 0 ? sb_arena_new(0) : NULL;
    if (rc == 0 && !arena)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc != 0)
        return rc;
    const struct sb_bytes args[] = {
        e.stream,
        e.first,
        e.last,
        sb_bytes_str(reason),
        sb_bytes_str(sb_cli_flag(cli, "keep-row") ? "keep" : ""),
        sb_bytes_str(sb_cli_dry_run(cli) ? "dry" : "")};
    const struct sb_cmd_request request = {
        .verb = "event-withdraw", .args = args, .n_args = 6, .timeout_ms = ASK_MS};
    rc = sb_cmd_ask(cli, &request, arena, &map, err);
    if (rc == 0)
        tell_withdrawn(cli, &map);
    sb_arena_free(arena);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static const struct sb_cli_option find_options[] = {
    {.name = "id-local",
     .kind = SB_CLI_TEXT,
     .required = true,
     .value = "ID",
     .summary = "the row's identifier, as its institution gave it"},
    {.name = "stream",
     .kind = SB_CLI_TEXT,
     .value = "STREAM",
     .summary = "only this stream: institution/type"},
    {.name = NULL}};
static const struct sb_cli_option prove_options[] = {
    {.name = "disclose",
     .kind = SB_CLI_TEXT,
     .value = "CLASS",
     .summary = "gives out the key of this one section; the act is journaled"},
    {.name = "order",
     .kind = SB_CLI_TEXT,
     .value = "TEXT",
     .summary = "the order that demands it, with its number"},
    {.name = "force",
     .kind = SB_CLI_FLAG,
     .summary = "replaces the file if it is there"},
    SB_OPTION_OUT("the proof to write"),
    {.name = NULL}};
static const struct sb_cli_option withdraw_options[] = {
    {.name = "reason",
     .kind = SB_CLI_TEXT,
     .required = true,
     .value = "TEXT",
     .summary = "why; it stands in the journal for everybody"},
    {.name = "keep-row",
     .kind = SB_CLI_FLAG,
     .summary = "a later correction has overwritten it: readers keep the row"},
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "find",
     .summary = "List the events of one local row: alta, corrections, annulment",
     .options = find_options,
     .example = "sacbe event find --id-local 2026-118 -c adapter.yaml",
     .run = run_find},
    {.verb = "prove",
     .summary = "Write the proof of one event into one file",
     .args = "STREAM@SEQ",
     .args_min = 1,
     .args_max = 1,
     .options = prove_options,
     .example = "sacbe event prove pnc/interior.hecho_transito@7 -o event.sbp",
     .flags = SB_CLI_SHARED,
     .run = run_prove},
    {.verb = "withdraw",
     .summary = "Take back events that should never have been sent",
     .args = "STREAM@SEQ[..SEQ]",
     .args_min = 1,
     .args_max = 1,
     .options = withdraw_options,
     .example = "sacbe event withdraw pnc/interior.hecho_transito@7 --reason 'sent by "
                "mistake'",
     .flags = SB_CLI_SHARED,
     .run = run_withdraw},
    {.run = NULL}};

const struct sb_cli_family sb_cli_event = {
    "event", "Single events: found, proved, withdrawn", commands, sb_event_spanish};
