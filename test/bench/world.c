/* Purpose: the files of an exchange.
 * Invariant: what is written was taken by a trust, as the broker will take it.
 * Not: options and words (main_world.c). */
#include "test/bench/world.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/cli/cmd_manifest.h"
#include "broker/host/clock.h"
#include "keys/card.h"
#include "keys/trust.h"

#define YEAR_MS (365u * (uint64_t)86400000u)
#define HOUR_MS 3600000u /* what is made is valid since */

struct making {
    struct bench_plan plan;
    uint64_t now;
    struct sb_arena *arena;
    struct sb_anchor anchor;
    struct sb_exchange x;
    struct sb_vault *root;
    struct sb_vault **vaults; /* of the members */
    struct sb_manifest manifest;
    struct sb_directory dir;
};

static void must(int rc, const struct sb_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "test-world: %s\n", err->text);
    exit(1);
}

static void *room(struct making *m, size_t n, size_t size)
{
    void *p = sb_arena_alloc(m->arena, n ? n : 1, size);
    if (!p) {
        fputs("test-world: no memory\n", stderr);
        exit(1);
    }
    return p;
}

static const char *path(struct making *m, const char *folder, const char *name)
{
    const char *p = sb_arena_str(m->arena, "%s/%s/%s", m->plan.folder, folder, name);
    return p ? p : room(m, 1, 1);
}

static void make_folder(const char *name)
{
    if (mkdir(name, 0700) == 0 || errno == EEXIST)
        return;
    fprintf(stderr, "test-world: cannot make %s: %s\n", name, strerror(errno));
    exit(1);
}

/* The buffer's bytes, kept until the end; the buffer is freed. */
static struct sb_bytes keep(struct making *m, struct sb_buf *buf)
{
    struct sb_err err = {0};
    must(sb_buf_check(buf, &err), &err);
    struct sb_bytes kept = sb_arena_dup(m->arena, sb_buf_bytes(buf));
    if (!kept.p)
        must(sb_fail(&err, SB_E_MEMORY, "no memory"), &err);
    sb_buf_free(buf);
    return kept;
}

static struct sb_vault *
new_vault(struct making *m, const char *code, const char *const *uses)
{
    struct sb_vault *v = NULL;
    struct sb_err err = {0};
    must(sb_vault_new(&v, sb_bytes_str(code), &err), &err);
    for (; *uses; uses++)
        must(sb_vault_add(v, *uses, m->now, NULL, &err), &err);
    return v;
}

static struct sb_vault_key newest(const struct sb_vault *v, const char *use)
{
    struct sb_vault_key k = {0};
    struct sb_err err = {0};
    if (!sb_vault_newest(v, use, &k))
        must(sb_fail(&err, SB_E_NO_KEY, "a vault without its key"), &err);
    return k;
}

static void save(struct making *m, const struct sb_vault *v, const char *folder)
{
    struct sb_err err = {0};
    const char *file = sb_arena_str(m->arena, "%.*s.vault", SB_FMT(sb_vault_code(v)));
    make_folder(path(m, folder, ""));
    must(sb_vault_save(v, path(m, folder, file), sb_bytes(NULL, 0), false, &err), &err);
    must(sb_anchor_write(path(m, folder, "anchor.json"), &m->anchor, &err), &err);
}

/* A port that nobody listens on at this moment. */
static void free_address(char out[SB_NAME_MAX + 1])
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&a, sizeof a) ||
        getsockname(fd, (struct sockaddr *)&a, &n)) {
        perror("test-world: a free port");
        exit(1);
    }
    close(fd);
    snprintf(out, SB_NAME_MAX + 1, "tcp://127.0.0.1:%u", (unsigned)ntohs(a.sin_port));
}

