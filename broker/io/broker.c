/* Purpose: the loop: whatever comes becomes a step of the core.
 * Invariant: nothing in the loop blocks but the one poll; a full way to the journal
 * stops reading from peers, never from the journal.
 * Not: decisions (core), carrying out (effects.c). */
#include "broker/io/broker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <zmq.h>

#include "broker/io/broker_impl.h"
#include "broker/io/start.h"

#define TICK_MS 500
#define TAKE_MAX 64        /* messages of peers in one turn */
#define STOP_MS 10000      /* the longest that a graceful stop waits */
#define SILENT_SESSIONS 3u /* a connection without a session may be silent as long */

static int open_threads(struct sb_broker *b, struct sb_start *s, struct sb_err *err)
{
    struct sb_gate_config gc = {
        .listen = b->config->listen, .vault = b->config->vault, .log = b->config->log};
    int rc = sb_admin_open(&b->admin, b->config->run_dir, sb_broker_verbs, b, err);
    if (!rc)
        rc = sb_gate_open(&b->gate, b->zmq, &gc, err);
    if (!rc)
        rc = sb_asker_start(&b->asker, b->zmq, b->config->journal, err);
    if (!rc)
        rc = sb_writer_start(
            &b->writer, b->zmq, s->journal, b->room, b->config->mono_ms, err);
    if (!rc)
        s->journal = NULL; /* the thread's now */
    return rc;
}

static int open_room(struct sb_broker *b, struct sb_err *err)
{
    const struct sb_room_config room = {.journal = b->config->journal,
                                        .reserve = b->config->reserve,
                                        .low = b->config->low,
                                        .log = b->config->log};
    return sb_room_open(&b->room, &room, err);
}

/* While the disk is low nothing that fills this way is accepted: peers are answered so.
 */
static bool is_full(const struct sb_broker *b)
{
    return b->queued >= QUEUE_BYTES_MAX && !b->room_seen.low;
}

static int tell_checkpoint(struct sb_broker *b,
                           struct sb_bytes note,
                           uint64_t size,
                           const uint8_t root[SB_HASH],
                           struct sb_err *err)
{
    struct sb_input in = {.kind = SB_IN_CHECKPOINT};
    in.as.checkpoint.note = note;
    in.as.checkpoint.size = size;
    memcpy(in.as.checkpoint.root, root, SB_HASH);
    b->note = note;
    b->note_size = size;
    b->note_ms = b->config->now_ms();
    return sb_broker_step(b, &in, err);
}

/* The catalogue follows the directories that begin a journal. */
static int
first_catalogue(struct sb_broker *b, uint64_t directories, struct sb_err *err)
{
    struct sb_buf record = {0};
    if (!b->config->catalogue || b->accepted != directories)
        return 0;
    int rc = sb_file_read(b->config->catalogue, SB_RECORD_MAX, &record, err);
    if (!rc) {
        struct sb_input in = {.kind = SB_IN_CATALOGUE};
        in.as.operator_record.record = sb_buf_bytes(&record);
        rc = sb_broker_step(b, &in, err);
    }
    sb_buf_free(&record);
    return rc;
}

static int first_steps(struct sb_broker *b, struct sb_start *s, struct sb_err *err)
{
    b->note_buf = s->note;
    b->final = s->final;
    b->final_size = s->final_size;
    s->note = (struct sb_buf){0};
    s->final = (struct sb_buf){0};
    int rc = 0;
    if (b->note_buf.n)
        rc = tell_checkpoint(
            b, sb_buf_bytes(&b->note_buf), s->checkpoint.size, s->checkpoint.root, err);
    return rc ? rc : first_catalogue(b, s->directories, err);
}

