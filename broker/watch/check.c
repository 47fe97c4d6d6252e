/* Purpose: `sacbe-witness --check`: everything that can be known before it runs.
 * Invariant: makes and changes nothing; the session it opens asks for directories only.
 * Not: the configuration file itself (read and found good before). */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/host/clock.h"
#include "broker/watch/directories.h"
#include "broker/watch/watch_impl.h"

#define CONNECT_MS 6000u
#define CLOCK_MS 300000u

struct check {
    struct sb_watch w;
    sb_watch_say_fn say;
    void *ctx;
    size_t bad;
};

static void tell(struct check *c, const char *what, int rc, const struct sb_err *why)
{
    c->bad += rc != 0;
    c->say(c->ctx, what, rc ? why : NULL);
}

static void check_folder(struct check *c, const char *key)
{
    const char *path = sb_config_text(c->w.config->config, key);
    struct sb_err why = {0};
    char up[4096];
    snprintf(up, sizeof up, "%s/..", path);
    bool there = access(path, F_OK) == 0;
    int rc = 0;
    if (access(there ? path : up, W_OK | X_OK) != 0 && (there || access(up, F_OK) == 0))
        rc = sb_fail(&why, SB_E_PERMISSION, "%s: cannot be written to", path);
    tell(c, key, rc, &why);
}

/* What was seen: opened only where it is, for opening makes it. */
static void check_state(struct check *c)
{
    struct sb_watch *w = &c->w;
    struct stat st;
    struct sb_err why = {0};
    check_folder(c, "state");
    if (stat(w->state, &st) != 0)
        return;
    int rc = sb_directories_load(w->state, w->trust, &why);
    if (!rc)
        rc = sb_witness_open(
            &w->witness, w->state, sb_bytes_str(w->institution), w->vault, &why);
    tell(c, "what was seen", rc, &why);
    if (!rc)
        tell(c,
             "no contradiction",
             sb_witness_contradicted(w->witness, &why) ? why.code : 0,
             &why);
}

/* Whatever comes before the deadline; directories are taken in. */
static int gather(struct sb_watch *w, struct sb_err *err)
{
    uint64_t until = sb_clock_mono_ms() + CONNECT_MS;
    uint64_t newest = 0;
    while (sb_clock_mono_ms() < until) {
        struct sb_message m;
        int rc = sb_client_next(w->client, 100, &m, err);
        if (rc < 0)
            return rc;
        if (sb_client_state(w->client) == SB_CLIENT_REFUSED)
            return sb_client_refusal(w->client, err);
        if (rc == 1 && m.cmd == SB_CMD_WELCOME)
            newest = m.as.welcome.directory_version;
        if (rc == 1 && m.cmd == SB_CMD_DIRECTORY) {
            rc = sb_trust_add(w->trust, m.payload[0], err);
            if (rc)
                return rc;
        }
        const struct sb_dir *dir = sb_trust_newest(w->trust);
        if (newest && dir && sb_dir_body(dir)->version >= newest)
            return 0;
    }
    return sb_fail(err,
                   SB_E_NO_CONNECTION,
                   "%s: no answer within %u s",
                   w->address,
                   CONNECT_MS / 1000);
}

static void check_directory(struct check *c)
{
    struct sb_err why = {0};
    uint64_t now = c->w.config->now_ms();
    const struct sb_dir *dir = sb_trust_newest(c->w.trust);
    tell(c, "witness key", sb_watch_key(&c->w, now, &why), &why);
    if (!dir)
        return;
    const struct sb_directory *d = sb_dir_body(dir);
    int rc = 0;
    if (now + CLOCK_MS < d->issued)
        rc = sb_fail(&why, SB_E_CLOCK, "the clock stands before the directory's issue");
    tell(c, "clock", rc, &why);
    rc = now >= d->expires
             ? sb_fail(&why, SB_E_DIR_EXPIRED, "the directory has expired")
             : 0;
    tell(c, "directory's age", rc, &why);
}

size_t
sb_watch_check(const struct sb_watch_config *config, sb_watch_say_fn say, void *ctx)
{
    struct check c = {.say = say, .ctx = ctx, .w.config = config};
    struct sb_err why = {0};
    int rc = sb_watch_load_keys(&c.w, &why);
    tell(&c, "vault, anchor", rc, &why);
    if (!rc) {
        check_folder(&c, "run_dir");
        check_state(&c);
        rc = sb_watch_connect(&c.w, &why);
        if (!rc)
            rc = gather(&c.w, &why);
        tell(&c, "connection", rc, &why);
        check_directory(&c);
    }
    sb_client_close(c.w.client);
    sb_witness_close(c.w.witness);
    sb_watch_free_keys(&c.w);
    return c.bad;
}
