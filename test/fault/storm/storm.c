/* Purpose: storm FOLDER FIRST LAST [--ready-fd N]: the members of test-world's exchange
 * from FIRST to LAST, each with a session by broker/client, as adapters hold one. Each
 * WELCOME is a line on standard output: the wall clock in ms, and who.
 * Invariant: every client is driven at least once a second.
 * Not: adapters: nothing is published or read. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "broker/client/client.h"
#include "broker/host/clock.h"

#define CLIENTS 512u

struct member {
    char code[16];
    struct sb_anchor anchor;
    struct sb_exchange exchange;
    struct sb_vault *vault;
    struct sb_client_config config;
    struct sb_client *client;
    bool welcomed;
};

static struct member members[CLIENTS];
static struct pollfd fds[CLIENTS];

static void must(int rc, const struct sb_err *err)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "storm: SB-%d %s\n", sb_code_number(rc), err->text);
    exit(1);
}

static const char *
path_of(char path[1024], const char *folder, const char *code, const char *file)
{
    if (snprintf(path, 1024, "%s/%s/%s", folder, code, file) < 1024)
        return path;
    fprintf(stderr, "storm: %s: too long\n", folder);
    exit(1);
}

static void open_member(struct member *m, const char *folder, unsigned number)
{
    char path[1024];
    char vault[32];
    struct sb_err err = {0};
    snprintf(m->code, sizeof m->code, "m%04u", number);
    snprintf(vault, sizeof vault, "%.15s.vault", m->code);
    must(
        sb_anchor_read(path_of(path, folder, m->code, "anchor.json"), &m->anchor, &err),
        &err);
    sb_exchange_id(&m->exchange, sb_bytes_str(m->anchor.exchange), m->anchor.nonce);
    must(sb_vault_open(
             &m->vault, path_of(path, folder, m->code, vault), sb_bytes(NULL, 0), &err),
         &err);
    m->config = (struct sb_client_config){.address = m->anchor.address,
                                          .server_pk = m->anchor.curve_pk,
                                          .institution = m->code,
                                          .role = "adapter",
                                          .vault = m->vault,
                                          .exchange = &m->exchange};
    must(sb_client_open(&m->client, &m->config, &err), &err);
    sb_client_directory(m->client, 1);
}

/* How many became welcome for the first time. */
static size_t drive(struct member *m)
{
    struct sb_message message;
    struct sb_err err = {0};
    size_t first = 0;
    int rc;
    while ((rc = sb_client_next(m->client, 0, &message, &err)) == 1) {
        if (message.cmd != SB_CMD_WELCOME)
            continue;
        first = !m->welcomed;
        m->welcomed = true;
        printf("%llu %s\n", (unsigned long long)sb_clock_now_ms(), m->code);
    }
    must(rc, &err);
    return first;
}

static void more_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    struct sb_err err = {0};
    if (argc != 4 && !(argc == 6 && strcmp(argv[4], "--ready-fd") == 0)) {
        fprintf(stderr, "Usage: storm FOLDER FIRST LAST [--ready-fd N]\n");
        return 2;
    }
    unsigned first = (unsigned)strtoul(argv[2], NULL, 10);
    unsigned last = (unsigned)strtoul(argv[3], NULL, 10);
    size_t n = last >= first && last - first < CLIENTS ? last - first + 1 : 0;
    size_t welcomed = 0;
    more_descriptors();
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    must(sb_keys_init(&err), &err);
    for (size_t i = 0; i < n; i++) {
        open_member(&members[i], argv[1], first + (unsigned)i);
        fds[i] =
            (struct pollfd){.fd = sb_client_fd(members[i].client), .events = POLLIN};
    }
    for (;;) {
        bool told = welcomed == n;
        for (size_t i = 0; i < n; i++)
            welcomed += drive(&members[i]);
        if (argc == 6 && !told && welcomed == n)
            dprintf((int)strtol(argv[5], NULL, 10), "ready\n");
        (void)poll(fds, n, 200);
    }
}
