/* A batch of events as PostgreSQL takes it, one transaction each. */
#ifndef TEST_BENCH_BENCH_POSTGRES_H
#define TEST_BENCH_BENCH_POSTGRES_H

#include "test/bench/client.h"

#include <libpq-fe.h>

struct pg_batch {
    unsigned char *payload;
    char *text; /* of the statement, or of COPY's data */
    size_t size;
};

void pg_batch_new(struct pg_batch *b, const struct bench_options *options);
void pg_batch_free(struct pg_batch *b);
/* Events from number `first` on, committed when it returns. */
void pg_batch_copy(
    struct pg_batch *b, PGconn *c, struct bench_run *run, uint64_t first, uint64_t n);
void pg_batch_insert(struct pg_batch *b,
                     PGconn *c,
                     struct bench_run *run,
                     uint64_t first,
                     uint64_t n,
                     bool notify);

#endif
