/* Purpose: look at everything a start needs: clock, rights, keys, directory, witnesses,
 * journal, port.
 * Invariant: nothing is created, written or kept open.
 * Not: the configuration file itself (settings.c found it good before). */
#include "broker/io/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "broker/io/admin_wire.h"
#include "broker/io/final.h"
#include "broker/io/start.h"
#include "keys/cosign.h"

#define EARLIEST_MS 1735689600000ull /* 2025-01-01: an older clock was never set */
#define DAY_MS (24ull * 3600 * 1000)

static int check_clock(const struct sb_broker_config *config, struct sb_err *err)
{
    if (config->now_ms() >= EARLIEST_MS)
        return 0;
    return sb_fail(err, SB_E_CLOCK, "the clock stands before 2025 (set it)");
}

static int writable_parent(const char *path, struct sb_err *err)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash && slash != folder)
        *slash = 0;
    if (access(slash ? folder : ".", R_OK | W_OK | X_OK))
        return sb_fail_os(err, errno, "%s: not writable", slash ? folder : ".");
    return 0;
}

static int check_rights(const struct sb_broker_config *config, struct sb_err *err)
{
    char socket_path[256];
    struct stat st;
    int rc = sb_admin_path(socket_path, sizeof socket_path, config->run_dir, err);
    if (rc)
        return rc;
    bool there = stat(config->run_dir, &st) == 0;
    if (there && (!S_ISDIR(st.st_mode) || (st.st_mode & S_IWOTH)))
        return sb_fail(err,
                       SB_E_PERMISSION,
                       "%s: must be a folder where others cannot write",
                       config->run_dir);
    rc = writable_parent(there ? socket_path : config->run_dir, err);
    return rc ? rc : writable_parent(config->journal, err);
}

static int check_directory(const struct sb_broker_config *config, struct sb_err *err)
{
    struct sb_trust *trust = NULL;
    int rc = sb_start_trust(&trust, config, err);
    if (rc)
        return rc;
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(trust));
    if (d->expires < config->now_ms() + DAY_MS)
        rc = sb_fail(err,
                     SB_E_DIR_EXPIRED,
                     "directory %llu has expired or will within a day "
                     "(sacbe directory sign)",
                     (unsigned long long)d->version);
    sb_trust_free(trust);
    return rc;
}

/* The newest note must be of this exchange and generation: a journal of an older one
 * stays as a file of its own. */
struct note_check {
    const struct sb_vault *vault;
    const struct sb_dir *dir;
    uint64_t size; /* of the journal */
};

static int
check_note(void *ctx, uint64_t size, struct sb_bytes note, struct sb_err *err)
{
    const struct note_check *c = ctx;
    const struct sb_directory *d = sb_dir_body(c->dir);
    struct sb_checkpoint point;
    char origin[SB_ORIGIN];
    sb_checkpoint_origin(origin, d->exchange, d->generation);
    int rc = sb_final_open(c->vault, note, &point, err);
    if (rc)
        return rc;
    if (strcmp(point.origin, origin) != 0)
        return sb_fail(err,
                       SB_E_JOURNAL_GENERATION,
                       "its newest checkpoint is of %s, the directory opens %s (give "
                       "\"journal\" another path)",
                       point.origin,
                       origin);
    if (size > c->size)
        return sb_fail(err,
                       SB_E_JOURNAL_SHORT,
                       "the journal has %llu entries, but this broker signed %llu",
                       (unsigned long long)c->size,
                       (unsigned long long)size);
    return 1;
}

/* The second copy of the newest note, beside the journal: of an older generation it
 * binds this journal to nothing. */
static int
check_note_file(struct note_check *c, const char *journal, struct sb_err *err)
{
    struct sb_buf note = {0};
    struct sb_checkpoint point = {.size = 0};
    struct sb_err why = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s-note", journal);
    if (access(path, F_OK))
        return 0;
    int rc = sb_file_read(path, SB_NOTE_MAX, &note, err);
    if (!rc)
        rc = sb_final_open(c->vault, sb_buf_bytes(&note), &point, err);
    if (!rc) {
        rc = check_note(c, point.size, sb_buf_bytes(&note), &why);
        if (rc == 1 || rc == SB_E_JOURNAL_GENERATION)
            rc = 0;
        else if (rc)
            sb_fail(err, rc, "%s: %s", path, why.text);
    }
    sb_buf_free(&note);
    return rc;
}

