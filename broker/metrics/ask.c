/* Purpose: the metrics of a daemon, through its admin socket. */
#include "broker/io/admin.h"
#include "broker/metrics/metrics.h"
#include "broker/metrics/render.h"

#define TIMEOUT_MS 10000

int sb_metrics_ask(const char *run_dir, struct sb_buf *out, struct sb_err *err)
{
    struct sb_value status;
    struct sb_value lag = {.type = SB_NIL};
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "metrics");
    int rc = sb_admin_call(run_dir, "status", NULL, 0, TIMEOUT_MS, arena, &status, err);
    const struct sb_value *program = rc == 0 ? sb_value_get(&status, "program") : NULL;
    bool broker = program && program->type == SB_STR &&
                  sb_bytes_is(program->as.s, "sacbe-broker");
    if (broker)
        rc = sb_admin_call(run_dir, "lag", NULL, 0, TIMEOUT_MS, arena, &lag, err);
    if (rc == 0)
        rc = sb_metrics_render(&status, broker ? &lag : NULL, out, err);
    sb_arena_free(arena);
    return rc;
}
