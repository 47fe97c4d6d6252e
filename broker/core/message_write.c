/* Purpose: the header of each command to bytes. */
#include "broker/core/message_impl.h"

static void write_heads(const struct sb_heads *heads, struct sb_buf *out)
{
    sb_pack_array(out, heads->n);
    for (size_t i = 0; i < heads->n; i++) {
        sb_pack_array(out, 3);
        sb_pack_str(out, heads->items[i].stream);
        sb_pack_uint(out, heads->items[i].seq);
        sb_pack_bin(out, sb_bytes(heads->items[i].batch_hash, SB_HASH));
    }
}

static void write_welcome(const struct sb_message *m, struct sb_buf *out)
{
    bool tells = m->as.welcome.revision >= 2;
    sb_pack_array(out, tells ? 10 : 7);
    sb_pack_uint(out, m->as.welcome.generation);
    sb_pack_uint(out, m->as.welcome.directory_version);
    sb_pack_uint(out, m->as.welcome.event_max);
    sb_pack_uint(out, m->as.welcome.batch_max);
    sb_pack_uint(out, m->as.welcome.tree_size);
    sb_pack_bin(out, sb_bytes(m->as.welcome.root, SB_HASH));
    sb_pack_array(out, m->as.welcome.n_streams);
    for (size_t i = 0; i < m->as.welcome.n_streams; i++) {
        const struct sb_own_stream *s = &m->as.welcome.streams[i];
        sb_pack_array(out, 7);
        sb_pack_str(out, s->stream);
        sb_pack_uint(out, s->claim_no);
        sb_pack_bin(out, sb_bytes(s->instance, SB_INSTANCE));
        sb_pack_uint(out, s->last_seq);
        sb_pack_bin(out, sb_bytes(s->last_hash, SB_HASH));
        sb_pack_uint(out, s->epoch_no);
        sb_pack_bin(out, sb_bytes(s->epoch_hash, SB_HASH));
    }
    if (!tells)
        return;
    sb_pack_uint(out, m->as.welcome.revision);
    sb_pack_uint(out, m->as.welcome.newest);
    sb_pack_str(out, m->as.welcome.version);
}

static void write_kind(enum sb_kind kind, struct sb_buf *out)
{
    const char *text = sb_kind_text(kind);
    sb_pack_cstr(out, text ? text : "");
}

static void write_answer(const struct sb_message *m, struct sb_buf *out)
{
    sb_pack_array(out, 5);
    if (m->cmd == SB_CMD_STORED) {
        write_kind(m->as.stored.kind, out);
        sb_pack_str(out, m->as.stored.stream);
        sb_pack_bin(out, sb_bytes(m->as.stored.hash, SB_HASH));
        sb_pack_uint(out, m->as.stored.number);
        sb_pack_uint(out, m->as.stored.index);
        return;
    }
    write_kind(m->as.refused.kind, out);
    sb_pack_str(out, m->as.refused.stream);
    sb_pack_bin(out, sb_bytes(m->as.refused.hash, SB_HASH));
    sb_pack_uint(out, m->as.refused.code);
    sb_pack_uint(out, m->as.refused.expected);
}

static void write_session(const struct sb_message *m, struct sb_buf *out)
{
    if (m->cmd == SB_CMD_HELLO) {
        bool tells = m->as.hello.revisions.newest >= 2;
        sb_pack_array(out, tells ? 6 : 4);
        sb_pack_str(out, m->as.hello.institution);
        sb_pack_str(out, m->as.hello.role);
        sb_pack_str(out, m->as.hello.version);
        sb_pack_uint(out, m->as.hello.directory_version);
        if (!tells)
            return;
        sb_pack_uint(out, m->as.hello.revisions.oldest);
        sb_pack_uint(out, m->as.hello.revisions.newest);
    } else if (m->cmd == SB_CMD_CHALLENGE) {
        sb_pack_array(out, 1);
        sb_pack_bin(out, sb_bytes(m->as.challenge.nonce, SB_CHALLENGE_NONCE));
    } else {
        sb_pack_array(out, 2);
        sb_pack_bin(out, sb_bytes(m->as.prove.key_id, SB_KEY_ID));
        sb_pack_bin(out, sb_bytes(m->as.prove.sig, SB_SIG));
    }
}

static void write_delivery(const struct sb_message *m, struct sb_buf *out)
{
    if (m->cmd == SB_CMD_SUBSCRIBE) {
        sb_pack_array(out, 3);
        sb_pack_str(out, m->as.subscribe.name);
        sb_codes_write(out, &m->as.subscribe.types);
        write_heads(&m->as.subscribe.cursors, out);
    } else if (m->cmd == SB_CMD_CREDIT) {
        sb_pack_array(out, 3);
        sb_pack_str(out, m->as.credit.name);
        sb_pack_uint(out, m->as.credit.entries);
        sb_pack_uint(out, m->as.credit.bytes);
    } else {
        sb_pack_array(out, 2);
        sb_pack_str(out, m->as.applied.name);
        write_heads(&m->as.applied.heads, out);
    }
}

void sb_message_header_write(const struct sb_message *m, struct sb_buf *out)
{
    switch (m->cmd) {
    case SB_CMD_HELLO:
    case SB_CMD_CHALLENGE:
    case SB_CMD_PROVE:
        write_session(m, out);
        return;
    case SB_CMD_WELCOME:
        write_welcome(m, out);
        return;
    case SB_CMD_STORED:
    case SB_CMD_REFUSED:
        write_answer(m, out);
        return;
    case SB_CMD_SUBSCRIBE:
    case SB_CMD_CREDIT:
    case SB_CMD_APPLIED:
        write_delivery(m, out);
        return;
    case SB_CMD_ENTRY:
    case SB_CMD_COSIGN:
    case SB_CMD_CHECKPOINT:
    case SB_CMD_FETCH:
    case SB_CMD_FETCHED:
        sb_message_evidence_write(m, out);
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
        sb_pack_array(out, 0);
        return;
    }
}
