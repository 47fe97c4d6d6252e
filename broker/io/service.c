/* Purpose: the broker before its service manager: alive, its line of status, SIGHUP.
 * Invariant: a reload changes nothing that peers see of their sessions.
 * Not: reading priorities (main_broker.c, which knows the catalogue). */
#include "broker/io/broker_impl.h"

/* The journal's thread moves when entries become durable, the reader's when answers
 * come back. */
static bool is_alive(struct sb_broker *b, uint64_t mono)
{
    uint64_t waiting = sb_asker_waiting(b->asker);
    bool writes = sb_service_moves(b->config->service,
                                   &b->writes,
                                   b->committed < b->accepted && !b->room_held,
                                   b->committed,
                                   mono);
    bool reads = sb_service_moves(
        b->config->service, &b->reads, waiting > 0, sb_asker_answered(b->asker), mono);
    return writes && reads;
}

void sb_broker_tell_service(struct sb_broker *b)
{
    uint64_t mono = b->config->mono_ms();
    if (!sb_service_turn(b->config->service, is_alive(b, mono), mono))
        return;
    sb_service_status(b->config->service,
                      "listening on %s, %zu sessions, %llu entries",
                      sb_broker_address(b),
                      sb_core_sessions(b->core),
                      (unsigned long long)b->committed);
}

static int take(void *ctx, const struct sb_config *fresh, struct sb_err *err)
{
    struct sb_broker *b = ctx;
    struct sb_broker_tuning t = {0};
    int rc = b->config->tune(b->config->tune_ctx, fresh, &t, err);
    if (rc)
        return rc;
    sb_core_tune(b->core, t.session_ms, t.priorities, t.n_priorities);
    b->session_ms = t.session_ms;
    return 0;
}

void sb_broker_reload(struct sb_broker *b)
{
    static const char *const keys[] = {"session", "catalogue_folder", NULL};
    struct sb_reload r = {.keys = keys, .take = take, .ctx = b};
    if (b->config->tune)
        sb_service_reload(b->config->service, &r);
}
