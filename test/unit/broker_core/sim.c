/* Purpose: drive a core by hand; publishers and peers of the simulation. */
#include "test/unit/broker_core/sim.h"

#include <string.h>

void sim_keep_entry(struct sim *s, const struct sb_append *a);
void sim_keep_question(struct sim *s, const struct sb_effect *e);
void sim_keep_cosigned(struct sim *s, const struct sb_effect *e);
void sim_restore(struct sim *s);
void sim_restart_note(struct sim *s);

static void take_mail(struct sim *s, const struct sb_effect *e)
{
    uint64_t peer = e->as.send.peer;
    assert_true(peer < SIM_PEERS);
    struct sb_arena *arena = sb_arena_new(0);
    struct sim_mail *mail = sb_arena_alloc(arena, 1, sizeof *mail);
    mail->arena = arena;
    struct sb_frames frames = e->as.send.frames;
    for (size_t i = 0; i < frames.n; i++)
        frames.f[i] = sb_arena_dup(arena, frames.f[i]);
    struct sb_err err;
    if (sb_message_read(&frames, arena, &mail->m, &err) != 0)
        fail_msg("the core sent what it cannot read: %s", err.text);
    struct sim_mail **at = &s->mail[peer];
    while (*at)
        at = &(*at)->next;
    *at = mail;
}

void sim_step(struct sim *s, struct sb_input *in)
{
    struct sb_err err;
    in->now_ms = s->now + (uint64_t)s->skew;
    in->mono_ms = s->now;
    if (sb_core_step(s->core, in, s->effects, &err) != 0)
        fail_msg("the core failed: %s", err.text);
    if (s->twin)
        s->twin(s, in);
    for (size_t i = 0; i < sb_effects_count(s->effects); i++) {
        const struct sb_effect *e = sb_effects_at(s->effects, i);
        if (e->kind == SB_EFFECT_SEND)
            take_mail(s, e);
        else if (e->kind == SB_EFFECT_APPEND)
            sim_keep_entry(s, &e->as.append);
        else if (e->kind == SB_EFFECT_DROP)
            s->dropped[e->as.drop.peer] = true;
        else if (e->kind == SB_EFFECT_LOG) {
            s->last_log = e->as.log.code;
            s->n_logs++;
        } else if (e->kind == SB_EFFECT_ANSWER) {
            s->last_answer = e->as.answer.err;
            s->n_answers++;
        } else if (e->kind == SB_EFFECT_COSIGNED)
            sim_keep_cosigned(s, e);
        else if (e->kind == SB_EFFECT_STOP)
            s->stopped = e->as.stop.err.code;
        else
            sim_keep_question(s, e);
    }
}

/* A trust of its own for the core, from the directories that the world published. */
static struct sb_trust *own_trust(const struct world *w)
{
    struct sb_trust *t = NULL;
    assert_int_equal(sb_trust_new(&t, &w->anchor, NULL), 0);
    for (uint64_t v = 1;; v++) {
        const struct sb_dir *d = sb_trust_version(w->trust, v);
        if (!d)
            return t;
        assert_int_equal(sb_trust_add(t, sb_dir_record(d), NULL), 0);
    }
}

uint64_t sim_stored_ms(const struct sim *s, size_t index)
{
    struct sb_entry e;
    assert_true(index < s->n_entries);
    assert_int_equal(sb_entry_read(s->entries[index].a.leaf, &e, NULL), 0);
    return e.stored_ms;
}

static void start(struct sim *s)
{
    struct sb_core_config config = {
        .generation = sb_dir_body(sb_trust_newest(s->world->trust))->generation,
        .size = s->durable,
        .stored_ms = s->durable ? sim_stored_ms(s, s->durable - 1) : 0,
        .session_ms = 60000};
    assert_int_equal(sb_core_new(&s->core, &config, own_trust(s->world), NULL), 0);
    sim_restore(s);
    sim_restart_note(s);
}

