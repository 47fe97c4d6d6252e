/* Purpose: the simulation's tree, signed checkpoints, witnesses and proofs. */
#include "test/unit/broker_core/sim.h"

#include <stdio.h>

void sim_keep_cosigned(struct sim *s, const struct sb_effect *e);
void sim_restart_note(struct sim *s);
void sim_answer_prove(struct sim *s, const struct sb_effect *e);
void sim_answer_fetch(struct sim *s, struct sb_arena *arena, const struct sb_effect *e);
void sim_fill(struct sim *s,
              size_t index,
              const struct sb_codes *classes,
              struct sb_arena *arena,
              struct sb_stored_entry *out);

static void
root_of(const struct sim *s, uint64_t from, uint64_t below, uint8_t root[SB_HASH])
{
    struct sb_tree tree = {0};
    for (uint64_t i = from; i < below; i++) {
        uint8_t leaf[SB_HASH];
        sb_tree_leaf(leaf, s->entries[i].a.leaf);
        sb_tree_append(&tree, leaf);
    }
    sb_tree_root(&tree, root);
}

void sim_root(const struct sim *s, uint64_t size, uint8_t root[SB_HASH])
{
    root_of(s, 0, size, root);
}

static int
node(void *ctx, unsigned level, uint64_t pos, uint8_t out[SB_HASH], struct sb_err *err)
{
    const struct sim *s = ctx;
    (void)err;
    assert_true(((pos + 1) << level) <= s->durable);
    root_of(s, pos << level, (pos + 1) << level, out);
    return 0;
}

void sim_note(const struct sim *s,
              uint64_t size,
              const uint8_t root[SB_HASH],
              struct sb_buf *out)
{
    struct sb_checkpoint c = {.size = size};
    snprintf(
        c.origin,
        sizeof c.origin,
        "sns/journal/%llu",
        (unsigned long long)sb_dir_body(sb_trust_newest(s->world->trust))->generation);
    memcpy(c.root, root, SB_HASH);
    assert_int_equal(sb_checkpoint_sign(s->world->broker, &c, out, NULL), 0);
}

static void tell(struct sim *s, const struct sim_note *n)
{
    struct sb_input in = {.kind = SB_IN_CHECKPOINT};
    in.as.checkpoint.note = sb_buf_bytes(&n->text);
    in.as.checkpoint.size = n->size;
    memcpy(in.as.checkpoint.root, n->root, SB_HASH);
    sim_step(s, &in);
}

void sim_checkpoint(struct sim *s)
{
    if (s->durable == 0 ||
        (s->n_notes > 0 && s->notes[s->n_notes - 1].size == s->durable))
        return;
    assert_true(s->n_notes < SIM_NOTES);
    struct sim_note *n = &s->notes[s->n_notes++];
    *n = (struct sim_note){.size = s->durable};
    sim_root(s, n->size, n->root);
    sim_note(s, n->size, n->root, &n->text);
    tell(s, n);
}

static size_t cosigned_by(struct sim *s, struct sb_bytes note)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_witness_keys keys;
    uint64_t times[MEMBERS];
    const struct sb_dir *d = sb_trust_newest(s->world->trust);
    assert_int_equal(sb_dir_witnesses(d, s->now, arena, &keys, NULL), 0);
    assert_true(keys.n <= MEMBERS);
    size_t n = sb_cosign_times(note, &keys, times);
    sb_arena_free(arena);
    return n;
}

/* Whatever is kept is our signed note with lines that all hold. */
void sim_keep_cosigned(struct sim *s, const struct sb_effect *e)
{
    struct sb_bytes note = e->as.cosigned.note;
    struct sb_checkpoint c;
    size_t lines = 0;
    assert_int_equal(sb_checkpoint_open(note, s->world->anchor.log_pk, &c, NULL), 0);
    for (size_t i = 0; i < note.n; i++)
        lines += note.p[i] == '\n';
    assert_int_equal(lines, 5 + cosigned_by(s, note));
    for (size_t i = 0; i < s->n_notes; i++) {
        struct sim_note *n = &s->notes[i];
        if (n->size != e->as.cosigned.size)
            continue;
        assert_true(c.size == n->size);
        assert_memory_equal(c.root, n->root, SB_HASH);
        sb_buf_reset(&n->text);
        sb_buf_put(&n->text, note.p, note.n);
        s->n_cosigned++;
        return;
    }
    fail_msg("a note was cosigned that nobody signed");
}

void sim_restart_note(struct sim *s)
{
    uint64_t quorum = sb_dir_body(sb_trust_newest(s->world->trust))->quorum;
    for (size_t i = s->n_notes; i > 0; i--) {
        struct sb_bytes note = sb_buf_bytes(&s->notes[i - 1].text);
        if (cosigned_by(s, note) < quorum)
            continue;
        assert_int_equal(sb_core_restore_final(s->core, note, NULL), 0);
        break;
    }
    if (s->n_notes > 0)
        tell(s, &s->notes[s->n_notes - 1]);
}

