/* A publisher at peer 0 whose stream has a claim and an epoch, durable; shared by the
 * tests of evidence. The directory has the quorum that the scene begins with. */
#ifndef TEST_UNIT_BROKER_CORE_SCENE_H
#define TEST_UNIT_BROKER_CORE_SCENE_H

#include "test/unit/broker_core/sim.h"

struct scene {
    struct sim *sim;
    struct sim_publisher p;
    uint8_t pnc[SB_SESSION]; /* peer 0 */
    struct sb_buf record;
    struct sb_buf body;
};

struct scene *scene_begin(uint64_t quorum);
void scene_end(struct scene *c);
/* Publishes the world's next directory through the operator. */
void scene_directory(struct scene *c);
/* One batch of n events, durable. */
void scene_batch(struct scene *c, size_t n);
/* Time passes. */
void scene_tick(struct scene *c, uint64_t ms);
/* Empties a peer's mail. */
void scene_drain(struct scene *c, uint64_t peer);
/* Signs c->body as `member` and sends it. */
void scene_say(struct scene *c,
               uint64_t peer,
               size_t member,
               const uint8_t session[SB_SESSION],
               enum sb_command cmd);
/* The code of the REFUSED that came to a peer, or 0 for STORED. */
int scene_verdict(struct scene *c, uint64_t peer);

#endif
