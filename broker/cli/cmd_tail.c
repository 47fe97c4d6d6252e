/* Purpose: `sacbe tail`: headers of entries as the broker journals them.
 * Invariant: never a payload; the broker has none.
 * Not for: opening events; `journal replay` does that. */
#include "broker/cli/cmd_admin.h"

#include <poll.h>
#include <stdio.h>

#include "broker/cli/cmd_file.h"
#include "broker/cli/families.h"
#include "schemas/base/text.h"

#define POLL_MS 500
#define FIRST_PRESET 20

static void one(const struct sb_cli *cli, const struct sb_value *row)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_buf line = {0};
    char time[32];
    struct sb_bytes kind = sb_cmd_text(row, "kind");
    struct sb_bytes stream = sb_cmd_text(row, "stream");
    long long first = sb_cmd_int(row, "first");
    long long last = sb_cmd_int(row, "last");
    sb_text_time(time, (uint64_t)sb_cmd_int(row, "stored_ms"));
    if (sb_out_format(out) == SB_OUT_JSON)
        sb_buf_printf(&line,
                      "{\"index\":%lld,\"time\":\"%s\",\"kind\":\"%.*s\","
                      "\"stream\":\"%.*s\",\"first\":%lld,\"last\":%lld,"
                      "\"bytes\":%lld}",
                      (long long)sb_cmd_int(row, "index"),
                      time,
                      SB_FMT(kind),
                      SB_FMT(stream),
                      first,
                      last,
                      (long long)sb_cmd_int(row, "bytes"));
    else
        sb_buf_printf(&line,
                      "%10lld  %s  %-10.*s %9lld B  %.*s%s",
                      (long long)sb_cmd_int(row, "index"),
                      time,
                      SB_FMT(kind),
                      (long long)sb_cmd_int(row, "bytes"),
                      SB_FMT(stream),
                      stream.n ? "@" : "");
    if (sb_out_format(out) != SB_OUT_JSON && last)
        sb_buf_printf(&line, "%lld..%lld", first, last);
    if (!line.failed)
        sb_out_line(out, sb_buf_bytes(&line));
    sb_buf_free(&line);
}

/* Shows what there is from *from on, at most `most`; *shown: how many. */
static int step(struct sb_cli *cli,
                uint64_t *from,
                uint64_t most,
                size_t *shown,
                struct sb_err *err)
{
    char index[24];
    char max[24];
    struct sb_value list;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    (void)snprintf(index, sizeof index, "%llu", (unsigned long long)*from);
    (void)snprintf(max, sizeof max, "%llu", (unsigned long long)most);
    struct sb_bytes args[2] = {sb_bytes_str(index), sb_bytes_str(max)};
    int rc = sb_cmd_ask_daemon(cli, "tail", args, 2, arena, &list, err);
    *shown = rc == 0 && list.type == SB_ARRAY ? list.as.a.n : 0;
    for (size_t i = 0; i < *shown; i++) {
        one(cli, &list.as.a.items[i]);
        *from = (uint64_t)sb_cmd_int(&list.as.a.items[i], "index") + 1;
    }
    sb_arena_free(arena);
    return rc;
}

static int newest(struct sb_cli *cli, uint64_t *durable, struct sb_err *err)
{
    struct sb_value map;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_ask_daemon(cli, "status", NULL, 0, arena, &map, err);
    if (rc == 0)
        *durable = (uint64_t)sb_cmd_int(&map, "durable");
    sb_arena_free(arena);
    return rc;
}

static int run(struct sb_cli *cli, struct sb_err *err)
{
    uint64_t from = 0;
    uint64_t count = (uint64_t)sb_cli_int(cli, "count", FIRST_PRESET);
    size_t shown = 0;
    int rc = newest(cli, &from, err);
    from = from > count ? from - count : 0;
    if (rc == 0) {
        from = (uint64_t)sb_cli_int(cli, "from", (int64_t)from);
        rc = step(cli, &from, count, &shown, err);
    }
    while (rc == 0 && sb_cli_flag(cli, "follow")) {
        if (shown == 0)
            (void)poll(NULL, 0, POLL_MS);
        rc = step(cli, &from, 1000, &shown, err);
    }
    return rc == 0 ? SB_EXIT_YES : rc;
}

static const struct sb_cli_option options[] = {
    {.name = "follow",
     .kind = SB_CLI_FLAG,
     .letter = 'f',
     .summary = "go on as entries arrive, until interrupted"},
    {.name = "from",
     .kind = SB_CLI_INT,
     .value = "INDEX",
     .summary = "the first entry to show"},
    {.name = "count",
     .kind = SB_CLI_INT,
     .letter = 'n',
     .value = "N",
     .summary = "how many entries, at most 1000 (20)",
     .min = 1,
     .max = 1000},
    {.name = NULL}};

static const struct sb_cli_command commands[] = {
    {.verb = NULL,
     .summary = "Show headers of the newest journal entries",
     .options = options,
     .example = "sacbe tail -f",
     .run = run},
    {.run = NULL}};

static const struct sb_tr_row spanish[] = {
    {"Entries as they are journaled", "Asientos conforme llegan al diario"},
    {"Show headers of the newest journal entries",
     "Muestra los encabezados de los asientos más nuevos del diario"},
    {"go on as entries arrive, until interrupted",
     "sigue conforme llegan, hasta que se interrumpa"},
    {"the first entry to show", "el primer asiento que se muestra"},
    {"how many entries, at most 1000 (20)", "cuántos asientos, 1000 a lo sumo (20)"},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_tail = {
    "tail", "Entries as they are journaled", commands, spanish};
