/* A broker with real sockets, journal and threads inside the test, and its clients.
 *
 * The exchange and the publisher's records are those of the core's simulation; real
 * time stands still at the fixture's moment unless a test moves it; monotonic time
 * runs. */
#ifndef TEST_UNIT_BROKER_CLIENT_BUS_H
#define TEST_UNIT_BROKER_CLIENT_BUS_H

#include <pthread.h>

#include "broker/client/client.h"
#include "broker/io/admin.h"
#include "broker/io/broker.h"
#include "test/unit/broker_core/sim.h"

struct bus {
    struct sim *sim; /* world and records; its core is not used */
    char folder[64];
    char journal[96];
    char anchor[96];
    char directory[96];
    char address[128]; /* tcp://127.0.0.1:port, the same after a restart */
    struct sb_broker_config config;
    struct sb_broker *broker;
    pthread_t thread;
    int result;       /* of sb_broker_run, after bus_stop */
    int logged[1000]; /* lines by code; look after bus_stop */
    struct sb_arena *arena;
};

/* How long a test waits for anything: 20 s, longer when SACBE_DEADLINE is above its
 * default of 3; and the monotonic time at which that is over. */
int bus_wait_ms(void);
uint64_t bus_deadline_ms(void);

struct bus *bus_new(void); /* not started */
void bus_free(struct bus *b);
void bus_start(struct bus *b);
void bus_stop(struct bus *b); /* by the admin verb; the result must be 0 */
int bus_join(struct bus *b);  /* waits for a broker that stops by itself: its result */
/* Real time of all buses, which stands still, becomes this. */
void bus_set_clock(uint64_t now_ms);
/* A client with this vault that says it is `institution`. */
struct sb_client *
bus_client(struct bus *b, const struct sb_vault *vault, const char *institution);
/* A client of a member, once it is welcome. */
struct sb_client *bus_member(struct bus *b, size_t member);
/* The next message with this command; others are passed over. Fails after a while. */
void bus_expect(struct sb_client *c, enum sb_command cmd, struct sb_message *out);
/* Waits for a refusal of the session and returns its code. */
int bus_refused(struct sb_client *c);
/* Waits until the client is in this state. */
void bus_until(struct sb_client *c, enum sb_client_state state);
/* The session is over: the broker said that it stops, or is gone. */
void bus_until_lost(struct sb_client *c);
/* Claim, epoch and a batch of `count` events of pnc, each answered by STORED. */
void bus_publish(struct bus *b,
                 struct sb_client *c,
                 struct sim_publisher *p,
                 size_t count);
void bus_send_record(struct sb_client *c,
                     enum sb_command cmd,
                     const struct sb_buf *record);
/* The world's next directory, in force at the broker. */
void bus_publish_directory(struct bus *b);
/* An admin call with two arguments (NULL: none): 0, or its code and words. */
int bus_call(struct bus *b,
             const char *verb,
             const char *arg,
             const char *arg2,
             struct sb_value *out,
             struct sb_err *err);
/* An admin call that must succeed; `arg` may be NULL. */
struct sb_value bus_ask(struct bus *b, const char *verb, const char *arg);
int64_t bus_int(const struct sb_value *map, const char *key);

#endif
