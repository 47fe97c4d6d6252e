/* Purpose: a stopped adapter's state, opened as the adapter itself does.
 * Invariant: its admin socket is ours before its state is read, so that no start comes
 * between.
 * Not for: deciding what is sealed. */
#include "adapters/engine/onto.h"

#include <stdio.h>
#include <unistd.h>

#include "adapters/engine/engine_impl.h"
#include "broker/host/privileges.h"

static int
hold(struct sb_admin **out, const struct sb_engine_config *config, struct sb_err *err)
{
    static const struct sb_admin_verb none[] = {{.name = NULL}};
    const char *run_dir = sb_config_text(config->config, "run_dir");
    struct sb_err why = {.code = 0};
    int rc = sb_privileges_run_dir(run_dir, err);
    if (rc)
        return rc;
    rc = sb_admin_open(out, run_dir, none, NULL, &why);
    if (rc == SB_E_EXISTS)
        return sb_fail(
            err, SB_E_BUSY, "%s: its adapter runs: stop it, then repeat", run_dir);
    return rc ? sb_fail(err, rc, "%s", why.text) : 0;
}

static int was_here(const struct sb_engine_config *config, struct sb_err *err)
{
    char path[4096];
    const char *state = sb_config_text(config->config, "state");
    (void)snprintf(path, sizeof path, "%s/adapter.db", state);
    if (access(path, F_OK) == 0)
        return 0;
    return sb_fail(err,
                   SB_E_NOT_ENROLLED,
                   "%s: its adapter has never run: start it once, so that it gets the"
                   " directory",
                   path);
}

static int judge(const struct sb_engine *e, struct sb_err *err)
{
    if (!sb_trust_newest(e->env.trust))
        return sb_fail(err,
                       SB_E_NOT_ENROLLED,
                       "the adapter holds no directory yet: let it connect once");
    return sb_engine_same_catalogue(e, err);
}

int sb_onto_open(struct sb_engine **out,
                 const struct sb_engine_config *config,
                 struct sb_err *err)
{
    struct sb_admin *admin = NULL;
    struct sb_engine *e = NULL;
    int rc = was_here(config, err);
    if (!rc)
        rc = hold(&admin, config, err);
    if (!rc)
        rc = sb_engine_open(&e, config, err);
    if (!rc)
        rc = judge(e, err);
    if (rc) {
        sb_engine_close(e);
        sb_admin_close(admin);
        return rc;
    }
    e->admin = admin; /* sb_engine_close lets it go */
    *out = e;
    return 0;
}

struct sb_sql *sb_onto_state(const struct sb_engine *e)
{
    return e->env.state;
}

struct sb_stream *sb_onto_stream(struct sb_engine *e, struct sb_bytes type)
{
    struct sb_stream *found = NULL;
    for (size_t i = 0; i < e->n_streams; i++) {
        struct sb_stream *s = &e->streams[i];
        if (sb_bytes_eq(s->type.name, type) &&
            (!found || strlen(s->name) < strlen(found->name)))
            found = s;
    }
    return found;
}
