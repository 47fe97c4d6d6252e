/* Purpose: the asking side of the admin socket.
 * Invariant: never waits longer than it was told.
 * Not: retries; `sacbe` says what happened and the operator decides. */
#include <errno.h>
#include <stdio.h>
#include <zmq.h>

#include "broker/io/admin_wire.h"

static int read_reply(struct sb_bytes in,
                      struct sb_arena *arena,
                      struct sb_value *out,
                      struct sb_err *err)
{
    struct sb_admin_reply reply;
    int rc = sb_admin_reply_read(in, &reply, err);
    if (rc)
        return rc;
    if (reply.code) {
        int code = sb_code_from_number((long)reply.code);
        return sb_fail(err, code ? code : SB_E_REMOTE, "%.*s", SB_FMT(reply.text));
    }
    struct sb_bytes value = sb_arena_dup(arena, reply.value);
    if (!value.p)
        return sb_fail(err, SB_E_MEMORY, "admin reply");
    struct sb_value v = {0};
    if (value.n) {
        rc = sb_value_unpack(value, arena, &v, err);
        if (rc)
            return rc;
    }
    *out = v;
    return 0;
}

static int exchange(void *dealer,
                    const char *path,
                    struct sb_bytes request,
                    int timeout_ms,
                    zmq_msg_t *reply,
                    struct sb_err *err)
{
    static const int linger = 0;
    char address[300];
    snprintf(address, sizeof address, "ipc://%s", path);
    if (zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof linger) ||
        zmq_setsockopt(dealer, ZMQ_RCVTIMEO, &timeout_ms, sizeof timeout_ms) ||
        zmq_setsockopt(dealer, ZMQ_SNDTIMEO, &timeout_ms, sizeof timeout_ms) ||
        zmq_connect(dealer, address) || zmq_send(dealer, request.p, request.n, 0) < 0)
        return sb_fail(err, SB_E_IO, "%s: %s", path, zmq_strerror(errno));
    if (zmq_msg_recv(reply, dealer, 0) < 0) {
        if (errno == EAGAIN)
            return sb_fail(err, SB_E_TIMEOUT, "%s: the daemon does not answer", path);
        return sb_fail(err, SB_E_IO, "%s: %s", path, zmq_strerror(errno));
    }
    return 0;
}

int sb_admin_call(const char *run_dir,
                  const char *verb,
                  const struct sb_bytes *args,
                  size_t n_args,
                  int timeout_ms,
                  struct sb_arena *arena,
                  struct sb_value *out,
                  struct sb_err *err)
{
    char path[256];
    if (n_args > SB_ADMIN_ARGS)
        return sb_fail(err, SB_E_ARGUMENT, "%s: too many arguments", verb);
    int rc = sb_admin_path(path, sizeof path, run_dir, err);
    if (!rc)
        rc = sb_admin_probe(path, err);
    if (rc)
        return rc;
    struct sb_buf request = {.limit = SB_ADMIN_REQUEST_MAX};
    sb_admin_request_write(&request, verb, args, n_args);
    void *zmq = zmq_ctx_new();
    void *dealer = zmq ? zmq_socket(zmq, ZMQ_DEALER) : NULL;
    zmq_msg_t reply;
    zmq_msg_init(&reply);
    rc = sb_buf_check(&request, err);
    if (!rc && !dealer)
        rc = sb_fail(err, SB_E_MEMORY, "admin call");
    if (!rc)
        rc = exchange(dealer, path, sb_buf_bytes(&request), timeout_ms, &reply, err);
    if (!rc)
        rc = read_reply(
            sb_bytes(zmq_msg_data(&reply), zmq_msg_size(&reply)), arena, out, err);
    zmq_msg_close(&reply);
    if (dealer)
        zmq_close(dealer);
    if (zmq)
        zmq_ctx_term(zmq);
    sb_buf_free(&request);
    return rc;
}
