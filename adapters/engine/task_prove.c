/* event-prove: one event with all that a stranger needs to check it; with an order, the
 * key of one section too, and that only after the act stands in the journal. */
#include <stdlib.h>

#include "adapters/engine/disclose.h"
#include "adapters/engine/task.h"
#include "adapters/engine/task_fetch.h"
#include "adapters/engine/value_list.h"
#include "broker/bundle/proof_file.h"
#include "broker/io/admin.h"

struct prove {
    struct sb_task task;
    struct sb_prove_wish wish;
    struct sb_proof_file proof; /* from the arena */
    bool asked;
    bool said; /* the act has been sent */
    uint64_t again_mono;
    struct sb_fetched_keys keys;
    struct sb_buf act;
    uint8_t act_hash[SB_HASH];
    uint8_t event_key[SB_EVENT_KEY];
};

static void base64(struct sb_bytes in, struct sb_buf *out)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < in.n; i += 3) {
        uint32_t v = (uint32_t)in.p[i] << 16;
        v |= i + 1 < in.n ? (uint32_t)in.p[i + 1] << 8 : 0;
        v |= i + 2 < in.n ? in.p[i + 2] : 0;
        sb_buf_byte(out, (uint8_t)digits[v >> 18]);
        sb_buf_byte(out, (uint8_t)digits[v >> 12 & 63]);
        sb_buf_byte(out, (uint8_t)(i + 1 < in.n ? digits[v >> 6 & 63] : '='));
        sb_buf_byte(out, (uint8_t)(i + 2 < in.n ? digits[v & 63] : '='));
    }
}

/* The answer: {file: base64}. */
static int finish(struct prove *p, struct sb_err *err)
{
    struct sb_buf file = {.limit = SB_PROOF_FILE_MAX};
    struct sb_buf text = {.limit = SB_ADMIN_REQUEST_MAX - SB_KIB};
    struct sb_list l = {.arena = p->task.arena};
    sb_proof_file_write(&p->proof, &file);
    int rc = sb_buf_check(&file, err);
    if (!rc) {
        base64(sb_buf_bytes(&file), &text);
        rc = sb_buf_check(&text, err);
    }
    if (!rc) {
        p->task.value = (struct sb_value){.type = SB_MAP};
        sb_list_bytes(&l, &p->task.value, "file", sb_buf_bytes(&text));
        rc = sb_list_check(&l, err);
    }
    sb_buf_free(&file);
    sb_buf_free(&text);
    return rc ? rc : 1;
}

static struct sb_bytes kept(struct prove *p, struct sb_bytes b, struct sb_err *err)
{
    struct sb_bytes copy = sb_arena_dup(p->task.arena, b);
    if (!copy.p && err->code == 0)
        (void)sb_fail(err, SB_E_MEMORY, "out of memory");
    return copy;
}

static const uint8_t (*kept_path(struct prove *p,
                                 const uint8_t (*path)[SB_HASH],
                                 size_t n,
                                 struct sb_err *err))[SB_HASH]
{
    uint8_t(*copy)[SB_HASH] = sb_arena_alloc(p->task.arena, n + 1, SB_HASH);
    if (!copy)
        (void)sb_fail(err, SB_E_MEMORY, "out of memory");
    else if (n)
        memcpy(copy, path, n * SB_HASH);
    return (const uint8_t(*)[SB_HASH])copy;
}

/* All directories that are held, rising. */
static void
put_directories(struct prove *p, const struct sb_trust *trust, struct sb_err *err)
{
    const struct sb_dir *d = sb_trust_newest(trust);
    size_t n = 0;
    for (; d; d = sb_trust_version(trust, sb_dir_body(d)->version - 1))
        n++;
    p->proof.n_directories = n;
    p->proof.directories =
        sb_arena_alloc(p->task.arena, n + 1, sizeof *p->proof.directories);
    if (!p->proof.directories) {
        (void)sb_fail(err, SB_E_MEMORY, "out of memory");
        return;
    }
    d = sb_trust_newest(trust);
    for (; d; d = sb_trust_version(trust, sb_dir_body(d)->version - 1))
        p->proof.directories[--n] = sb_dir_record(d);
}

static void
put_withdrawals(struct prove *p, const struct sb_message *m, struct sb_err *err)
{
    size_t n = m->as.fetched.n_withdrawals;
    p->proof.n_withdrawals = n;
    p->proof.withdrawals =
        sb_arena_alloc(p->task.arena, n + 1, sizeof *p->proof.withdrawals);
    if (!p->proof.withdrawals)
        (void)sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; p->proof.withdrawals && i < n; i++)
        p->proof.withdrawals[i] = kept(p, m->as.fetched.withdrawals[i], err);
}

