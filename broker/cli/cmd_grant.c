/* Purpose: `sacbe grant`: offer, add, remove, list.
 * Not for: signing directories; `directory sign` does that. */
#include "broker/cli/cmd_grant.h"

#include <limits.h>

#include "broker/cli/cmd_types.h"
#include "broker/cli/families.h"
#include "broker/host/clock.h"

static int add_one(const struct sb_cli *cli,
                   struct sb_cmd_dir *d,
                   const char *path,
                   struct sb_err *err)
{
    struct sb_cmd_record file;
    struct sb_record record;
    struct sb_grant g;
    int rc = sb_cmd_record_read(path, "sacbe/grant/1", &file, err);
    if (rc != 0)
        return rc;
    struct sb_bytes kept = sb_arena_dup(d->arena, file.record.raw);
    sb_cmd_record_free(&file);
    if (!kept.p)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    rc = sb_record_read(kept, &record, err);
    if (rc == 0)
        rc = sb_grant_read(record.body, d->arena, &g, err);
    if (rc == 0)
        rc = sb_cmd_check_classes(
            sb_cli_text(cli, "catalogue"), g.type, g.classes.items, g.classes.n, err);
    if (rc == 0)
        rc = sb_grant_add(d, &record, err);
    return rc == 0 ? 0 : sb_err_wrap(err, rc, "%s", path);
}

static int remove_one(const struct sb_cli *cli,
                      struct sb_cmd_dir *d,
                      const char *id,
                      struct sb_err *err)
{
    (void)cli;
    return sb_grant_remove(d, id, err);
}

