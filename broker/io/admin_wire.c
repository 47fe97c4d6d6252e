/* Purpose: the admin socket's messages as bytes, and where the socket stands.
 * Invariant: what is written here is read back equal; what is read is bounded first.
 * Not: sockets of ZeroMQ (admin.c, admin_call.c). */
#include "broker/io/admin_wire.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "schemas/pack/pack.h"

int sb_admin_path(char *out, size_t size, const char *run_dir, struct sb_err *err)
{
    struct sockaddr_un addr;
    int n = snprintf(out, size, "%s/%s", run_dir, SB_ADMIN_SOCKET);
    if (n < 0 || (size_t)n >= size || (size_t)n >= sizeof addr.sun_path)
        return sb_fail(err,
                       SB_E_LIMIT,
                       "run_dir %s: too long for a socket (at most %zu bytes)",
                       run_dir,
                       sizeof addr.sun_path - sizeof SB_ADMIN_SOCKET - 1);
    return 0;
}

int sb_admin_probe(const char *path, struct sb_err *err)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return sb_fail_os(err, errno, "socket");
    int rc = connect(fd, (const struct sockaddr *)&addr, sizeof addr);
    int why = errno;
    (void)close(fd);
    if (rc == 0 || why == EAGAIN || why == EINPROGRESS)
        return 0;
    if (why == ENOENT || why == ECONNREFUSED || why == ENOTDIR)
        return sb_fail(
            err, SB_E_NO_DAEMON, "%s: no daemon listens there (is it running?)", path);
    if (why == EACCES || why == EPERM)
        return sb_fail(err,
                       SB_E_PERMISSION,
                       "%s: not for this user (join the group that owns it)",
                       path);
    return sb_fail_os(err, why, "%s", path);
}

void sb_admin_request_write(struct sb_buf *out,
                            const char *verb,
                            const struct sb_bytes *args,
                            size_t n_args)
{
    sb_pack_array(out, 1 + n_args);
    sb_pack_cstr(out, verb);
    for (size_t i = 0; i < n_args; i++)
        sb_pack_bin(out, args[i]);
}

int sb_admin_request_read(struct sb_bytes in,
                          struct sb_admin_request *out,
                          struct sb_err *err)
{
    int rc = sb_pack_scan(in, SB_PACK_RECORD, err);
    if (rc)
        return rc;
    struct sb_unpack u = sb_unpack(in);
    size_t n = sb_unpack_array(&u, 1, 1 + SB_ADMIN_ARGS);
    out->verb = sb_unpack_str(&u, SB_CODE_MAX);
    out->n_args = n > 0 ? n - 1 : 0;
    for (size_t i = 0; i < out->n_args; i++)
        out->args[i] = sb_unpack_bin(&u, SB_ADMIN_REQUEST_MAX);
    return sb_unpack_end(&u, "admin request", err);
}

void sb_admin_reply_write(struct sb_buf *out, const struct sb_admin_reply *reply)
{
    sb_pack_array(out, 3);
    sb_pack_uint(out, reply->code);
    sb_pack_str(out, reply->text);
    sb_pack_bin(out, reply->value);
}

int sb_admin_reply_read(struct sb_bytes in,
                        struct sb_admin_reply *out,
                        struct sb_err *err)
{
    int rc = sb_pack_scan(in, SB_PACK_RECORD, err);
    if (rc)
        return rc;
    struct sb_unpack u = sb_unpack(in);
    (void)sb_unpack_array(&u, 3, 3);
    out->code = sb_unpack_uint(&u, UINT32_MAX);
    out->text = sb_unpack_str(&u, SB_ERR_TEXT);
    out->value = sb_unpack_bin(&u, SB_ADMIN_REQUEST_MAX);
    return sb_unpack_end(&u, "admin reply", err);
}