struct sim *sim_new(void)
{
    static const char *const p[] = {"publica", NULL};
    static const char *const pi[] = {"interna", "publica", NULL};
    struct sim *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->world = world_new();
    s->now = NOW;
    s->effects = sb_effects_new();
    world_grant(
        s->world,
        (struct grant_choice){"g1", PNC, IGM, p, NOW - DAY, NOW + 30 * (uint64_t)DAY},
        s->world->members[PNC].vault);
    world_grant(s->world,
                (struct grant_choice){
                    "g2", PNC, STCNS, pi, NOW - DAY, NOW + 30 * (uint64_t)DAY},
                s->world->members[PNC].vault);
    world_publish(s->world);
    start(s);
    return s;
}

static void forget_peers(struct sim *s)
{
    for (size_t i = 0; i < SIM_PEERS; i++) {
        struct sim_mail *m = NULL;
        while ((m = sim_take(s, i)) != NULL)
            sim_mail_free(m);
        s->dropped[i] = false;
    }
    while (s->questions) {
        struct sim_question *next = s->questions->next;
        sb_arena_free(s->questions->arena);
        s->questions = next;
    }
}

void sim_crash(struct sim *s)
{
    forget_peers(s);
    sb_core_free(s->core);
    while (s->n_entries > s->durable)
        sb_arena_free(s->entries[--s->n_entries].arena);
    start(s);
}

void sim_generation(struct sim *s)
{
    forget_peers(s);
    sb_core_free(s->core);
    while (s->n_entries > 0)
        sb_arena_free(s->entries[--s->n_entries].arena);
    assert_true(s->n_notes > 0);
    s->world->dir.last_final_note =
        sb_arena_dup(s->world->arena, sb_buf_bytes(&s->notes[s->n_notes - 1].text));
    while (s->n_notes > 0)
        sb_buf_free(&s->notes[--s->n_notes].text);
    s->durable = 0;
    s->world->dir.generation++;
    s->world->dir.issued = s->now;
    world_publish(s->world);
    start(s);
}

void sim_free(struct sim *s)
{
    forget_peers(s);
    for (size_t i = 0; i < s->n_entries; i++)
        sb_arena_free(s->entries[i].arena);
    for (size_t i = 0; i < s->n_notes; i++)
        sb_buf_free(&s->notes[i].text);
    free(s->entries);
    sb_core_free(s->core);
    sb_effects_free(s->effects);
    world_free(s->world);
    free(s);
}

static void curve_of(const struct sim *s, size_t member, uint8_t pk[SB_PK])
{
    struct sb_vault_key k;
    assert_true(sb_vault_newest(s->world->members[member].vault, SB_USE_CURVE, &k));
    memcpy(pk, k.pk, SB_PK);
}

void sim_send(struct sim *s, uint64_t peer, size_t member, struct sb_message *m)
{
    uint8_t pk[SB_PK];
    uint8_t noise[SB_CHALLENGE_NONCE];
    struct sb_buf header = {0};
    struct sb_input in = {.kind = SB_IN_MESSAGE};
    curve_of(s, member, pk);
    randombytes_buf(noise, sizeof noise);
    assert_int_equal(sb_message_write(m, &header, &in.as.message.frames, NULL), 0);
    in.as.message.peer = peer;
    in.as.message.curve_pk = pk;
    in.as.message.random = noise;
    sim_step(s, &in);
    sb_buf_free(&header);
}

struct sim_mail *sim_take(struct sim *s, uint64_t peer)
{
    struct sim_mail *m = s->mail[peer];
    if (m)
        s->mail[peer] = m->next;
    return m;
}

void sim_mail_free(struct sim_mail *m)
{
    if (m)
        sb_arena_free(m->arena);
}

