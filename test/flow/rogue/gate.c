/* Purpose: a broker's door that lies: sb_gate_take and sb_gate_send of the real one,
 * linked with --wrap, so that everything else is the real broker.
 * Invariant: what no twist names passes as it is. The loop's thread alone comes here.
 * Not: what the journal holds (forge.c). */
#include "broker/io/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys/hash.h"
#include "keys/note.h"
#include "test/flow/rogue/twist.h"

#define PEERS 256 /* sessions that a test begins; the oldest are forgotten */
#define NOTE 4    /* the frame of a CHECKPOINT's or COSIGN's payload */

int __real_sb_gate_take(struct sb_gate *g,
                        const struct sb_dir *dir,
                        uint64_t now_ms,
                        uint64_t mono_ms,
                        struct sb_arrival *out,
                        struct sb_err *err);
int __wrap_sb_gate_take(struct sb_gate *g,
                        const struct sb_dir *dir,
                        uint64_t now_ms,
                        uint64_t mono_ms,
                        struct sb_arrival *out,
                        struct sb_err *err);
int __real_sb_gate_send(struct sb_gate *g,
                        uint64_t peer,
                        const struct sb_frames *frames,
                        const struct sb_lent *lent,
                        struct sb_err *err);
int __wrap_sb_gate_send(struct sb_gate *g,
                        uint64_t peer,
                        const struct sb_frames *frames,
                        const struct sb_lent *lent,
                        struct sb_err *err);

static struct {
    uint64_t peer;
    char institution[SB_CODE_MAX + 1];
} peers[PEERS]; /* as each said in HELLO */
static size_t n_peers;

static void remember(uint64_t peer, struct sb_bytes institution)
{
    size_t at = n_peers++ % PEERS;
    peers[at].peer = peer;
    snprintf(peers[at].institution,
             sizeof peers[at].institution,
             "%.*s",
             SB_FMT(institution));
}

static const char *name_of(uint64_t peer)
{
    for (size_t i = 0; i < PEERS; i++)
        if (peers[i].peer == peer && peers[i].institution[0])
            return peers[i].institution;
    return "nobody";
}

static bool read_batch(struct sb_bytes raw, struct sb_record *r, struct sb_batch *out)
{
    return sb_record_read(raw, r, NULL) == 0 &&
           sb_bytes_is(sb_record_tag(r->body), "sacbe/batch/1") &&
           sb_batch_read(r->body, out, NULL) == 0;
}

/* STORED, of what is stored nowhere. */
static int swallow(struct sb_gate *g,
                   uint64_t peer,
                   const struct sb_message *m,
                   const struct sb_record *record,
                   const struct sb_batch *batch,
                   struct sb_err *err)
{
    static const struct sb_lent none;
    struct sb_message said = {.cmd = SB_CMD_STORED};
    struct sb_buf header = {0};
    struct sb_frames frames;
    memcpy(said.session, m->session, SB_SESSION);
    said.as.stored.kind = SB_KIND_BATCH;
    said.as.stored.stream = batch->stream;
    said.as.stored.number = batch->first_seq + batch->count - 1;
    said.as.stored.index = said.as.stored.number;
    int rc = sb_record_hash(said.as.stored.hash, record->body, err);
    if (!rc)
        rc = sb_message_write(&said, &header, &frames, err);
    if (!rc)
        rc = __real_sb_gate_send(g, peer, &frames, &none, err);
    sb_buf_free(&header);
    twist_say("%s: event %llu is swallowed",
              name_of(peer),
              (unsigned long long)said.as.stored.number);
    return rc ? rc : 1;
}

static int published(struct sb_gate *g,
                     const struct sb_arrival *a,
                     const struct sb_message *m,
                     struct sb_err *err)
{
    struct sb_record record;
    struct sb_batch batch;
    struct twist t;
    twist_say("%s: PUBLISH", name_of(a->peer));
    if (!twist_of("ROGUE_SWALLOW", &t) || !read_batch(m->payload[0], &record, &batch) ||
        !twist_hits(&t, &batch))
        return 0;
    return swallow(g, a->peer, m, &record, &batch, err);
}

