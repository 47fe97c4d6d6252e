/* broker.metrics.serve: what the HTTP server answers, to scrapers and to others; it
 * holds no more connections than it should, and stops while some are open. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/metrics/metrics.h"

static int give(void *ctx, struct sb_buf *out, struct sb_err *err)
{
    const char *text = ctx;
    if (!text)
        return sb_fail(err, SB_E_NO_DAEMON, "nobody");
    sb_buf_str(out, text);
    return 0;
}

static char sample[] = "sacbe_info 1\n";

static struct sb_metrics_server *serve(void *ctx)
{
    struct sb_metrics_server *m = NULL;
    struct sb_err err;
    const struct sb_metrics_config config = {
        .listen = "127.0.0.1:0", .text = give, .ctx = ctx};
    if (sb_metrics_open(&m, &config, &err) != 0)
        fail_msg("%s", err.text);
    return m;
}

static int reach(const struct sb_metrics_server *m)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)sb_metrics_port(m))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    const struct sockaddr *to = (const struct sockaddr *)&at;
    assert_int_equal(connect(fd, to, sizeof at), 0);
    return fd;
}

/* Sends, and reads until the server ends the connection. */
static void
ask(const struct sb_metrics_server *m, const char *request, char *out, size_t n)
{
    int fd = reach(m);
    size_t have = 0;
    ssize_t got = 1;
    (void)send(fd, request, strlen(request), MSG_NOSIGNAL);
    while (got > 0 && have + 1 < n) {
        got = recv(fd, out + have, n - 1 - have, 0);
        have += got > 0 ? (size_t)got : 0;
    }
    out[have] = '\0';
    close(fd);
}

static void answers(const char *request, void *ctx, const char *status, const char *has)
{
    char got[4096];
    struct sb_metrics_server *m = serve(ctx);
    ask(m, request, got, sizeof got);
    if (strncmp(got, status, strlen(status)) != 0 || !strstr(got, has))
        fail_msg("%s was answered\n%s", request, got);
    sb_metrics_close(m);
}

static void a_scraper_gets_the_text(void **state)
{
    (void)state;
    answers("GET /metrics HTTP/1.0\r\n\r\n",
            sample,
            "HTTP/1.1 200",
            "text/plain; version=0.0.4; charset=utf-8");
    answers("GET /metrics HTTP/1.0\r\n\r\n",
            sample,
            "HTTP/1.1 200",
            "\r\n\r\nsacbe_info 1\n");
    answers(
        "HEAD /metrics HTTP/1.0\r\n\r\n", sample, "HTTP/1.1 200", "Content-Length: 13");
}

static void others_are_told_so(void **state)
{
    (void)state;
    answers("GET / HTTP/1.0\r\n\r\n", sample, "HTTP/1.1 404", "/metrics");
    answers("GET /metrics/../etc/passwd HTTP/1.0\r\n\r\n", sample, "HTTP/1.1 404", "");
    answers(
        "DELETE /metrics HTTP/1.0\r\n\r\n", sample, "HTTP/1.1 405", "Allow: GET, HEAD");
    answers("GET /metrics HTTP/1.0\r\n\r\n", NULL, "HTTP/1.1 503", "does not answer");
    answers("POST /metrics HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", sample, "", "");
    answers("no request at all\r\n\r\n", sample, "", "");
}

static void a_huge_head_is_refused(void **state)
{
    (void)state;
    struct sb_metrics_server *m = serve(sample);
    struct sb_buf request = {0};
    char got[4096];
    sb_buf_str(&request, "GET /metrics HTTP/1.0\r\n");
    for (int i = 0; i < 4000; i++)
        sb_buf_printf(&request, "X-%d: aaaaaaaaaaaaaaaa\r\n", i);
    sb_buf_str(&request, "\r\n");
    sb_buf_byte(&request, '\0');
    ask(m, (const char *)request.p, got, sizeof got);
    assert_null(strstr(got, "sacbe_info"));
    ask(m, "GET /metrics HTTP/1.0\r\n\r\n", got, sizeof got);
    assert_non_null(strstr(got, "sacbe_info"));
    sb_buf_free(&request);
    sb_metrics_close(m);
}

/* The silent ones take no place of others for ever, and none when it stops. */
static void silent_connections_are_bounded(void **state)
{
    (void)state;
    int fds[4 * SB_METRICS_CONNECTIONS];
    struct sb_metrics_server *m = serve(sample);
    size_t n = sizeof fds / sizeof fds[0];
    for (size_t i = 0; i < n; i++)
        fds[i] = reach(m);
    sb_metrics_close(m); /* returns */
    for (size_t i = 0; i < n; i++)
        close(fds[i]);
}

static void only_addresses_of_numbers(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        ":",
                                        "9464",
                                        "127.0.0.1",
                                        "localhost:9464",
                                        "127.0.0.1:",
                                        ":9464",
                                        "[]:9464",
                                        "127.0.0.1:http",
                                        "256.0.0.1:9464",
                                        "127.0.0.1:99999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct sb_metrics_server *m = NULL;
        struct sb_err err;
        const struct sb_metrics_config config = {.listen = wrong[i], .text = give};
        int rc = sb_metrics_open(&m, &config, &err);
        if (rc != SB_E_CONFIG_TYPE)
            fail_msg("\"%s\": %d", wrong[i], rc);
    }
    struct sb_metrics_server *first = serve(sample);
    struct sb_metrics_server *second = NULL;
    char taken[40];
    (void)snprintf(taken, sizeof taken, "127.0.0.1:%u", sb_metrics_port(first));
    const struct sb_metrics_config config = {.listen = taken, .text = give};
    assert_int_equal(sb_metrics_open(&second, &config, NULL), SB_E_IO);
    sb_metrics_close(first);
    sb_metrics_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scraper_gets_the_text),
        cmocka_unit_test(others_are_told_so),
        cmocka_unit_test(a_huge_head_is_refused),
        cmocka_unit_test(silent_connections_are_bounded),
        cmocka_unit_test(only_addresses_of_numbers),
    };
    return cmocka_run_group_tests_name("broker.metrics.serve", tests, NULL, NULL);
}