int sim_try_enter(struct sim *s,
                  uint64_t peer,
                  size_t member,
                  uint8_t session[SB_SESSION])
{
    const struct member *who = &s->world->members[member];
    struct sb_message hello = {.cmd = SB_CMD_HELLO};
    hello.as.hello.institution = sb_bytes_str(who->code);
    hello.as.hello.role = sb_bytes_str("adapter");
    hello.as.hello.version = sb_bytes_str("0");
    hello.as.hello.directory_version = UINT64_MAX - 1;
    sim_send(s, peer, member, &hello);
    struct sim_mail *challenge = sim_take(s, peer);
    assert_non_null(challenge);
    assert_int_equal(challenge->m.cmd, SB_CMD_CHALLENGE);
    uint8_t said[2 * SB_PK + SB_CHALLENGE_NONCE];
    memcpy(said, s->world->anchor.curve_pk, SB_PK);
    curve_of(s, member, said + SB_PK);
    memcpy(said + 2 * SB_PK, challenge->m.as.challenge.nonce, SB_CHALLENGE_NONCE);
    sim_mail_free(challenge);
    struct sb_message prove = {.cmd = SB_CMD_PROVE};
    struct sb_vault_key k;
    assert_true(sb_vault_newest(who->vault, SB_USE_SIGN, &k));
    memcpy(prove.as.prove.key_id, k.key_id, SB_KEY_ID);
    assert_int_equal(sb_sign_bytes(&s->world->x,
                                   who->vault,
                                   k.key_id,
                                   "sacbe/prove/1",
                                   sb_bytes(said, sizeof said),
                                   prove.as.prove.sig,
                                   NULL),
                     0);
    sim_send(s, peer, member, &prove);
    struct sim_mail *answer = sim_take(s, peer);
    assert_non_null(answer);
    bool refused = answer->m.cmd == SB_CMD_REFUSED;
    int code = refused ? -(int)answer->m.as.refused.code : 0;
    assert_true(refused || answer->m.cmd == SB_CMD_WELCOME);
    memcpy(session, answer->m.session, SB_SESSION);
    sim_mail_free(answer);
    return code;
}

void sim_enter(struct sim *s, uint64_t peer, size_t member, uint8_t session[SB_SESSION])
{
    assert_int_equal(sim_try_enter(s, peer, member, session), 0);
}

void sim_sign(struct sim *s,
              size_t member,
              const struct sb_buf *body,
              struct sb_buf *record)
{
    const struct sb_vault *v = s->world->members[member].vault;
    struct sb_vault_key k;
    assert_true(sb_vault_newest(v, SB_USE_SIGN, &k));
    sb_buf_reset(record);
    assert_int_equal(
        sb_sign_record(&s->world->x, v, k.key_id, sb_buf_bytes(body), record, NULL), 0);
}

static void sign(struct sim *s, const struct sb_buf *body, struct sb_buf *record)
{
    sim_sign(s, PNC, body, record);
}

void sim_claim(struct sim *s, struct sim_publisher *p, struct sb_buf *record)
{
    struct sb_claim claim = {.stream = sb_bytes_str(SIM_STREAM),
                             .claim_no = ++p->claim_no};
    memcpy(claim.instance, p->instance, SB_INSTANCE);
    claim.last_seq = p->next_seq ? p->next_seq - 1 : 0;
    memcpy(claim.last_hash, p->prev, SB_HASH);
    claim.tree_size = p->tree_size;
    if (p->root)
        memcpy(claim.root, p->root, SB_HASH);
    else
        sb_sha256(claim.root, sb_bytes(NULL, 0)); /* of the empty tree */
    struct sb_buf body = {0};
    sb_claim_write(&claim, &body);
    sign(s, &body, record);
    sb_buf_free(&body);
    if (p->next_seq == 0)
        p->next_seq = 1;
}

void sim_epoch(struct sim *s, struct sim_publisher *p, struct sb_buf *record)
{
    static const char *const all[] = {"interna", "publica", "reservada", NULL};
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_codes classes = codes_of(arena, all);
    const struct sb_dir *dir = sb_trust_newest(s->world->trust);
    struct sb_readers readers;
    sb_secrets_free(p->secrets);
    p->secrets = NULL;
    assert_int_equal(sb_secrets_new(&p->secrets, &classes, NULL), 0);
    assert_int_equal(sb_dir_readers(dir,
                                    sb_bytes_str("pnc"),
                                    sb_bytes_str("comun.alerta"),
                                    &classes,
                                    s->now,
                                    arena,
                                    &readers,
                                    NULL),
                     0);
    struct sb_epoch_core core = {.suite = SB_SUITE,
                                 .stream = sb_bytes_str(SIM_STREAM),
                                 .claim_no = p->claim_no,
                                 .epoch_no = ++p->epoch_no,
                                 .not_before = s->now,
                                 .not_after = s->now + DAY};
    memcpy(core.directory_hash, sb_dir_hash(dir), SB_HASH);
    sb_buf_reset(record);
    assert_int_equal(sb_epoch_make(&s->world->x,
                                   s->world->members[PNC].vault,
                                   &core,
                                   &readers,
                                   p->secrets,
                                   record,
                                   NULL),
                     0);
    struct sb_record envelope;
    assert_int_equal(sb_record_read(sb_buf_bytes(record), &envelope, NULL), 0);
    assert_int_equal(sb_record_hash(p->epoch_hash, envelope.body, NULL), 0);
    sb_arena_free(arena);
}

