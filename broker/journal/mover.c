/* Purpose: copying and syncing some MiB takes tens of milliseconds; commits need not
 * wait for that. Invariant: SQLite lets only one connection move pages at a time, and
 * never more of them than are durable in the WAL; the WAL begins anew only after the
 * writer's own last look. Not here: when a pass is due (journal.c). */
#include "broker/journal/mover.h"

#include <pthread.h>
#include <stdlib.h>

enum state { RESTS, ASKED, ENDED };

struct sb_mover {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t called;
    sqlite3 *db;
    enum state state;
    bool stop;
    int result;
    int pages;
};

static void pass(struct sb_mover *m)
{
    int pages = 0;
    int got =
        sqlite3_wal_checkpoint_v2(m->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, &pages);
    pthread_mutex_lock(&m->mutex);
    m->result = got;
    m->pages = got == SQLITE_OK ? pages : 0;
    m->state = ENDED;
    pthread_mutex_unlock(&m->mutex);
}

static void *run(void *arg)
{
    struct sb_mover *m = arg;
    for (;;) {
        pthread_mutex_lock(&m->mutex);
        while (m->state != ASKED && !m->stop)
            pthread_cond_wait(&m->called, &m->mutex);
        bool stop = m->stop;
        pthread_mutex_unlock(&m->mutex);
        if (stop)
            return NULL;
        pass(m);
    }
}

static void release(struct sb_mover *m)
{
    sqlite3_close(m->db);
    pthread_cond_destroy(&m->called);
    pthread_mutex_destroy(&m->mutex);
    free(m);
}

int sb_mover_start(struct sb_mover **out, const char *path, struct sb_err *err)
{
    struct sb_mover *m = calloc(1, sizeof *m);
    if (!m)
        return sb_fail(err, SB_E_MEMORY, "no memory for the journal's mover");
    pthread_mutex_init(&m->mutex, NULL);
    pthread_cond_init(&m->called, NULL);
    int rc = sb_db_open_mover(&m->db, path, err);
    int why = rc ? 0 : pthread_create(&m->thread, NULL, run, m);
    if (why)
        rc = sb_fail_os(err, why, "no thread for the journal's mover");
    if (rc) {
        release(m);
        return rc;
    }
    *out = m;
    return 0;
}

void sb_mover_stop(struct sb_mover *m)
{
    if (!m)
        return;
    pthread_mutex_lock(&m->mutex);
    m->stop = true;
    pthread_cond_signal(&m->called);
    pthread_mutex_unlock(&m->mutex);
    (void)pthread_join(m->thread, NULL);
    release(m);
}

void sb_mover_go(struct sb_mover *m)
{
    pthread_mutex_lock(&m->mutex);
    m->state = ASKED;
    pthread_cond_signal(&m->called);
    pthread_mutex_unlock(&m->mutex);
}

bool sb_mover_ended(struct sb_mover *m, int *result, int *pages)
{
    pthread_mutex_lock(&m->mutex);
    bool ended = m->state == ENDED;
    if (ended) {
        *result = m->result;
        *pages = m->pages;
        m->state = RESTS;
    }
    pthread_mutex_unlock(&m->mutex);
    return ended;
}