static void asked(struct sb_arrival *a, const struct sb_message *m)
{
    struct sb_bytes said = m->payload[0];
    bool line = said.n >= 3 && memcmp(said.p, "\xe2\x80\x94", 3) == 0;
    const char *what = line ? "cosignature" : said.n ? "note" : "question";
    twist_say("%s: COSIGN with a %s", name_of(a->peer), what);
    if (!line && getenv("ROGUE_OFFER"))
        a->frames.f[NOTE].n = 0;
}

/* 1: the broker shall not see it. */
static int came(struct sb_gate *g, struct sb_arrival *a, struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_message m;
    int rc = 0;
    if (arena && sb_message_read(&a->frames, arena, &m, NULL) == 0) {
        if (m.cmd == SB_CMD_HELLO)
            remember(a->peer, m.as.hello.institution);
        else if (m.cmd == SB_CMD_PUBLISH)
            rc = published(g, a, &m, err);
        else if (m.cmd == SB_CMD_COSIGN)
            asked(a, &m);
    }
    sb_arena_free(arena);
    return rc;
}

int __wrap_sb_gate_take(struct sb_gate *g,
                        const struct sb_dir *dir,
                        uint64_t now_ms,
                        uint64_t mono_ms,
                        struct sb_arrival *out,
                        struct sb_err *err)
{
    int rc;
    do {
        rc = __real_sb_gate_take(g, dir, now_ms, mono_ms, out, err);
        if (rc != 1)
            return rc;
        rc = came(g, out, err);
    } while (rc == 1);
    return rc ? rc : 1;
}

static bool is_withheld(uint64_t peer, const struct sb_message *m)
{
    struct sb_record record;
    struct sb_batch batch;
    struct twist t;
    if (m->cmd != SB_CMD_ENTRY || !twist_of("ROGUE_WITHHOLD", &t) ||
        strcmp(name_of(peer), t.reader) != 0 ||
        !read_batch(m->payload[1], &record, &batch) || !twist_hits(&t, &batch))
        return false;
    twist_say(
        "%s: event %llu is withheld", t.reader, (unsigned long long)batch.first_seq);
    return true;
}

static bool is_mute(uint64_t peer, const struct sb_message *m)
{
    const char *reader = getenv("ROGUE_MUTE");
    return m->cmd == SB_CMD_CHECKPOINT && m->as.checkpoint.seen && reader &&
           strcmp(name_of(peer), reader) == 0;
}

/* The other history's note, under the proof of this one. */
static void offer(uint64_t peer, struct sb_frames *frames, struct sb_buf *note)
{
    const char *file = getenv("ROGUE_OFFER");
    struct sb_checkpoint c;
    if (!file || access(file, R_OK) != 0 ||
        sb_file_read(file, SB_NOTE_MAX, note, NULL) != 0 ||
        sb_checkpoint_text(sb_buf_bytes(note), &c, NULL) != 0)
        return;
    frames->f[NOTE] = sb_buf_bytes(note);
    twist_say("%s: is offered another history of %llu entries",
              name_of(peer),
              (unsigned long long)c.size);
}

int __wrap_sb_gate_send(struct sb_gate *g,
                        uint64_t peer,
                        const struct sb_frames *frames,
                        const struct sb_lent *lent,
                        struct sb_err *err)
{
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_frames sent = *frames;
    struct sb_buf note = {0};
    struct sb_message m;
    int rc = 0;
    bool read = arena && sb_message_read(frames, arena, &m, NULL) == 0;
    if (read && m.cmd == SB_CMD_CHECKPOINT && m.as.checkpoint.seen)
        offer(peer, &sent, &note);
    if (!read || !(is_withheld(peer, &m) || is_mute(peer, &m)))
        rc = __real_sb_gate_send(g, peer, &sent, lent, err);
    sb_buf_free(&note);
    sb_arena_free(arena);
    return rc;
}
