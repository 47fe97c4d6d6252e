/* Purpose: the ZAP handler.
 * Invariant: every request gets an answer; whatever is not a CURVE request of a known
 * key in our domain is 400.
 * Not: a store of keys: the directory is asked each time. Source: ZeroMQ RFC 27. */
#include "broker/io/zap.h"

#include <errno.h>
#include <zmq.h>

#define FRAMES 7 /* version, id, domain, address, identity, mechanism, key */

int sb_zap_open(void **out, void *zmq, struct sb_err *err)
{
    static const int linger = 0;
    void *s = zmq_socket(zmq, ZMQ_REP);
    if (!s)
        return sb_fail(err, SB_E_IO, "ZAP: %s", zmq_strerror(errno));
    if (zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger) ||
        zmq_bind(s, "inproc://zeromq.zap.01")) {
        int rc = sb_fail(err, SB_E_IO, "ZAP: %s", zmq_strerror(errno));
        zmq_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

void sb_zap_log(struct sb_log *log, int code, const uint8_t curve_pk[SB_PK])
{
    uint8_t id[SB_KEY_ID];
    char hex[2 * SB_KEY_ID + 1];
    sb_key_id(id, sb_bytes_str(SB_USE_CURVE), curve_pk);
    sb_hex(hex, id, sizeof id);
    sb_log(log,
           SB_LOG_WARNING,
           "gate",
           SB_LOG_TEXT("event", "key_refused"),
           SB_LOG_CODE(code ? code : SB_E_CURVE_UNKNOWN),
           SB_LOG_TEXT("key", hex));
}

static bool part_is(zmq_msg_t *part, const char *text)
{
    return sb_bytes_is(sb_bytes(zmq_msg_data(part), zmq_msg_size(part)), text);
}

/* Whether the request is a CURVE one; its key in `pk`. */
static bool read_request(zmq_msg_t parts[FRAMES], size_t n, uint8_t pk[SB_PK])
{
    if (n != FRAMES || !part_is(&parts[0], "1.0") ||
        !part_is(&parts[2], SB_ZAP_DOMAIN) || !part_is(&parts[5], "CURVE") ||
        zmq_msg_size(&parts[6]) != SB_PK)
        return false;
    memcpy(pk, zmq_msg_data(&parts[6]), SB_PK);
    return true;
}

static void reply(void *zap, zmq_msg_t *id, bool known, const uint8_t pk[SB_PK])
{
    char user[2 * SB_PK + 1] = "";
    if (known)
        sb_hex(user, pk, SB_PK);
    const char *status = known ? "200" : "400";
    const char *text = known ? "OK" : "unknown key";
    int more = ZMQ_SNDMORE | ZMQ_DONTWAIT;
    /* REP sends to who asked; when that is gone, it drops. */
    if (zmq_send(zap, "1.0", 3, more) >= 0 &&
        zmq_send(zap, zmq_msg_data(id), zmq_msg_size(id), more) >= 0 &&
        zmq_send(zap, status, strlen(status), more) >= 0 &&
        zmq_send(zap, text, strlen(text), more) >= 0 &&
        zmq_send(zap, user, strlen(user), more) >= 0)
        (void)zmq_send(zap, "", 0, ZMQ_DONTWAIT);
}

int sb_zap_step(void *zap,
                const struct sb_dir *dir,
                uint64_t now_ms,
                struct sb_log *log)
{
    zmq_msg_t parts[FRAMES];
    size_t n = 0;
    int more = 1;
    for (size_t i = 0; i < FRAMES; i++)
        zmq_msg_init(&parts[i]);
    while (more) {
        zmq_msg_t *part = &parts[n < FRAMES ? n : FRAMES - 1];
        if (zmq_msg_recv(part, zap, ZMQ_DONTWAIT) < 0)
            break;
        more = zmq_msg_more(part);
        n++;
    }
    if (n) {
        uint8_t pk[SB_PK] = {0};
        bool curve = read_request(parts, n, pk);
        bool known = curve && sb_dir_by_curve(dir, pk, now_ms).n > 0;
        if (!known)
            sb_zap_log(log, curve ? sb_dir_curve_refusal(dir, pk, now_ms) : 0, pk);
        reply(zap, &parts[1], known, pk);
    }
    for (size_t i = 0; i < FRAMES; i++)
        zmq_msg_close(&parts[i]);
    return n > 0;
}
