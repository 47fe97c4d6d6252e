/* Purpose: the tree that a claim or a receipt names: one that this journal had, or the
 * statement is refused. Stored, a false one would make every later audit find two
 * histories, and nobody could tell whose fault that is.
 * Invariant: what waits of one session is judged in the order in which it came, with
 * one question to the journal at a time; it ends with the session.
 * Not: what a later generation takes over from the one before (refill.c). */
#include "broker/core/core_impl.h"
#include "broker/core/share.h"

#include <stdlib.h>

#define WAITING_MAX (1u << 20) /* bytes of an institution, unless it is one record */
#define RETRY_MS 250u

struct tree_ask { /* a CLAIM or RECEIPT that waits for the root of its tree */
    struct tree_ask *next;
    uint64_t id;   /* of the question; 0: not asked yet */
    uint64_t seen; /* as asked; 0: no root was asked for */
    uint64_t size; /* of the tree that it names */
    enum sb_command cmd;
    struct sb_buf record;
};

static size_t bytes_of(const struct tree_ask *ask)
{
    return sizeof *ask + ask->record.n;
}

static void ask_free(struct tree_ask *ask)
{
    sb_buf_free(&ask->record);
    free(ask);
}

void tree_free(struct tree_ask *asks)
{
    while (asks) {
        struct tree_ask *next = asks->next;
        ask_free(asks);
        asks = next;
    }
}

/* Without a question when a note tells it, as it does of what was signed lately. */
static const uint8_t *known_root(const struct step *s, uint64_t size)
{
    const struct rounds *r = &s->core->rounds;
    const struct note *candidate = round_note(s->core, size);
    if (candidate)
        return candidate->root;
    if (r->newest.size == size)
        return r->newest.root;
    if (r->final.size == size)
        return r->final.root;
    return s->turn && s->turn->seen == size ? s->in->as.proved.seen_root : NULL;
}

int tree_judge(const struct step *s,
               uint64_t size,
               const uint8_t root[SB_HASH],
               struct sb_err *err)
{
    uint8_t empty[SB_HASH];
    sb_sha256(empty, sb_bytes(NULL, 0));
    if (size > s->core->durable)
        return sb_fail(err,
                       SB_E_FORK,
                       "names a tree of %llu entries: this journal has %llu",
                       (unsigned long long)size,
                       (unsigned long long)s->core->durable);
    const uint8_t *ours = size ? known_root(s, size) : empty;
    if (!ours)
        return 1;
    if (memcmp(ours, root, SB_HASH) == 0)
        return 0;
    return sb_fail(err,
                   SB_E_FORK,
                   "names a tree of %llu entries that this journal never had",
                   (unsigned long long)size);
}

static void
put_question(struct step *s, const struct session *from, struct tree_ask *ask)
{
    ask->id = question_new(s, from);
    ask->seen = ask->size <= s->core->durable ? ask->size : 0;
    struct sb_effect *e = effect_add(s->out, SB_EFFECT_PROVE);
    e->as.prove.id = ask->id;
    e->as.prove.seen = ask->seen;
    e->as.prove.size = ask->seen ? ask->seen : s->core->durable;
}

bool tree_waits(const struct step *s, const struct session *from)
{
    return !s->turn && from->trees;
}

/* All sessions of the institution have this much together; one record is never too
 * much. */
static int
judge_waiting(struct step *s, struct session *from, size_t n, struct sb_err *err)
{
    size_t waiting = 0;
    for (const struct session *at = s->core->sessions; at; at = at->next)
        for (const struct tree_ask *ask = at->trees; ask && at->share == from->share;
             ask = ask->next)
            waiting += bytes_of(ask);
    if (waiting == 0 || waiting + sizeof(struct tree_ask) + n <= WAITING_MAX)
        return 0;
    from->share->retry_ms = RETRY_MS;
    return sb_fail(err,
                   SB_E_QUOTA,
                   "more than %u bytes of claims and receipts of %s wait for the roots "
                   "of their trees",
                   WAITING_MAX,
                   from->institution);
}

int tree_wait(struct step *s,
              struct session *from,
              const struct sb_message *m,
              uint64_t size,
              struct sb_err *err)
{
    int rc = judge_waiting(s, from, m->payload[0].n, err);
    if (rc == 0 && !from->trees)
        rc = question_judge(from, err);
    if (rc != 0)
        return rc;
    struct tree_ask **end = &from->trees;
    while (*end)
        end = &(*end)->next;
    struct tree_ask *ask = calloc(1, sizeof *ask);
    if (!ask) {
        s->out->failed = true;
        return 0;
    }
    ask->cmd = m->cmd;
    ask->size = size;
    sb_buf_put(&ask->record, m->payload[0].p, m->payload[0].n);
    s->out->failed = s->out->failed || ask->record.failed;
    *end = ask;
    if (ask == from->trees)
        put_question(s, from, ask);
    return 0;
}

void tree_proved(struct step *s)
{
    struct session *from = s->core->sessions;
    while (from && !(from->trees && from->trees->id == s->in->as.proved.id))
        from = from->next;
    if (!from || s->core->stopping)
        return;
    struct tree_ask *ask = from->trees;
    struct sb_message m = {.cmd = ask->cmd, .n_payload = 1};
    m.payload[0] = effect_keep(s->out, sb_buf_bytes(&ask->record));
    from->trees = ask->next;
    s->turn = ask;
    bool refused = room_refuses(s, from, &m);
    if (!refused && ask->cmd == SB_CMD_CLAIM)
        accept_claim(s, from, &m);
    else if (!refused)
        accept_statement(s, from, &m);
    s->turn = NULL;
    ask_free(ask);
    if (from->trees && from->trees->id == 0)
        put_question(s, from, from->trees);
}
