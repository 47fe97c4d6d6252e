/* Purpose: `sacbe journal replay`: the events of a journal or a bundle as CloudEvents
 * lines.
 * Invariant: the same bytes whenever it is run. Source: CloudEvents specification 1.0,
 * JSON event format.
 * Not for: verifying and opening; replay.h does that. */
#include "broker/cli/cmd_replay.h"

#include <inttypes.h>

#include "keys/roots.h"
#include "schemas/base/text.h"
#include "schemas/catalog/json.h"

static int put_line(void *ctx, const struct sb_replay_event *e, struct sb_err *err)
{
    struct sb_cmd_replay *r = ctx;
    struct sb_buf line = {0};
    char time[32];
    int rc = 0;
    sb_text_time(time, e->sent_ms);
    sb_buf_printf(&line,
                  "{\"specversion\":\"1.0\",\"id\":\"%.*s@%" PRIu64 "\","
                  "\"source\":\"/%s/%.*s\",\"type\":\"%.*s\",\"time\":\"%s\","
                  "\"dataschema\":\"%s\"",
                  SB_FMT(e->stream),
                  e->seq,
                  r->roots.exchange,
                  SB_FMT(e->institution),
                  SB_FMT(e->type_name),
                  time,
                  e->schema_id);
    if (e->payload) {
        sb_buf_str(&line, ",\"datacontenttype\":\"application/json\",\"data\":");
        rc = sb_value_to_json(e->payload, 0, &line, err);
    }
    sb_buf_str(&line, "}");
    if (rc == 0)
        rc = sb_buf_check(&line, err);
    if (rc == 0) {
        sb_out_line(sb_cli_out(r->cli), sb_buf_bytes(&line));
        r->printed++;
    }
    sb_buf_free(&line);
    return rc;
}

/* A moment that does not depend on when the command is run. */
static int
moment(struct sb_cli *cli, const char *name, uint64_t *out, struct sb_err *err)
{
    const char *text = sb_cli_text(cli, name);
    struct sb_err ignored = {0};
    uint64_t span;
    if (!text)
        return 0;
    if (sb_cmd_span(text, &span, &ignored) == 0)
        return sb_fail(
            err, SB_E_USAGE, "--%s wants a date or a time, as 2027-12-31", name);
    return sb_cmd_when(text, 0, out, err);
}

static int read_roots(struct sb_cmd_replay *r, struct sb_err *err)
{
    char beside[SB_PATH_TEXT];
    const char *given = sb_cli_text(r->cli, "anchor");
    if (given) {
        int bad = sb_cmd_ends(given, err);
        return bad ? bad : sb_roots_read(given, &r->roots, err);
    }
    int rc = sb_cmd_beside(r->path, "anchor.json", beside, err);
    return rc == 0 ? sb_roots_read(beside, &r->roots, err) : rc;
}

int sb_cmd_replay_begin(struct sb_cmd_replay *r, struct sb_cli *cli, struct sb_err *err)
{
    const char *vault = sb_cli_text(cli, "vault");
    r->cli = cli;
    r->config = (struct sb_replay_config){
        .path = r->path,
        .roots = &r->roots,
        .catalogue = sb_cli_text(cli, "catalogue"),
        .stream = sb_cli_text(cli, "stream"),
        .type = sb_cli_text(cli, "type"),
        .institution = sb_cli_text(cli, "institution"),
        .from = (uint64_t)sb_cli_int(cli, "from", 0),
        .to = (uint64_t)sb_cli_int(cli, "to", INT64_MAX),
        .first_seq = (uint64_t)sb_cli_int(cli, "first", 0),
        .last_seq = (uint64_t)sb_cli_int(cli, "last", INT64_MAX),
        .until_ms = UINT64_MAX};
    int rc = sb_journal_path(cli, 0, r->path, err);
    /* a bundle is trusted by what stands beside it, never by what stands in it */
    size_t n = rc == 0 ? strlen(r->path) : 0;
    while (n > 1 && r->path[n - 1] == '/')
        r->path[--n] = '\0';
    if (rc == 0)
        rc = read_roots(r, err);
    if (rc == 0)
        rc = moment(cli, "since-time", &r->config.since_ms, err);
    if (rc == 0)
        rc = moment(cli, "until-time", &r->config.until_ms, err);
    if (rc == 0 && vault)
        rc = sb_cmd_vault(cli, vault, &r->vault, err);
    r->config.vault = r->vault;
    return rc;
}

void sb_cmd_replay_end(struct sb_cmd_replay *r)
{
    sb_vault_free(r->vault);
    r->vault = NULL;
}

int sb_journal_run_replay(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_cmd_replay r = {.vault = NULL};
    int rc = sb_cmd_replay_begin(&r, cli, err);
    if (rc == 0) {
        r.config.fn = put_line;
        r.config.ctx = &r;
        rc = sb_replay(&r.config, err);
    }
    /* standard output is for programs */
    if (rc == 0 && r.printed == 0 && !sb_cli_quiet(cli))
        fprintf(stderr, "%s\n", sb_tr(cli, "No event is of that choice."));
    sb_cmd_replay_end(&r);
    return rc == 0 ? SB_EXIT_YES : rc;
}

const struct sb_cli_option sb_journal_replay_options[] = {SB_REPLAY_OPTIONS,
                                                          {.name = NULL}};
