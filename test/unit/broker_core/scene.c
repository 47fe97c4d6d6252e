/* Purpose: the scene that the tests of evidence begin with. */
#include "test/unit/broker_core/scene.h"

void scene_directory(struct scene *c)
{
    struct sb_input in = {.kind = SB_IN_DIRECTORY};
    world_publish(c->sim->world);
    in.as.operator_record.record = sb_dir_record(sb_trust_newest(c->sim->world->trust));
    sim_step(c->sim, &in);
    sim_settle(c->sim);
    assert_int_equal(c->sim->last_answer.code, 0);
}

struct scene *scene_begin(uint64_t quorum)
{
    struct scene *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->sim = sim_new();
    c->sim->world->dir.quorum = quorum;
    scene_directory(c);
    sim_enter(c->sim, 0, PNC, c->pnc);
    sim_claim(c->sim, &c->p, &c->record);
    sim_record(c->sim, 0, c->pnc, SB_CMD_CLAIM, &c->record);
    sim_epoch(c->sim, &c->p, &c->record);
    sim_record(c->sim, 0, c->pnc, SB_CMD_EPOCH, &c->record);
    sim_settle(c->sim);
    scene_drain(c, 0);
    return c;
}

void scene_end(struct scene *c)
{
    sb_secrets_free(c->p.secrets);
    sb_buf_free(&c->record);
    sb_buf_free(&c->body);
    sim_free(c->sim);
    free(c);
}

void scene_batch(struct scene *c, size_t n)
{
    struct sim_batch b;
    sim_batch(c->sim, &c->p, n, &b);
    sim_publish(c->sim, 0, c->pnc, &b);
    sim_settle(c->sim);
    sim_batch_free(&b);
}

void scene_tick(struct scene *c, uint64_t ms)
{
    struct sb_input in = {.kind = SB_IN_TICK};
    c->sim->now += ms;
    sim_step(c->sim, &in);
}

void scene_drain(struct scene *c, uint64_t peer)
{
    struct sim_mail *m = NULL;
    while ((m = sim_take(c->sim, peer)) != NULL)
        sim_mail_free(m);
}

void scene_say(struct scene *c,
               uint64_t peer,
               size_t member,
               const uint8_t session[SB_SESSION],
               enum sb_command cmd)
{
    sim_sign(c->sim, member, &c->body, &c->record);
    sim_member_record(c->sim, peer, member, session, cmd, &c->record);
    sb_buf_reset(&c->body);
    sim_settle(c->sim);
}

int scene_verdict(struct scene *c, uint64_t peer)
{
    struct sim_mail *m = NULL;
    while ((m = sim_take(c->sim, peer)) != NULL) {
        bool stored = m->m.cmd == SB_CMD_STORED;
        bool refused = m->m.cmd == SB_CMD_REFUSED;
        int code = refused ? -(int)m->m.as.refused.code : 0;
        sim_mail_free(m);
        if (stored || refused)
            return code;
    }
    fail_msg("no answer came");
    return 0;
}