static struct sb_vault *make_anchor(struct making *m)
{
    static const char *const root_uses[] = {SB_USE_ROOT, NULL};
    static const char *const broker_uses[] = {SB_USE_CURVE, SB_USE_LOG, NULL};
    struct sb_anchor *a = &m->anchor;
    struct sb_vault *broker = new_vault(m, "broker", broker_uses);
    m->root = new_vault(m, "root-1", root_uses);
    snprintf(a->exchange, sizeof a->exchange, "bench");
    sb_random(a->nonce, SB_NONCE);
    a->threshold = a->n_roots = 1;
    memcpy(a->roots[0].pk, newest(m->root, SB_USE_ROOT).pk, SB_PK);
    snprintf(a->roots[0].holder, sizeof a->roots[0].holder, "root-1");
    memcpy(a->curve_pk, newest(broker, SB_USE_CURVE).pk, SB_PK);
    memcpy(a->log_pk, newest(broker, SB_USE_LOG).pk, SB_PK);
    if (m->plan.address)
        snprintf(a->address, sizeof a->address, "%s", m->plan.address);
    else
        free_address(a->address);
    sb_exchange_id(&m->x, sb_bytes_str(a->exchange), a->nonce);
    save(m, broker, "broker");
    return broker;
}

static void make_member(struct making *m, unsigned i)
{
    static const char *const uses[] = {
        SB_USE_SIGN, SB_USE_SEAL, SB_USE_CURVE, NULL, NULL};
    const char *of[5];
    struct sb_buf card = {0};
    struct sb_err err = {0};
    struct sb_dir_member *d = &m->dir.members[i];
    const char *code = sb_arena_str(m->arena, "m%04u", i + 1);
    memcpy(of, uses, sizeof of);
    if (i < m->plan.witnesses)
        of[3] = SB_USE_WITNESS;
    m->vaults[i] = new_vault(m, code, of);
    must(sb_card_first(&m->x,
                       m->vaults[i],
                       sb_bytes_str("An institution"),
                       m->now - HOUR_MS,
                       YEAR_MS,
                       &card,
                       &err),
         &err);
    d->code = sb_bytes_str(code);
    d->status = sb_bytes_str("active");
    d->cards = room(m, 1, sizeof *d->cards);
    d->cards[0] = keep(m, &card);
    d->n_cards = 1;
    save(m, m->vaults[i], code);
}

static int by_bytes(const void *a, const void *b)
{
    const struct sb_bytes *x = a;
    const struct sb_bytes *y = b;
    return sb_bytes_cmp(*x, *y);
}

static void make_grant(struct making *m, unsigned reader)
{
    struct sb_bytes classes[] = {sb_bytes_str("publica")};
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    struct sb_err err = {0};
    struct sb_vault_key signer = newest(m->vaults[0], SB_USE_SIGN);
    struct sb_grant grant = {
        .id = sb_bytes_str(sb_arena_str(m->arena, "g%04u", reader + 1)),
        .publisher = m->dir.members[0].code,
        .type = sb_bytes_str(m->plan.type),
        .reader = m->dir.members[reader].code,
        .classes = {classes, 1},
        .basis = sb_bytes_str("Convenio 1-2026"),
        .not_before = m->now - HOUR_MS,
        .not_after = m->now + YEAR_MS / 2};
    struct sb_vault_key of = newest(m->vaults[reader], SB_USE_SIGN);
    memcpy(grant.reader_sign_key_id, of.key_id, SB_KEY_ID);
    sb_grant_write(&grant, &body);
    must(sb_sign_record(
             &m->x, m->vaults[0], signer.key_id, sb_buf_bytes(&body), &record, &err),
         &err);
    sb_buf_free(&body);
    m->dir.grants[m->dir.n_grants++] = keep(m, &record);
}

