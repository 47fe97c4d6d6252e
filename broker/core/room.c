/* Purpose: what is refused while the disk is nearly full, or nothing may be dated.
 * Invariant: only what a peer wants stored is refused, and it is told when to send it
 * again; deliveries, questions and cosignatures go on. While the disk is low so does a
 * withdrawal of few events, which is owed and takes hardly any room. One log line tells
 * of the disk (broker/io) or the clock (clock.c), not one for each refusal. Not here:
 * judging the disk (broker/io/room.c) or the clock. */
#include "broker/core/core_impl.h"
#include "schemas/record/event.h"
#include "schemas/record/evidence.h"

#define CLOCK_RETRY_MS 5000u
#define WITHDRAW_EVENTS (4u * SB_BATCH_EVENTS) /* what they held is written anew */

struct wanted { /* what a message would have stored */
    enum sb_kind kind;
    struct sb_bytes stream;
    uint8_t hash[SB_HASH];
    uint64_t events; /* withdrawals */
};

static int read_streamed(struct step *s,
                         enum sb_command cmd,
                         struct sb_bytes body,
                         struct wanted *out,
                         struct sb_err *err)
{
    struct sb_claim claim;
    struct sb_epoch epoch;
    struct sb_batch batch;
    struct sb_withdraw withdraw;
    int rc = 0;
    if (cmd == SB_CMD_CLAIM && (rc = sb_claim_read(body, &claim, err)) == 0)
        *out = (struct wanted){.kind = SB_KIND_CLAIM, .stream = claim.stream};
    if (cmd == SB_CMD_EPOCH &&
        (rc = sb_epoch_read(body, s->out->arena, &epoch, err)) == 0)
        *out = (struct wanted){.kind = SB_KIND_EPOCH, .stream = epoch.core.stream};
    if (cmd == SB_CMD_PUBLISH && (rc = sb_batch_read(body, &batch, err)) == 0)
        *out = (struct wanted){.kind = SB_KIND_BATCH, .stream = batch.stream};
    if (cmd == SB_CMD_WITHDRAW && (rc = sb_withdraw_read(body, &withdraw, err)) == 0)
        *out = (struct wanted){.kind = SB_KIND_PRUNE,
                               .stream = withdraw.stream,
                               .events = withdraw.last_seq - withdraw.first_seq + 1};
    return rc;
}

/* 0, or an error for what is no record that peers have stored. */
static int read_wanted(struct step *s,
                       const struct sb_message *m,
                       struct wanted *out,
                       struct sb_err *err)
{
    static const struct {
        enum sb_command cmd;
        enum sb_kind kind;
    } others[] = {{SB_CMD_REGRANT, SB_KIND_REGRANT},
                  {SB_CMD_HEADS, SB_KIND_HEADS},
                  {SB_CMD_RECEIPT, SB_KIND_RECEIPT},
                  {SB_CMD_REJECT, SB_KIND_REJECT},
                  {SB_CMD_ACT, SB_KIND_ACT}};
    struct sb_record record;
    bool streamed = m->cmd == SB_CMD_CLAIM || m->cmd == SB_CMD_EPOCH ||
                    m->cmd == SB_CMD_PUBLISH || m->cmd == SB_CMD_WITHDRAW;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (m->cmd == others[i].cmd)
            out->kind = others[i].kind;
    if (!streamed && out->kind == 0)
        return SB_E_NOT_FOUND;
    int rc = sb_record_read(m->payload[0], &record, err);
    if (rc == 0 && streamed)
        rc = read_streamed(s, m->cmd, record.body, out, err);
    return rc == 0 ? sb_record_hash(out->hash, record.body, err) : rc;
}

bool room_refuses(struct step *s, struct session *from, const struct sb_message *m)
{
    struct wanted w = {.kind = 0};
    struct sb_err why;
    bool low = s->core->low;
    int code = clock_look(s);
    if ((code == 0 && !low) || read_wanted(s, m, &w, &why) != 0)
        return false; /* what cannot be read is refused by its own rule */
    if (code == 0 && w.kind == SB_KIND_PRUNE && w.events <= WITHDRAW_EVENTS)
        return false;
    uint64_t retry_ms = code ? CLOCK_RETRY_MS : s->core->low_retry_ms;
    sb_fail(&why,
            code ? code : SB_E_DISK_LOW,
            "nothing of the members is stored at present");
    session_refuse(s, from, w.kind, w.stream, w.hash, retry_ms, &why);
    return true;
}
