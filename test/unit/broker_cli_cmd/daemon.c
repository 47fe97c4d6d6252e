/* Purpose: an admin socket with canned answers. */
#include "daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "schemas/catalog/json.h"

#define VERBS 8

struct daemon {
    const struct daemon_answer *answers;
    struct sb_admin_verb verbs[VERBS + 1];
    struct sb_admin *admin;
    pthread_t thread;
    int stop;
    char folder[64];
    char config[96];
    char heard[1024]; /* written before the answer, read after it */
};

static int run(void *ctx,
               const struct sb_admin_request *request,
               struct sb_arena *arena,
               struct sb_value *value,
               struct sb_err *err)
{
    struct daemon *d = ctx;
    const struct daemon_answer *a = d->answers;
    size_t at = 0;
    while (!sb_bytes_is(request->verb, a->verb))
        a++;
    d->heard[0] = '\0';
    for (size_t i = 0; i < request->n_args; i++)
        at += (size_t)snprintf(d->heard + at,
                               sizeof d->heard - at,
                               "%s%.*s",
                               i ? "|" : "",
                               SB_FMT(request->args[i]));
    return a->json ? sb_json_to_value(sb_bytes_str(a->json), arena, value, err)
                   : sb_fail(err, a->code, "refused by the test");
}

static void *serve(void *ctx)
{
    struct daemon *d = ctx;
    struct sb_err err = {0};
    struct pollfd fds[] = {{.fd = sb_admin_fd(d->admin), .events = POLLIN},
                           {.fd = d->stop, .events = POLLIN}};
    do {
        if (sb_admin_step(d->admin, &err) != 0)
            break;
        (void)poll(fds, 2, -1);
    } while (!(fds[1].revents & POLLIN));
    return NULL;
}

struct daemon *daemon_start(const struct daemon_answer *answers)
{
    struct daemon *d = calloc(1, sizeof *d);
    struct sb_err err = {0};
    assert_non_null(d);
    d->answers = answers;
    for (size_t i = 0; answers[i].verb; i++) {
        assert_true(i < VERBS);
        d->verbs[i] = (struct sb_admin_verb){answers[i].verb, 0, SB_ADMIN_ARGS, run};
    }
    snprintf(d->folder, sizeof d->folder, "/tmp/sacbe-daemon-XXXXXX");
    assert_non_null(mkdtemp(d->folder));
    snprintf(d->config, sizeof d->config, "%s/daemon.yaml", d->folder);
    FILE *f = fopen(d->config, "w");
    assert_non_null(f);
    fprintf(f, "run_dir: %s\nanchor: anchor.json\njournal: journal.db\n", d->folder);
    assert_int_equal(fclose(f), 0);
    d->stop = eventfd(0, EFD_CLOEXEC);
    assert_true(d->stop >= 0);
    if (sb_admin_open(&d->admin, d->folder, d->verbs, d, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(pthread_create(&d->thread, NULL, serve, d), 0);
    return d;
}

const char *daemon_config(const struct daemon *d)
{
    return d->config;
}

const char *daemon_folder(const struct daemon *d)
{
    return d->folder;
}

const char *daemon_heard(const struct daemon *d)
{
    return d->heard;
}

void daemon_stop(struct daemon *d)
{
    char command[128];
    assert_int_equal(eventfd_write(d->stop, 1), 0);
    assert_int_equal(pthread_join(d->thread, NULL), 0);
    sb_admin_close(d->admin);
    close(d->stop);
    snprintf(command, sizeof command, "rm -rf %s", d->folder);
    assert_int_equal(system(command), 0);
    free(d);
}
