/* Purpose: `sacbe status` of a broker: its journal, its witnesses, who is connected.
 * Invariant: a witness is silent when it has not cosigned for a minute while there was
 * something new to cosign, or for two of the hours after which it signs again. */
#include "broker/cli/cmd_status.h"

#include <stdio.h>

#define SILENT_MS 60000
#define IDLE_MS (2 * 3600000ll)

static bool is_silent(const struct sb_status *s, const struct sb_value *witness)
{
    int64_t started = sb_cmd_int(s->map, "started_ms");
    int64_t time = sb_cmd_int(witness, "time_ms");
    int64_t age = s->now - (time > started ? time : started);
    bool behind = sb_cmd_int(witness, "size") < sb_cmd_int(s->map, "checkpoint");
    return age > (behind ? SILENT_MS : IDLE_MS);
}

static void attend_witnesses(struct sb_status *s)
{
    size_t n;
    const struct sb_value *items = sb_cmd_items(s->map, "witnesses", &n);
    for (size_t i = 0; i < n; i++) {
        char age[32];
        int64_t time = sb_cmd_int(&items[i], "time_ms");
        struct sb_bytes who = sb_cmd_text(&items[i], "institution");
        if (!is_silent(s, &items[i]))
            continue;
        sb_cmd_age((uint64_t)(s->now > time ? s->now - time : 0), age, sizeof age);
        if (time)
            sb_out_attention(sb_status_attend(s, SB_EXIT_INDETERMINATE),
                             "sacbe explain SB-614",
                             sb_tr(s->cli, "witness %.*s has been silent for %s"),
                             SB_FMT(who),
                             age);
        else
            sb_out_attention(
                sb_status_attend(s, SB_EXIT_INDETERMINATE),
                "sacbe explain SB-614",
                sb_tr(s->cli, "witness %.*s has not cosigned since the start"),
                SB_FMT(who));
    }
}

static size_t count_awake(const struct sb_status *s, size_t *n, int64_t *newest)
{
    size_t awake = 0;
    const struct sb_value *items = sb_cmd_items(s->map, "witnesses", n);
    *newest = 0;
    for (size_t i = 0; i < *n; i++) {
        int64_t time = sb_cmd_int(&items[i], "time_ms");
        awake += time > 0 && !is_silent(s, &items[i]);
        *newest = time > *newest ? time : *newest;
    }
    return awake;
}

static void attend_quorum(struct sb_status *s)
{
    size_t n;
    int64_t newest;
    char age[32];
    int64_t quorum = sb_cmd_int(s->map, "quorum");
    int64_t final = sb_cmd_int(s->map, "final");
    int64_t final_ms = sb_cmd_int(s->map, "final_ms");
    int64_t since = s->now - (final_ms ? final_ms : sb_cmd_int(s->map, "started_ms"));
    size_t awake = count_awake(s, &n, &newest);
    if (quorum == 0 || final >= sb_cmd_int(s->map, "checkpoint") || since <= SILENT_MS)
        return;
    sb_cmd_age((uint64_t)since, age, sizeof age);
    sb_out_attention(sb_status_attend(s, SB_EXIT_NO),
                     "sacbe explain SB-614",
                     sb_tr(s->cli,
                           "no final checkpoint for %s: %zu of %zu witnesses, quorum "
                           "%lld"),
                     age,
                     awake,
                     n,
                     (long long)quorum);
}

static void attend_clock(struct sb_status *s)
{
    bool expired = sb_cmd_int(s->map, "clock_held") == sb_code_number(SB_E_DIR_EXPIRED);
    int64_t behind_s = sb_cmd_int(s->map, "clock_behind_ms") / 1000;
    if (expired)
        sb_out_attention(
            sb_status_attend(s, SB_EXIT_NO),
            "sacbe explain SB-412",
            "%s",
            sb_tr(s->cli,
                  "the directory has expired by this machine's clock: nothing of the "
                  "members is stored (SB-412)"));
    if (behind_s >= 60)
        sb_out_attention(sb_status_attend(s, SB_EXIT_NO),
                         "sacbe explain SB-110",
                         sb_tr(s->cli,
                               "the clock stands %lld s before the journal's newest "
                               "entry (SB-110)"),
                         (long long)behind_s);
}

void sb_status_attend_broker(struct sb_status *s)
{
    int64_t malformed = sb_cmd_int(s->map, "malformed");
    if (sb_cmd_true(s->map, "contradicted"))
        sb_out_attention(
            sb_status_attend(s, SB_EXIT_NO),
            "sacbe explain SB-611",
            "%s",
            sb_tr(s->cli,
                  "a witness holds a checkpoint that contradicts this journal"));
    attend_clock(s);
    sb_status_attend_disk(s);
    attend_quorum(s);
    attend_witnesses(s);
    if (malformed)
        sb_out_attention(sb_status_attend(s, SB_EXIT_INDETERMINATE),
                         "sacbe explain SB-501",
                         sb_tr(s->cli, "%lld malformed messages since the start"),
                         (long long)malformed);
}