/* Everything but the disclosure. */
static int put_proof(struct prove *p,
                     const struct sb_message *m,
                     const struct sb_fetched *f,
                     struct sb_err *err)
{
    struct sb_proof_file *out = &p->proof;
    struct sb_err why = {.code = 0};
    struct sb_path path;
    size_t at = p->wish.seq - f->batch.first_seq;
    int rc = sb_items_path(f->items, f->batch.count, at, &path, err);
    if (rc)
        return rc;
    out->stream = p->wish.stream;
    out->seq = p->wish.seq;
    out->item = kept(p, f->items[at], &why);
    out->item_path = kept_path(p, sb_path_nodes(&path), path.n, &why);
    out->n_item_path = path.n;
    out->batch = kept(p, m->payload[1], &why);
    out->place = (struct sb_proof_place){.leaf = kept(p, m->payload[0], &why),
                                         .index = m->as.fetched.index,
                                         .n_path = m->as.fetched.n_path};
    out->place.path = kept_path(p, m->as.fetched.path, m->as.fetched.n_path, &why);
    out->epoch = kept(p, m->as.fetched.epoch_record, &why);
    out->epoch_place =
        (struct sb_proof_place){.leaf = kept(p, m->as.fetched.epoch_leaf, &why),
                                .index = m->as.fetched.epoch_index,
                                .n_path = m->as.fetched.n_epoch_path};
    out->epoch_place.path =
        kept_path(p, m->as.fetched.epoch_path, m->as.fetched.n_epoch_path, &why);
    out->note = kept(p, m->as.fetched.note, &why);
    put_directories(p, p->task.of->env->trust, &why);
    put_withdrawals(p, m, &why);
    return why.code ? sb_fail(err, why.code, "%s", why.text) : 0;
}

/* Whether the section is there and ours to open; its ciphertext. */
static int find_section(struct prove *p,
                        const struct sb_fetched *f,
                        struct sb_bytes *ct,
                        struct sb_err *err)
{
    struct sb_bytes name = p->wish.class_name;
    size_t at = p->wish.seq - f->batch.first_seq;
    struct sb_item item;
    struct sb_buf plain = {.limit = SB_PAYLOAD_MAX + SB_PAD_BLOCK};
    size_t c = 0;
    int rc = sb_item_read(f->items[at], &item, err);
    if (rc)
        return rc;
    while (c < item.event.n_classes && !sb_bytes_eq(item.event.classes[c].name, name))
        c++;
    if (c == item.event.n_classes || !p->keys.secrets ||
        !sb_secrets_has(p->keys.secrets, name))
        return sb_fail(err,
                       SB_E_NO_SECRET,
                       "this institution holds no key of \"%.*s\" in this event",
                       SB_FMT(name));
    if (f->gone && f->gone[at])
        return sb_fail(err,
                       SB_E_WITHDRAWN,
                       "its publisher has withdrawn this event: there is no text left "
                       "to disclose");
    *ct = sb_fetched_ct(f, name, at);
    if (ct->n == 0)
        return sb_fail(err,
                       SB_E_PRUNED,
                       "the journal has no text of this event any more: it was pruned");
    rc = sb_event_open(p->keys.secrets, &item, c, *ct, &plain, err);
    sb_buf_free(&plain);
    return rc;
}

static int prepare_act(struct prove *p, const struct sb_fetched *f, struct sb_err *err)
{
    struct sb_env *env = p->task.of->env;
    struct sb_bytes ct = {NULL, 0};
    struct sb_err why = {.code = 0};
    int rc = sb_fetched_open(env, f, &p->keys, err);
    if (!rc)
        rc = find_section(p, f, &ct, err);
    if (rc)
        return rc;
    const struct sb_act act = {.who = env->institution,
                               .act = sb_bytes_str(SB_ACT_DISCLOSE),
                               .stream = p->wish.stream,
                               .first_seq = p->wish.seq,
                               .last_seq = p->wish.seq,
                               .classes = {&p->wish.class_name, 1},
                               .text = p->wish.order,
                               .time = p->task.of->now_ms};
    p->proof.ciphertext = kept(p, ct, &why);
    if (why.code)
        return sb_fail(err, why.code, "%s", why.text);
    return sb_act_sign(env, &act, &p->act, p->act_hash, err);
}

