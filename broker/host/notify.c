/* Purpose: telling the service manager how we are.
 * Source: sd_notify(3), "Implementing the protocol": a datagram to $NOTIFY_SOCKET,
 * whose leading '@' stands for an abstract address. */
#include "broker/host/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int send_state(const struct sockaddr_un *to, socklen_t size, const char *state)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    size_t n = strlen(state);
    ssize_t sent =
        sendto(fd, state, n, MSG_NOSIGNAL, (const struct sockaddr *)to, size);
    int broken = sent == (ssize_t)n ? 0 : errno;
    close(fd);
    return broken;
}

int sb_notify_state(const char *state, struct sb_err *err)
{
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path || !*path)
        return 0;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if (n >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return sb_fail(err, SB_E_ARGUMENT, "NOTIFY_SOCKET: \"%s\" is no address", path);
    memcpy(to.sun_path, path, n);
    if (path[0] == '@')
        to.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    int broken = send_state(&to, size, state);
    return broken == 0 ? 0 : sb_fail_os(err, broken, "%s: cannot be notified", path);
}
