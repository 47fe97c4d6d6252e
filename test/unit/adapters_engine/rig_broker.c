/* Purpose: a broker's answers about its tree, true or not. Not a test itself. */
#include "test/unit/adapters_engine/rig_broker.h"

#include <stdio.h>

#include "keys/cosign.h"
#include "keys/proof.h"
#include "test/unit/adapters_engine/rig.h"

struct leaves {
    uint8_t (*hash)[SB_HASH];
    uint64_t n;
};

static int
node(void *ctx, unsigned level, uint64_t pos, uint8_t out[SB_HASH], struct sb_err *err)
{
    struct leaves *l = ctx;
    struct sb_tree tree = {0};
    (void)err;
    for (uint64_t i = pos << level; i < (pos + 1) << level; i++) {
        assert_true(i < l->n);
        sb_tree_append(&tree, l->hash[i]);
    }
    sb_tree_root(&tree, out);
    return 0;
}

static struct leaves leaves_of(const struct rig *r, struct sb_arena *arena)
{
    const struct sim *sim = r->sim;
    struct leaves l = {.n = r->broker.size ? r->broker.size : sim->durable};
    assert_true(l.n <= sim->durable);
    l.hash = sb_arena_alloc(arena, l.n, sizeof *l.hash);
    assert_non_null(l.hash);
    for (uint64_t i = 0; i < l.n; i++) {
        sb_tree_leaf(l.hash[i], sim->entries[i].a.leaf);
        if (r->broker.altered && i >= r->broker.altered)
            l.hash[i][0] ^= 1;
    }
    return l;
}

static struct sb_bytes
note_of(const struct rig *r, struct leaves *l, struct sb_arena *arena)
{
    const struct world *w = r->sim->world;
    struct sb_checkpoint c = {.size = l->n};
    struct sb_buf note = {0};
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(w->trust));
    snprintf(c.origin,
             sizeof c.origin,
             "sns/journal/%llu",
             (unsigned long long)d->generation);
    assert_int_equal(sb_proof_root(l->n, node, l, c.root, NULL), 0);
    assert_int_equal(sb_checkpoint_sign(w->broker, &c, &note, NULL), 0);
    for (size_t i = 0; i < MEMBERS; i++) {
        struct sb_buf line = {0};
        struct sb_buf more = {0};
        struct sb_vault_key key;
        char name[SB_NOTE_NAME_MAX + 1];
        uint64_t at = r->broker.cosigned_s[i];
        if (!(r->broker.cosigners & 1u << i))
            continue;
        sb_witness_name(name, sb_bytes_str("sns"), sb_bytes_str(w->members[i].code));
        assert_true(sb_vault_newest(w->members[i].vault, SB_USE_WITNESS, &key));
        assert_int_equal(sb_cosign(w->members[i].vault,
                                   key.key_id,
                                   name,
                                   sb_buf_bytes(&note),
                                   at ? at : r->sim->now / 1000,
                                   &line,
                                   NULL),
                         0);
        assert_int_equal(
            sb_cosign_add(sb_buf_bytes(&note), sb_buf_bytes(&line), &more, NULL), 0);
        sb_buf_free(&line);
        sb_buf_free(&note);
        note = more;
    }
    struct sb_bytes kept = sb_arena_dup(arena, sb_buf_bytes(&note));
    sb_buf_free(&note);
    return kept;
}

static void put_mail(struct rig_side *s, struct sb_message m, struct sb_arena *arena)
{
    struct sim_mail *mail = sb_arena_alloc(arena, 1, sizeof *mail);
    assert_non_null(mail);
    *mail = (struct sim_mail){.arena = arena, .m = m};
    struct sim_mail **at = &s->rig->sim->mail[s->peer];
    while (*at)
        at = &(*at)->next;
    *at = mail;
}

static const uint8_t (*kept(struct sb_arena *arena, const struct sb_path *p))[SB_HASH]
{
    uint8_t(*nodes)[SB_HASH] = sb_arena_alloc(arena, p->n + 1, SB_HASH);
    assert_non_null(nodes);
    memcpy(nodes, p->nodes, p->n * SB_HASH);
    return (const uint8_t(*)[SB_HASH])nodes;
}