static int check_journal(const struct sb_broker_config *config, struct sb_err *err)
{
    struct sb_journal_reader *reader = NULL;
    struct sb_trust *trust = NULL;
    struct note_check c = {.vault = config->vault};
    struct stat st;
    int rc = sb_start_trust(&trust, config, NULL);
    bool there = stat(config->journal, &st) == 0 && st.st_size > 0; /* else created */
    c.dir = rc ? NULL : sb_trust_newest(trust); /* what is wrong is told elsewhere */
    rc = there ? sb_journal_reader_open(&reader, config->journal, err) : 0;
    if (!rc && there)
        rc = sb_journal_reader_size(reader, &c.size, err);
    if (!rc && there && c.dir)
        rc = sb_journal_notes(reader, check_note, &c, err);
    if (rc >= 0 && c.dir)
        rc = check_note_file(&c, config->journal, err);
    sb_trust_free(trust);
    sb_journal_reader_close(reader);
    return rc == SB_E_STATE ? 0 : rc; /* of an older layout: a start upgrades it */
}

/* Whether the policy's quorum can be met at all. */
static int check_witnesses(const struct sb_broker_config *config, struct sb_err *err)
{
    struct sb_trust *trust = NULL;
    struct sb_witness_keys keys = {0};
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "witnesses");
    int rc = sb_start_trust(&trust, config, NULL);
    if (rc) { /* told elsewhere */
        sb_arena_free(arena);
        return 0;
    }
    const struct sb_dir *dir = sb_trust_newest(trust);
    const struct sb_directory *d = sb_dir_body(dir);
    rc = sb_dir_witnesses(dir, config->now_ms(), arena, &keys, err);
    if (!rc && d->quorum > keys.n)
        rc = sb_fail(err,
                     SB_E_QUORUM,
                     "the policy of directory %llu asks for %llu cosignatures, and it "
                     "lists %zu witness keys: nothing would become final",
                     (unsigned long long)d->version,
                     (unsigned long long)d->quorum,
                     keys.n);
    sb_trust_free(trust);
    sb_arena_free(arena);
    return rc;
}

static int check_daemon(const struct sb_broker_config *config, struct sb_err *err)
{
    char path[256];
    int rc = sb_admin_path(path, sizeof path, config->run_dir, err);
    if (rc)
        return rc;
    if (sb_admin_probe(path, NULL) == 0)
        return sb_fail(err, SB_E_EXISTS, "%s: a daemon runs there already", path);
    return 0;
}

static int check_port(const struct sb_broker_config *config, struct sb_err *err)
{
    void *zmq = zmq_ctx_new();
    void *socket = zmq ? zmq_socket(zmq, ZMQ_ROUTER) : NULL;
    int rc = 0;
    int ipv6 = strchr(config->listen, '[') != NULL;
    if (!socket)
        rc = sb_fail(err, SB_E_MEMORY, "socket");
    else if (zmq_setsockopt(socket, ZMQ_IPV6, &ipv6, sizeof ipv6) ||
             zmq_bind(socket, config->listen))
        rc = sb_fail(err, SB_E_IO, "%s: %s", config->listen, zmq_strerror(errno));
    if (socket)
        zmq_close(socket);
    if (zmq)
        zmq_ctx_term(zmq);
    return rc;
}

size_t
sb_check_broker(const struct sb_broker_config *config, sb_finding_fn say, void *ctx)
{
    static const struct {
        const char *what;
        int (*check)(const struct sb_broker_config *config, struct sb_err *err);
    } checks[SB_CHECKS] = {{"clock", check_clock},
                           {"rights", check_rights},
                           {"directory and keys", check_directory},
                           {"witnesses", check_witnesses},
                           {"journal", check_journal},
                           {"no other daemon", check_daemon},
                           {"port", check_port}};
    size_t bad = 0;
    for (size_t i = 0; i < SB_CHECKS; i++) {
        struct sb_err why = {0};
        int rc = checks[i].check(config, &why);
        bad += rc != 0;
        say(ctx, checks[i].what, rc ? &why : NULL);
    }
    return bad;
}