int sb_broker_open(struct sb_broker **out,
                   const struct sb_broker_config *config,
                   struct sb_err *err)
{
    struct sb_start s = {0};
    struct sb_broker *b = calloc(1, sizeof *b);
    if (!b)
        return sb_fail(err, SB_E_MEMORY, "broker");
    b->config = config;
    b->started_ms = config->now_ms();
    b->session_ms = config->session_ms;
    b->zmq = zmq_ctx_new();
    b->effects = sb_effects_new();
    int rc = 0;
    if (!b->zmq || !b->effects)
        rc = sb_fail(err, SB_E_MEMORY, "broker");
    if (!rc)
        rc = open_room(b, err); /* a start on a full disk needs the reserve, too */
    if (!rc)
        rc = sb_start_open(&s, config, err);
    if (!rc) {
        b->core = s.core;
        s.core = NULL;
        b->accepted = b->committed = sb_journal_size(s.journal);
        b->recent = sb_recent_new(b->committed);
        rc = b->recent ? open_threads(b, &s, err) : sb_fail(err, SB_E_MEMORY, "broker");
    }
    if (!rc)
        rc = first_steps(b, &s, err);
    sb_start_close(&s);
    if (rc) {
        sb_broker_close(b);
        return rc;
    }
    *out = b;
    return 0;
}

void sb_broker_close(struct sb_broker *b)
{
    if (!b)
        return;
    sb_broker_use_save(b);
    sb_writer_stop(b->writer);
    sb_room_close(b->room);
    sb_asker_stop(b->asker);
    sb_admin_close(b->admin);
    sb_gate_close(b->gate);
    sb_reads_drop(b);
    sb_recent_free(b->recent);
    sb_effects_free(b->effects);
    sb_core_free(b->core);
    sb_job_free(b->note_job);
    sb_buf_free(&b->note_buf);
    sb_buf_free(&b->final);
    if (b->zmq)
        zmq_ctx_term(b->zmq);
    free(b);
}

const char *sb_broker_address(const struct sb_broker *b)
{
    return sb_gate_address(b->gate);
}

void sb_broker_begin_stop(struct sb_broker *b)
{
    if (b->stopping)
        return;
    b->stopping = true;
    sb_service_stopping(b->config->service);
    b->stop_by = b->config->mono_ms() + STOP_MS;
}

static int take_messages(struct sb_broker *b, struct sb_err *err)
{
    for (int i = 0; i < TAKE_MAX && !is_full(b); i++) {
        const struct sb_dir *dir = sb_trust_newest(sb_core_trust(b->core));
        struct sb_arrival a;
        uint8_t random[SB_CHALLENGE_NONCE];
        int rc = sb_gate_take(
            b->gate, dir, b->config->now_ms(), b->config->mono_ms(), &a, err);
        if (rc != 1)
            return rc;
        randombytes_buf(random, sizeof random);
        struct sb_input in = {.kind = SB_IN_MESSAGE};
        in.as.message.peer = a.peer;
        in.as.message.curve_pk = a.curve_pk;
        in.as.message.frames = a.frames;
        in.as.message.random = random;
        b->lent = (struct sb_lent){1, {a.hold}};
        b->owner = a.owner;
        rc = sb_broker_step(b, &in, err);
        b->lent.n = 0;
        b->owner = 0;
        if (rc)
            return rc;
    }
    return 0;
}

static int on_writer(struct sb_broker *b, struct sb_job *job, struct sb_err *err)
{
    struct sb_input in = {.kind = SB_IN_COMMITTED};
    int rc;
    switch ((int)job->kind) {
    case SB_JOB_COMMITTED:
        b->committed = job->as.committed.size;
        b->queued -= job->as.committed.bytes;
        in.as.committed.size = b->committed;
        sb_recent_add(b->recent, job->as.committed.done);
        job->as.committed.done = NULL;
        rc = sb_broker_step(b, &in, err);
        break;
    case SB_JOB_CHECKPOINT:
        rc = tell_checkpoint(b,
                             job->as.checkpoint.note,
                             job->as.checkpoint.size,
                             job->as.checkpoint.root,
                             err);
        sb_job_free(b->note_job);
        b->note_job = job;
        return rc;
    case SB_JOB_ROOM:
        rc = sb_broker_room(b, job, err);
        break;
    default:
        rc = sb_fail(err, job->as.failed.code, "%s", job->as.failed.text);
        break;
    }
    sb_job_free(job);
    return rc;
}

