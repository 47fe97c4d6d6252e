/* Building the engine from its configuration. */
#include "adapters/engine/engine_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <errno.h>

#include "adapters/engine/cursor.h"
#include "adapters/engine/full.h"
#include "adapters/engine/state.h"
#include "broker/host/installed.h"
#include "schemas/catalog/catalog.h"

static int pin_directory(struct sb_engine *e, const char *path, struct sb_err *err)
{
    struct sb_buf raw = {0};
    struct sb_record record;
    struct sb_directory dir;
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? sb_file_read(path, SB_RECORD_MAX, &raw, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (!rc)
        rc = sb_record_read(sb_buf_bytes(&raw), &record, err);
    if (!rc)
        rc = sb_directory_read(record.body, arena, &dir, err);
    if (!rc)
        rc = sb_record_hash(e->pinned_hash, record.body, err);
    if (!rc)
        e->pinned_version = dir.version;
    else
        (void)sb_err_wrap(err, rc, "%s", path);
    sb_buf_free(&raw);
    sb_arena_free(arena);
    return rc;
}

int sb_engine_load_keys(struct sb_engine *e, struct sb_err *err)
{
    const struct sb_config *c = e->config->config;
    char found[SB_FOLDER_TEXT];
    (void)snprintf(
        e->institution, sizeof e->institution, "%s", sb_config_text(c, "institution"));
    e->env.institution = sb_bytes_str(e->institution);
    e->env.log = e->config->log;
    int rc = sb_vault_open(&e->vault,
                           sb_config_text(c, "vault"),
                           sb_bytes(e->config->passphrase, e->config->passphrase_n),
                           err);
    if (rc)
        return rc;
    e->env.vault = e->vault;
    if (!sb_bytes_is(sb_vault_code(e->vault), e->institution))
        return sb_config_fail(c,
                              "vault",
                              SB_E_IDENTITY,
                              err,
                              "the vault is that of \"%.*s\", not of \"%s\"",
                              SB_FMT(sb_vault_code(e->vault)),
                              e->institution);
    rc = sb_anchor_read(sb_config_text(c, "anchor"), &e->anchor, err);
    if (!rc)
        rc = sb_trust_new(&e->env.trust, &e->anchor, err);
    if (!rc && sb_config_text(c, "directory"))
        rc = pin_directory(e, sb_config_text(c, "directory"), err);
    if (!rc)
        rc = sb_catalog_load(
            &e->catalog,
            sb_installed_catalogue(sb_config_text(c, "catalogue_folder"), found),
            err);
    return rc;
}

int sb_engine_load_state(struct sb_engine *e, struct sb_err *err)
{
    e->state_dir = sb_config_text(e->config->config, "state");
    if (mkdir(e->state_dir, 0700) != 0 && errno != EEXIST)
        return sb_fail_os(err, errno, "%s", e->state_dir);
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/adapter.db", e->state_dir);
    int rc = sb_alarms_new(&e->env.alarms, e->env.log, err);
    if (!rc)
        rc = sb_engine_load_room(e, path, err);
    if (!rc)
        rc = sb_state_open(&e->env.state, path, err);
    if (!rc)
        rc = sb_state_load_trust(e->env.state, e->env.trust, err);
    if (!rc)
        rc = sb_state_number(e->env.state, "generation", 0, &e->env.generation, err);
    return rc;
}

static int answer(void *ctx,
                  uint64_t id,
                  const struct sb_err *refusal,
                  const struct sb_value *value,
                  struct sb_err *err)
{
    struct sb_engine *e = ctx;
    return sb_admin_answer(e->admin, id, refusal, value, err);
}

int sb_engine_load_evidence(struct sb_engine *e, struct sb_err *err)
{
    char dir[4096];
    (void)snprintf(dir, sizeof dir, "%s/witness", e->state_dir);
    e->heads = (struct sb_heads_said){
        .env = &e->env, .streams = e->streams, .n_streams = e->n_streams};
    e->watch = (struct sb_watch){.env = &e->env, .receive = &e->receive};
    e->tasks = (struct sb_tasks){.env = &e->env,
                                 .streams = e->streams,
                                 .n_streams = e->n_streams,
                                 .receive = &e->receive,
                                 .answer = answer,
                                 .ctx = e};
    e->evidence = (struct sb_evidence){.env = &e->env,
                                       .streams = e->streams,
                                       .n_streams = e->n_streams,
                                       .receive = &e->receive};
    int rc = sb_evidence_open(&e->evidence, dir, err);
    return rc ? rc : sb_watch_open(&e->watch, err);
}

static int find_stream(struct sb_engine *e,
                       const struct sb_type_facts *type,
                       int64_t partition,
                       size_t *out,
                       struct sb_err *err)
{
    char name[SB_STREAM_MAX + 1];
    if (partition > 0)
        (void)snprintf(name,
                       sizeof name,
                       "%s/%.*s/%lld",
                       e->institution,
                       SB_FMT(type->name),
                       (long long)partition);
    else
        (void)snprintf(
            name, sizeof name, "%s/%.*s", e->institution, SB_FMT(type->name));
    for (*out = 0; *out < e->n_streams; (*out)++)
        if (strcmp(e->streams[*out].name, name) == 0)
            return 0;
    int rc = sb_stream_open(
        &e->streams[e->n_streams], &e->env, sb_bytes_str(name), type, err);
    if (!rc)
        e->n_streams++;
    return rc;
}

/* One mapping: its stream (by index for now: the list moves when it is sorted). */
static int load_feed(struct sb_engine *e,
                     const struct sb_config *item,
                     size_t i,
                     size_t *stream,
                     struct sb_err *err)
{
    struct sb_feed *f = &e->feeds[i];
    const char *path = sb_config_text(item, "mapping");
    int64_t partition = sb_config_int(item, "partition");
    struct sb_type_facts type;
    const struct sb_driver *driver = NULL;
    int rc = sb_mapping_load(&f->mapping, path, e->catalog, err);
    if (rc)
        return rc;
    e->n_feeds = i + 1;
    const struct sb_mapping_facts *facts = sb_mapping_facts(f->mapping);
    rc = sb_type_facts(e->catalog, facts->type, &type, err);
    if (!rc)
        rc = sb_driver_find(e->config->drivers, facts->driver, &driver, err);
    if (!rc && !driver->source)
        rc = sb_fail(err, SB_E_MAPPING, "%s: this driver is no source", path);
    if (!rc)
        rc = find_stream(e, &type, partition, stream, err);
    if (rc)
        return rc;
    f->driver = driver;
    f->ops = driver->source;
    f->database = sb_config_text(e->config->config, "database");
    f->state_dir = e->state_dir;
    size_t same = 0;
    for (size_t k = 0; k < i; k++)
        same += sb_bytes_eq(sb_mapping_facts(e->feeds[k].mapping)->type, facts->type);
    (void)snprintf(f->name, sizeof f->name, "%.*s", SB_FMT(facts->type));
    size_t at = strlen(f->name);
    if (same || partition > 0)
        (void)snprintf(
            f->name + at, sizeof f->name - at, ".%lld.%zu", (long long)partition, same);
    return 0;
}

static int stream_order(const void *a, const void *b)
{
    const struct sb_stream *x = a;
    const struct sb_stream *y = b;
    if (x->type.priority != y->type.priority)
        return x->type.priority > y->type.priority ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int feed_order(const void *a, const void *b)
{
    const struct sb_feed *x = a;
    const struct sb_feed *y = b;
    int order = stream_order(x->stream, y->stream);
    return order ? order : strcmp(x->name, y->name);
}

/* Feeds hold pointers into the list of streams: set once it is in its order. */
static void settle(struct sb_engine *e, char (*names)[SB_STREAM_MAX + 1])
{
    qsort(e->streams, e->n_streams, sizeof *e->streams, stream_order);
    for (size_t i = 0; i < e->n_feeds; i++)
        for (size_t s = 0; s < e->n_streams; s++)
            if (strcmp(e->streams[s].name, names[i]) == 0)
                e->feeds[i].stream = &e->streams[s];
    qsort(e->feeds, e->n_feeds, sizeof *e->feeds, feed_order);
}

int sb_engine_load_streams(struct sb_engine *e, struct sb_err *err)
{
    const struct sb_config *c = e->config->config;
    size_t n = sb_config_count(c, "publishes");
    e->streams = calloc(n + 1, sizeof *e->streams);
    e->feeds = calloc(n + 1, sizeof *e->feeds);
    char(*names)[SB_STREAM_MAX + 1] = calloc(n + 1, sizeof *names);
    int rc = e->streams && e->feeds && names
                 ? 0
                 : sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; !rc && i < n; i++) {
        const struct sb_config *item = sb_config_section_at(c, "publishes", i);
        size_t stream = 0;
        rc = load_feed(e, item, i, &stream, err);
        if (!rc)
            memcpy(names[i], e->streams[stream].name, sizeof names[i]);
    }
    if (!rc)
        settle(e, names);
    free(names);
    return rc;
}

static int load_target(struct sb_engine *e, const char *path, struct sb_err *err)
{
    struct sb_target *t = &e->targets[e->n_targets];
    const struct sb_driver *driver = NULL;
    int rc = sb_sink_load(&t->sink, path, e->catalog, err);
    if (rc)
        return rc;
    e->n_targets++;
    t->env = &e->env;
    const struct sb_sink_facts *facts = sb_sink_facts(t->sink);
    rc = sb_type_facts(e->catalog, facts->type, &t->type, err);
    for (size_t i = 0; !rc && i + 1 < e->n_targets; i++)
        if (sb_bytes_eq(e->targets[i].type.name, t->type.name))
            rc = sb_fail(err,
                         SB_E_DUPLICATE,
                         "%s: another sink takes %.*s already",
                         path,
                         SB_FMT(facts->type));
    if (!rc)
        rc = sb_driver_find(e->config->drivers, facts->driver, &driver, err);
    if (!rc && !driver->db_open)
        rc = sb_fail(err, SB_E_SINK, "%s: this driver cannot be written to", path);
    char file[4096];
    (void)snprintf(file, sizeof file, "%.*s", SB_FMT(facts->file));
    if (!rc)
        rc = driver->db_open(&t->db, file, false, err);
    if (!rc)
        rc = sb_cursor_install(t->db, err);
    return rc;
}

int sb_engine_load_targets(struct sb_engine *e, struct sb_err *err)
{
    const struct sb_config *c = e->config->config;
    size_t n = sb_config_count(c, "subscribes");
    e->targets = calloc(n + 1, sizeof *e->targets);
    int rc = e->targets ? 0 : sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; !rc && i < n; i++)
        rc = load_target(
            e, sb_config_text(sb_config_section_at(c, "subscribes", i), "sink"), err);
    if (rc)
        return rc;
    e->receive = (struct sb_receive){.env = &e->env,
                                     .targets = e->targets,
                                     .n_targets = e->n_targets,
                                     .own = e->streams,
                                     .n_own = e->n_streams};
    return sb_receive_open(&e->receive, err);
}

