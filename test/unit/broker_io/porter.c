/* broker.io.porter: who may stand in the door, how long, with how many bytes; what goes
 * beyond is shut, and nobody else with it. Real TCP to a ROUTER; time is a number. */
#include "broker/io/porter.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#define FRAME (1u << 20)
#define PATIENCE_MS 20000

struct door {
    void *zmq;
    void *router;
    struct sb_porter *porter;
    struct sockaddr_in at;
    uint64_t now;
};

/* ZMTP 3.1, NULL; then READY of a DEALER. */
static const char greeting[64] = {'\xff', 0, 0,   0,   0,   0,   0, 0, 0, 0x7f,
                                  3,      1, 'N', 'U', 'L', 'L', 0, 0, 0, 0};
static const char ready[] = "\x04\x1c\x05READY\x0bSocket-Type\x00\x00\x00\x06"
                            "DEALER";

static struct door *open_door(void)
{
    struct door *d = calloc(1, sizeof *d);
    char address[64];
    size_t n = sizeof address;
    int none = 0;
    assert_non_null(d);
    d->now = 1000000;
    d->zmq = zmq_ctx_new();
    d->router = zmq_socket(d->zmq, ZMQ_ROUTER);
    zmq_setsockopt(d->router, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(d->router, ZMQ_HANDSHAKE_IVL, &none, sizeof none);
    assert_int_equal(sb_porter_open(&d->porter, d->zmq, d->router, NULL, NULL), 0);
    assert_int_equal(zmq_bind(d->router, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(d->router, ZMQ_LAST_ENDPOINT, address, &n), 0);
    d->at.sin_family = AF_INET;
    d->at.sin_port = htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10));
    d->at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return d;
}

static void close_door(struct door *d)
{
    sb_porter_close(d->porter, d->router);
    zmq_close(d->router);
    zmq_ctx_term(d->zmq);
    free(d);
}

/* A caller that the porter knows of. */
static int call(struct door *d)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    zmq_pollitem_t news = {.socket = sb_porter_socket(d->porter), .events = ZMQ_POLLIN};
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&d->at, sizeof d->at), 0);
    assert_int_equal(zmq_poll(&news, 1, PATIENCE_MS), 1);
    sb_porter_step(d->porter, d->now);
    return fd;
}

static void say(int fd, const void *bytes, size_t n)
{
    assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

/* Whether the other side has ended it, within so many ms. */
static bool is_shut(int fd, int ms)
{
    char seen[256];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, ms) == 1)
        if (recv(fd, seen, sizeof seen, MSG_DONTWAIT) <= 0)
            return true;
    return false;
}

/* Looks again and again, as the loop does, until this caller is shut. */
static bool look_until_shut(struct door *d, int fd)
{
    for (int i = 0; i < 500; i++) {
        d->now += 50;
        sb_porter_step(d->porter, d->now);
        if (is_shut(fd, 10))
            return true;
    }
    return false;
}

/* The descriptor at this side of a caller's connection. */
static int our_end(int fd)
{
    struct sockaddr_in theirs = {0};
    socklen_t n = sizeof theirs;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&theirs, &n), 0);
    for (int i = 3; i < 1024; i++) {
        struct sockaddr_in peer = {0};
        n = sizeof peer;
        if (getpeername(i, (struct sockaddr *)&peer, &n) == 0 &&
            peer.sin_port == theirs.sin_port && peer.sin_family == AF_INET)
            return i;
    }
    fail_msg("nobody accepted it");
    return -1;
}

/* With a handshake behind it; what comes then as commands libzmq throws away. */
static int call_and_speak(struct door *d, uint64_t owner, uint64_t *number)
{
    int fd = call(d);
    say(fd, greeting, sizeof greeting);
    say(fd, ready, sizeof ready - 1);
    *number = sb_porter_heard(d->porter, our_end(fd), owner);
    assert_true(*number > 0);
    return fd;
}

/* Megabytes that make no message. */
static bool pour(int fd, size_t frames)
{
    static char frame[9 + FRAME] = {
        0x06, 0, 0, 0, 0, 0, 0x10, 0, 0, 4, 'N', 'O', 'O', 'P'};
    for (size_t i = 0; i < frames; i++)
        for (size_t at = 0; at < sizeof frame;) {
            ssize_t n = send(fd, frame + at, sizeof frame - at, MSG_NOSIGNAL);
            if (n < 0)
                return false;
            at += (size_t)n;
        }
    return true;
}

static void who_says_nothing_goes_when_its_time_is_over(void **state)
{
    (void)state;
    struct door *d = open_door();
    int first = call(d);
    d->now += SB_PORTER_SILENT_MS;
    int second = call(d);
    sb_porter_step(d->porter, d->now);
    assert_false(is_shut(first, 0));
    d->now += 500;
    sb_porter_step(d->porter, d->now);
    assert_true(is_shut(first, PATIENCE_MS));
    assert_false(is_shut(second, 0));
    close(first);
    close(second);
    close_door(d);
}

