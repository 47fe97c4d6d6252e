/* Purpose: find a connection by routing id or by number.
 * Invariant: both tables hold the same peers.
 * Not: sessions (core) or sockets (gate.c). */
#include "broker/io/peers.h"

#include <czmq.h>

struct known { /* a key that has connections, or had and has not read all */
    struct known *next;
    uint8_t curve_pk[SB_PK];
    size_t peers;
    struct sb_sending *sending;
};

struct sb_peers {
    zhashx_t *by_id; /* owns the peers */
    zhashx_t *by_number;
    struct known *keys;
    uint64_t last;
};

/* Keys are numbers in the pointer itself: nothing is copied or freed. */
static const void *key(uint64_t n)
{
    return (const void *)(uintptr_t)n; // NOLINT(performance-no-int-to-ptr)
}

static const void *id_key(const uint8_t id[SB_ROUTING_ID])
{
    uint64_t n = 1; /* no key is NULL */
    for (size_t i = 0; i < SB_ROUTING_ID; i++)
        n = n << 8 | id[i];
    return key(n);
}

static size_t hash_key(const void *k)
{
    uint64_t n = (uintptr_t)k;
    return (size_t)(n * 0x9e3779b97f4a7c15ull >> 32);
}

static int compare_keys(const void *a, const void *b)
{
    return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

static void free_peer(void **peer)
{
    free(*peer);
    *peer = NULL;
}

static zhashx_t *new_table(bool owns)
{
    zhashx_t *h = zhashx_new();
    if (!h)
        return NULL;
    zhashx_set_key_hasher(h, hash_key);
    zhashx_set_key_comparator(h, compare_keys);
    zhashx_set_key_duplicator(h, NULL);
    zhashx_set_key_destructor(h, NULL);
    if (owns)
        zhashx_set_destructor(h, free_peer);
    return h;
}

struct sb_peers *sb_peers_new(void)
{
    struct sb_peers *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->by_id = new_table(true);
    p->by_number = new_table(false);
    if (p->by_id && p->by_number)
        return p;
    sb_peers_free(p);
    return NULL;
}

void sb_peers_free(struct sb_peers *p)
{
    if (!p)
        return;
    zhashx_destroy(&p->by_number);
    zhashx_destroy(&p->by_id);
    while (p->keys) {
        struct known *next = p->keys->next;
        sb_sending_free(p->keys->sending);
        free(p->keys);
        p->keys = next;
    }
    free(p);
}

struct sb_peer *sb_peers_by_id(struct sb_peers *p, const uint8_t id[SB_ROUTING_ID])
{
    return zhashx_lookup(p->by_id, id_key(id));
}

struct sb_peer *sb_peers_by_number(struct sb_peers *p, uint64_t number)
{
    return zhashx_lookup(p->by_number, key(number));
}

static void forget_keys(struct sb_peers *p)
{
    for (struct known **at = &p->keys; *at;) {
        struct known *k = *at;
        if (k->peers > 0 || sb_sending_bytes(k->sending) > 0) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        sb_sending_free(k->sending);
        free(k);
    }
}

static struct known *find_key(struct sb_peers *p, const uint8_t curve_pk[SB_PK])
{
    struct known *k = p->keys;
    while (k && memcmp(k->curve_pk, curve_pk, SB_PK) != 0)
        k = k->next;
    return k;
}

/* NULL: out of memory. */
static struct known *know_key(struct sb_peers *p, const uint8_t curve_pk[SB_PK])
{
    struct known *k = find_key(p, curve_pk);
    if (k)
        return k;
    forget_keys(p);
    k = calloc(1, sizeof *k);
    struct sb_sending *sending = k ? sb_sending_new() : NULL;
    if (!sending) {
        free(k);
        return NULL;
    }
    memcpy(k->curve_pk, curve_pk, SB_PK);
    k->sending = sending;
    k->next = p->keys;
    p->keys = k;
    return k;
}

int sb_peers_add(struct sb_peers *p,
                 const uint8_t id[SB_ROUTING_ID],
                 const uint8_t curve_pk[SB_PK],
                 struct sb_peer **out,
                 struct sb_err *err)
{
    if (zhashx_size(p->by_id) >= SB_PEERS_MAX)
        return sb_fail(err, SB_E_LIMIT, "more than %u connections", SB_PEERS_MAX);
    struct known *of = know_key(p, curve_pk);
    if (of && of->peers >= SB_PEERS_EACH)
        return sb_fail(
            err, SB_E_LIMIT, "more than %u connections of one key", SB_PEERS_EACH);
    struct sb_peer *peer = of ? calloc(1, sizeof *peer) : NULL;
    if (!peer)
        return sb_fail(err, SB_E_MEMORY, "peer");
    peer->sending = of->sending;
    peer->number = ++p->last;
    memcpy(peer->id, id, SB_ROUTING_ID);
    memcpy(peer->curve_pk, curve_pk, SB_PK);
    if (zhashx_insert(p->by_id, id_key(id), peer)) {
        free(peer);
        return sb_fail(err, SB_E_INTERNAL, "a peer of this routing id is there");
    }
    (void)zhashx_insert(p->by_number, key(peer->number), peer);
    of->peers++;
    *out = peer;
    return 0;
}

void sb_peers_forget(struct sb_peers *p, uint64_t number)
{
    struct sb_peer *peer = sb_peers_by_number(p, number);
    if (!peer)
        return;
    struct known *of = find_key(p, peer->curve_pk);
    if (of)
        of->peers--;
    zhashx_delete(p->by_number, key(number));
    zhashx_delete(p->by_id, id_key(peer->id));
}

uint64_t sb_peers_silent(struct sb_peers *p, uint64_t mono_ms)
{
    for (struct sb_peer *x = zhashx_first(p->by_id); x; x = zhashx_next(p->by_id))
        if (x->seen_ms < mono_ms)
            return x->number;
    return 0;
}

size_t sb_peers_count(const struct sb_peers *p)
{
    return zhashx_size(p->by_id);
}
