/* Purpose: `sacbe metrics`: the metrics of a daemon, as Prometheus reads them. */
#include "broker/cli/cmd_admin.h"
#include "broker/cli/families.h"
#include "broker/metrics/metrics.h"

static void put_json(struct sb_out *out, struct sb_bytes line)
{
    static const struct sb_out_column columns[] = {{"sample", "SAMPLE", false},
                                                   {"value", "VALUE", true}};
    const uint8_t *at = line.p;
    sb_out_table(out, "metrics", columns, 2);
    while (line.n) {
        const uint8_t *end = memchr(at, '\n', line.n);
        size_t n = end ? (size_t)(end - at) : line.n;
        const uint8_t *space = n && at[0] != '#' ? memrchr(at, ' ', n) : NULL;
        if (space) {
            sb_out_cell_bytes(out, sb_bytes(at, (size_t)(space - at)));
            sb_out_cell_bytes(out, sb_bytes(space + 1, n - (size_t)(space - at) - 1));
        }
        at += n + (end ? 1 : 0);
        line.n -= n + (end ? 1 : 0);
    }
    sb_out_end(out);
}

static int run(struct sb_cli *cli, struct sb_err *err)
{
    char run_dir[SB_PATH_TEXT];
    struct sb_buf text = {0};
    struct sb_out *out = sb_cli_out(cli);
    int rc = sb_cmd_config_path(cli, "run_dir", run_dir, err);
    if (rc == 0)
        rc = sb_metrics_ask(run_dir, &text, err);
    struct sb_bytes lines = sb_buf_bytes(&text);
    if (lines.n && lines.p[lines.n - 1] == '\n')
        lines.n--;
    if (rc == 0 && sb_out_format(out) == SB_OUT_JSON)
        put_json(out, lines);
    else if (rc == 0)
        sb_out_line(out, lines);
    sb_buf_free(&text);
    return rc == 0 ? SB_EXIT_YES : rc;
}

static const struct sb_cli_command commands[] = {
    {.verb = NULL,
     .summary = "Print a daemon's metrics, as Prometheus reads them",
     .example = "sacbe metrics -c /etc/sacbe/broker.yaml",
     .run = run},
    {.run = NULL}};

static const struct sb_tr_row spanish[] = {
    {"Metrics of a daemon", "Métricas de un servicio"},
    {"Print a daemon's metrics, as Prometheus reads them",
     "Imprime las métricas de un servicio, como las lee Prometheus"},
    {"SAMPLE", "MUESTRA"},
    {"VALUE", "VALOR"},
    {NULL, NULL}};

const struct sb_cli_family sb_cli_metrics = {
    "metrics", "Metrics of a daemon", commands, spanish};
