/* Purpose: `sacbe status`: how much of its limits each institution uses, and how long
 * the disks of a daemon last.
 * Invariant: a forecast is shown only where the daemon has one: something grew. */
#include "broker/cli/cmd_status.h"

#define DAYS_LOOK 30 /* attention: plan for more disk */
#define DAYS_BROKEN 7
#define USE_LOOK 90 /* percent of what it may have in the journal */

static void
attend_days(struct sb_status *s, const char *key, const char *command, const char *text)
{
    const struct sb_value *days = sb_value_get(s->map, key);
    if (!days || days->type != SB_INT || days->as.i >= DAYS_LOOK)
        return;
    sb_out_attention(
        sb_status_attend(s,
                         days->as.i < DAYS_BROKEN ? SB_EXIT_NO : SB_EXIT_INDETERMINATE),
        command,
        "%s: %lld",
        sb_tr(s->cli, text),
        (long long)days->as.i);
}

void sb_status_attend_growth(struct sb_status *s)
{
    attend_days(s,
                "disk_days",
                "sacbe journal prune",
                "days until the journal's disk is full, at this growth");
    attend_days(s,
                "state_days",
                "sacbe explain SB-103",
                "days until the disk of the outbox is full, at this growth");
    attend_days(s,
                "database_days",
                "sacbe explain SB-103",
                "days until the disk of the database and its change log is full, at "
                "this growth");
}

void sb_status_attend_limits(struct sb_status *s)
{
    size_t n;
    const struct sb_value *rows = sb_cmd_items(s->map, "limits", &n);
    for (size_t i = 0; i < n; i++) {
        int64_t limit = sb_cmd_int(&rows[i], "journal_bytes_limit");
        int64_t bytes = sb_cmd_int(&rows[i], "journal_bytes");
        int64_t percent = limit >= 100 ? bytes / (limit / 100) : 0;
        if (percent < USE_LOOK)
            continue;
        sb_out_attention(
            sb_status_attend(s, SB_EXIT_INDETERMINATE),
            "sacbe directory policy --limit",
            sb_tr(s->cli, "%.*s has used %lld %% of what it may have in the journal"),
            SB_FMT(sb_cmd_text(&rows[i], "institution")),
            (long long)percent);
    }
}

/* A number and its limit; without a limit the cell stays empty. */
static void pair(struct sb_out *out, const struct sb_value *row, const char *keys[2])
{
    int64_t limit = sb_cmd_int(row, keys[1]);
    sb_out_cell_int(out, sb_cmd_int(row, keys[0]));
    if (limit)
        sb_out_cell_int(out, limit);
    else
        sb_out_cell_text(out, NULL);
}

void sb_status_limits(const struct sb_status *s)
{
    static const struct sb_out_column columns[] = {
        {"institution", "SHARE OF", false},
        {"events_s", "EVENTS/S", true},
        {"events_s_limit", "LIMIT", true},
        {"bytes_s", "BYTES/S", true},
        {"bytes_s_limit", "LIMIT", true},
        {"journal_bytes", "IN JOURNAL", true},
        {"journal_bytes_limit", "LIMIT", true},
        {"connections", "SESSIONS", true},
        {"connections_limit", "LIMIT", true},
        {"refused_quota", "OVER", true}};
    static const char *pairs[][2] = {{"events_s", "events_s_limit"},
                                     {"bytes_s", "bytes_s_limit"},
                                     {"journal_bytes", "journal_bytes_limit"},
                                     {"connections", "connections_limit"}};
    struct sb_out *out = sb_cli_out(s->cli);
    size_t n;
    const struct sb_value *rows = sb_cmd_items(s->map, "limits", &n);
    if (n == 0)
        return;
    sb_out_table(out, "limits", columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < n; i++) {
        sb_out_cell_bytes(out, sb_cmd_text(&rows[i], "institution"));
        for (size_t p = 0; p < sizeof pairs / sizeof pairs[0]; p++)
            pair(out, &rows[i], pairs[p]);
        sb_out_cell_int(out, sb_cmd_int(&rows[i], "refused_quota"));
    }
    sb_out_end(out);
}

void sb_status_growth(const struct sb_status *s)
{
    static const struct {
        const char *key;
        const char *label;
    } numbers[] = {{"journal_used", "Journal, bytes"},
                   {"journal_growth", "Growth of the journal, bytes a day"},
                   {"disk_days", "Days left on the journal's disk"},
                   {"state_bytes", "Outbox and state, bytes"},
                   {"state_days", "Days left on their disk"},
                   {"database_bytes", "Database and change log, bytes"},
                   {"database_days", "Days left on its disk"},
                   {"memory_bytes", "Memory, bytes"}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (sb_value_get(s->map, numbers[i].key))
            sb_out_int(sb_cli_out(s->cli),
                       numbers[i].key,
                       sb_tr(s->cli, numbers[i].label),
                       sb_cmd_int(s->map, numbers[i].key));
}