static int send_client(void *ctx, const struct sb_message *m, struct sb_err *err)
{
    struct sb_engine *e = ctx;
    return sb_client_send(e->client, m, err);
}

int sb_engine_connect(struct sb_engine *e, struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(e->env.trust);
    const char *override = sb_config_text(e->config->config, "broker");
    memcpy(e->server_pk, e->anchor.curve_pk, SB_PK);
    (void)snprintf(e->address, sizeof e->address, "%s", e->anchor.address);
    if (dir) {
        memcpy(e->server_pk, sb_dir_body(dir)->curve_pk, SB_PK);
        (void)snprintf(
            e->address, sizeof e->address, "%.*s", SB_FMT(sb_dir_body(dir)->address));
    }
    if (override)
        (void)snprintf(e->address, sizeof e->address, "%s", override);
    struct sb_client_config config = {.address = e->address,
                                      .server_pk = e->server_pk,
                                      .institution = e->institution,
                                      .role = "adapter",
                                      .vault = e->vault,
                                      .exchange = sb_trust_exchange(e->env.trust)};
    int rc = sb_client_open(&e->client, &config, err);
    if (rc)
        return rc;
    e->env.send = send_client;
    e->env.send_ctx = e;
    sb_client_directory(e->client, dir ? sb_dir_body(dir)->version : 0);
    return 0;
}
