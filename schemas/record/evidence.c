/* Purpose: prune, withdraw and act <-> body bytes.
 * Invariant: nothing is accepted that contradicts itself; an act is one of those known.
 * Not for: who may sign them, or whether policy permits them. */
#include "schemas/record/evidence.h"

void sb_prune_write(const struct sb_prune *p, struct sb_buf *out)
{
    sb_pack_array(out, 4);
    sb_pack_cstr(out, "sacbe/prune/1");
    sb_pack_uint(out, p->before);
    sb_pack_uint(out, p->below);
    sb_pack_uint(out, p->time);
}

int sb_prune_read(struct sb_bytes body, struct sb_prune *out, struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "prune");
    struct sb_unpack u = sb_unpack(body);
    struct sb_prune p = {0};
    sb_unpack_tag(&u, "sacbe/prune/1", 4);
    p.before = sb_unpack_uint(&u, UINT64_MAX);
    p.below = sb_unpack_uint(&u, UINT64_MAX);
    p.time = sb_unpack_uint(&u, UINT64_MAX);
    if (!u.failed && p.below == 0)
        sb_unpack_fail(&u, SB_E_RANGE);
    rc = sb_unpack_end(&u, "prune", err);
    if (rc == 0)
        *out = p;
    return rc;
}

void sb_withdraw_write(const struct sb_withdraw *w, struct sb_buf *out)
{
    sb_pack_array(out, 7);
    sb_pack_cstr(out, "sacbe/withdraw/1");
    sb_pack_str(out, w->stream);
    sb_pack_uint(out, w->first_seq);
    sb_pack_uint(out, w->last_seq);
    sb_pack_uint(out, w->annulled_by);
    sb_pack_str(out, w->reason);
    sb_pack_uint(out, w->time);
}

int sb_withdraw_read(struct sb_bytes body, struct sb_withdraw *out, struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "withdraw");
    struct sb_unpack u = sb_unpack(body);
    struct sb_withdraw w = {0};
    sb_unpack_tag(&u, "sacbe/withdraw/1", 7);
    w.stream = sb_stream_read(&u);
    w.first_seq = sb_unpack_uint(&u, INT64_MAX);
    w.last_seq = sb_unpack_uint(&u, INT64_MAX);
    w.annulled_by = sb_unpack_uint(&u, INT64_MAX);
    w.reason = sb_unpack_str(&u, SB_REASON_MAX);
    w.time = sb_unpack_uint(&u, UINT64_MAX);
    if (!u.failed &&
        (w.first_seq == 0 || w.last_seq < w.first_seq ||
         (w.annulled_by != 0 && w.annulled_by <= w.last_seq) || w.reason.n == 0))
        sb_unpack_fail(&u, SB_E_RANGE);
    rc = sb_unpack_end(&u, "withdraw", err);
    if (rc == 0)
        *out = w;
    return rc;
}

void sb_act_write(const struct sb_act *a, struct sb_buf *out)
{
    sb_pack_array(out, 9);
    sb_pack_cstr(out, "sacbe/act/1");
    sb_pack_str(out, a->who);
    sb_pack_str(out, a->act);
    sb_pack_str(out, a->stream);
    sb_pack_uint(out, a->first_seq);
    sb_pack_uint(out, a->last_seq);
    sb_codes_write(out, &a->classes);
    sb_pack_str(out, a->text);
    sb_pack_uint(out, a->time);
}

static bool act_makes_sense(const struct sb_act *a)
{
    if (a->first_seq == 0 || a->last_seq < a->first_seq)
        return false;
    if (sb_bytes_is(a->act, SB_ACT_DISCLOSE))
        return a->last_seq == a->first_seq && a->classes.n > 0 && a->text.n > 0;
    return sb_bytes_is(a->act, SB_ACT_DELETE) && a->classes.n == 0 && a->text.n == 0;
}

int sb_act_read(struct sb_bytes body,
                struct sb_arena *arena,
                struct sb_act *out,
                struct sb_err *err)
{
    int rc = sb_pack_scan(body, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "act");
    struct sb_unpack u = sb_unpack(body);
    struct sb_act a = {0};
    sb_unpack_tag(&u, "sacbe/act/1", 9);
    a.who = sb_unpack_code(&u);
    a.act = sb_unpack_code(&u);
    a.stream = sb_stream_read(&u);
    a.first_seq = sb_unpack_uint(&u, INT64_MAX);
    a.last_seq = sb_unpack_uint(&u, INT64_MAX);
    sb_codes_read(&u, SB_CLASSES, arena, &a.classes);
    a.text = sb_unpack_str(&u, SB_REASON_MAX);
    a.time = sb_unpack_uint(&u, UINT64_MAX);
    if (!u.failed && !act_makes_sense(&a))
        sb_unpack_fail(&u, SB_E_RANGE);
    rc = sb_unpack_end(&u, "act", err);
    if (rc == 0)
        *out = a;
    return rc;
}
