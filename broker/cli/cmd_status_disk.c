/* Purpose: `sacbe status` of a broker: its disk and the newest backup of its journal.
 * Invariant: says only what the broker said. */
#include "broker/cli/cmd_status.h"

void sb_status_attend_disk(struct sb_status *s)
{
    if (sb_cmd_true(s->map, "disk_held"))
        sb_out_attention(
            sb_status_attend(s, SB_EXIT_NO),
            "sacbe explain SB-103",
            "%s",
            sb_tr(s->cli,
                  "the journal's disk is full: nothing can be stored (SB-103)"));
    if (sb_cmd_true(s->map, "disk_low"))
        sb_out_attention(sb_status_attend(s, SB_EXIT_NO),
                         "sacbe journal prune",
                         sb_tr(s->cli,
                               "the journal's disk is nearly full, %lld MiB: "
                               "publishers wait (SB-524)"),
                         (long long)(sb_cmd_int(s->map, "disk_free") >> 20));
}

void sb_status_disk(const struct sb_status *s)
{
    static const struct {
        const char *key;
        const char *label;
    } sizes[] = {{"disk_free", "Disk free, bytes"},
                 {"disk_total", "Disk, bytes"},
                 {"journal_reusable", "Free in the journal, bytes"}};
    struct sb_out *out = sb_cli_out(s->cli);
    int64_t backed_up_ms = sb_cmd_int(s->map, "backed_up_ms");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        sb_out_int(out,
                   sizes[i].key,
                   sb_tr(s->cli, sizes[i].label),
                   sb_cmd_int(s->map, sizes[i].key));
    sb_out_bool(out,
                "disk_low",
                sb_tr(s->cli, "Disk nearly full"),
                sb_cmd_true(s->map, "disk_low"));
    sb_out_bool(out,
                "disk_held",
                sb_tr(s->cli, "Waits for room"),
                sb_cmd_true(s->map, "disk_held"));
    sb_out_bool(out,
                "disk_reserve",
                sb_tr(s->cli, "Reserve"),
                sb_cmd_true(s->map, "disk_reserve"));
    if (backed_up_ms == 0)
        return;
    sb_out_int(out,
               "backed_up",
               sb_tr(s->cli, "Backed up to"),
               sb_cmd_int(s->map, "backed_up"));
    sb_out_time(
        out, "backed_up_time", sb_tr(s->cli, "Backup of"), (uint64_t)backed_up_ms);
}
