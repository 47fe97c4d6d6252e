/* Purpose: start and stop a broker in the test, and talk to it. */
#include "test/unit/broker_client/bus.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/host/clock.h"

static _Atomic uint64_t clock_ms = NOW; /* the broker's threads read it */

static uint64_t still(void)
{
    return clock_ms;
}

int bus_wait_ms(void)
{
    const char *text = getenv("SACBE_DEADLINE");
    unsigned long factor = text ? strtoul(text, NULL, 10) : 0;
    return factor < 4 || factor > 1000 ? 20000 : (int)factor * 20000 / 3;
}

uint64_t bus_deadline_ms(void)
{
    return sb_clock_mono_ms() + (uint64_t)bus_wait_ms();
}

void bus_set_clock(uint64_t now_ms)
{
    clock_ms = now_ms;
}

static void count_line(void *ctx, struct sb_bytes line)
{
    struct bus *b = ctx;
    char text[SB_LOG_LINE_MAX];
    snprintf(text, sizeof text, "%.*s", SB_FMT(line));
    const char *at = strstr(text, "code=SB-");
    long code = at ? strtol(at + 8, NULL, 10) : 0;
    if (code > 0 && code < 1000)
        b->logged[code]++;
}

struct bus *bus_new(void)
{
    struct bus *b = calloc(1, sizeof *b);
    assert_non_null(b);
    bus_set_clock(NOW);
    b->sim = sim_new();
    b->arena = sb_arena_new(0);
    strcpy(b->folder, "/tmp/sacbe-bus-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->journal, sizeof b->journal, "%s/journal.db", b->folder);
    snprintf(b->anchor, sizeof b->anchor, "%s/anchor.json", b->folder);
    snprintf(b->directory, sizeof b->directory, "%s/directory-1.sbd", b->folder);
    strcpy(b->address, "tcp://127.0.0.1:*");
    assert_int_equal(sb_anchor_write(b->anchor, &b->sim->world->anchor, NULL), 0);
    const struct sb_dir *first = sb_trust_version(b->sim->world->trust, 1);
    assert_non_null(first);
    assert_int_equal(sb_file_write(b->directory, sb_dir_record(first), 0600, NULL), 0);
    b->config =
        (struct sb_broker_config){.run_dir = b->folder,
                                  .listen = b->address,
                                  .journal = b->journal,
                                  .anchor = b->anchor,
                                  .directory = b->directory,
                                  .vault = b->sim->world->broker,
                                  .log = sb_log_new(SB_LOG_DEBUG, count_line, b),
                                  .checkpoint_ms = 100,
                                  .session_ms = (uint64_t)bus_wait_ms(),
                                  .now_ms = still,
                                  .mono_ms = sb_clock_mono_ms};
    return b;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void bus_free(struct bus *b)
{
    assert_null(b->broker);
    sb_log_free(b->config.log);
    assert_int_equal(nftw(b->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    sb_arena_free(b->arena);
    sim_free(b->sim);
    free(b);
}

static void *serve(void *arg)
{
    struct bus *b = arg;
    struct sb_err err = {0};
    b->result = sb_broker_run(b->broker, &err);
    if (b->result)
        fprintf(stderr, "broker: %s\n", err.text);
    sb_broker_close(b->broker);
    b->broker = NULL;
    return NULL;
}

void bus_start(struct bus *b)
{
    struct sb_err err = {0};
    if (sb_broker_open(&b->broker, &b->config, &err))
        fail_msg("broker: SB-%d %s", sb_code_number(err.code), err.text);
    snprintf(b->address, sizeof b->address, "%s", sb_broker_address(b->broker));
    assert_int_equal(pthread_create(&b->thread, NULL, serve, b), 0);
}

void bus_stop(struct bus *b)
{
    (void)bus_ask(b, "stop", NULL);
    assert_int_equal(pthread_join(b->thread, NULL), 0);
    assert_int_equal(b->result, 0);
}

int bus_join(struct bus *b)
{
    assert_int_equal(pthread_join(b->thread, NULL), 0);
    return b->result;
}

void bus_publish_directory(struct bus *b)
{
    struct world *w = b->sim->world;
    struct sb_value v;
    world_publish(w);
    struct sb_bytes record = sb_dir_record(sb_trust_newest(w->trust));
    assert_int_equal(sb_admin_call(b->folder,
                                   "publish-directory",
                                   &record,
                                   1,
                                   bus_wait_ms(),
                                   b->arena,
                                   &v,
                                   NULL),
                     0);
}

struct sb_client *
bus_client(struct bus *b, const struct sb_vault *vault, const char *institution)
{
    struct sb_client_config *config = sb_arena_alloc(b->arena, 1, sizeof *config);
    assert_non_null(config);
    *config = (struct sb_client_config){.address = b->address,
                                        .server_pk = b->sim->world->anchor.curve_pk,
                                        .institution = institution,
                                        .role = "adapter",
                                        .vault = vault,
                                        .exchange = &b->sim->world->x};
    struct sb_client *c = NULL;
    struct sb_err err = {0};
    if (sb_client_open(&c, config, &err))
        fail_msg("client: %s", err.text);
    return c;
}

struct sb_client *bus_member(struct bus *b, size_t member)
{
    const struct member *who = &b->sim->world->members[member];
    struct sb_client *c = bus_client(b, who->vault, who->code);
    struct sb_message m;
    bus_expect(c, SB_CMD_WELCOME, &m);
    assert_int_equal(sb_client_state(c), SB_CLIENT_HERE);
    return c;
}

void bus_expect(struct sb_client *c, enum sb_command cmd, struct sb_message *out)
{
    struct sb_err err = {0};
    uint64_t until = bus_deadline_ms();
    while (sb_clock_mono_ms() < until) {
        int rc = sb_client_next(c, 1000, out, &err);
        if (rc < 0)
            fail_msg("client: %s", err.text);
        if (rc == 1 && out->cmd == cmd)
            return;
        if (rc == 1 && out->cmd == SB_CMD_REFUSED)
            fail_msg("refused with SB-%d", (int)out->as.refused.code);
    }
    (void)sb_client_refusal(c, &err);
    fail_msg("no %s came: %s", sb_command_text(cmd), err.text);
}

void bus_until(struct sb_client *c, enum sb_client_state state)
{
    struct sb_err err = {0};
    struct sb_message m;
    uint64_t until = bus_deadline_ms();
    while (sb_client_state(c) != state && sb_clock_mono_ms() < until)
        if (sb_client_next(c, 100, &m, &err) < 0)
            fail_msg("client: %s", err.text);
    assert_int_equal(sb_client_state(c), state);
}

void bus_until_lost(struct sb_client *c)
{
    struct sb_message m;
    uint64_t until = bus_deadline_ms();
    while (sb_client_state(c) == SB_CLIENT_HERE && sb_clock_mono_ms() < until)
        assert_true(sb_client_next(c, 100, &m, NULL) >= 0);
    assert_int_not_equal(sb_client_state(c), SB_CLIENT_HERE);
}

int bus_refused(struct sb_client *c)
{
    bus_until(c, SB_CLIENT_REFUSED);
    return sb_client_refusal(c, NULL);
}

void bus_send_record(struct sb_client *c,
                     enum sb_command cmd,
                     const struct sb_buf *record)
{
    struct sb_message m = {.cmd = cmd, .n_payload = 1};
    m.payload[0] = sb_buf_bytes(record);
    assert_int_equal(sb_client_send(c, &m, NULL), 0);
}

void bus_publish(struct bus *b,
                 struct sb_client *c,
                 struct sim_publisher *p,
                 size_t count)
{
    struct sb_buf record = {0};
    struct sb_message m = {.cmd = SB_CMD_PUBLISH, .n_payload = 3};
    struct sb_message answer = {0};
    struct sim_batch batch;
    if (p->claim_no == 0) {
        sim_claim(b->sim, p, &record);
        bus_send_record(c, SB_CMD_CLAIM, &record);
        bus_expect(c, SB_CMD_STORED, &answer);
        assert_int_equal(answer.as.stored.kind, SB_KIND_CLAIM);
        sim_epoch(b->sim, p, &record);
        bus_send_record(c, SB_CMD_EPOCH, &record);
        bus_expect(c, SB_CMD_STORED, &answer);
        assert_int_equal(answer.as.stored.kind, SB_KIND_EPOCH);
    }
    sim_batch(b->sim, p, count, &batch);
    m.payload[0] = sb_buf_bytes(&batch.record);
    m.payload[1] = sb_buf_bytes(&batch.items);
    m.payload[2] = sb_buf_bytes(&batch.cts);
    assert_int_equal(sb_client_send(c, &m, NULL), 0);
    bus_expect(c, SB_CMD_STORED, &answer);
    assert_int_equal(answer.as.stored.kind, SB_KIND_BATCH);
    assert_int_equal(answer.as.stored.number, p->next_seq - 1);
    sim_batch_free(&batch);
    sb_buf_free(&record);
}

int bus_call(struct bus *b,
             const char *verb,
             const char *arg,
             const char *arg2,
             struct sb_value *out,
             struct sb_err *err)
{
    struct sb_bytes args[2];
    size_t n = 0;
    if (arg)
        args[n++] = sb_bytes_str(arg);
    if (arg2)
        args[n++] = sb_bytes_str(arg2);
    return sb_admin_call(b->folder, verb, args, n, bus_wait_ms(), b->arena, out, err);
}

struct sb_value bus_ask(struct bus *b, const char *verb, const char *arg)
{
    struct sb_value v = {0};
    struct sb_err err = {0};
    if (bus_call(b, verb, arg, NULL, &v, &err))
        fail_msg("%s: SB-%d %s", verb, sb_code_number(err.code), err.text);
    return v;
}

int64_t bus_int(const struct sb_value *map, const char *key)
{
    const struct sb_value *v = sb_value_get(map, key);
    assert_non_null(v);
    assert_int_equal(v->type, SB_INT);
    return v->as.i;
}
