/* broker.io.sending: what a peer does not read stays counted, for its key, whatever
 * becomes of the connection; what is read or dropped is not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include <cmocka.h>

#include "broker/io/peers.h"

enum { PART = 100000, PARTS = 200, WAIT_MS = 20000 };

static const struct sb_lent nothing_lent;
static void *zmq;
static void *door;
static void *reader;
static uint8_t routing_id[16];
static size_t routing_n;

static int set_up(void **state)
{
    (void)state;
    char address[128];
    size_t n = sizeof address;
    int one = 1;
    int small = 4096;
    int wait = WAIT_MS;
    zmq = zmq_ctx_new();
    door = zmq_socket(zmq, ZMQ_ROUTER);
    reader = zmq_socket(zmq, ZMQ_DEALER);
    zmq_setsockopt(door, ZMQ_SNDBUF, &small, sizeof small);
    zmq_setsockopt(door, ZMQ_ROUTER_MANDATORY, &one, sizeof one);
    zmq_setsockopt(door, ZMQ_RCVTIMEO, &wait, sizeof wait);
    zmq_setsockopt(reader, ZMQ_RCVBUF, &small, sizeof small);
    zmq_setsockopt(reader, ZMQ_RCVHWM, &one, sizeof one);
    zmq_setsockopt(reader, ZMQ_RCVTIMEO, &wait, sizeof wait);
    assert_int_equal(zmq_bind(door, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(door, ZMQ_LAST_ENDPOINT, address, &n), 0);
    assert_int_equal(zmq_connect(reader, address), 0);
    assert_int_equal(zmq_send(reader, "x", 1, 0), 1);
    int got = zmq_recv(door, routing_id, sizeof routing_id, 0);
    assert_true(got > 0);
    routing_n = (size_t)got;
    assert_int_equal(zmq_recv(door, address, 1, 0), 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    int none = 0;
    zmq_setsockopt(door, ZMQ_LINGER, &none, sizeof none);
    zmq_close(door);
    zmq_close(reader);
    zmq_ctx_term(zmq);
    return 0;
}

static void send_all(struct sb_sending *s)
{
    static uint8_t part[PART];
    for (size_t i = 0; i < PARTS; i++) {
        assert_int_equal(
            sb_sending_part(
                s, door, sb_bytes(routing_id, routing_n), &nothing_lent, true),
            0);
        assert_int_equal(
            sb_sending_part(s, door, sb_bytes(part, PART), &nothing_lent, false), 0);
    }
}

static void what_is_not_read_is_counted_until_it_is(void **state)
{
    (void)state;
    static uint8_t part[PART];
    struct sb_sending *s = sb_sending_new();
    send_all(s);
    assert_true(sb_sending_bytes(s) > PART * (PARTS / 2));
    for (size_t i = 0; i < PARTS; i++)
        assert_int_equal(zmq_recv(reader, part, PART, 0), PART);
    /* the thread that sent the last part lets go of it when it likes */
    for (int ms = 0; sb_sending_bytes(s) > 0 && ms < WAIT_MS; ms++)
        (void)zmq_poll(NULL, 0, 1);
    assert_true(sb_sending_bytes(s) == 0);
    sb_sending_free(s);
}

/* Whoever comes back with the same key has not left behind what it did not read. */
static void a_key_is_known_while_anything_is_on_its_way(void **state)
{
    (void)state;
    static const uint8_t key[SB_PK] = {7};
    static const uint8_t other[SB_PK] = {8};
    static const uint8_t ids[3][SB_ROUTING_ID] = {{0, 1}, {0, 2}, {0, 3}};
    struct sb_peer *peer = NULL;
    struct sb_peers *p = sb_peers_new();
    assert_int_equal(sb_peers_add(p, ids[0], key, &peer, NULL), 0);
    struct sb_sending *s = peer->sending;
    assert_int_equal(sb_peers_add(p, ids[1], key, &peer, NULL), 0);
    assert_ptr_equal(peer->sending, s);
    send_all(s);
    sb_peers_forget(p, 1);
    sb_peers_forget(p, 2);
    assert_int_equal(sb_peers_add(p, ids[2], other, &peer, NULL), 0);
    assert_ptr_not_equal(peer->sending, s);
    assert_int_equal(sb_peers_add(p, ids[0], key, &peer, NULL), 0);
    assert_ptr_equal(peer->sending, s);
    assert_true(sb_sending_bytes(s) > 0);
    sb_peers_free(p); /* what is on its way goes with the sockets */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_is_not_read_is_counted_until_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_key_is_known_while_anything_is_on_its_way, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("broker.io.sending", tests, NULL, NULL);
}
