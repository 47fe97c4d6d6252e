/* Purpose: Redis streams: XADD pipelined over one connection or more (--extra N),
 * XREADGROUP and XACK by one consumer group for each reader. --address is a port.
 * Invariant: a connection's replies come in the order of its commands. */
#include "test/bench/client.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LANES 64u
#define FETCH 500u
#define GROUP_MAX 16u

struct lane { /* a publishing connection and the numbers it has under way */
    redisContext *c;
    uint64_t *numbers;
    uint64_t sent;
    uint64_t acked;
};

struct lanes {
    struct lane lane[LANES];
    struct pollfd fd[LANES];
    unsigned n;
    uint64_t room; /* of each */
};

static redisContext *redis_open(const struct bench_run *run)
{
    redisContext *c =
        redisConnect("127.0.0.1", (int)strtol(run->options.address, NULL, 10));
    if (!c || c->err)
        bench_die("redis", c ? c->errstr : "no memory");
    return c;
}

static void redis_must(redisReply *reply, const redisContext *c)
{
    if (!reply)
        bench_die("redis", c->errstr);
    if (reply->type == REDIS_REPLY_ERROR)
        bench_die("redis", reply->str);
    freeReplyObject(reply);
}

static void redis_prepare(struct bench_run *run)
{
    redisContext *c = redis_open(run);
    redis_must(redisCommand(c, "DEL ev"), c);
    for (unsigned i = 0; i < run->options.readers; i++)
        redis_must(redisCommand(c, "XGROUP CREATE ev g%u 0 MKSTREAM", i), c);
    redisFree(c);
}

static void lanes_open(struct lanes *all, const struct bench_run *run)
{
    unsigned long n = strtoul(run->options.extra, NULL, 10);
    *all = (struct lanes){.n = n < 1 ? 1 : n > LANES ? LANES : (unsigned)n};
    all->room = run->options.window / all->n;
    if (all->room == 0)
        all->room = 1;
    for (unsigned i = 0; i < all->n; i++) {
        all->lane[i].c = redis_open(run);
        all->lane[i].numbers = calloc(all->room, sizeof(uint64_t));
        all->fd[i] = (struct pollfd){.fd = all->lane[i].c->fd, .events = POLLIN};
        if (!all->lane[i].numbers)
            bench_die("redis", "no memory");
    }
}

static void lanes_close(struct lanes *all)
{
    for (unsigned i = 0; i < all->n; i++) {
        redisFree(all->lane[i].c);
        free(all->lane[i].numbers);
    }
}

/* As many of `due` as the connection has room for; returns how many. */
static uint64_t lane_send(struct lane *l,
                          uint64_t room,
                          struct bench_run *run,
                          unsigned char *payload,
                          uint64_t sent,
                          uint64_t due)
{
    const char *words[] = {"XADD", "ev", "*", "d", (const char *)payload};
    const size_t sizes[] = {4, 2, 1, 1, run->options.size};
    uint64_t n = 0;
    int flushed = 0;
    for (; n < due && l->sent - l->acked < room; n++) {
        bench_stamp(run, payload, sent + n);
        l->numbers[l->sent++ % room] = sent + n;
        redisAppendCommandArgv(l->c, 5, words, sizes);
    }
    while (n > 0 && !flushed)
        if (redisBufferWrite(l->c, &flushed) != REDIS_OK)
            bench_die("redis", l->c->errstr);
    return n;
}

static void lane_take(struct lane *l, uint64_t room, struct bench_run *run)
{
    void *reply = NULL;
    if (redisBufferRead(l->c) != REDIS_OK)
        bench_die("redis", l->c->errstr);
    while (redisGetReplyFromReader(l->c, &reply) == REDIS_OK && reply) {
        redis_must(reply, l->c);
        bench_acked(run, l->numbers[l->acked++ % room], 1);
    }
}

static uint64_t redis_publish(struct bench_run *run)
{
    static struct lanes all;
    unsigned char *payload = bench_payload(&run->options);
    uint64_t sent = 0;
    unsigned turn = 0;
    lanes_open(&all, run);
    for (uint64_t now = bench_now_ns();
         !bench_over(run, now, sent) || bench_waits(run, sent);
         now = bench_now_ns()) {
        uint64_t due = bench_due(run, now, sent);
        for (unsigned i = 0; i < all.n && due > 0; i++) {
            uint64_t n =
                lane_send(&all.lane[turn++ % all.n], all.room, run, payload, sent, due);
            sent += n;
            due -= n;
        }
        struct timespec pause = {.tv_nsec =
                                     (long)bench_pause_ns(run, bench_now_ns(), sent)};
        if (ppoll(all.fd, all.n, &pause, NULL) > 0)
            for (unsigned i = 0; i < all.n; i++)
                if (all.fd[i].revents)
                    lane_take(&all.lane[i], all.room, run);
    }
    lanes_close(&all);
    free(payload);
    return sent;
}

/* Counts what came and says so with the next command: XACK of every id. */
static void redis_got(redisContext *c,
                      const redisReply *entries,
                      struct bench_reader *r,
                      const char *group)
{
    static const char *words[FETCH + 3];
    static size_t sizes[FETCH + 3];
    size_t n = entries->elements < FETCH ? entries->elements : FETCH;
    words[0] = "XACK";
    words[1] = "ev";
    words[2] = group;
    for (size_t i = 0; i < n; i++) {
        const redisReply *entry = entries->element[i];
        bench_got(r, entry->element[1]->element[1]->str);
        words[3 + i] = entry->element[0]->str;
    }
    for (size_t i = 0; i < n + 3; i++)
        sizes[i] = strlen(words[i]);
    redisAppendCommandArgv(c, (int)(n + 3), words, sizes);
}

static redisReply *redis_next(redisContext *c)
{
    void *reply = NULL;
    if (redisGetReply(c, &reply) != REDIS_OK)
        bench_die("redis", c->errstr);
    return reply;
}

static void redis_read(struct bench_run *run, unsigned number)
{
    struct bench_reader *r = &run->reader[number];
    redisContext *c = redis_open(run);
    char group[GROUP_MAX];
    bool acks = false;
    snprintf(group, sizeof group, "g%u", number);
    bench_ready(r);
    while (!bench_complete(run, number)) {
        redisAppendCommand(
            c, "XREADGROUP GROUP %s c COUNT %u BLOCK 200 STREAMS ev >", group, FETCH);
        if (acks)
            redis_must(redis_next(c), c);
        redisReply *reply = redis_next(c);
        acks = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements > 0;
        if (acks)
            redis_got(c, reply->element[0]->element[1], r, group);
        else if (reply && reply->type == REDIS_REPLY_ERROR)
            bench_die("redis", reply->str);
        freeReplyObject(reply);
    }
    if (acks)
        redis_must(redis_next(c), c);
    redisFree(c);
}

static void redis_connect(struct bench_run *run)
{
    redisContext *c = redis_open(run);
    redis_must(redisCommand(c, "PING"), c);
}

int main(int argc, char **argv)
{
    static const struct bench_client client = {.peer = "redis",
                                               .prepare = redis_prepare,
                                               .publish = redis_publish,
                                               .read = redis_read,
                                               .connect = redis_connect};
    return bench_client(argc, argv, &client);
}
