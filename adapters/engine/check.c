/* `sacbe-adapter --check`: everything that can be known before it runs.
 *
 * Opens nothing for writing: no state file, no table, no socket file. */
#include "adapters/engine/engine_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "adapters/engine/cursor.h"
#include "broker/host/clock.h"
#include "schemas/catalog/catalog.h"

#define CONNECT_MS 6000u
#define CLOCK_MS 300000u

struct check {
    struct sb_engine e;
    void (*say)(void *ctx, const char *what, const struct sb_err *why);
    void *ctx;
    bool bad;
};

static void tell(struct check *c, const char *what, int rc, const struct sb_err *why)
{
    c->bad = c->bad || rc != 0;
    c->say(c->ctx, what, rc ? why : NULL);
}

/* Whatever has come before `until`; directories are taken in. */
static int gather(struct check *c, struct sb_err *err)
{
    struct sb_engine *e = &c->e;
    uint64_t until = sb_clock_mono_ms() + CONNECT_MS;
    uint64_t newest = 0;
    while (sb_clock_mono_ms() < until) {
        struct sb_message m;
        int rc = sb_client_next(e->client, 100, &m, err);
        if (rc < 0)
            return rc;
        if (sb_client_state(e->client) == SB_CLIENT_REFUSED)
            return sb_client_refusal(e->client, err);
        if (rc == 1 && m.cmd == SB_CMD_WELCOME)
            newest = m.as.welcome.directory_version;
        if (rc == 1 && m.cmd == SB_CMD_DIRECTORY) {
            rc = sb_trust_add(e->env.trust, m.payload[0], err);
            if (rc)
                return rc;
        }
        const struct sb_dir *dir = sb_trust_newest(e->env.trust);
        if (newest && dir && sb_dir_body(dir)->version >= newest)
            return 0;
    }
    return sb_fail(err,
                   SB_E_NO_CONNECTION,
                   "%s: no answer within %u s",
                   e->address,
                   CONNECT_MS / 1000);
}

static void check_connection(struct check *c)
{
    struct sb_err why = {.code = 0};
    int rc = sb_engine_connect(&c->e, &why);
    if (!rc)
        rc = gather(c, &why);
    tell(c, "connection", rc, &why);
    sb_client_close(c->e.client);
    c->e.client = NULL;
    const char *file = sb_config_text(c->e.config->config, "directory");
    struct sb_buf raw = {0};
    if (sb_trust_newest(c->e.env.trust) || !file)
        return;
    rc = sb_file_read(file, SB_RECORD_MAX, &raw, &why); /* better than nothing */
    if (!rc)
        rc = sb_trust_add(c->e.env.trust, sb_buf_bytes(&raw), &why);
    tell(c, "directory", rc, &why);
    sb_buf_free(&raw);
}

static void check_keys(struct check *c)
{
    struct sb_err why = {.code = 0};
    uint8_t key_id[SB_KEY_ID];
    uint64_t now = sb_clock_now_ms();
    const struct sb_dir *dir = sb_trust_newest(c->e.env.trust);
    tell(c, "keys", sb_env_sign_key(&c->e.env, now, key_id, &why), &why);
    if (!dir)
        return;
    const struct sb_directory *d = sb_dir_body(dir);
    int rc =
        now + CLOCK_MS < d->issued
            ? sb_fail(&why, SB_E_CLOCK, "the clock stands before the directory's issue")
            : 0;
    tell(c, "clock", rc, &why);
    rc = now >= d->expires
             ? sb_fail(&why, SB_E_DIR_EXPIRED, "the directory has expired")
             : 0;
    tell(c, "directory's age", rc, &why);
}

static void check_mapping(struct check *c, const char *path)
{
    struct sb_mapping *m = NULL;
    struct sb_db *db = NULL;
    const struct sb_driver *driver = NULL;
    const char *database = sb_config_text(c->e.config->config, "database");
    struct sb_err why = {.code = 0};
    int rc = sb_mapping_load(&m, path, c->e.catalog, &why);
    if (!rc)
        rc = sb_driver_find(
            c->e.config->drivers, sb_mapping_facts(m)->driver, &driver, &why);
    if (!rc && driver->mapping_db)
        rc = driver->mapping_db(&db, m, database, &why);
    if (!rc && db)
        rc = sb_mapping_check(m, db, &why);
    tell(c, path, rc, &why);
    if (!rc && driver->capture_check)
        tell(c, "capture", driver->capture_check(m, database, &why), &why);
    if (db)
        db->ops->close(db);
    sb_mapping_free(m);
}

