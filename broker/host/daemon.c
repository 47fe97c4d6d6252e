/* Purpose: the beginning that all daemons share.
 * Invariant: nothing is opened or changed here.
 * Not: the work, nor the order of a start (each main_*.c). */
#include "broker/host/daemon.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_NO = 1, EXIT_USAGE = 2, FD_MAX = 1023 };

const char *const sb_daemon_log_levels[] = {"error", "warning", "info", "debug", NULL};

static int read_fd(const char *text, int *out, struct sb_err *err)
{
    char *end = NULL;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < 0 || n > FD_MAX)
        return sb_fail(err, SB_E_USAGE, "--ready-fd %s: not a descriptor", text);
    *out = (int)n;
    return 0;
}

int sb_daemon_options(int argc,
                      char **argv,
                      const char *program,
                      const char *usage,
                      struct sb_daemon_options *out,
                      struct sb_err *err)
{
    static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
                                          {"check", no_argument, NULL, 'k'},
                                          {"ready-fd", required_argument, NULL, 'r'},
                                          {"manual", no_argument, NULL, 'm'},
                                          {"version", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct sb_daemon_options o = {.ready_fd = -1};
    int rc = 0;
    int c;
    while (!rc && (c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
        if (c == 'c')
            o.file = optarg;
        else if (c == 'k')
            o.check = true;
        else if (c == 'r')
            rc = read_fd(optarg, &o.ready_fd, err);
        else if (c == 'm')
            o.manual = true;
        else if (c == 'v')
            return printf("%s %s\n", program, SB_VERSION) > 0;
        else if (c == 'h')
            return fputs(usage, stdout) >= 0;
        else
            rc = sb_fail(err, SB_E_USAGE, "see %s --help", program);
    }
    if (!rc && ((!o.file && !o.manual) || optind != argc))
        rc = sb_fail(err, SB_E_USAGE, "give -c FILE (see %s --help)", program);
    if (!rc)
        *out = o;
    return rc;
}

int sb_daemon_fail(const char *program, const struct sb_err *err)
{
    fprintf(stderr, "%s: SB-%d %s\n", program, sb_code_number(err->code), err->text);
    bool usage = err->code == SB_E_USAGE || (err->code <= SB_E_CONFIG_SYNTAX &&
                                             err->code >= SB_E_CONFIG_DUPLICATE);
    return usage ? EXIT_USAGE : EXIT_NO;
}

void sb_daemon_say_finding(void *ctx, const char *what, const struct sb_err *why)
{
    (void)ctx;
    if (why)
        printf("FAILED  %s: SB-%d %s\n", what, sb_code_number(why->code), why->text);
    else
        printf("ok      %s\n", what);
}

enum sb_log_level sb_daemon_log_level(const struct sb_config *c)
{
    enum sb_log_level level = SB_LOG_INFO;
    (void)sb_log_level_parse(sb_config_text(c, "log_level"), &level);
    return level;
}
