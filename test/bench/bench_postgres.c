/* Purpose: PostgreSQL as a bus: an event table, one transaction for each batch by
 * binary COPY or multi-row INSERT, and readers that ask for what is newer than their
 * cursor and store the cursor.
 *
 * --address is a conninfo; --extra copy|insert|notify. The readers ask again after 1 ms
 * when nothing was there; with "notify" (an INSERT) they sleep until NOTIFY wakes them.
 * Invariant: an event is acknowledged when its transaction is committed. */
#include "test/bench/client.h"
#include "test/bench/bench_postgres.h"

#include <endian.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FETCH "500"
#define POLL_NS 1000000
#define WAKE_MS 200

static bool is(const struct bench_run *run, const char *extra)
{
    return strcmp(run->options.extra, extra) == 0;
}

static PGconn *pg_open(const struct bench_run *run)
{
    PGconn *c = PQconnectdb(run->options.address);
    if (!c || PQstatus(c) != CONNECTION_OK)
        bench_die("postgres", c ? PQerrorMessage(c) : "no memory");
    return c;
}

static void pg_do(PGconn *c, const char *sql)
{
    PGresult *r = PQexec(c, sql);
    ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        bench_die("postgres", PQerrorMessage(c));
    PQclear(r);
}

static void pg_prepare(struct bench_run *run)
{
    PGconn *c = pg_open(run);
    pg_do(c,
          "SET client_min_messages = warning; DROP TABLE IF EXISTS event, place;"
          "CREATE TABLE event (id bigserial PRIMARY KEY, source int NOT NULL,"
          " seq bigint NOT NULL, at timestamptz NOT NULL DEFAULT now(),"
          " body bytea NOT NULL);"
          "CREATE TABLE place (reader int PRIMARY KEY, id bigint NOT NULL);"
          "INSERT INTO place SELECT n, 0 FROM generate_series(0, 63) n");
    PQfinish(c);
}

static uint64_t pg_publish(struct bench_run *run)
{
    PGconn *c = pg_open(run);
    struct pg_batch batch;
    uint64_t sent = 0;
    bool copy = is(run, "copy");
    pg_batch_new(&batch, &run->options);
    for (uint64_t now = bench_now_ns(); !bench_over(run, now, sent);
         now = bench_now_ns()) {
        uint64_t n = bench_due(run, now, sent);
        if (n > run->options.batch)
            n = run->options.batch;
        if (n == 0) {
            struct timespec pause = {.tv_nsec = (long)bench_pause_ns(run, now, sent)};
            nanosleep(&pause, NULL);
            continue;
        }
        if (copy)
            pg_batch_copy(&batch, c, run, sent, n);
        else
            pg_batch_insert(&batch, c, run, sent, n, is(run, "notify"));
        bench_acked(run, sent, n);
        sent += n;
    }
    pg_batch_free(&batch);
    PQfinish(c);
    return sent;
}

/* What is newer than `last`, which moves on; false: nothing. */
static bool pg_fetch(PGconn *c, struct bench_reader *r, unsigned number, uint64_t *last)
{
    char id[24];
    char reader[24];
    const char *const values[] = {id, reader};
    uint64_t newest = 0;
    snprintf(id, sizeof id, "%llu", (unsigned long long)*last);
    snprintf(reader, sizeof reader, "%u", number);
    PGresult *rows = PQexecPrepared(c, "fetch", 1, values, NULL, NULL, 1);
    if (PQresultStatus(rows) != PGRES_TUPLES_OK)
        bench_die("postgres", PQerrorMessage(c));
    int n = PQntuples(rows);
    for (int i = 0; i < n; i++)
        bench_got(r, PQgetvalue(rows, i, 1));
    if (n > 0) {
        memcpy(&newest, PQgetvalue(rows, n - 1, 0), sizeof newest);
        *last = be64toh(newest);
        snprintf(id, sizeof id, "%llu", (unsigned long long)*last);
        PGresult *kept = PQexecPrepared(c, "keep", 2, values, NULL, NULL, 0);
        if (PQresultStatus(kept) != PGRES_COMMAND_OK)
            bench_die("postgres", PQerrorMessage(c));
        PQclear(kept);
    }
    PQclear(rows);
    return n > 0;
}

static void pg_pause(PGconn *c, bool notify)
{
    struct timespec pause = {.tv_nsec = POLL_NS};
    struct pollfd fd = {.fd = PQsocket(c), .events = POLLIN};
    PGnotify *note = NULL;
    if (!notify) {
        nanosleep(&pause, NULL);
        return;
    }
    while ((note = PQnotifies(c)))
        PQfreemem(note);
    if (poll(&fd, 1, WAKE_MS) > 0 && !PQconsumeInput(c))
        bench_die("postgres", PQerrorMessage(c));
}

static void pg_read(struct bench_run *run, unsigned number)
{
    PGconn *c = pg_open(run);
    uint64_t last = 0;
    /* a plan that was made while the table was empty would sort all of it each time */
    pg_do(c, "SET enable_seqscan = off; SET enable_bitmapscan = off");
    PQclear(
        PQprepare(c,
                  "fetch",
                  "SELECT id, body FROM event WHERE id > $1 ORDER BY id LIMIT " FETCH,
                  1,
                  NULL));
    PQclear(
        PQprepare(c, "keep", "UPDATE place SET id = $1 WHERE reader = $2", 2, NULL));
    if (is(run, "notify"))
        pg_do(c, "LISTEN event");
    bench_ready(&run->reader[number]);
    while (!bench_complete(run, number))
        if (!pg_fetch(c, &run->reader[number], number, &last))
            pg_pause(c, is(run, "notify"));
    PQfinish(c);
}

static void pg_connect(struct bench_run *run)
{
    pg_do(pg_open(run), "SELECT 1");
}

int main(int argc, char **argv)
{
    static const struct bench_client client = {.peer = "postgres",
                                               .prepare = pg_prepare,
                                               .publish = pg_publish,
                                               .read = pg_read,
                                               .connect = pg_connect};
    return bench_client(argc, argv, &client);
}
