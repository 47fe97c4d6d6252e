/* Purpose: a dishonest institution: connects with real keys and sends what an adapter
 * never would; says how the broker answers.
 *
 *   rogue CASE VAULT ANCHOR STREAM CLASSES DIRECTORY...
 *
 * STREAM is institution/type; CLASSES is the type's, joined by commas, text order;
 * directories in order. One line per answer: "stored claim 1", "refused batch SB-509".
 * Invariant: the last line is the case's own; what comes before it is a right record
 * that the broker takes.
 * Not: a judge; refusals.sh compares the lines and the broker's log. */
#include <stdio.h>
#include <stdlib.h>

#include "broker/client/client.h"
#include "broker/host/clock.h"
#include "test/flow/refusals/records.h"

#define ANSWER_MS 60000u
#define FILL 40

struct rogue {
    struct sb_anchor anchor;
    struct sb_vault *vault;
    struct sb_trust *trust;
    struct sb_client *client;
    char institution[SB_NAME_MAX];
    char classes[SB_NAME_MAX];
    struct stream stream;
};

static _Noreturn void fail(const char *text)
{
    fprintf(stderr, "rogue: %s\n", text);
    exit(2);
}

static void load(struct rogue *r, char **args, int n_directories)
{
    struct sb_err err = {0};
    must(sb_vault_open(&r->vault, args[0], sb_bytes(NULL, 0), &err), &err);
    must(sb_anchor_read(args[1], &r->anchor, &err), &err);
    must(sb_trust_new(&r->trust, &r->anchor, &err), &err);
    for (int i = 0; i < n_directories; i++) {
        struct sb_buf record = {0};
        must(sb_file_read(args[4 + i], SB_DIRECTORY_MAX, &record, &err), &err);
        must(sb_trust_add(r->trust, sb_buf_bytes(&record), &err), &err);
        sb_buf_free(&record);
    }
    struct stream *s = &r->stream;
    const char *slash = strchr(args[2], '/');
    if (!slash)
        fail("STREAM is institution/type");
    snprintf(
        r->institution, sizeof r->institution, "%.*s", (int)(slash - args[2]), args[2]);
    snprintf(s->name, sizeof s->name, "%s", args[2]);
    snprintf(r->classes, sizeof r->classes, "%s", args[3]);
    s->trust = r->trust;
    s->vault = r->vault;
    s->institution = r->institution;
    s->type = slash + 1;
    for (char *c = r->classes; c && s->n_classes < SB_CLASSES;) {
        char *comma = strchr(c, ',');
        s->classes[s->n_classes++] = c;
        if (comma)
            *comma++ = '\0';
        c = comma;
    }
}

static void release(struct rogue *r)
{
    sb_client_close(r->client);
    sb_secrets_free(r->stream.secrets);
    sb_trust_free(r->trust);
    sb_vault_free(r->vault);
}

/* The next message of one of these two kinds; the session's refusal ends the program's
 * work with its code, which is an answer too. */
static bool
await(struct rogue *r, enum sb_command one, enum sb_command other, struct sb_message *m)
{
    struct sb_err err = {0};
    uint64_t until = sb_clock_mono_ms() + ANSWER_MS;
    while (sb_clock_mono_ms() < until) {
        int rc = sb_client_next(r->client, 100, m, &err);
        if (rc < 0)
            must(rc, &err);
        if (rc == 1 && (m->cmd == one || m->cmd == other))
            return true;
        if (sb_client_state(r->client) == SB_CLIENT_REFUSED) {
            printf("refused session SB-%d\n",
                   sb_code_number(sb_client_refusal(r->client, &err)));
            return false;
        }
    }
    fail("no answer");
}

/* Connects as `institution`; where the broker believes that this stream stands. */
static bool enter(struct rogue *r, const char *institution)
{
    struct sb_err err = {0};
    struct sb_message m;
    struct sb_client_config config = {.address = r->anchor.address,
                                      .server_pk = r->anchor.curve_pk,
                                      .institution = institution,
                                      .role = "adapter",
                                      .vault = r->vault,
                                      .exchange = sb_trust_exchange(r->trust)};
    must(sb_client_open(&r->client, &config, &err), &err);
    if (!await(r, SB_CMD_WELCOME, SB_CMD_WELCOME, &m))
        return false;
    for (size_t i = 0; i < m.as.welcome.n_streams; i++) {
        const struct sb_own_stream *own = &m.as.welcome.streams[i];
        if (!sb_bytes_is(own->stream, r->stream.name))
            continue;
        r->stream.claim_no = own->claim_no;
        r->stream.epoch_no = own->epoch_no;
        r->stream.last_seq = own->last_seq;
        memcpy(r->stream.last_hash, own->last_hash, SB_HASH);
    }
    return true;
}