/* What grants show us of a type, over all its publishers; all classes when there is no
 * directory to ask. */
static unsigned granted(struct check *c, struct sb_bytes type)
{
    const struct sb_dir *dir = sb_trust_newest(c->e.env.trust);
    unsigned classes = 0;
    if (!dir)
        return SB_CLASS_ALL;
    for (size_t i = 0; i < sb_dir_body(dir)->n_grants; i++) {
        const struct sb_grant *g = sb_dir_grant(dir, i);
        if (sb_bytes_eq(g->reader, c->e.env.institution) && sb_bytes_eq(g->type, type))
            classes |= sb_class_mask(g->classes.items, g->classes.n);
    }
    return classes;
}

static void check_sink(struct check *c, const char *path)
{
    struct sb_sink *sink = NULL;
    struct sb_db *db = NULL;
    const struct sb_driver *driver = NULL;
    struct sb_err why = {.code = 0};
    int rc = sb_sink_load(&sink, path, c->e.catalog, &why);
    if (!rc)
        rc = sb_driver_find(
            c->e.config->drivers, sb_sink_facts(sink)->driver, &driver, &why);
    if (!rc && !driver->db_open)
        rc = sb_fail(&why, SB_E_SINK, "this driver cannot be written to");
    char file[4096];
    if (!rc) {
        (void)snprintf(file, sizeof file, "%.*s", SB_FMT(sb_sink_facts(sink)->file));
        rc = driver->db_open(&db, file, false, &why);
    }
    unsigned classes = rc ? 0 : granted(c, sb_sink_facts(sink)->type);
    if (!rc && classes == 0)
        rc = sb_fail(&why,
                     SB_E_NO_GRANT,
                     "no publisher of %.*s grants it to us",
                     SB_FMT(sb_sink_facts(sink)->type));
    if (!rc)
        rc = sb_sink_check(sink, classes, db, &why);
    tell(c, path, rc, &why);
    if (db)
        db->ops->close(db);
    sb_sink_free(sink);
}

static void check_folder(struct check *c, const char *key)
{
    const char *path = sb_config_text(c->e.config->config, key);
    struct sb_err why = {.code = 0};
    char up[4096];
    (void)snprintf(up, sizeof up, "%s/..", path);
    bool there = access(path, F_OK) == 0;
    int rc = 0;
    if (access(there ? path : up, W_OK | X_OK) != 0 && (there || access(up, F_OK) == 0))
        rc = sb_fail(&why, SB_E_PERMISSION, "%s: cannot be written to", path);
    tell(c, key, rc, &why);
}

int sb_engine_check(const struct sb_engine_config *config,
                    void (*say)(void *ctx, const char *what, const struct sb_err *why),
                    void *ctx,
                    struct sb_err *err)
{
    struct check c = {.say = say, .ctx = ctx};
    struct sb_err why = {.code = 0};
    const struct sb_config *f = config->config;
    c.e.config = config;
    int rc = sb_engine_load_keys(&c.e, &why);
    tell(&c, "vault, anchor, catalogue", rc, &why);
    if (!rc) {
        check_folder(&c, "run_dir");
        check_folder(&c, "state");
        check_connection(&c);
        check_keys(&c);
        if (sb_trust_newest(c.e.env.trust))
            tell(&c, "catalogue", sb_engine_same_catalogue(&c.e, &why), &why);
        for (size_t i = 0; i < sb_config_count(f, "publishes"); i++)
            check_mapping(
                &c, sb_config_text(sb_config_section_at(f, "publishes", i), "mapping"));
        for (size_t i = 0; i < sb_config_count(f, "subscribes"); i++)
            check_sink(
                &c, sb_config_text(sb_config_section_at(f, "subscribes", i), "sink"));
    }
    sb_trust_free(c.e.env.trust);
    sb_vault_free(c.e.vault);
    sb_catalog_free(c.e.catalog);
    return c.bad ? sb_fail(err, SB_E_STATE, "it would not run as it is") : 0;
}
