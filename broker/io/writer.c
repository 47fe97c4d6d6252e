/* Purpose: append in groups, checkpoint when due, say so.
 * Invariant: COMMITTED is sent only after the journal's transaction has returned.
 * Not: decisions (core), reading for others (asker.c). */
#include "broker/io/writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "broker/io/channel.h"

#define GROUP_MAX 1024u           /* appends in one transaction */
#define GROUP_BYTES (8u * SB_MIB) /* then the group is closed */
#define IDLE_MS 250               /* between looks at the checkpoint's time */
#define PRUNE_ROWS 32             /* removed in one transaction */
/* Each commit rewrites the last page of every table: under load, when a group has some
 * full batches' bytes, it waits for more. What an emergency sends is smaller. */
#define BULK_BYTES (128u * SB_KIB)
#define BULK_ENOUGH (1u * SB_MIB)
#define BULK_MS 3u
#define HELD_MS 500   /* between two tries on a full disk */
#define TELL_MS 2000u /* between two words about the disk */

struct sb_writer {
    pthread_t thread;
    struct sb_channel loop;   /* the loop's end */
    struct sb_channel worker; /* the thread's */
    struct sb_journal *journal;
    uint64_t (*mono_ms)(void);
    struct sb_job *jobs[GROUP_MAX];    /* the thread's own from here on */
    struct sb_append group[GROUP_MAX]; /* borrows from jobs */
    size_t n;
    uint64_t bytes;
    struct sb_job *cosigned; /* what closed the group; NULL: nothing did */
    bool pruning;            /* a prune record may cover what is still there */
    uint64_t pruned_ms;      /* monotonic: of the last step */
    bool stop;
    atomic_bool ending; /* set before STOP is sent: held jobs may stand before it */
    struct sb_room *room;
    struct sb_room_state seen; /* as it was last told */
    bool held;                 /* the disk was full at the last try */
    bool told_held;
    uint64_t looked_ms; /* monotonic */
    uint64_t told_ms;
};

static int report(struct sb_writer *w, struct sb_job *job, struct sb_err *err)
{
    int rc = sb_channel_send(&w->worker, job, err);
    if (rc)
        sb_job_free(job);
    return rc;
}

static void keep(struct sb_writer *w, struct sb_job *job)
{
    if (job->kind == SB_JOB_COSIGNED) {
        w->cosigned = job;
        return;
    }
    if (job->kind != SB_JOB_APPEND) {
        w->stop = true;
        sb_job_free(job);
        return;
    }
    w->jobs[w->n] = job;
    w->group[w->n++] = job->as.append;
    w->bytes += sb_append_bytes(&job->as.append);
    w->pruning = w->pruning || job->as.append.kind == SB_KIND_PRUNE;
}

static bool is_closed(const struct sb_writer *w)
{
    return w->stop || w->cosigned || w->n == GROUP_MAX || w->bytes >= GROUP_BYTES;
}

/* How long a group that has begun may wait for more. */
static int linger(const struct sb_writer *w, uint64_t since_ms)
{
    uint64_t passed = w->mono_ms() - since_ms;
    bool bulk = w->bytes >= BULK_BYTES && w->bytes < BULK_ENOUGH;
    return bulk && !w->held && passed < BULK_MS ? (int)(BULK_MS - passed) : 0;
}

/* Waits for one job, then drains what is there. What is held keeps its order: a closed
 * group takes no more. */
static int gather(struct sb_writer *w, struct sb_err *err)
{
    void *job = NULL;
    if (is_closed(w)) { /* it waits for room, or was given some */
        const struct timespec nap = {.tv_nsec = w->held ? HELD_MS * 1000000 : 0};
        (void)nanosleep(&nap, NULL);
        return 0;
    }
    int wait = w->held ? HELD_MS : w->n || w->pruning ? 0 : IDLE_MS;
    int rc = sb_channel_take(&w->worker, &job, wait, err);
    uint64_t since_ms = w->mono_ms();
    while (rc == 1) {
        keep(w, job);
        if (is_closed(w))
            return 0;
        rc = sb_channel_take(&w->worker, &job, linger(w, since_ms), err);
    }
    return rc;
}

