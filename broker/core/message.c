/* Purpose: what every message shares: names of commands, counts of payload frames, the
 * outer frames. Headers are read and written in message_read.c and message_write.c. */
#include "broker/core/message_impl.h"

enum { COMMAND_MAX = 16 }; /* letters */

static const struct command_row {
    const char *text;
    unsigned char payloads;
} commands[] = {
    [SB_CMD_HELLO] = {"HELLO", 0},
    [SB_CMD_CHALLENGE] = {"CHALLENGE", 0},
    [SB_CMD_PROVE] = {"PROVE", 0},
    [SB_CMD_WELCOME] = {"WELCOME", 0},
    [SB_CMD_DIRECTORY] = {"DIRECTORY", 1},
    [SB_CMD_CLAIM] = {"CLAIM", 1},
    [SB_CMD_EPOCH] = {"EPOCH", 1},
    [SB_CMD_REGRANT] = {"REGRANT", 1},
    [SB_CMD_PUBLISH] = {"PUBLISH", 3},
    [SB_CMD_STORED] = {"STORED", 0},
    [SB_CMD_REFUSED] = {"REFUSED", 0},
    [SB_CMD_HEADS] = {"HEADS", 1},
    [SB_CMD_RECEIPT] = {"RECEIPT", 1},
    [SB_CMD_REJECT] = {"REJECT", 1},
    [SB_CMD_SUBSCRIBE] = {"SUBSCRIBE", 0},
    [SB_CMD_ENTRY] = {"ENTRY", 4},
    [SB_CMD_CREDIT] = {"CREDIT", 0},
    [SB_CMD_APPLIED] = {"APPLIED", 0},
    [SB_CMD_COSIGN] = {"COSIGN", 1},
    [SB_CMD_CHECKPOINT] = {"CHECKPOINT", 1},
    [SB_CMD_PING] = {"PING", 0},
    [SB_CMD_PONG] = {"PONG", 0},
    [SB_CMD_BYE] = {"BYE", 0},
    [SB_CMD_WHO] = {"WHO", 0},
    [SB_CMD_ACT] = {"ACT", 1},
    [SB_CMD_WITHDRAW] = {"WITHDRAW", 1},
    [SB_CMD_NOTICE] = {"NOTICE", 1},
    [SB_CMD_FETCH] = {"FETCH", 0},
    [SB_CMD_FETCHED] = {"FETCHED", 4},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

const char *sb_command_text(enum sb_command cmd)
{
    return (size_t)cmd < COMMANDS ? commands[cmd].text : NULL;
}

size_t sb_message_payloads(enum sb_command cmd)
{
    return (size_t)cmd < COMMANDS ? commands[cmd].payloads : 0;
}

bool sb_refused_later(int code)
{
    return code == SB_E_QUOTA || code == SB_E_DISK_LOW || code == SB_E_DIR_EXPIRED ||
           code == SB_E_CLOCK;
}

static enum sb_command command_of(struct sb_bytes text)
{
    for (size_t i = 1; i < COMMANDS; i++)
        if (sb_bytes_is(text, commands[i].text))
            return (enum sb_command)i;
    return 0;
}

uint64_t sb_revision_common(struct sb_revisions a, struct sb_revisions b)
{
    uint64_t newest = a.newest < b.newest ? a.newest : b.newest;
    return newest >= a.oldest && newest >= b.oldest ? newest : 0;
}

/* A later revision may have commands that we do not; those of ours are all capitals. */
static int unknown(const struct sb_frames *frames, struct sb_err *err)
{
    struct sb_bytes name = frames->f[1];
    bool fine = name.n > 0 && name.n <= COMMAND_MAX;
    for (size_t i = 0; fine && i < name.n; i++)
        fine = name.p[i] >= 'A' && name.p[i] <= 'Z';
    if (!fine || sb_pack_scan(frames->f[3], SB_PACK_RECORD, NULL) != 0)
        return sb_fail(err, SB_E_MALFORMED, "an unknown command");
    return sb_fail(err, SB_E_VERSION_SKEW, "%.*s: an unknown command", SB_FMT(name));
}

int sb_message_read(const struct sb_frames *frames,
                    struct sb_arena *arena,
                    struct sb_message *out,
                    struct sb_err *err)
{
    if (frames->n < 4 || !sb_bytes_is(frames->f[0], SB_PROTOCOL))
        return sb_fail(err,
                       SB_E_FRAMES,
                       "a message of %zu frames that is not " SB_PROTOCOL,
                       frames->n);
    struct sb_message m = {.cmd = command_of(frames->f[1])};
    if (frames->f[2].n != SB_SESSION)
        return sb_fail(err, SB_E_MALFORMED, "a bad session");
    if (m.cmd == 0)
        return unknown(frames, err);
    m.n_payload = sb_message_payloads(m.cmd);
    const char *name = sb_command_text(m.cmd);
    if (frames->n != 4 + m.n_payload)
        return sb_fail(err,
                       SB_E_FRAMES,
                       "%s: %zu frames instead of %zu",
                       name,
                       frames->n,
                       4 + m.n_payload);
    memcpy(m.session, frames->f[2].p, SB_SESSION);
    for (size_t i = 0; i < m.n_payload; i++)
        m.payload[i] = frames->f[4 + i];
    int rc = sb_pack_scan(frames->f[3], SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "%s", name);
    struct sb_unpack u = sb_unpack(frames->f[3]);
    sb_message_header_read(&u, arena, &m);
    rc = sb_unpack_end(&u, name, err);
    if (rc == 0)
        *out = m;
    return rc;
}

int sb_message_write(const struct sb_message *m,
                     struct sb_buf *header,
                     struct sb_frames *out,
                     struct sb_err *err)
{
    const char *name = sb_command_text(m->cmd);
    size_t payloads = sb_message_payloads(m->cmd);
    if (!name || m->n_payload != payloads)
        return sb_fail(err,
                       SB_E_ARGUMENT,
                       "%s: %zu payload frames",
                       name ? name : "?",
                       m->n_payload);
    size_t start = header->n;
    sb_message_header_write(m, header);
    int rc = sb_buf_check(header, err);
    if (rc != 0)
        return rc;
    *out = (struct sb_frames){.n = 4 + payloads};
    out->f[0] = sb_bytes_str(SB_PROTOCOL);
    out->f[1] = sb_bytes_str(name);
    out->f[2] = sb_bytes(m->session, SB_SESSION);
    out->f[3] = sb_bytes(header->p + start, header->n - start);
    for (size_t i = 0; i < payloads; i++)
        out->f[4 + i] = m->payload[i];
    return 0;
}
