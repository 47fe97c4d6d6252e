/* Purpose: the serving side of the admin socket.
 * Invariant: each request gets one reply, now or later; a malformed one gets a refusal.
 * Not: what the verbs mean (the daemon's table), or who may connect (file modes). */
#include "broker/io/admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "broker/io/admin_wire.h"

#define ID_MAX 32u      /* bytes of a routing id; ours have 5 */
#define WAITING_MAX 256 /* requests that are answered later */
#define STEP_MAX 64     /* requests answered in one step */

struct waiting {
    uint64_t id; /* 0: free */
    size_t n;
    uint8_t peer[ID_MAX];
};

struct sb_admin {
    void *zmq;
    void *router;
    const struct sb_admin_verb *verbs;
    void *ctx;
    struct sb_arena *arena;
    uint64_t next_id;
    struct waiting waiting[WAITING_MAX];
    char path[256];
};

static int bind_socket(struct sb_admin *a, struct sb_err *err)
{
    static const int64_t max = SB_ADMIN_REQUEST_MAX;
    static const int linger = 500;
    char address[sizeof a->path + 8];
    snprintf(address, sizeof address, "ipc://%s", a->path);
    if (zmq_setsockopt(a->router, ZMQ_MAXMSGSIZE, &max, sizeof max) ||
        zmq_setsockopt(a->router, ZMQ_LINGER, &linger, sizeof linger) ||
        zmq_bind(a->router, address))
        return sb_fail(err, SB_E_IO, "%s: %s", a->path, zmq_strerror(errno));
    if (chmod(a->path, 0660))
        return sb_fail_os(err, errno, "%s", a->path);
    return 0;
}

int sb_admin_open(struct sb_admin **out,
                  const char *run_dir,
                  const struct sb_admin_verb *verbs,
                  void *ctx,
                  struct sb_err *err)
{
    struct sb_admin *a = calloc(1, sizeof *a);
    if (!a)
        return sb_fail(err, SB_E_MEMORY, "admin socket");
    a->verbs = verbs;
    a->ctx = ctx;
    a->arena = sb_arena_new(0);
    a->zmq = zmq_ctx_new();
    a->router = a->zmq ? zmq_socket(a->zmq, ZMQ_ROUTER) : NULL;
    int rc = 0;
    if (!a->arena || !a->router)
        rc = sb_fail(err, SB_E_MEMORY, "admin socket");
    if (!rc)
        rc = sb_admin_path(a->path, sizeof a->path, run_dir, err);
    if (!rc && sb_admin_probe(a->path, NULL) == 0) {
        rc = sb_fail(err, SB_E_EXISTS, "%s: another daemon listens there", a->path);
        a->path[0] = 0; /* not ours to remove */
    }
    if (!rc)
        rc = bind_socket(a, err);
    if (rc) {
        sb_admin_close(a);
        return rc;
    }
    *out = a;
    return 0;
}

void sb_admin_close(struct sb_admin *a)
{
    if (!a)
        return;
    if (a->router)
        zmq_close(a->router);
    if (a->zmq)
        zmq_ctx_term(a->zmq);
    if (a->path[0])
        (void)unlink(a->path);
    sb_arena_free(a->arena);
    free(a);
}

int sb_admin_fd(const struct sb_admin *a)
{
    int fd = -1;
    size_t n = sizeof fd;
    if (zmq_getsockopt(a->router, ZMQ_FD, &fd, &n))
        return -1;
    return fd;
}