static void drop_group(struct sb_writer *w)
{
    for (size_t i = 0; i < w->n; i++)
        sb_job_free(w->jobs[i]);
    w->n = 0;
    w->bytes = 0;
}

static void drop_all(struct sb_writer *w)
{
    drop_group(w);
    sb_job_free(w->cosigned);
    w->cosigned = NULL;
}

/* What was stored goes back to the loop, which may still deliver from it. */
static struct sb_job *give_group(struct sb_writer *w)
{
    struct sb_job *first = w->jobs[0];
    for (size_t i = 0; i < w->n; i++)
        w->jobs[i]->next = i + 1 < w->n ? w->jobs[i + 1] : NULL;
    w->n = 0;
    w->bytes = 0;
    return first;
}

static int commit(struct sb_writer *w, struct sb_err *err)
{
    if (!w->n)
        return 0;
    struct sb_job *done = sb_job_new(SB_JOB_COMMITTED);
    if (!done)
        return sb_fail(err, SB_E_MEMORY, "journal");
    int rc = sb_journal_append(w->journal, w->group, w->n, err);
    if (rc) {
        sb_job_free(done);
        return rc;
    }
    done->as.committed.size = sb_journal_size(w->journal);
    done->as.committed.bytes = w->bytes;
    done->as.committed.done = give_group(w);
    return report(w, done, err);
}

static int keep_cosigned(struct sb_writer *w, struct sb_err *err)
{
    struct sb_job *job = w->cosigned;
    if (!job)
        return 0;
    int rc = sb_journal_cosigned(
        w->journal, job->as.cosigned.size, job->as.cosigned.note, err);
    if (rc == SB_E_DISK_FULL)
        return rc;
    w->cosigned = NULL;
    sb_job_free(job);
    return rc;
}

/* While nothing waits; under load as often as the checkpoint is looked at. */
static int prune(struct sb_writer *w, bool idle, struct sb_err *err)
{
    uint64_t now = w->mono_ms();
    if (!w->pruning || (!idle && now - w->pruned_ms < IDLE_MS))
        return 0;
    int rc = sb_journal_prune_step(w->journal, PRUNE_ROWS, err);
    w->pruning = rc == 1;
    w->pruned_ms = now;
    return rc < 0 ? rc : 0;
}

static int checkpoint(struct sb_writer *w, struct sb_err *err)
{
    struct sb_buf note = {.limit = SB_NOTE_MAX};
    struct sb_checkpoint point;
    int rc = sb_journal_checkpoint(w->journal, w->mono_ms(), false, &note, &point, err);
    if (rc != 1) {
        sb_buf_free(&note);
        return rc;
    }
    struct sb_job *job = sb_job_new(SB_JOB_CHECKPOINT);
    if (job) {
        job->as.checkpoint.note = sb_arena_dup(job->arena, sb_buf_bytes(&note));
        job->as.checkpoint.size = point.size;
        memcpy(job->as.checkpoint.root, point.root, SB_HASH);
    }
    sb_buf_free(&note);
    if (!job || !job->as.checkpoint.note.p) {
        sb_job_free(job);
        return sb_fail(err, SB_E_MEMORY, "checkpoint");
    }
    return report(w, job, err);
}

static int work(struct sb_writer *w, struct sb_err *err)
{
    bool idle = w->n == 0;
    int rc = commit(w, err);
    if (!rc)
        rc = keep_cosigned(w, err);
    if (!rc)
        rc = checkpoint(w, err);
    if (!rc && !w->stop)
        rc = prune(w, idle, err);
    if (!rc)
        rc = sb_journal_settle(w->journal, err);
    if (rc != SB_E_DISK_FULL) {
        w->held = false;
        return rc;
    }
    w->held = !sb_room_release(w->room); /* with the reserve given up: again at once */
    w->looked_ms = 0;
    return 0;
}

static int tell_room(struct sb_writer *w, struct sb_err *err)
{
    struct sb_job *job = sb_job_new(SB_JOB_ROOM);
    if (!job)
        return sb_fail(err, SB_E_MEMORY, "room");
    job->as.room.state = w->seen;
    job->as.room.held = w->told_held = w->held;
    w->told_ms = w->looked_ms;
    return report(w, job, err);
}