static void send_one(struct rogue *r, struct sb_message *m)
{
    struct sb_err err = {0};
    struct sb_message answer;
    must(sb_client_send(r->client, m, &err), &err);
    if (!await(r, SB_CMD_STORED, SB_CMD_REFUSED, &answer))
        return;
    if (answer.cmd == SB_CMD_STORED)
        printf("stored %s %llu\n",
               sb_kind_text(answer.as.stored.kind),
               (unsigned long long)answer.as.stored.number);
    else
        printf("refused %s SB-%llu\n",
               sb_kind_text(answer.as.refused.kind),
               (unsigned long long)answer.as.refused.code);
}

static void send_record(struct rogue *r, enum sb_command cmd, const struct sb_buf *b)
{
    struct sb_message m = {.cmd = cmd, .n_payload = 1};
    m.payload[0] = sb_buf_bytes(b);
    send_one(r, &m);
}

static void send_batch(struct rogue *r, const struct batch *b)
{
    struct sb_message m = {.cmd = SB_CMD_PUBLISH, .n_payload = 3};
    m.payload[0] = sb_buf_bytes(&b->record);
    m.payload[1] = sb_buf_bytes(&b->items);
    m.payload[2] = sb_buf_bytes(&b->cts);
    send_one(r, &m);
}

static void claim(struct rogue *r)
{
    struct sb_buf record = {0};
    make_claim(&r->stream, ++r->stream.claim_no, &record);
    send_record(r, SB_CMD_CLAIM, &record);
    sb_buf_free(&record);
}

static void epoch(struct rogue *r, enum readers readers)
{
    struct sb_buf record = {0};
    make_epoch(&r->stream, readers, &record);
    send_record(r, SB_CMD_EPOCH, &record);
    r->stream.epoch_no++;
    sb_buf_free(&record);
}

/* What every section must have and nothing else, {"id_local":"T-9","operacion":"alta"}:
 * the catalogue asks more of an alta. */
static const struct sb_bytes nonsense = {
    (const uint8_t *)"\x82\xa8id_local\xa3T-9\xa9operacion\xa4"
                     "alta",
    29};

/* `flip`: NULL, or which of the batch's three parts has a bit changed. */
static void publish(struct rogue *r, uint64_t seq, const char *flip)
{
    struct batch b;
    make_batch(&r->stream, seq, nonsense, &b);
    if (flip) {
        struct sb_buf *part = strcmp(flip, "record") == 0 ? &b.record
                              : strcmp(flip, "item") == 0 ? &b.items
                                                          : &b.cts;
        part->p[part->n - 1 - randombytes_uniform(16)] ^= (uint8_t)(1u << 3);
    }
    send_batch(r, &b);
    batch_free(&b);
}

/* Many right batches of one event. */
static void fill(struct rogue *r)
{
    for (size_t i = 0; i < FILL; i++) {
        struct batch b;
        make_batch(&r->stream, r->stream.last_seq + 1, nonsense, &b);
        send_batch(r, &b);
        move_on(&r->stream, &b);
        batch_free(&b);
    }
}

static void stale_claim(struct rogue *r)
{
    struct batch b;
    make_batch(&r->stream, r->stream.last_seq + 1, nonsense, &b);
    claim(r);
    send_batch(r, &b);
    batch_free(&b);
}

static int run(struct rogue *r, const char *name)
{
    char self[SB_CODE_MAX + 1];
    snprintf(self, sizeof self, "%.*s", SB_FMT(sb_vault_code(r->vault)));
    if (strcmp(name, "impersonate") == 0)
        return enter(r, r->stream.institution) ? 1 : 0;
    if (!enter(r, self))
        return 0;
    if (strcmp(name, "unknown-key") == 0)
        return 1;
    if (strcmp(name, "tree-false") == 0)
        r->stream.tree_size = 2;
    else if (strcmp(name, "tree-large") == 0)
        r->stream.tree_size = 1000000;
    claim(r);
    if (strcmp(name, "foreign-stream") == 0 || r->stream.tree_size)
        return 0;
    enum readers readers = strcmp(name, "epoch-more") == 0    ? READERS_ONE_MORE
                           : strcmp(name, "epoch-fewer") == 0 ? READERS_ONE_FEWER
                                                              : READERS_AS_GRANTED;
    epoch(r, readers);
    uint64_t next = r->stream.last_seq + 1;
    if (strcmp(name, "gap") == 0)
        publish(r, next + 4, NULL);
    else if (strcmp(name, "stale-claim") == 0)
        stale_claim(r);
    else if (strncmp(name, "flip-", 5) == 0)
        publish(r, next, name + 5);
    else if (strcmp(name, "invalid-event") == 0)
        publish(r, next, NULL);
    else if (strcmp(name, "fill") == 0)
        fill(r);
    else if (readers == READERS_AS_GRANTED)
        fail("no such case");
    return 0;
}

int main(int argc, char **argv)
{
    struct sb_err err = {0};
    struct rogue r = {0};
    if (argc < 7)
        fail("rogue CASE VAULT ANCHOR STREAM CLASSES DIRECTORY...");
    must(sb_keys_init(&err), &err);
    load(&r, argv + 2, argc - 6);
    int rc = run(&r, argv[1]);
    release(&r);
    return rc;
}
