/* Purpose: stop and reload requests as a readable descriptor.
 * Invariant: the mask of the opening thread is what it was once this is freed. */
#include "broker/host/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct sb_signals {
    int fd;
    sigset_t before;
};

int sb_signals_open(struct sb_signals **out, struct sb_err *err)
{
    struct sb_signals *s = calloc(1, sizeof *s);
    if (!s)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGHUP);
    int rc = pthread_sigmask(SIG_BLOCK, &ours, &s->before);
    if (rc != 0) {
        free(s);
        return sb_fail_os(err, rc, "signals cannot be blocked");
    }
    s->fd = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
    if (s->fd < 0) {
        rc = sb_fail_os(err, errno, "signals cannot be received");
        pthread_sigmask(SIG_SETMASK, &s->before, NULL);
        free(s);
        return rc;
    }
    *out = s;
    return 0;
}

void sb_signals_free(struct sb_signals *s)
{
    if (!s)
        return;
    close(s->fd);
    pthread_sigmask(SIG_SETMASK, &s->before, NULL);
    free(s);
}

int sb_signals_fd(const struct sb_signals *s)
{
    return s->fd;
}

int sb_signals_next(struct sb_signals *s)
{
    struct signalfd_siginfo info;
    ssize_t n = read(s->fd, &info, sizeof info);
    return n == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}