/* How the disk stands. Where it gets low, the WAL gives its room back. */
static int look(struct sb_writer *w, struct sb_err *err)
{
    struct sb_room_state now;
    uint64_t reusable = 0;
    uint64_t mono = w->mono_ms();
    if (w->looked_ms && mono - w->looked_ms < IDLE_MS)
        return 0;
    w->looked_ms = mono;
    int rc = sb_journal_reusable(w->journal, &reusable, err);
    if (rc)
        return rc;
    sb_room_look(w->room, reusable, &now);
    bool worse = now.low && !w->seen.low;
    bool news = now.low != w->seen.low || w->held != w->told_held;
    w->seen = now;
    if (worse) {
        rc = sb_journal_shrink(w->journal, err);
        rc = rc == SB_E_DISK_FULL ? 0 : rc;
    }
    if (!rc && (news || mono - w->told_ms >= TELL_MS))
        rc = tell_room(w, err);
    return rc;
}

static void *run(void *arg)
{
    struct sb_writer *w = arg;
    struct sb_err err = {0};
    int rc = 0;
    while (!rc && !w->stop && !(w->held && atomic_load(&w->ending))) {
        rc = gather(w, &err);
        if (!rc)
            rc = work(w, &err);
        if (!rc)
            rc = look(w, &err);
    }
    drop_all(w);
    sb_journal_close(w->journal);
    struct sb_job *failed = rc ? sb_job_new(SB_JOB_FAILED) : NULL;
    if (failed) {
        failed->as.failed = err;
        (void)report(w, failed, NULL);
    }
    void *late = NULL; /* after a failure the loop may still send until it knows */
    while (!w->stop && sb_channel_take(&w->worker, &late, -1, NULL) == 1) {
        keep(w, late);
        drop_all(w);
    }
    sb_channel_close(&w->worker);
    return NULL;
}

int sb_writer_start(struct sb_writer **out,
                    void *zmq,
                    struct sb_journal *journal,
                    struct sb_room *room,
                    uint64_t (*mono_ms)(void),
                    struct sb_err *err)
{
    struct sb_writer *w = calloc(1, sizeof *w);
    if (!w)
        return sb_fail(err, SB_E_MEMORY, "journal thread");
    w->mono_ms = mono_ms;
    w->pruned_ms = mono_ms();
    w->journal = journal;
    w->room = room;
    w->pruning = true; /* a record of before the start may not be done with */
    int rc = sb_channel_pair(zmq, "journal", &w->loop, &w->worker, err);
    if (rc) {
        free(w);
        return rc;
    }
    int why = pthread_create(&w->thread, NULL, run, w);
    if (why) {
        sb_channel_close(&w->loop);
        sb_channel_close(&w->worker);
        free(w);
        return sb_fail_os(err, why, "journal thread");
    }
    *out = w;
    return 0;
}

int sb_writer_send(struct sb_writer *w, struct sb_job *job, struct sb_err *err)
{
    return sb_channel_send(&w->loop, job, err);
}

int sb_writer_take(struct sb_writer *w, struct sb_job **out, struct sb_err *err)
{
    void *job = NULL;
    int rc = sb_channel_take(&w->loop, &job, 0, err);
    if (rc == 1)
        *out = job;
    return rc;
}

void *sb_writer_socket(const struct sb_writer *w)
{
    return w->loop.socket;
}

void sb_writer_stop(struct sb_writer *w)
{
    if (!w)
        return;
    atomic_store(&w->ending, true);
    struct sb_job *stop = sb_job_new(SB_JOB_STOP);
    if (!stop || sb_channel_send(&w->loop, stop, NULL))
        abort(); /* a thread that cannot be told to end holds the journal */
    (void)pthread_join(w->thread, NULL);
    struct sb_job *left = NULL;
    while (sb_writer_take(w, &left, NULL) == 1)
        sb_job_free(left);
    sb_channel_close(&w->loop);
    free(w);
}