/* An asker that has gone, or does not read, is not our error. */
static int send_reply(struct sb_admin *a,
                      const struct waiting *to,
                      const struct sb_err *refusal,
                      const struct sb_value *value,
                      struct sb_err *err)
{
    struct sb_buf packed = {0};
    struct sb_buf reply = {0};
    struct sb_admin_reply r = {0};
    int rc = 0;
    if (refusal && refusal->code) {
        r.code = (uint64_t)sb_code_number(refusal->code);
        r.text = sb_bytes_str(refusal->text);
    } else if (value && value->type != SB_NIL) {
        rc = sb_value_pack(value, &packed, err);
        r.value = sb_buf_bytes(&packed);
    }
    sb_admin_reply_write(&reply, &r);
    if (!rc)
        rc = sb_buf_check(&reply, err);
    if (!rc && zmq_send(a->router, to->peer, to->n, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        (void)zmq_send(a->router, reply.p, reply.n, ZMQ_DONTWAIT);
    sb_buf_free(&packed);
    sb_buf_free(&reply);
    return rc;
}

int sb_admin_answer(struct sb_admin *a,
                    uint64_t id,
                    const struct sb_err *refusal,
                    const struct sb_value *value,
                    struct sb_err *err)
{
    for (size_t i = 0; id && i < WAITING_MAX; i++) {
        if (a->waiting[i].id != id)
            continue;
        struct waiting to = a->waiting[i];
        a->waiting[i].id = 0;
        return send_reply(a, &to, refusal, value, err);
    }
    return sb_fail(err, SB_E_NOT_FOUND, "admin request %llu", (unsigned long long)id);
}

static int run_verb(struct sb_admin *a,
                    const struct sb_admin_request *request,
                    struct sb_value *value,
                    struct sb_err *err)
{
    for (const struct sb_admin_verb *v = a->verbs; v->name; v++) {
        if (!sb_bytes_is(request->verb, v->name))
            continue;
        if (request->n_args < v->min_args || request->n_args > v->max_args)
            return sb_fail(err, SB_E_ARITY, "%s: wrong number of arguments", v->name);
        return v->run(a->ctx, request, a->arena, value, err);
    }
    return sb_fail(err,
                   SB_E_NOT_FOUND,
                   "\"%.*s\": this daemon has no such verb (is it of another version?)",
                   SB_FMT(request->verb));
}

/* The verb may answer before it returns, so its place is taken first. */
static int serve(struct sb_admin *a,
                 const struct waiting *peer,
                 struct sb_bytes bytes,
                 struct sb_err *err)
{
    struct sb_admin_request request = {0};
    struct sb_value value = {0};
    struct sb_err why = {0};
    struct waiting *slot = NULL;
    for (size_t i = 0; i < WAITING_MAX && !slot; i++)
        slot = a->waiting[i].id ? NULL : &a->waiting[i];
    int rc = slot ? sb_admin_request_read(bytes, &request, &why)
                  : sb_fail(&why, SB_E_BUSY, "too many requests wait; try again");
    if (!rc) {
        *slot = *peer;
        request.id = slot->id = ++a->next_id;
        rc = run_verb(a, &request, &value, &why);
        if (rc == SB_ADMIN_LATER)
            return 0;
        slot->id = 0;
    }
    if (rc)
        why.code = rc;
    rc = send_reply(a, peer, rc ? &why : NULL, &value, err);
    sb_arena_reset(a->arena);
    return rc;
}

/* 1: a request of two frames; 0: none waits. Others are swallowed. */
static int take(struct sb_admin *a, struct waiting *peer, zmq_msg_t *body)
{
    for (;;) {
        zmq_msg_t id;
        zmq_msg_init(&id);
        if (zmq_msg_recv(&id, a->router, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&id);
            return 0;
        }
        *peer = (struct waiting){.n = zmq_msg_size(&id)};
        bool good = peer->n <= ID_MAX && zmq_msg_more(&id);
        if (good)
            memcpy(peer->peer, zmq_msg_data(&id), peer->n);
        int more = zmq_msg_more(&id);
        zmq_msg_close(&id);
        for (size_t n = 0; more; n++) {
            if (zmq_msg_recv(body, a->router, ZMQ_DONTWAIT) < 0)
                return 0;
            more = zmq_msg_more(body);
            good = good && n == 0;
        }
        if (good)
            return 1;
    }
}

int sb_admin_step(struct sb_admin *a, struct sb_err *err)
{
    int rc = 0;
    zmq_msg_t body;
    zmq_msg_init(&body);
    struct waiting peer;
    for (size_t i = 0; !rc && i < STEP_MAX && take(a, &peer, &body) == 1; i++)
        rc = serve(a, &peer, sb_bytes(zmq_msg_data(&body), zmq_msg_size(&body)), err);
    zmq_msg_close(&body);
    return rc;
}