void sim_answer_prove(struct sim *s, const struct sb_effect *e)
{
    struct sb_input in = {.kind = SB_IN_PROVED};
    uint64_t size = e->as.prove.size;
    size_t n = e->as.prove.n;
    struct sb_path *paths = calloc(n + 1, sizeof *paths);
    struct sb_bytes *leaves = calloc(n + 1, sizeof *leaves);
    assert_non_null(paths);
    assert_non_null(leaves);
    assert_true(size > 0 && size <= s->durable && e->as.prove.seen <= size);
    in.as.proved.id = e->as.prove.id;
    if (e->as.prove.seen) {
        sim_root(s, e->as.prove.seen, in.as.proved.seen_root);
        assert_int_equal(
            sb_proof_consistency(
                e->as.prove.seen, size, node, s, &in.as.proved.consistency, NULL),
            0);
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t index = e->as.prove.indices[i];
        assert_true(i == 0 || index > e->as.prove.indices[i - 1]);
        assert_int_equal(sb_proof_inclusion(index, size, node, s, &paths[i], NULL), 0);
        leaves[i] = s->entries[index].a.leaf;
    }
    in.as.proved.paths = paths;
    in.as.proved.leaves = leaves;
    in.as.proved.n = n;
    sim_step(s, &in);
    free(paths);
    free(leaves);
}

/* Entry `index` as the journal gives it. */
void sim_fill(struct sim *s,
              size_t index,
              const struct sb_codes *classes,
              struct sb_arena *arena,
              struct sb_stored_entry *out)
{
    const struct sb_append *a = &s->entries[index].a;
    *out = (struct sb_stored_entry){.index = index,
                                    .kind = a->kind,
                                    .leaf = a->leaf,
                                    .record = a->record,
                                    .items = a->items};
    for (size_t c = 0; c < a->n_cts; c++) {
        if (!sb_codes_has(classes, a->ct_class[c]))
            continue;
        out->ct_class[out->n_cts] = a->ct_class[c];
        out->ct_raw[out->n_cts++] = a->ct_raw[c];
    }
    out->withdrawals = sb_arena_alloc(arena, s->durable, sizeof *out->withdrawals);
    for (size_t i = 0; a->kind == SB_KIND_BATCH && i < s->durable; i++) {
        const struct sb_append *w = &s->entries[i].a;
        if (w->kind == SB_KIND_PRUNE && sb_bytes_eq(w->stream, a->stream) &&
            w->first <= a->last && w->last >= a->first)
            out->withdrawals[out->n_withdrawals++] = w->record;
    }
}

void sim_answer_fetch(struct sim *s, struct sb_arena *arena, const struct sb_effect *e)
{
    struct sb_input in = {.kind = SB_IN_FETCHED};
    uint64_t size = e->as.fetch.size;
    size_t epoch = 0;
    in.as.fetched.id = e->as.fetch.id;
    assert_true(size > 0 && size <= s->durable);
    for (size_t i = 0; i < size && !in.as.fetched.found; i++) {
        const struct sb_append *a = &s->entries[i].a;
        if (!sb_bytes_eq(a->stream, e->as.fetch.stream))
            continue;
        if (a->kind == SB_KIND_EPOCH)
            epoch = i;
        if (a->kind != SB_KIND_BATCH || e->as.fetch.seq < a->first ||
            e->as.fetch.seq > a->last)
            continue;
        in.as.fetched.found = true;
        sim_fill(s, i, &e->as.fetch.classes, arena, &in.as.fetched.batch);
        sim_fill(s, epoch, &e->as.fetch.classes, arena, &in.as.fetched.epoch);
        assert_int_equal(
            sb_proof_inclusion(i, size, node, s, &in.as.fetched.path, NULL), 0);
        assert_int_equal(
            sb_proof_inclusion(epoch, size, node, s, &in.as.fetched.epoch_path, NULL),
            0);
    }
    sim_step(s, &in);
}

void sim_cosign(struct sim *s,
                uint64_t peer,
                size_t member,
                const uint8_t session[SB_SESSION],
                struct sim_ask ask)
{
    struct sb_message m = {.cmd = SB_CMD_COSIGN, .n_payload = 1};
    memcpy(m.session, session, SB_SESSION);
    m.payload[0] = ask.said;
    m.as.cosign.seen = ask.seen;
    m.as.cosign.indices = ask.indices;
    m.as.cosign.n_indices = ask.n;
    sim_send(s, peer, member, &m);
}

void sim_line(struct sim *s, size_t member, struct sb_bytes note, struct sb_buf *line)
{
    const struct member *who = &s->world->members[member];
    struct sb_vault_key k;
    char name[SB_NOTE_NAME_MAX + 1];
    assert_true(sb_vault_newest(who->vault, SB_USE_WITNESS, &k));
    sb_witness_name(name, sb_bytes_str("sns"), sb_bytes_str(who->code));
    sb_buf_reset(line);
    assert_int_equal(
        sb_cosign(who->vault, k.key_id, name, note, s->now / 1000, line, NULL), 0);
}

struct sim_mail *sim_expect(struct sim *s, uint64_t peer, enum sb_command cmd)
{
    struct sim_mail *m = NULL;
    while ((m = sim_take(s, peer)) != NULL) {
        if (m->m.cmd == cmd)
            return m;
        sim_mail_free(m);
    }
    fail_msg("no %s came", sb_command_text(cmd));
    return NULL;
}