static int take_jobs(struct sb_broker *b, struct sb_err *err)
{
    struct sb_job *job = NULL;
    int rc;
    while ((rc = sb_writer_take(b->writer, &job, err)) == 1) {
        rc = on_writer(b, job, err);
        if (rc)
            return rc;
    }
    return rc ? rc : sb_reads_take(b, err);
}

static int tick(struct sb_broker *b, struct sb_err *err)
{
    uint64_t mono = b->config->mono_ms();
    uint64_t silent = SILENT_SESSIONS * b->session_ms;
    if (mono < b->next_tick)
        return 0;
    b->next_tick = mono + TICK_MS;
    sb_recent_age(b->recent);
    if (mono > silent)
        sb_gate_sweep(b->gate, mono - silent);
    sb_broker_use_tick(b, mono);
    struct sb_input in = {.kind = SB_IN_TICK};
    return sb_broker_step(b, &in, err);
}

static void take_signals(struct sb_broker *b)
{
    int sig;
    while (b->config->signals && (sig = sb_signals_next(b->config->signals)))
        if (sig == SIGHUP)
            sb_broker_reload(b);
        else
            sb_broker_begin_stop(b);
}

static int wait_for_work(struct sb_broker *b, struct sb_err *err)
{
    bool full = is_full(b);
    zmq_pollitem_t items[] = {
        {.socket = sb_writer_socket(b->writer), .events = ZMQ_POLLIN},
        {.socket = sb_asker_socket(b->asker), .events = ZMQ_POLLIN},
        {.socket = sb_gate_zap(b->gate), .events = ZMQ_POLLIN},
        {.socket = sb_gate_porter(b->gate), .events = ZMQ_POLLIN},
        {.fd = sb_admin_fd(b->admin), .events = ZMQ_POLLIN},
        {.socket = sb_gate_socket(b->gate), .events = full ? 0 : ZMQ_POLLIN},
        {.fd = b->config->signals ? sb_signals_fd(b->config->signals) : -1,
         .events = ZMQ_POLLIN}};
    int n = (int)(sizeof items / sizeof *items) - (b->config->signals ? 0 : 1);
    uint64_t mono = b->config->mono_ms();
    bool busy = sb_reads_waiting(b) || b->next_tick <= mono;
    uint64_t watch = sb_gate_watch(b->gate, mono);
    long ms = busy ? 0 : (long)(b->next_tick - mono);
    ms = (uint64_t)ms > watch ? (long)watch : ms;
    if (zmq_poll(items, n, ms) < 0 && errno != EINTR)
        return sb_fail(err, SB_E_IO, "poll: %s", zmq_strerror(errno));
    return 0;
}

static int turn(struct sb_broker *b, struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(sb_core_trust(b->core));
    sb_gate_admit(b->gate, dir, b->config->now_ms());
    int rc = take_jobs(b, err);
    if (!rc)
        rc = take_messages(b, err);
    if (!rc)
        rc = tick(b, err);
    take_signals(b);
    sb_broker_tell_service(b);
    if (!rc)
        rc = sb_admin_step(b->admin, err); /* last: its descriptor tells of edges */
    if (!rc && b->failed.code)
        rc = sb_fail(err, b->failed.code, "%s", b->failed.text);
    return rc;
}

int sb_broker_run(struct sb_broker *b, struct sb_err *err)
{
    int rc = 0;
    bool told = false;
    while (!rc) {
        rc = turn(b, err);
        if (!rc && b->stopping && !told) {
            struct sb_input in = {.kind = SB_IN_STOP};
            told = true;
            rc = sb_broker_step(b, &in, err);
        }
        if (!rc && told &&
            (b->committed >= b->accepted || b->config->mono_ms() >= b->stop_by))
            break;
        if (!rc)
            rc = wait_for_work(b, err);
    }
    if (rc)
        sb_log(b->config->log, SB_LOG_ERROR, "broker", SB_LOG_ERR(err));
    return rc;
}
