/* Purpose: the metrics over HTTP, by libmicrohttpd's own thread.
 * Invariant: bounded connections and memory; a request is answered or dropped, and the
 * daemon's loop never waits for it.
 * Not: what the text says (render.c). */
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "broker/metrics/metrics.h"
#include "broker/metrics/render.h"

#define SILENCE_S 10u
#define REQUEST_MAX                                                                    \
    (16u * 1024u) /* of one connection: what a scraper's head takes                    \
                   */

struct sb_metrics_server {
    struct sb_metrics_config config;
    struct MHD_Daemon *daemon;
};

static enum MHD_Result
queue(struct MHD_Connection *c, unsigned status, struct sb_buf *body, const char *type)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(body->n, body->p, MHD_RESPMEM_MUST_COPY);
    sb_buf_free(body);
    if (!r)
        return MHD_NO;
    enum MHD_Result good =
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (good == MHD_YES && status == MHD_HTTP_METHOD_NOT_ALLOWED)
        good = MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (good == MHD_YES)
        good = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return good;
}

static enum MHD_Result say(struct MHD_Connection *c, unsigned status, const char *text)
{
    struct sb_buf body = {0};
    sb_buf_str(&body, text);
    return queue(c, status, &body, "text/plain; charset=utf-8");
}

static enum MHD_Result tell(struct sb_metrics_server *m, struct MHD_Connection *c)
{
    struct sb_err why = {.code = 0};
    struct sb_buf body = {.limit = SB_METRICS_MAX};
    if (m->config.text(m->config.ctx, &body, &why) == 0)
        return queue(c, MHD_HTTP_OK, &body, SB_METRICS_TYPE);
    sb_buf_free(&body);
    sb_log(m->config.log, SB_LOG_INFO, "metrics", SB_LOG_ERR(&why));
    return say(c, MHD_HTTP_SERVICE_UNAVAILABLE, "the daemon does not answer\n");
}

/* Called when the head is read, then for parts of a body, then at its end: what comes
 * with a body is answered at once and the connection ends. */
static enum MHD_Result answer(void *ctx,
                              struct MHD_Connection *c,
                              const char *url,
                              const char *method,
                              const char *version,
                              const char *body,
                              size_t *n, // NOLINT(readability-non-const-parameter)
                              void **state)
{
    static char begun;
    (void)version;
    (void)body;
    if (!*state) {
        *state = &begun;
        return MHD_YES;
    }
    if (*n)
        return MHD_NO;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
        strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return say(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET /metrics\n");
    if (strcmp(url, "/metrics") != 0)
        return say(c, MHD_HTTP_NOT_FOUND, "GET /metrics\n");
    return tell(ctx, c);
}

static bool is_port(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && n <= 5 && text[n] == '\0' && strtoul(text, NULL, 10) <= 65535;
}

static int parse(const char *listen, struct addrinfo **out, struct sb_err *err)
{
    char host[128];
    const char *colon = strrchr(listen, ':');
    const char *end = colon;
    const char *host_at = listen;
    if (colon && listen[0] == '[' && colon > listen && colon[-1] == ']') {
        host_at++;
        end--;
    }
    struct addrinfo want = {.ai_family = AF_UNSPEC,
                            .ai_socktype = SOCK_STREAM,
                            .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    bool form = colon && is_port(colon + 1) && end > host_at &&
                (size_t)(end - host_at) < sizeof host;
    if (form) {
        memcpy(host, host_at, (size_t)(end - host_at));
        host[end - host_at] = '\0';
    }
    if (!form || getaddrinfo(host, colon + 1, &want, out) != 0)
        return sb_fail(err,
                       SB_E_CONFIG_TYPE,
                       "metrics: \"%.100s\" is no ADDRESS:PORT of numbers, as "
                       "127.0.0.1:9464",
                       listen);
    return 0;
}

static void quiet(void *ctx, const char *fmt, va_list args)
{
    (void)ctx; /* of peers that hang up: nothing that an operator must know */
    (void)fmt;
    (void)args;
}

static int start(struct sb_metrics_server *m, struct addrinfo *at, struct sb_err *err)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ERROR_LOG;
    if (at->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    m->daemon = MHD_start_daemon(flags,
                                 0,
                                 NULL,
                                 NULL,
                                 answer,
                                 m,
                                 MHD_OPTION_EXTERNAL_LOGGER,
                                 quiet,
                                 NULL,
                                 MHD_OPTION_SOCK_ADDR,
                                 at->ai_addr,
                                 MHD_OPTION_CONNECTION_LIMIT,
                                 SB_METRICS_CONNECTIONS,
                                 MHD_OPTION_CONNECTION_TIMEOUT,
                                 SILENCE_S,
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                 (size_t)REQUEST_MAX,
                                 MHD_OPTION_END);
    if (m->daemon)
        return 0;
    return sb_fail(err,
                   SB_E_IO,
                   "metrics: %s cannot be listened on: %s",
                   m->config.listen,
                   strerror(errno));
}

int sb_metrics_open(struct sb_metrics_server **out,
                    const struct sb_metrics_config *config,
                    struct sb_err *err)
{
    struct addrinfo *at = NULL;
    int rc = parse(config->listen, &at, err);
    if (rc)
        return rc;
    struct sb_metrics_server *m = calloc(1, sizeof *m);
    if (!m) {
        freeaddrinfo(at);
        return sb_fail(err, SB_E_MEMORY, "metrics");
    }
    m->config = *config;
    rc = start(m, at, err);
    freeaddrinfo(at);
    if (rc) {
        free(m);
        return rc;
    }
    *out = m;
    return 0;
}

void sb_metrics_close(struct sb_metrics_server *m)
{
    if (!m)
        return;
    MHD_stop_daemon(m->daemon);
    free(m);
}

unsigned sb_metrics_port(const struct sb_metrics_server *m)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(m->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}