static void put_witnesses(const struct sb_status *s)
{
    static const struct sb_out_column columns[] = {{"institution", "WITNESS", false},
                                                   {"size", "COSIGNED", true},
                                                   {"time", "AT", false},
                                                   {"silent", "SILENT", false}};
    struct sb_out *out = sb_cli_out(s->cli);
    size_t n;
    const struct sb_value *rows = sb_cmd_items(s->map, "witnesses", &n);
    if (n == 0)
        return;
    sb_out_table(out, "witnesses", columns, 4);
    for (size_t i = 0; i < n; i++) {
        int64_t time = sb_cmd_int(&rows[i], "time_ms");
        sb_out_cell_bytes(out, sb_cmd_text(&rows[i], "institution"));
        sb_out_cell_int(out, sb_cmd_int(&rows[i], "size"));
        if (time)
            sb_out_cell_time(out, (uint64_t)time);
        else
            sb_out_cell_text(out, NULL);
        sb_out_cell_bool(out, is_silent(s, &rows[i]));
    }
    sb_out_end(out);
}

static void sessions(const struct sb_status *s)
{
    static const struct sb_out_column columns[] = {{"institution", "CONNECTED", false},
                                                   {"version", "VERSION", false},
                                                   {"revision", "REVISION", true},
                                                   {"since", "SINCE", false},
                                                   {"directory", "DIRECTORY", true},
                                                   {"refused", "REFUSED", true}};
    struct sb_out *out = sb_cli_out(s->cli);
    size_t n;
    const struct sb_value *rows = sb_cmd_items(s->map, "sessions", &n);
    sb_out_table(out, "sessions", columns, 6);
    for (size_t i = 0; i < n; i++) {
        sb_out_cell_bytes(out, sb_cmd_text(&rows[i], "institution"));
        sb_out_cell_bytes(out, sb_cmd_text(&rows[i], "version"));
        sb_out_cell_int(out, sb_cmd_int(&rows[i], "revision"));
        sb_out_cell_time(out, (uint64_t)sb_cmd_int(&rows[i], "since_ms"));
        sb_out_cell_int(out, sb_cmd_int(&rows[i], "directory"));
        sb_out_cell_int(out, sb_cmd_int(&rows[i], "refused"));
    }
    sb_out_end(out);
}

/* "3/3 witnesses 1 s ago" */
static void put_final(const struct sb_status *s)
{
    struct sb_out *out = sb_cli_out(s->cli);
    char text[96];
    char age[32];
    size_t n;
    int64_t newest;
    size_t awake = count_awake(s, &n, &newest);
    int64_t final_ms = sb_cmd_int(s->map, "final_ms");
    sb_cmd_age((uint64_t)(s->now > newest ? s->now - newest : 0), age, sizeof age);
    if (n > 0 && newest > 0)
        (void)snprintf(
            text, sizeof text, sb_tr(s->cli, "%zu/%zu, %s ago"), awake, n, age);
    else
        (void)snprintf(text, sizeof text, "%zu/%zu", awake, n);
    if (sb_out_format(out) == SB_OUT_TEXT)
        sb_out_text(out, NULL, sb_tr(s->cli, "Witnesses"), text);
    sb_out_int(out, "quorum", sb_tr(s->cli, "Quorum"), sb_cmd_int(s->map, "quorum"));
    sb_out_int(out, "final", sb_tr(s->cli, "Final at"), sb_cmd_int(s->map, "final"));
    if (final_ms)
        sb_out_time(
            out, "final_time", sb_tr(s->cli, "Final since"), (uint64_t)final_ms);
    sb_out_int(out,
               "pruned_below",
               sb_tr(s->cli, "Pruned below"),
               sb_cmd_int(s->map, "pruned_below"));
}

void sb_status_broker(const struct sb_status *s)
{
    static const struct {
        const char *key;
        const char *label;
    } numbers[] = {{"entries", "Entries"},
                   {"durable", "On disk"},
                   {"checkpoint", "Checkpoint at"},
                   {"generation", "Generation"},
                   {"directory", "Directory"},
                   {"members", "Members"},
                   {"grants", "Grants"},
                   {"refused", "Refused"}};
    struct sb_out *out = sb_cli_out(s->cli);
    sb_out_bytes(
        out, "version", sb_tr(s->cli, "Version"), sb_cmd_text(s->map, "version"));
    sb_out_bytes(
        out, "address", sb_tr(s->cli, "Address"), sb_cmd_text(s->map, "address"));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sb_out_int(out,
                   numbers[i].key,
                   sb_tr(s->cli, numbers[i].label),
                   sb_cmd_int(s->map, numbers[i].key));
    put_final(s);
    sb_status_disk(s);
    if (sb_cmd_int(s->map, "members") && !sb_cmd_int(s->map, "quorum"))
        sb_out_note(
            sb_cli_out(s->cli),
            "%s",
            sb_tr(s->cli, "There is no quorum: the broker's own signature is final."));
    put_witnesses(s);
    sb_status_limits(s);
    sessions(s);
}
