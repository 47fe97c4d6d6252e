/* Purpose: runs a client, watches the server that it loads, and prints one object: what
 * the client said, which run it was, what the server cost.
 *
 *     bench-watch PID NAME=VALUE ... -- COMMAND ...
 *
 * PID is the server's (0: none). Each NAME=VALUE becomes a member; a number where it
 * looks like one. "server" has cpu_s, cpu_us (an event), write_bytes, written_per_byte
 * (of what the client sent), rss_mb {before, end, peak}; "end" is the median of the
 * last two seconds. Exit status: the client's; 1 when it said nothing. */
#include "test/bench/measure.h"
#include "test/bench/watch.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EVERY_NS 250000000
#define NEWEST 8u /* samples */

struct watched {
    struct bench_cost before;
    struct bench_cost after;
    double newest[NEWEST];
    unsigned samples;
    double peak_mb;
};

static pid_t begin(char **command, int *from)
{
    int channel[2];
    if (pipe(channel) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(channel[1], STDOUT_FILENO);
        close(channel[0]);
        close(channel[1]);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    close(channel[1]);
    *from = channel[0];
    return pid;
}

static int watch(pid_t client, pid_t server, struct watched *w)
{
    const struct timespec every = {.tv_nsec = EVERY_NS};
    int status = 0;
    w->after = w->before;
    w->peak_mb = w->before.rss_mb;
    while (waitpid(client, &status, WNOHANG) == 0) {
        bench_cost(server, &w->after);
        w->newest[w->samples++ % NEWEST] = w->after.rss_mb;
        if (w->after.rss_mb > w->peak_mb)
            w->peak_mb = w->after.rss_mb;
        nanosleep(&every, NULL);
    }
    bench_cost(server, &w->after);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static double end_of(struct watched *w)
{
    unsigned n = w->samples < NEWEST ? w->samples : NEWEST;
    if (n == 0)
        return w->after.rss_mb;
    qsort(w->newest, n, sizeof *w->newest, by_size);
    return w->newest[n / 2];
}

static json_t *server_json(struct watched *w, const json_t *said)
{
    double cpu_s = w->after.cpu_s - w->before.cpu_s;
    double written = (double)(w->after.write_bytes - w->before.write_bytes);
    double events = json_number_value(json_object_get(said, "events"));
    double bytes = json_number_value(json_object_get(said, "bytes"));
    return json_pack("{s:i, s:f, s:f, s:f, s:f, s:{s:f, s:f, s:f}}",
                     "processes",
                     (int)w->before.processes,
                     "cpu_s",
                     cpu_s,
                     "cpu_us",
                     events > 0 ? cpu_s * 1e6 / events : 0.0,
                     "write_bytes",
                     written,
                     "written_per_byte",
                     bytes > 0 ? written / bytes : 0.0,
                     "rss_mb",
                     "before",
                     w->before.rss_mb,
                     "end",
                     end_of(w),
                     "peak",
                     w->peak_mb);
}

static void name_it(json_t *object, const char *pair)
{
    const char *value = strchr(pair, '=');
    char *end = NULL;
    if (!value)
        return;
    double number = strtod(value + 1, &end);
    json_object_setn_new(object,
                         pair,
                         (size_t)(value - pair),
                         end != value + 1 && *end == '\0' ? json_real(number)
                                                          : json_string(value + 1));
}

int main(int argc, char **argv)
{
    static struct watched w;
    int from = -1;
    int at = 2;
    while (at < argc && strcmp(argv[at], "--") != 0)
        at++;
    if (at + 1 >= argc) {
        fputs("usage: bench-watch PID NAME=VALUE ... -- COMMAND ...\n", stderr);
        return 2;
    }
    pid_t server = (pid_t)strtol(argv[1], NULL, 10);
    if (server > 0)
        bench_cost(server, &w.before);
    pid_t client = begin(argv + at + 1, &from);
    int status = client > 0 ? watch(client, server, &w) : 1;
    json_t *said = json_loadfd(from, 0, NULL);
    json_t *object = json_is_object(said) ? json_copy(said) : json_object();
    if (!json_is_object(said)) {
        json_object_set_new(object, "failed", json_true());
        status = status ? status : 1;
    }
    for (int i = 2; i < at; i++)
        name_it(object, argv[i]);
    if (server > 0)
        json_object_set_new(object, "server", server_json(&w, said));
    json_decref(said);
    return bench_print(object) ? status : 1;
}
