/* Purpose: a batch as binary COPY (PostgreSQL's manual, "COPY", Binary Format) and as a
 * multi-row INSERT.
 * Invariant: the buffer holds a batch of the largest size in either form. */
#include "test/bench/bench_postgres.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_MAX 128u /* of what a row has beside its payload */
#define SOURCES 64u

void pg_batch_new(struct pg_batch *b, const struct bench_options *options)
{
    b->size = 256 + options->batch * (options->size * 2 + ROW_MAX);
    b->text = malloc(b->size);
    b->payload = bench_payload(options);
    if (!b->text)
        bench_die("postgres", "no memory");
}

void pg_batch_free(struct pg_batch *b)
{
    free(b->text);
    free(b->payload);
}

static char *put16(char *at, uint16_t n)
{
    n = htobe16(n);
    memcpy(at, &n, sizeof n);
    return at + sizeof n;
}

static char *put32(char *at, uint32_t n)
{
    n = htobe32(n);
    memcpy(at, &n, sizeof n);
    return at + sizeof n;
}

static char *put64(char *at, uint64_t n)
{
    n = htobe64(n);
    memcpy(at, &n, sizeof n);
    return at + sizeof n;
}

static void finish(PGconn *c)
{
    PGresult *r = NULL;
    while ((r = PQgetResult(c))) {
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            bench_die("postgres", PQerrorMessage(c));
        PQclear(r);
    }
}

void pg_batch_copy(
    struct pg_batch *b, PGconn *c, struct bench_run *run, uint64_t first, uint64_t n)
{
    static const char head[19] = "PGCOPY\n\377\r\n"; /* no flags, no extension */
    uint32_t size = (uint32_t)run->options.size;
    char *at = b->text + sizeof head;
    memcpy(b->text, head, sizeof head);
    for (uint64_t i = first; i < first + n; i++) {
        bench_stamp(run, b->payload, i);
        at = put16(at, 3);
        at = put32(put32(at, 4), (uint32_t)(i % SOURCES));
        at = put64(put32(at, 8), i);
        at = put32(at, size);
        memcpy(at, b->payload, size);
        at += size;
    }
    at = put16(at, UINT16_MAX);
    PGresult *r = PQexec(c, "COPY event (source, seq, body) FROM STDIN BINARY");
    if (PQresultStatus(r) != PGRES_COPY_IN ||
        PQputCopyData(c, b->text, (int)(at - b->text)) != 1 ||
        PQputCopyEnd(c, NULL) != 1)
        bench_die("postgres", PQerrorMessage(c));
    PQclear(r);
    finish(c);
}

static char *put_hex(char *at, const unsigned char *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *at++ = digits[p[i] >> 4];
        *at++ = digits[p[i] & 15];
    }
    return at;
}

void pg_batch_insert(struct pg_batch *b,
                     PGconn *c,
                     struct bench_run *run,
                     uint64_t first,
                     uint64_t n,
                     bool notify)
{
    char *at = b->text;
    char *end = b->text + b->size;
    at += snprintf(at, b->size, "INSERT INTO event (source, seq, body) VALUES");
    for (uint64_t i = first; i < first + n; i++) {
        bench_stamp(run, b->payload, i);
        at += snprintf(at,
                       (size_t)(end - at),
                       "%s(%u,%llu,'\\x",
                       i == first ? " " : ",",
                       (unsigned)(i % SOURCES),
                       (unsigned long long)i);
        at = put_hex(at, b->payload, run->options.size);
        at += snprintf(at, (size_t)(end - at), "')");
    }
    if (notify)
        snprintf(at, (size_t)(end - at), "; NOTIFY event");
    PGresult *r = PQexec(c, b->text);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        bench_die("postgres", PQerrorMessage(c));
    PQclear(r);
}
