/* Purpose: flood FOLDER CODE ATTACK CONNECTIONS SECONDS: what a member of test-world's
 * exchange, with all its keys, does to the broker.
 *   pings     connections that ask without end and never read
 *   credit    subscriptions with all credit there is, and never reads
 *   subscribe the same subscription again and again, from the beginning
 *   fetch     FETCH of one event, again and again
 *   cosign    COSIGN with 256 wanted proofs, again and again
 *   resend    garbage where a batch should be, of a megabyte
 *   sessions  HELLO, WELCOME, questions, BYE, and again
 * What was said is one line at the end: ATTACK, how often, in how many seconds.
 * Invariant: ends some seconds after SECONDS, whatever the broker does.
 * Not: strangers (test/fault/hostile). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "test/fault/flood/member.h"

#define CALLERS 256u
#define AT_ONCE 256u /* said by one connection in its turn */

struct flood {
    struct member member;
    struct caller callers[CALLERS];
    size_t n;
    char stream[64];
    double until;
    unsigned long said;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(struct flood *f, struct caller *c, struct sb_message *m)
{
    f->said += member_say(c, m);
}

static void ping(struct flood *f, struct caller *c)
{
    struct sb_message m = {.cmd = SB_CMD_PING};
    for (size_t i = 0; i < AT_ONCE; i++)
        say(f, c, &m);
}

static void subscribe(struct flood *f, struct caller *c, const char *name)
{
    struct sb_bytes type = sb_bytes_str("riesgos.incidente");
    struct sb_message m = {.cmd = SB_CMD_SUBSCRIBE};
    struct sb_message credit = {.cmd = SB_CMD_CREDIT};
    m.as.subscribe.name = credit.as.credit.name = sb_bytes_str(name);
    m.as.subscribe.types = (struct sb_codes){&type, 1};
    credit.as.credit.entries = SB_CREDIT_ENTRIES_MAX;
    credit.as.credit.bytes = SB_CREDIT_BYTES_MAX;
    say(f, c, &m);
    say(f, c, &credit);
}

static void credit(struct flood *f, struct caller *c)
{
    for (unsigned i = 0; i < SB_SUBSCRIPTIONS_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "s%u", i);
        subscribe(f, c, name);
    }
}

static void again(struct flood *f, struct caller *c)
{
    for (size_t i = 0; i < AT_ONCE; i++)
        subscribe(f, c, "s");
}

static void fetch(struct flood *f, struct caller *c)
{
    struct sb_message m = {.cmd = SB_CMD_FETCH};
    m.as.fetch.stream = sb_bytes_str(f->stream);
    m.as.fetch.seq = 1;
    for (size_t i = 0; i < AT_ONCE; i++)
        say(f, c, &m);
}

static void cosign(struct flood *f, struct caller *c)
{
    uint64_t indices[SB_PROVE_MAX];
    struct sb_message m = {.cmd = SB_CMD_COSIGN, .n_payload = 1};
    for (size_t i = 0; i < SB_PROVE_MAX; i++)
        indices[i] = i;
    m.as.cosign.seen = 1;
    m.as.cosign.indices = indices;
    m.as.cosign.n_indices = SB_PROVE_MAX;
    for (size_t i = 0; i < AT_ONCE; i++)
        say(f, c, &m);
}

static void resend(struct flood *f, struct caller *c)
{
    static uint8_t garbage[1000000];
    struct sb_message m = {.cmd = SB_CMD_PUBLISH, .n_payload = 3};
    for (size_t i = 0; i < 3; i++)
        m.payload[i] = sb_bytes(garbage, sizeof garbage);
    say(f, c, &m);
}

static void session(struct flood *f, struct caller *c)
{
    struct sb_message bye = {.cmd = SB_CMD_BYE};
    fetch(f, c);
    cosign(f, c);
    say(f, c, &bye);
    member_close(c);
    member_call(&f->member, c);
    f->said += member_enter(&f->member, c);
}

static void run(struct flood *f, void (*attack)(struct flood *f, struct caller *c))
{
    bool may = true; /* once one is turned away the others come without a word */
    for (size_t i = 0; i < f->n && now() < f->until; i++) {
        member_call(&f->member, &f->callers[i]);
        may = may && member_enter(&f->member, &f->callers[i]);
    }
    while (now() < f->until) {
        for (size_t i = 0; i < f->n && now() < f->until; i++)
            if (f->callers[i].socket)
                attack(f, &f->callers[i]);
    }
    for (size_t i = 0; i < f->n; i++)
        if (f->callers[i].socket)
            member_close(&f->callers[i]);
    zmq_ctx_term(f->member.zmq);
    sb_vault_free(f->member.vault);
}

int main(int argc, char **argv)
{
    static struct flood f;
    static const struct {
        const char *name;
        void (*say)(struct flood *f, struct caller *c);
    } attacks[] = {{"pings", ping},
                   {"credit", credit},
                   {"subscribe", again},
                   {"fetch", fetch},
                   {"cosign", cosign},
                   {"resend", resend},
                   {"sessions", session}};
    struct sb_err err = {0};
    if (argc != 6 || sb_keys_init(&err) != 0) {
        fprintf(stderr, "Usage: flood FOLDER CODE ATTACK CONNECTIONS SECONDS\n");
        return 2;
    }
    double seconds = strtod(argv[5], NULL);
    f.n = strtoul(argv[4], NULL, 10);
    f.n = f.n < CALLERS ? f.n : CALLERS;
    (void)snprintf(f.stream, sizeof f.stream, "m0001/riesgos.incidente");
    member_open(&f.member, argv[1], argv[2]);
    f.until = now() + seconds;
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
        if (strcmp(argv[3], attacks[i].name) == 0) {
            run(&f, attacks[i].say);
            printf("%s: %lu in %.0f s\n", argv[3], f.said, seconds);
            return 0;
        }
    fprintf(stderr, "flood: no attack %s\n", argv[3]);
    return 2;
}