static int fetched(struct prove *p, const struct sb_message *m, struct sb_err *err)
{
    struct sb_fetched f;
    struct sb_err why = {.code = 0};
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? sb_fetched_read(p->task.of->env, m, arena, &f, &why)
                   : sb_fail(&why, SB_E_MEMORY, "out of memory");
    bool again = rc == SB_E_BUSY;
    if (!rc)
        rc = put_proof(p, m, &f, &why);
    if (!rc && p->wish.class_name.n)
        rc = prepare_act(p, &f, &why);
    sb_arena_free(arena);
    p->asked = !again;
    p->again_mono = p->task.of->mono_ms + SB_TASK_AGAIN_MS;
    if (rc)
        return again ? 0 : sb_fail(err, rc, "%s", why.text);
    return p->wish.class_name.n ? 0 : finish(p, err);
}

/* The act is durable: now, and not before, the key leaves the vault's side. */
static int disclose(struct prove *p, struct sb_err *err)
{
    int rc = sb_event_key(
        p->keys.secrets, p->wish.class_name, p->wish.seq, p->event_key, err);
    if (rc)
        return rc;
    p->proof.disclosed = true;
    p->proof.class_name = p->wish.class_name;
    p->proof.event_key = sb_bytes(p->event_key, sizeof p->event_key);
    p->proof.order = p->wish.order;
    p->proof.act = sb_buf_bytes(&p->act);
    sb_log(p->task.of->env->log,
           SB_LOG_INFO,
           "task",
           SB_LOG_TEXT("event", "disclosed"),
           SB_LOG_BYTES("stream", p->wish.stream),
           SB_LOG_U64("seq", p->wish.seq),
           SB_LOG_BYTES("class", p->wish.class_name));
    return finish(p, err);
}

static int hear(struct sb_task *task, const struct sb_message *m, struct sb_err *err)
{
    struct prove *p = (struct prove *)task;
    if (m->cmd == SB_CMD_FETCHED && p->asked && !p->act.n &&
        m->as.fetched.seq == p->wish.seq &&
        sb_bytes_eq(m->as.fetched.stream, p->wish.stream))
        return fetched(p, m, err);
    if (m->cmd == SB_CMD_STORED && p->said &&
        memcmp(m->as.stored.hash, p->act_hash, SB_HASH) == 0)
        return disclose(p, err);
    if (m->cmd == SB_CMD_REFUSED && p->said &&
        memcmp(m->as.refused.hash, p->act_hash, SB_HASH) == 0)
        return sb_fail(err,
                       sb_code_from_number((long)m->as.refused.code),
                       "the broker did not take the act: nothing is disclosed");
    return 0;
}

static int turn(struct sb_task *task, struct sb_err *err)
{
    struct prove *p = (struct prove *)task;
    struct sb_env *env = task->of->env;
    int rc = 0;
    if (!p->asked && task->of->mono_ms >= p->again_mono) {
        rc = sb_task_ask(task, p->wish.stream, p->wish.seq, err);
        p->asked = !rc;
    } else if (p->act.n && !p->said) {
        struct sb_message m = {.cmd = SB_CMD_ACT, .n_payload = 1};
        m.payload[0] = sb_buf_bytes(&p->act);
        rc = env->send(env->send_ctx, &m, err);
        p->said = !rc;
    }
    return rc;
}

static void free_prove(struct sb_task *task)
{
    struct prove *p = (struct prove *)task;
    sb_fetched_forget(&p->keys);
    sb_random(p->event_key, sizeof p->event_key);
    sb_buf_free(&p->act);
    free(p);
}

static const struct sb_task_ops ops = {
    .size = sizeof(struct prove), .turn = turn, .hear = hear, .free = free_prove};

int sb_task_prove(struct sb_tasks *t,
                  uint64_t id,
                  const struct sb_prove_wish *wish,
                  struct sb_err *err)
{
    struct sb_task *task = NULL;
    struct sb_err why = {.code = 0};
    int rc = sb_task_begin(t, id, &ops, &task, err);
    if (rc)
        return rc;
    struct prove *p = (struct prove *)task;
    p->wish.seq = wish->seq;
    p->wish.stream = kept(p, wish->stream, &why);
    p->wish.class_name = kept(p, wish->class_name, &why);
    p->wish.order = kept(p, wish->order, &why);
    if (!why.code && wish->class_name.n && !wish->order.n)
        (void)sb_fail(&why, SB_E_ARGUMENT, "a key is disclosed by an order only");
    if (why.code)
        sb_tasks_close(t);
    return why.code ? sb_fail(err, why.code, "%s", why.text) : 0;
}
