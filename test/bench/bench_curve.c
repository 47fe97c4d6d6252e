/* Purpose: what CURVE allows: one process pushes messages to another through ZeroMQ on
 * 127.0.0.1, encrypted, nothing else.
 *
 *     bench-curve MESSAGE_BYTES SECONDS
 *
 * One JSON object: messages and MB in a second, as received. */
#include "test/bench/client.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <zmq.h>

#define KEY_SIZE 41u
#define LOOK_EVERY 64u
#define ADDRESS_SIZE 64u
#define SIZE_LIMIT (1u << 24)

struct pair {
    char public_key[KEY_SIZE];
    char secret_key[KEY_SIZE];
};

static void zmq_must(bool good, const char *what)
{
    if (!good)
        bench_die(what, zmq_strerror(zmq_errno()));
}

static void secure(void *socket, const struct pair *own, const char *server_key)
{
    int yes = 1;
    int none = 0;
    zmq_must(zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none) == 0, "linger");
    if (!server_key)
        zmq_must(zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes) == 0,
                 "server");
    else
        zmq_must(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, KEY_SIZE) == 0,
                 "server key");
    zmq_must(
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, own->public_key, KEY_SIZE) == 0 &&
            zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own->secret_key, KEY_SIZE) == 0,
        "keys");
}

/* Pushes until it is killed. */
static _Noreturn void push(const char *address,
                           const struct pair *own,
                           const char *to,
                           const struct bench_options *o)
{
    unsigned char *payload = bench_payload(o);
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_PUSH);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    secure(socket, own, to);
    zmq_must(zmq_connect(socket, address) == 0, "connect");
    for (;;)
        zmq_must(zmq_send(socket, payload, o->size, 0) >= 0, "send");
}

static uint64_t pull(void *socket, double seconds, double *took)
{
    uint64_t n = 0;
    uint64_t begin = 0;
    uint64_t now = 0;
    while (n == 0 || (double)(now - begin) < seconds * 1e9) {
        zmq_msg_t m;
        zmq_msg_init(&m);
        zmq_must(zmq_msg_recv(&m, socket, 0) >= 0, "receive");
        zmq_msg_close(&m);
        if (n == 0)
            begin = now = bench_now_ns();
        else if (n % LOOK_EVERY == 0)
            now = bench_now_ns();
        n++;
    }
    *took = (double)(now - begin) / 1e9;
    return n;
}

/* The pushing process, which learns the address from `from`; forked before this process
 * has any thread. */
static pid_t
begin(const struct pair *own, const char *to, int from, const struct bench_options *o)
{
    char address[ADDRESS_SIZE];
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    if (read(from, address, sizeof address) != (ssize_t)sizeof address)
        _exit(1);
    push(address, own, to, o);
}

/* Pulls for so long; returns messages in a second. */
static double measure(const struct pair *own, int to, double seconds)
{
    char address[ADDRESS_SIZE] = "";
    size_t size = sizeof address;
    double took = 0;
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_PULL);
    secure(socket, own, NULL);
    zmq_must(zmq_bind(socket, "tcp://127.0.0.1:*") == 0 &&
                 zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, address, &size) == 0,
             "bind");
    if (write(to, address, sizeof address) != (ssize_t)sizeof address)
        bench_die("curve", "no pipe");
    uint64_t n = pull(socket, seconds, &took);
    zmq_close(socket);
    zmq_ctx_term(context);
    return (double)n / took;
}

int main(int argc, char **argv)
{
    struct bench_options o = {.size = argc == 3 ? strtoul(argv[1], NULL, 10) : 0};
    double seconds = argc == 3 ? strtod(argv[2], NULL) : 0;
    struct pair server;
    struct pair client;
    int channel[2];
    if (o.size < 1 || o.size > SIZE_LIMIT || !(seconds > 0)) {
        fputs("usage: bench-curve MESSAGE_BYTES SECONDS\n", stderr);
        return 2;
    }
    zmq_must(zmq_curve_keypair(server.public_key, server.secret_key) == 0 &&
                 zmq_curve_keypair(client.public_key, client.secret_key) == 0,
             "CURVE keys");
    if (pipe(channel) != 0)
        bench_die("curve", "no pipe");
    pid_t pid = begin(&client, server.public_key, channel[0], &o);
    if (pid < 0)
        bench_die("curve", "no process");
    double a_second = measure(&server, channel[1], seconds);
    kill(pid, SIGKILL);
    json_t *j = json_pack("{s:s, s:s, s:I, s:i, s:f, s:f}",
                          "peer",
                          "curve",
                          "work",
                          "limit",
                          "size",
                          (json_int_t)o.size,
                          "lost",
                          0,
                          "a_second",
                          a_second,
                          "mb_s",
                          a_second * (double)o.size / 1e6);
    return bench_print(j) ? 0 : 1;
}