void sim_batch(struct sim *s,
               struct sim_publisher *p,
               size_t count,
               struct sim_batch *out)
{
    static const char *const all[] = {"interna", "publica", "reservada"};
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_bytes *items = sb_arena_alloc(arena, count, sizeof *items);
    struct sb_cts cts = {.n = 3};
    for (size_t c = 0; c < 3; c++) {
        cts.classes[c].name = sb_bytes_str(all[c]);
        cts.classes[c].n = count;
        cts.classes[c].cts = sb_arena_alloc(arena, count, sizeof(struct sb_bytes));
    }
    for (size_t i = 0; i < count; i++) {
        struct sb_event event = {.stream = sb_bytes_str(SIM_STREAM),
                                 .epoch_no = p->epoch_no,
                                 .seq = p->next_seq + i,
                                 .schema_version = 1};
        struct sb_section sections[3];
        for (size_t c = 0; c < 3; c++)
            sections[c] =
                (struct sb_section){sb_bytes_str(all[c]), sb_bytes_str("\x80")};
        struct sb_buf item = {0};
        struct sb_buf sealed = {0};
        size_t sizes[SB_CLASSES];
        assert_int_equal(
            sb_event_seal(p->secrets, &event, sections, &item, &sealed, sizes, NULL),
            0);
        items[i] = sb_arena_dup(arena, sb_buf_bytes(&item));
        size_t at = 0;
        for (size_t c = 0; c < 3; at += sizes[c++])
            cts.classes[c].cts[i] =
                sb_arena_dup(arena, sb_bytes(sealed.p + at, sizes[c]));
        sb_buf_free(&item);
        sb_buf_free(&sealed);
    }
    *out = (struct sim_batch){0};
    sb_items_write(&out->items, items, count);
    sb_cts_write(&out->cts, &cts);
    struct sb_batch batch = {.stream = sb_bytes_str(SIM_STREAM),
                             .claim_no = p->claim_no,
                             .first_seq = p->next_seq,
                             .count = count,
                             .sent = s->now};
    memcpy(batch.prev, p->prev, SB_HASH);
    memcpy(batch.epoch_hash, p->epoch_hash, SB_HASH);
    sb_items_root(batch.items_root, items, count);
    struct sb_buf body = {0};
    sb_batch_write(&batch, &body);
    sign(s, &body, &out->record);
    assert_int_equal(sb_record_hash(p->prev, sb_buf_bytes(&body), NULL), 0);
    sb_buf_free(&body);
    p->next_seq += count;
    sb_arena_free(arena);
}

void sim_batch_free(struct sim_batch *b)
{
    sb_buf_free(&b->record);
    sb_buf_free(&b->items);
    sb_buf_free(&b->cts);
}

void sim_publish(struct sim *s,
                 uint64_t peer,
                 const uint8_t session[SB_SESSION],
                 const struct sim_batch *b)
{
    struct sb_message m = {.cmd = SB_CMD_PUBLISH, .n_payload = 3};
    memcpy(m.session, session, SB_SESSION);
    m.payload[0] = sb_buf_bytes(&b->record);
    m.payload[1] = sb_buf_bytes(&b->items);
    m.payload[2] = sb_buf_bytes(&b->cts);
    sim_send(s, peer, PNC, &m);
}

void sim_member_record(struct sim *s,
                       uint64_t peer,
                       size_t member,
                       const uint8_t session[SB_SESSION],
                       enum sb_command cmd,
                       const struct sb_buf *record)
{
    struct sb_message m = {.cmd = cmd, .n_payload = 1};
    memcpy(m.session, session, SB_SESSION);
    m.payload[0] = sb_buf_bytes(record);
    sim_send(s, peer, member, &m);
}

void sim_record(struct sim *s,
                uint64_t peer,
                const uint8_t session[SB_SESSION],
                enum sb_command cmd,
                const struct sb_buf *record)
{
    sim_member_record(s, peer, PNC, session, cmd, record);
}