static void fill_directory(struct making *m)
{
    struct sb_directory *d = &m->dir;
    struct sb_err err = {0};
    d->exchange = sb_bytes_str(m->anchor.exchange);
    memcpy(d->nonce, m->anchor.nonce, SB_NONCE);
    d->version = d->generation = d->threshold = d->n_roots = 1;
    d->issued = m->now - HOUR_MS;
    d->expires = m->now + YEAR_MS;
    d->roots = room(m, 1, sizeof *d->roots);
    memcpy(d->roots[0].pk, m->anchor.roots[0].pk, SB_PK);
    sb_key_id(d->roots[0].key_id, sb_bytes_str(SB_USE_ROOT), d->roots[0].pk);
    d->roots[0].holder = sb_bytes_str(m->anchor.roots[0].holder);
    memcpy(d->curve_pk, m->anchor.curve_pk, SB_PK);
    memcpy(d->log_pk, m->anchor.log_pk, SB_PK);
    d->address = sb_bytes_str(m->anchor.address);
    d->freshness = 7 * (uint64_t)86400000u;
    d->keep = 35 * (uint64_t)86400000u;
    d->members = room(m, m->plan.members, sizeof *d->members);
    d->n_members = m->plan.members;
    d->grants = room(m, m->plan.readers, sizeof *d->grants);
    m->vaults = room(m, m->plan.members, sizeof(struct sb_vault *));
    must(sb_cmd_manifest_read(m->plan.catalogue, m->arena, &m->manifest, &err), &err);
    must(sb_cmd_manifest_hash(&m->manifest, d->catalogue, &err), &err);
}

/* Signed, and taken as the broker will take it. */
static struct sb_bytes sign_directory(struct making *m)
{
    struct sb_buf body = {0};
    struct sb_buf record = {0};
    struct sb_err err = {0};
    struct sb_trust *trust = NULL;
    qsort(m->dir.grants, m->dir.n_grants, sizeof *m->dir.grants, by_bytes);
    sb_directory_write(&m->dir, &body);
    must(sb_sign_record(&m->x,
                        m->root,
                        newest(m->root, SB_USE_ROOT).key_id,
                        sb_buf_bytes(&body),
                        &record,
                        &err),
         &err);
    sb_buf_free(&body);
    struct sb_bytes raw = keep(m, &record);
    must(sb_trust_new(&trust, &m->anchor, &err), &err);
    must(sb_trust_check(trust, raw, &err), &err);
    sb_trust_free(trust);
    return raw;
}

static void put(struct making *m, const char *name, struct sb_bytes content)
{
    struct sb_err err = {0};
    must(sb_file_write(path(m, "broker", name), content, 0600, &err), &err);
}

static void write_broker(struct making *m, struct sb_bytes directory)
{
    struct sb_buf out = {.limit = SB_RECORD_MAX};
    struct sb_err err = {0};
    char *catalogue = realpath(m->plan.catalogue, NULL);
    put(m, "directory-1.sbd", directory);
    must(sb_cmd_manifest_record(&m->manifest, &out, &err), &err);
    put(m, "catalogue.sbc", keep(m, &out));
    out = (struct sb_buf){0};
    sb_buf_printf(&out,
                  "run_dir: run\n"
                  "listen: %s\n"
                  "journal: journal.db\n"
                  "vault: broker.vault\n"
                  "anchor: anchor.json\n"
                  "directory: directory-1.sbd\n"
                  "catalogue: catalogue.sbc\n"
                  "catalogue_folder: \"%s\"\n",
                  m->anchor.address,
                  catalogue ? catalogue : m->plan.catalogue);
    free(catalogue);
    put(m, "broker.yaml", keep(m, &out));
}

void bench_world(const struct bench_plan *plan)
{
    struct making m = {.plan = *plan, .now = sb_clock_now_ms()};
    struct sb_err err = {0};
    must(sb_keys_init(&err), &err);
    m.arena = sb_arena_new(0);
    if (!m.arena)
        must(sb_fail(&err, SB_E_MEMORY, "no memory"), &err);
    make_folder(plan->folder);
    struct sb_vault *broker = make_anchor(&m);
    fill_directory(&m);
    for (unsigned i = 0; i < plan->members; i++)
        make_member(&m, i);
    for (unsigned i = 1; i <= plan->readers; i++)
        make_grant(&m, i);
    write_broker(&m, sign_directory(&m));
    puts(m.anchor.address);
    for (unsigned i = 0; i < plan->members; i++)
        sb_vault_free(m.vaults[i]);
    sb_vault_free(m.root);
    sb_vault_free(broker);
    sb_arena_free(m.arena);
}