static void who_sends_much_before_a_message_goes(void **state)
{
    (void)state;
    static const char much[SB_PORTER_FIRST + 1] = {0};
    static const char frame[] = "\x06\x00\x00\x00\x00\x00\x10\x00\x00";
    struct door *d = open_door();
    int modest = call(d);
    int greedy = call(d);
    say(modest, greeting, sizeof greeting);
    say(modest, frame, sizeof frame - 1);
    say(modest, much, SB_PORTER_FIRST / 2);
    say(greedy, greeting, sizeof greeting);
    say(greedy, frame, sizeof frame - 1);
    say(greedy, much, sizeof much);
    assert_true(look_until_shut(d, greedy));
    assert_false(is_shut(modest, 0));
    close(modest);
    close(greedy);
    close_door(d);
}

static void who_has_spoken_may_be_silent(void **state)
{
    (void)state;
    uint64_t number;
    struct door *d = open_door();
    int fd = call_and_speak(d, 1, &number);
    assert_true(pour(fd, 1)); /* more than a first message may have */
    d->now += 3600000;
    sb_porter_step(d->porter, d->now);
    d->now += 3600000;
    sb_porter_step(d->porter, d->now);
    assert_false(is_shut(fd, 0));
    assert_int_equal(sb_porter_heard(d->porter, -1, 1), 0);
    assert_int_equal(sb_porter_heard(d->porter, 60000, 1), 0);
    close(fd);
    close_door(d);
}

static void a_message_that_does_not_end_ends(void **state)
{
    (void)state;
    uint64_t number;
    struct door *d = open_door();
    int fd = call_and_speak(d, 1, &number);
    int other = call_and_speak(d, 1, &number);
    sb_porter_step(d->porter, d->now += 500);
    assert_true(pour(fd, 40));
    sb_porter_step(d->porter, d->now += 500);
    assert_false(is_shut(fd, 0));
    (void)pour(fd, 9);
    assert_true(look_until_shut(d, fd));
    assert_false(is_shut(other, 0));
    close(fd);
    close(other);
    close_door(d);
}

static void an_institutions_connections_count_together(void **state)
{
    (void)state;
    enum { EACH = 40, CALLERS = 7 }; /* 280 MiB */
    int fds[CALLERS];
    uint64_t number;
    struct door *d = open_door();
    int other = call_and_speak(d, 2, &number);
    size_t shut = 0;
    for (size_t i = 0; i < CALLERS; i++)
        fds[i] = call_and_speak(d, 1, &number);
    sb_porter_step(d->porter, d->now += 500);
    for (size_t i = 0; i < CALLERS; i++)
        (void)pour(fds[i], EACH);
    (void)pour(other, EACH);
    sb_porter_step(d->porter, d->now += 500);
    sb_porter_step(d->porter, d->now += 500);
    for (size_t i = 0; i < CALLERS; i++) {
        shut += is_shut(fds[i], 200);
        close(fds[i]);
    }
    assert_int_equal(shut, 1); /* 240 MiB are left */
    assert_false(is_shut(other, 0));
    close(other);
    close_door(d);
}

static void a_connection_is_shut_by_its_number_alone(void **state)
{
    (void)state;
    uint64_t number;
    uint64_t others;
    struct door *d = open_door();
    int fd = call_and_speak(d, 1, &number);
    int other = call_and_speak(d, 1, &others);
    assert_true(number != others);
    sb_porter_shut(d->porter, our_end(fd), others, "not this one");
    sb_porter_shut(d->porter, our_end(fd), 0, "not known");
    sb_porter_shut(d->porter, 60000, number, "no such descriptor");
    sb_porter_shut(d->porter, -1, number, "no such descriptor");
    assert_false(is_shut(fd, 0));
    sb_porter_shut(d->porter, our_end(fd), number, "this one");
    assert_true(is_shut(fd, PATIENCE_MS));
    assert_false(is_shut(other, 0));
    close(fd);
    close(other);
    close_door(d);
}

static void when_the_door_is_full_the_oldest_goes(void **state)
{
    (void)state;
    static int fds[SB_PORTER_NEW + 1];
    struct rlimit limit;
    uint64_t number;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 2 * SB_PORTER_NEW + 100)
        skip(); /* this machine permits too few descriptors */
    struct door *d = open_door();
    int spoke = call_and_speak(d, 1, &number); /* older than all, and not in the way */
    for (size_t i = 0; i <= SB_PORTER_NEW; i++) {
        d->now += 1;
        fds[i] = call(d);
        if (i == SB_PORTER_NEW - 1)
            assert_false(is_shut(fds[0], 0));
    }
    assert_true(is_shut(fds[0], PATIENCE_MS));
    assert_false(is_shut(fds[1], 0));
    assert_false(is_shut(fds[SB_PORTER_NEW], 0));
    assert_false(is_shut(spoke, 0));
    for (size_t i = 0; i <= SB_PORTER_NEW; i++)
        close(fds[i]);
    close(spoke);
    close_door(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_says_nothing_goes_when_its_time_is_over),
        cmocka_unit_test(who_sends_much_before_a_message_goes),
        cmocka_unit_test(who_has_spoken_may_be_silent),
        cmocka_unit_test(a_message_that_does_not_end_ends),
        cmocka_unit_test(an_institutions_connections_count_together),
        cmocka_unit_test(a_connection_is_shut_by_its_number_alone),
        cmocka_unit_test(when_the_door_is_full_the_oldest_goes),
    };
    return cmocka_run_group_tests_name("broker.io.porter", tests, NULL, NULL);
}