/* Every argument into a draft by `each`. */
static int edit(struct sb_cli *cli,
                int (*each)(const struct sb_cli *cli,
                            struct sb_cmd_dir *d,
                            const char *arg,
                            struct sb_err *err),
                struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_cmd_dir d;
    int rc = sb_cmd_dir_open(cli, sb_cli_text(cli, "directory"), &d, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < sb_cli_arg_count(cli); i++)
        rc = each(cli, &d, sb_cli_arg(cli, i), err);
    if (rc == 0)
        rc = sb_cmd_draft_write(cli, &d, sb_cli_text(cli, "out"), err);
    if (rc == 0) {
        sb_out_int(
            out, "version", sb_tr(cli, "Draft of version"), (int64_t)d.body.version);
        sb_out_int(out, "grants", sb_tr(cli, "Grants"), (int64_t)d.body.n_grants);
        sb_out_note(out,
                    "%s",
                    sb_cli_dry_run(cli)
                        ? sb_tr(cli, "Dry run: nothing was written.")
                        : sb_tr(cli, "Next: sacbe directory sign, then publish."));
    }
    sb_cmd_dir_close(&d);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static int run_add(struct sb_cli *cli, struct sb_err *err)
{
    return edit(cli, add_one, err);
}

static int run_remove(struct sb_cli *cli, struct sb_err *err)
{
    return edit(cli, remove_one, err);
}

static void list(const struct sb_cli *cli,
                 const struct sb_cmd_dir *d,
                 const struct sb_grant_view *views)
{
    static const struct sb_out_column columns[] = {{"id", "GRANT", false},
                                                   {"publisher", "PUBLISHER", false},
                                                   {"type", "TYPE", false},
                                                   {"reader", "READER", false},
                                                   {"classes", "CLASSES", false},
                                                   {"from", "FROM", false},
                                                   {"until", "UNTIL", false},
                                                   {"basis", "BASIS", false}};
    struct sb_out *out = sb_cli_out(cli);
    sb_out_table(out, "grants", columns, 8);
    for (size_t i = 0; i < d->body.n_grants; i++) {
        const struct sb_grant *g = &views[i].grant;
        sb_out_cell_bytes(out, g->id);
        sb_out_cell_bytes(out, g->publisher);
        sb_out_cell_bytes(out, g->type);
        sb_out_cell_bytes(out, g->reader);
        sb_out_cell_text(out, sb_grant_classes_text(&g->classes, d->arena));
        sb_out_cell_time(out, g->not_before);
        sb_out_cell_time(out, g->not_after);
        sb_out_cell_bytes(out, g->basis);
    }
    sb_out_end(out);
}

/* What a reader sees of a publisher's type at this moment: "PIC", in that
 * order. */
static const char *cell(const struct sb_cmd_dir *d,
                        const struct sb_grant_view *views,
                        const struct sb_grant *row,
                        struct sb_bytes reader,
                        uint64_t now)
{
    static const char *const names[] = {
        "publica", "interna", "confidencial", "reservada"};
    bool seen[4] = {false};
    char text[5] = "";
    size_t n = 0;
    for (size_t i = 0; i < d->body.n_grants; i++) {
        const struct sb_grant *g = &views[i].grant;
        if (!sb_bytes_eq(g->publisher, row->publisher) ||
            !sb_bytes_eq(g->type, row->type) || !sb_bytes_eq(g->reader, reader) ||
            now < g->not_before || now >= g->not_after)
            continue;
        for (size_t c = 0; c < 4; c++)
            seen[c] = seen[c] || sb_codes_has(&g->classes, sb_bytes_str(names[c]));
    }
    for (size_t c = 0; c < 4; c++)
        if (seen[c])
            text[n++] = "PICR"[c];
    const char *kept = sb_arena_str(d->arena, "%s", n ? text : ".");
    return kept ? kept : ".";
}

static bool first_of_row(const struct sb_grant_view *views, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (sb_bytes_eq(views[j].grant.publisher, views[i].grant.publisher) &&
            sb_bytes_eq(views[j].grant.type, views[i].grant.type))
            return false;
    return true;
}

static int matrix(const struct sb_cli *cli,
                  const struct sb_cmd_dir *d,
                  const struct sb_grant_view *views,
                  struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    size_t n = d->body.n_members;
    uint64_t now = sb_clock_now_ms();
    struct sb_out_column *columns = sb_arena_alloc(d->arena, n + 1, sizeof *columns);
    if (!columns)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    columns[0] = (struct sb_out_column){"stream", "STREAM", false};
    for (size_t i = 0; i < n; i++) {
        const char *code =
            sb_arena_str(d->arena, "%.*s", SB_FMT(d->body.members[i].code));
        if (!code)
            return sb_fail(err, SB_E_MEMORY, "out of memory");
        columns[i + 1] = (struct sb_out_column){code, code, false};
    }
    sb_out_table(out, "matrix", columns, n + 1);
    for (size_t i = 0; i < d->body.n_grants; i++) {
        const struct sb_grant *g = &views[i].grant;
        if (!first_of_row(views, i))
            continue;
        sb_out_cell_text(
            out,
            sb_arena_str(d->arena, "%.*s/%.*s", SB_FMT(g->publisher), SB_FMT(g->type)));
        for (size_t m = 0; m < n; m++)
            sb_out_cell_text(out, cell(d, views, g, d->body.members[m].code, now));
    }
    sb_out_end(out);
    sb_out_note(
        out, "%s", sb_tr(cli, "P publica, I interna, C confidencial, R reservada"));
    return 0;
}

static int run_list(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_cmd_dir d;
    struct sb_grant_view *views;
    int rc = sb_cmd_dir_open(cli, sb_cli_text(cli, "directory"), &d, err);
    if (rc != 0)
        return rc;
    rc = sb_grant_views(&d, &views, err);
    if (rc == 0) {
        sb_out_int(
            sb_cli_out(cli), "version", sb_tr(cli, "Version"), (int64_t)d.body.version);
        if (sb_cli_flag(cli, "matrix"))
            rc = matrix(cli, &d, views, err);
        else
            list(cli, &d, views);
    }
    sb_cmd_dir_close(&d);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static const struct sb_cli_option offer_options[] = {
    {.name = "vault",
     .kind = SB_CLI_FILE,
     .required = true,
     .value = "FILE",
     .summary = "the publisher's vault"},
    SB_OPTION_DIRECTORY,
    SB_OPTION_ANCHOR,
    {.name = "type",
     .kind = SB_CLI_TEXT,
     .required = true,
     .value = "TYPE",
     .summary = "the event type that is given"},
    {.name = "reader",
     .kind = SB_CLI_TEXT,
     .required = true,
     .value = "CODE",
     .summary = "the institution that reads"},
    {.name = "classes",
     .kind = SB_CLI_TEXT,
     .required = true,
     .value = "CLASS,...",
     .summary = "what it sees: publica,interna,confidencial,reservada"},
    {.name = "basis",
     .kind = SB_CLI_TEXT,
     .required = true,
     .value = "TEXT",
     .summary = "the legal basis, shown wherever an audit shows a delivery"},
    {.name = "from",
     .kind = SB_CLI_TEXT,
     .value = "WHEN",
     .summary = "its first moment (now)"},
    {.name = "until",
     .kind = SB_CLI_TEXT,
     .value = "WHEN",
     .summary = "its end (365d)"},
    SB_OPTION_CATALOGUE,
    SB_OPTION_OUT("the signed grant to write"),
    {.name = NULL}};
static const struct sb_cli_option add_options[] = {SB_OPTION_DIRECTORY,
                                                   SB_OPTION_ANCHOR,
                                                   SB_OPTION_CATALOGUE,
                                                   SB_OPTION_OUT("the draft to write"),
                                                   {.name = NULL}};
static const struct sb_cli_option remove_options[] = {
    SB_OPTION_DIRECTORY,
    SB_OPTION_ANCHOR,
    SB_OPTION_OUT("the draft to write"),
    {.name = NULL}};
static const struct sb_cli_option list_options[] = {
    SB_OPTION_DIRECTORY,
    SB_OPTION_ANCHOR,
    {.name = "matrix",
     .kind = SB_CLI_FLAG,
     .summary = "streams against readers, as they stand now"},
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = "offer",
     .summary = "Sign, as the publisher, that a reader may see classes of a type",
     .options = offer_options,
     .example = "sacbe grant offer --vault pnc.vault -d directory-2.sbd "
                "--type riesgos.sismo --reader igm --classes publica "
                "--basis \"Convenio 4-2026\" -o pnc-igm.grant",
     .flags = SB_CLI_PASSPHRASE,
     .run = sb_grant_run_offer},
    {.verb = "add",
     .summary = "Put publishers' grants into a draft",
     .args = "GRANT...",
     .args_min = 1,
     .args_max = UINT_MAX,
     .options = add_options,
     .example = "sacbe grant add pnc-igm.grant -d directory-2.sbd -o draft.sbd",
     .flags = SB_CLI_SHARED,
     .run = run_add},
    {.verb = "remove",
     .summary = "Take grants out, in a draft",
     .args = "ID...",
     .args_min = 1,
     .args_max = UINT_MAX,
     .options = remove_options,
     .example = "sacbe grant remove g-0c11ba2b54d03ae7 -d directory-3.sbd -o "
                "draft.sbd",
     .flags = SB_CLI_SHARED,
     .run = run_remove},
    {.verb = "list",
     .summary = "List the grants of a directory",
     .options = list_options,
     .example = "sacbe grant list -d directory-3.sbd --matrix",
     .run = run_list},
    {.run = NULL}};

const struct sb_cli_family sb_cli_grant = {
    "grant", "Grants: who may read what, on what basis", commands, sb_grant_spanish};
