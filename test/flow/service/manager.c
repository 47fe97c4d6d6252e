/* A service manager's ear: writes each state that a daemon tells, one line each, with
 * the time and the sender: `MONOTONIC_MS PID STATE`, the state's own lines parted by |.
 *
 *   manager SOCKET       until it, or its test, is ended
 *
 * Source: sd_notify(3): datagrams with the sender's credentials. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/host/clock.h"

enum { STATE_MAX = 4096 };

static int open_socket(const char *path)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    int on = 1;
    int n = snprintf(where.sun_path, sizeof where.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || n < 0 || (size_t)n >= sizeof where.sun_path ||
        setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&where, sizeof where) != 0 ||
        chmod(path, 0777) != 0) /* as systemd's: the sender is known all the same */
        return -1;
    return fd;
}

static int sender(struct msghdr *message)
{
    struct ucred who = {.pid = 0};
    struct cmsghdr *c = CMSG_FIRSTHDR(message);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
        memcpy(&who, CMSG_DATA(c), sizeof who);
    return (int)who.pid;
}

/* One state to standard output; -1 when the socket is broken. */
static int hear(int fd)
{
    char state[STATE_MAX + 1];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec part = {.iov_base = state, .iov_len = STATE_MAX};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t n = recvmsg(fd, &message, 0);
    if (n < 0)
        return errno == EINTR ? 0 : -1;
    state[n] = '\0';
    for (char *c = state; *c; c++)
        if (*c == '\n')
            *c = '|';
    printf("%llu %d %s\n",
           (unsigned long long)sb_clock_mono_ms(),
           sender(&message),
           state);
    return fflush(stdout) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    int fd = argc == 2 ? open_socket(argv[1]) : -1;
    if (fd < 0) {
        fprintf(stderr, "usage: manager SOCKET (that can be made)\n");
        return 2;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (hear(fd) == 0)
        ;
    return 1;
}
