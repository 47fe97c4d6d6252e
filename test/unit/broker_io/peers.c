/* Purpose: connections by number: never used again, bounded, bound to one key. */
#include "broker/io/peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint8_t key_a[SB_PK] = {1};
static const uint8_t key_b[SB_PK] = {2};

static void id_of(uint32_t n, uint8_t id[SB_ROUTING_ID])
{
    id[0] = 0;
    for (int i = 0; i < 4; i++)
        id[1 + i] = (uint8_t)(n >> (24 - 8 * i));
}

static struct sb_peer *add(struct sb_peers *p, uint32_t n, const uint8_t *key)
{
    uint8_t id[SB_ROUTING_ID];
    struct sb_peer *peer = NULL;
    id_of(n, id);
    assert_int_equal(sb_peers_add(p, id, key, &peer, NULL), 0);
    return peer;
}

static void numbers_are_never_used_again(void **state)
{
    (void)state;
    uint8_t id[SB_ROUTING_ID];
    struct sb_peers *p = sb_peers_new();
    id_of(7, id);
    uint64_t first = add(p, 7, key_a)->number;
    assert_ptr_equal(sb_peers_by_id(p, id), sb_peers_by_number(p, first));
    struct sb_peer *twice = NULL;
    assert_int_equal(sb_peers_add(p, id, key_b, &twice, NULL), SB_E_INTERNAL);
    assert_null(twice);
    sb_peers_forget(p, first);
    sb_peers_forget(p, first);
    assert_null(sb_peers_by_id(p, id));
    assert_null(sb_peers_by_number(p, first));
    assert_true(add(p, 7, key_b)->number > first);
    assert_int_equal(sb_peers_count(p), 1);
    sb_peers_free(p);
}

static void one_key_cannot_take_all_places(void **state)
{
    (void)state;
    uint8_t id[SB_ROUTING_ID];
    struct sb_peer *peer = NULL;
    struct sb_peers *p = sb_peers_new();
    for (uint32_t i = 0; i < SB_PEERS_EACH; i++)
        (void)add(p, i, key_a);
    id_of(SB_PEERS_EACH, id);
    assert_int_equal(sb_peers_add(p, id, key_a, &peer, NULL), SB_E_LIMIT);
    assert_int_equal(sb_peers_add(p, id, key_b, &peer, NULL), 0);
    sb_peers_free(p);
}

static void all_places_are_bounded(void **state)
{
    (void)state;
    uint8_t id[SB_ROUTING_ID];
    uint8_t key[SB_PK] = {0};
    struct sb_peer *peer = NULL;
    struct sb_peers *p = sb_peers_new();
    for (uint32_t i = 0; i < SB_PEERS_MAX; i++) {
        key[0] = (uint8_t)(i / SB_PEERS_EACH);
        (void)add(p, i, key);
    }
    key[1] = 1;
    id_of(SB_PEERS_MAX, id);
    assert_int_equal(sb_peers_add(p, id, key, &peer, NULL), SB_E_LIMIT);
    sb_peers_free(p);
}

static void silence_is_found(void **state)
{
    (void)state;
    struct sb_peers *p = sb_peers_new();
    add(p, 1, key_a)->seen_ms = 100;
    uint64_t late = add(p, 2, key_a)->number;
    sb_peers_by_number(p, late)->seen_ms = 50;
    assert_int_equal(sb_peers_silent(p, 50), 0);
    assert_int_equal(sb_peers_silent(p, 51), late);
    sb_peers_forget(p, late);
    assert_int_equal(sb_peers_silent(p, 51), 0);
    sb_peers_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_never_used_again),
        cmocka_unit_test(one_key_cannot_take_all_places),
        cmocka_unit_test(all_places_are_bounded),
        cmocka_unit_test(silence_is_found),
    };
    return cmocka_run_group_tests_name("broker.io.peers", tests, NULL, NULL);
}
