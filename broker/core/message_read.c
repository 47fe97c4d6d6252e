/* Purpose: the header of each command from bytes.
 * Invariant: an array of exactly the arity that message_write.c writes; HELLO's alone
 * may be longer. */
#include "broker/core/message_impl.h"

enum { HELLO_LONGEST = 32 }; /* elements, later revisions' included */

static void
read_heads(struct sb_unpack *u, struct sb_arena *arena, struct sb_heads *heads)
{
    struct sb_order order = {0};
    heads->n = sb_unpack_array(u, 0, SB_SUBSCRIPTION_CURSORS);
    heads->items =
        u->failed ? NULL : sb_arena_alloc(arena, heads->n, sizeof *heads->items);
    if (!heads->items)
        sb_unpack_fail(u, SB_E_MEMORY);
    for (size_t i = 0; heads->items && i < heads->n && !u->failed; i++) {
        struct sb_head *h = &heads->items[i];
        sb_unpack_array(u, 3, 3);
        h->stream = sb_unpack_str(u, SB_STREAM_MAX);
        h->seq = sb_unpack_uint(u, INT64_MAX);
        sb_unpack_fixed(u, h->batch_hash, SB_HASH);
        sb_order_next(&order, u, h->stream);
    }
}

static void read_own(struct sb_unpack *u, struct sb_own_stream *s)
{
    sb_unpack_array(u, 7, 7);
    s->stream = sb_unpack_str(u, SB_STREAM_MAX);
    s->claim_no = sb_unpack_uint(u, UINT64_MAX);
    sb_unpack_fixed(u, s->instance, SB_INSTANCE);
    s->last_seq = sb_unpack_uint(u, INT64_MAX);
    sb_unpack_fixed(u, s->last_hash, SB_HASH);
    s->epoch_no = sb_unpack_uint(u, UINT64_MAX);
    sb_unpack_fixed(u, s->epoch_hash, SB_HASH);
}

/* The end of WELCOME since revision 2; one that we do not speak was not asked for. */
static void read_revision(struct sb_unpack *u, struct sb_message *m)
{
    m->as.welcome.revision = sb_unpack_uint(u, sb_revisions.newest);
    m->as.welcome.newest = sb_unpack_uint(u, UINT64_MAX);
    m->as.welcome.version = sb_unpack_str(u, SB_CODE_MAX);
    if (!u->failed &&
        (m->as.welcome.revision < 2 || m->as.welcome.newest < m->as.welcome.revision))
        sb_unpack_fail(u, SB_E_RANGE);
}

static void
read_welcome(struct sb_unpack *u, struct sb_arena *arena, struct sb_message *m)
{
    struct sb_order order = {0};
    size_t arity = sb_unpack_array(u, 7, sb_revisions.newest < 2 ? 7 : 10);
    m->as.welcome.generation = sb_unpack_uint(u, UINT64_MAX);
    m->as.welcome.directory_version = sb_unpack_uint(u, UINT64_MAX);
    m->as.welcome.event_max = sb_unpack_uint(u, UINT64_MAX);
    m->as.welcome.batch_max = sb_unpack_uint(u, UINT64_MAX);
    m->as.welcome.tree_size = sb_unpack_uint(u, UINT64_MAX);
    sb_unpack_fixed(u, m->as.welcome.root, SB_HASH);
    size_t n = sb_unpack_array(u, 0, SB_SUBSCRIPTION_CURSORS);
    struct sb_own_stream *streams =
        u->failed ? NULL : sb_arena_alloc(arena, n, sizeof *streams);
    if (!streams)
        sb_unpack_fail(u, SB_E_MEMORY);
    for (size_t i = 0; streams && i < n && !u->failed; i++) {
        read_own(u, &streams[i]);
        sb_order_next(&order, u, streams[i].stream);
    }
    m->as.welcome.streams = streams;
    m->as.welcome.n_streams = n;
    m->as.welcome.revision = m->as.welcome.newest = 1;
    if (arity == 10)
        read_revision(u, m);
    else if (arity != 7)
        sb_unpack_fail(u, SB_E_ARITY);
}

static enum sb_kind read_kind(struct sb_unpack *u)
{
    struct sb_bytes text = sb_unpack_str(u, SB_CODE_MAX);
    enum sb_kind kind = sb_kind_from_text(text);
    if (!u->failed && text.n && kind == 0)
        sb_unpack_fail(u, SB_E_RANGE);
    return kind;
}

static void read_answer(struct sb_unpack *u, struct sb_message *m)
{
    sb_unpack_array(u, 5, 5);
    if (m->cmd == SB_CMD_STORED) {
        m->as.stored.kind = read_kind(u);
        m->as.stored.stream = sb_unpack_str(u, SB_STREAM_MAX);
        sb_unpack_fixed(u, m->as.stored.hash, SB_HASH);
        m->as.stored.number = sb_unpack_uint(u, UINT64_MAX);
        m->as.stored.index = sb_unpack_uint(u, UINT64_MAX);
        return;
    }
    m->as.refused.kind = read_kind(u);
    m->as.refused.stream = sb_unpack_str(u, SB_STREAM_MAX);
    sb_unpack_fixed(u, m->as.refused.hash, SB_HASH);
    m->as.refused.code = sb_unpack_uint(u, 9999);
    m->as.refused.expected = sb_unpack_uint(u, UINT64_MAX);
}

