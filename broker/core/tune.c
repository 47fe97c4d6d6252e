/* Purpose: settings that change while the core runs.
 * Invariant: between two steps; no session, stream or place of a reader is touched. */
#include "broker/core/core_impl.h"

void sb_core_tune(struct sb_core *core,
                  uint64_t session_ms,
                  const struct sb_priority *priorities,
                  size_t n_priorities)
{
    core->config.session_ms = session_ms;
    core->config.priorities = priorities;
    core->config.n_priorities = n_priorities;
    for (size_t i = 0; i < core->n_streams; i++)
        core->streams[i]->priority = stream_priority(core, core->streams[i]->type);
}

size_t sb_core_sessions(const struct sb_core *core)
{
    size_t n = 0;
    for (const struct session *at = core->sessions; at; at = at->next)
        n += at->state == SESSION_OPEN;
    return n;
}