static void
prove(struct sb_message *m, struct leaves *l, uint64_t index, struct sb_arena *arena)
{
    struct sb_path path = {0};
    struct sb_proved *p = &m->as.checkpoint.proved[m->as.checkpoint.n_proved];
    for (size_t i = 0; i < m->as.checkpoint.n_proved; i++)
        if (m->as.checkpoint.proved[i].index == index)
            return;
    if (index >= l->n)
        return;
    assert_int_equal(sb_proof_inclusion(index, l->n, node, l, &path, NULL), 0);
    *p = (struct sb_proved){.index = index, .n_path = path.n};
    p->path = kept(arena, &path);
    m->as.checkpoint.n_proved++;
}

/* Where pnc's stream stands below the candidate's size. */
static void own_stream(const struct rig *r, struct sb_message *m, struct leaves *l)
{
    struct sb_own_proof *own = &m->as.checkpoint.own[0];
    *own = (struct sb_own_proof){.stream = sb_bytes_str(SIM_STREAM)};
    for (uint64_t i = 0; i < l->n; i++) {
        const struct sb_append *a = &r->sim->entries[i].a;
        if (a->kind == SB_KIND_CLAIM) {
            own->claim_no = a->first;
            memcpy(own->instance, a->instance, SB_INSTANCE);
        } else if (a->kind == SB_KIND_BATCH) {
            own->last_seq = a->last;
            own->index = i;
            own->leaf = a->leaf;
        }
    }
    m->as.checkpoint.n_own = own->claim_no ? 1 : 0;
}

void rig_answer(struct rig_side *s, const struct sb_message *m)
{
    struct rig *r = s->rig;
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_message out = {.cmd = SB_CMD_CHECKPOINT, .n_payload = 1};
    r->broker.asked++;
    sb_buf_reset(&r->broker.last);
    sb_buf_put(&r->broker.last, m->payload[0].p, m->payload[0].n);
    if (r->sim->durable == 0) {
        sb_arena_free(arena);
        return;
    }
    struct leaves l = leaves_of(r, arena);
    out.payload[0] = note_of(r, &l, arena);
    if (m->as.cosign.seen && m->as.cosign.seen <= l.n) {
        struct sb_path path = {0};
        assert_int_equal(
            sb_proof_consistency(m->as.cosign.seen, l.n, node, &l, &path, NULL), 0);
        out.as.checkpoint.seen = m->as.cosign.seen;
        out.as.checkpoint.path = kept(arena, &path);
        out.as.checkpoint.n_path = path.n;
    }
    out.as.checkpoint.proved =
        sb_arena_alloc(arena, m->as.cosign.n_indices + 1, sizeof(struct sb_proved));
    out.as.checkpoint.own = sb_arena_alloc(arena, 1, sizeof(struct sb_own_proof));
    for (size_t i = 0; i < m->as.cosign.n_indices; i++)
        prove(&out, &l, m->as.cosign.indices[i], arena);
    if (s->member == PNC)
        own_stream(r, &out, &l);
    if (out.as.checkpoint.n_own && out.as.checkpoint.own[0].last_seq)
        prove(&out, &l, out.as.checkpoint.own[0].index, arena);
    if (r->broker.twist && !r->broker.twist(r, &out, arena))
        sb_arena_free(arena);
    else
        put_mail(s, out, arena);
}

void rig_offer(struct rig_side *s)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_message out = {.cmd = SB_CMD_CHECKPOINT, .n_payload = 1};
    struct leaves l = leaves_of(s->rig, arena);
    out.payload[0] = note_of(s->rig, &l, arena);
    put_mail(s, out, arena);
}

void rig_notice(struct rig_side *s, struct sb_bytes record)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_message out = {.cmd = SB_CMD_NOTICE, .n_payload = 1};
    out.payload[0] = sb_arena_dup(arena, record);
    put_mail(s, out, arena);
}

void rig_heads(struct rig *r,
               uint64_t seq,
               const uint8_t hash[SB_HASH],
               struct sb_buf *record)
{
    const struct world *w = r->sim->world;
    struct sb_head head = {.stream = sb_bytes_str(SIM_STREAM), .seq = seq};
    struct sb_heads heads = {&head, 1};
    struct sb_buf body = {0};
    struct sb_vault_key k;
    memcpy(head.batch_hash, hash, SB_HASH);
    sb_heads_write(sb_bytes_str("pnc"), &heads, r->sim->now, &body);
    assert_true(sb_vault_newest(w->members[PNC].vault, SB_USE_SIGN, &k));
    sb_buf_reset(record);
    assert_int_equal(
        sb_sign_record(
            &w->x, w->members[PNC].vault, k.key_id, sb_buf_bytes(&body), record, NULL),
        0);
    sb_buf_free(&body);
}