/* HELLO's end since revision 2, and what later ones append. */
static void read_revisions(struct sb_unpack *u, struct sb_message *m, size_t more)
{
    struct sb_revisions *r = &m->as.hello.revisions;
    r->oldest = sb_unpack_uint(u, UINT64_MAX);
    r->newest = sb_unpack_uint(u, UINT64_MAX);
    if (!u->failed && (r->oldest < 1 || r->newest < 2 || r->oldest > r->newest))
        sb_unpack_fail(u, SB_E_RANGE);
    for (size_t i = 2; i < more; i++)
        (void)sb_unpack_raw(u);
}

static void read_hello(struct sb_unpack *u, struct sb_message *m)
{
    size_t n = sb_unpack_array(u, 4, sb_revisions.newest < 2 ? 4 : HELLO_LONGEST);
    m->as.hello.institution = sb_unpack_code(u);
    m->as.hello.role = sb_unpack_code(u);
    m->as.hello.version = sb_unpack_str(u, SB_CODE_MAX);
    m->as.hello.directory_version = sb_unpack_uint(u, UINT64_MAX);
    m->as.hello.revisions = (struct sb_revisions){1, 1};
    if (n == 5)
        sb_unpack_fail(u, SB_E_ARITY);
    else if (n > 5)
        read_revisions(u, m, n - 4);
}

static void read_session(struct sb_unpack *u, struct sb_message *m)
{
    if (m->cmd == SB_CMD_HELLO) {
        read_hello(u, m);
    } else if (m->cmd == SB_CMD_CHALLENGE) {
        sb_unpack_array(u, 1, 1);
        sb_unpack_fixed(u, m->as.challenge.nonce, SB_CHALLENGE_NONCE);
    } else {
        sb_unpack_array(u, 2, 2);
        sb_unpack_fixed(u, m->as.prove.key_id, SB_KEY_ID);
        sb_unpack_fixed(u, m->as.prove.sig, SB_SIG);
    }
}

static void
read_delivery(struct sb_unpack *u, struct sb_arena *arena, struct sb_message *m)
{
    if (m->cmd == SB_CMD_SUBSCRIBE) {
        sb_unpack_array(u, 3, 3);
        m->as.subscribe.name = sb_unpack_code(u);
        sb_codes_read(u, SB_SUBSCRIPTION_TYPES, arena, &m->as.subscribe.types);
        read_heads(u, arena, &m->as.subscribe.cursors);
    } else if (m->cmd == SB_CMD_CREDIT) {
        sb_unpack_array(u, 3, 3);
        m->as.credit.name = sb_unpack_code(u);
        m->as.credit.entries = sb_unpack_uint(u, SB_CREDIT_ENTRIES_MAX);
        m->as.credit.bytes = sb_unpack_uint(u, SB_CREDIT_BYTES_MAX);
    } else {
        sb_unpack_array(u, 2, 2);
        m->as.applied.name = sb_unpack_code(u);
        read_heads(u, arena, &m->as.applied.heads);
    }
}

void sb_message_header_read(struct sb_unpack *u,
                            struct sb_arena *arena,
                            struct sb_message *m)
{
    switch (m->cmd) {
    case SB_CMD_HELLO:
    case SB_CMD_CHALLENGE:
    case SB_CMD_PROVE:
        read_session(u, m);
        return;
    case SB_CMD_WELCOME:
        read_welcome(u, arena, m);
        return;
    case SB_CMD_STORED:
    case SB_CMD_REFUSED:
        read_answer(u, m);
        return;
    case SB_CMD_SUBSCRIBE:
    case SB_CMD_CREDIT:
    case SB_CMD_APPLIED:
        read_delivery(u, arena, m);
        return;
    case SB_CMD_ENTRY:
    case SB_CMD_COSIGN:
    case SB_CMD_CHECKPOINT:
    case SB_CMD_FETCH:
    case SB_CMD_FETCHED:
        sb_message_evidence_read(u, arena, m);
        return;
    case SB_CMD_DIRECTORY:
    case SB_CMD_CLAIM:
    case SB_CMD_EPOCH:
    case SB_CMD_REGRANT:
    case SB_CMD_PUBLISH:
    case SB_CMD_HEADS:
    case SB_CMD_RECEIPT:
    case SB_CMD_REJECT:
    case SB_CMD_ACT:
    case SB_CMD_WITHDRAW:
    case SB_CMD_NOTICE:
    case SB_CMD_PING:
    case SB_CMD_PONG:
    case SB_CMD_BYE:
    case SB_CMD_WHO:
        sb_unpack_array(u, 0, 0);
        return;
    }
}
