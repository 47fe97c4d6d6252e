/* Purpose: proof files of a scene's entries, made without a journal. */
#include "test/unit/broker_audit/prover.h"

#include "broker/core/payload.h"

/* The hash of a perfect subtree of the forge's entries. */
static int
node(void *ctx, unsigned level, uint64_t pos, uint8_t out[SB_HASH], struct sb_err *err)
{
    const struct forge *f = ctx;
    struct sb_tree t = {0};
    (void)err;
    for (uint64_t i = pos << level; i < (pos + 1) << level; i++) {
        uint8_t hash[SB_HASH];
        struct sb_buf leaf = {0};
        forge_leaf(f, i, &leaf);
        sb_tree_leaf(hash, sb_buf_bytes(&leaf));
        sb_tree_append(&t, hash);
        sb_buf_free(&leaf);
    }
    sb_tree_root(&t, out);
    return 0;
}

void prove_place(struct proof *p,
                 size_t at,
                 struct sb_proof_place *out,
                 struct sb_path *path,
                 struct sb_buf *leaf)
{
    sb_buf_reset(leaf);
    forge_leaf(&p->s->f, at, leaf);
    assert_int_equal(sb_proof_inclusion(at, p->s->f.n, node, &p->s->f, path, NULL), 0);
    *out = (struct sb_proof_place){.leaf = sb_buf_bytes(leaf),
                                   .index = at,
                                   .path = sb_path_nodes(path),
                                   .n_path = path->n};
}

void prove(struct proof *p, size_t batch, size_t epoch, uint64_t seq)
{
    struct scene *s = p->s;
    struct sb_bytes *items = NULL;
    size_t n = 0;
    struct sb_batch b;
    struct sb_record r;
    struct sb_proof_file *f = &p->file;
    assert_int_equal(sb_record_read(s->f.entries[batch].record, &r, NULL), 0);
    assert_int_equal(sb_batch_read(r.body, &b, NULL), 0);
    assert_int_equal(
        sb_items_read(s->f.entries[batch].items, s->f.arena, &items, &n, NULL), 0);
    assert_int_equal(
        sb_items_path(items, n, (size_t)(seq - b.first_seq), &p->item_path, NULL), 0);
    *f = (struct sb_proof_file){.stream = sb_bytes_str(STREAM),
                                .seq = seq,
                                .item = items[seq - b.first_seq],
                                .item_path = sb_path_nodes(&p->item_path),
                                .n_item_path = p->item_path.n,
                                .batch = s->f.entries[batch].record,
                                .epoch = s->f.entries[epoch].record};
    prove_place(p, batch, &f->place, &p->batch_path, &p->leaf);
    prove_place(p, epoch, &f->epoch_place, &p->epoch_path, &p->epoch_leaf);
    sb_buf_reset(&p->note);
    forge_note(&s->f, s->f.n, s->w->broker, &p->note);
    f->note = sb_buf_bytes(&p->note);
    f->directories = p->directories;
    for (size_t i = 0; i < s->f.n; i++)
        if (s->f.entries[i].leaf.kind == SB_KIND_DIRECTORY)
            p->directories[f->n_directories++] = s->f.entries[i].record;
}

struct proof *proof_new(void)
{
    struct proof *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->s = scene_new();
    scene_fill(p->s);
    prove(p, BATCH4_AT, EPOCH2_AT, 8);
    return p;
}

void proof_free(struct proof *p)
{
    sb_buf_free(&p->leaf);
    sb_buf_free(&p->epoch_leaf);
    sb_buf_free(&p->note);
    scene_free(p->s);
    free(p);
}

static struct proof *of; /* for the callback below, whose ctx is the scene's */
static void show(void *ctx, struct sb_bytes class_name, struct sb_bytes payload)
{
    (void)ctx;
    (void)class_name;
    of->plain = forge_keep(&of->s->f, payload);
}

enum sb_audit_verdict proof_judge(struct proof *p)
{
    struct sb_buf bytes = {0};
    struct sb_err err = {0};
    struct sb_audit_config config = scene_config(p->s);
    config.plain = show;
    of = p;
    p->plain = sb_bytes(NULL, 0);
    sb_proof_file_write(&p->file, &bytes);
    p->s->n_found = 0;
    if (sb_audit_proof(sb_buf_bytes(&bytes), &config, &p->s->facts, &err) != 0)
        fail_msg("%s", err.text);
    sb_buf_free(&bytes);
    return sb_audit_result(&p->s->facts);
}

/* igm gives out the class publica of event 8, by an order. */
void disclose(struct proof *p, const char *order, uint64_t seq)
{
    struct scene *s = p->s;
    struct sb_bytes name = sb_bytes_str("publica");
    struct sb_act act = {.who = sb_bytes_str("igm"),
                         .act = sb_bytes_str(SB_ACT_DISCLOSE),
                         .stream = sb_bytes_str(STREAM),
                         .first_seq = seq,
                         .last_seq = seq,
                         .classes = {&name, 1},
                         .text = sb_bytes_str(order),
                         .time = s->ms};
    struct sb_buf body = {0};
    struct sb_cts cts;
    sb_act_write(&act, &body);
    scene_record(s, SB_KIND_ACT, s->w->members[IGM].vault, SB_USE_SIGN, &body);
    assert_int_equal(sb_event_key(s->secrets, name, 8, p->key, NULL), 0);
    assert_int_equal(sb_cts_read(s->f.entries[BATCH4_AT].texts, s->f.arena, &cts, NULL),
                     0);
    p->file.disclosed = true;
    p->file.class_name = sb_bytes_str("publica");
    p->file.event_key = sb_bytes(p->key, sizeof p->key);
    p->file.ciphertext = cts.classes[1].cts[1];
    p->file.order = sb_bytes_str("Oficio 12");
    p->file.act = s->f.entries[s->f.n - 1].record;
}
