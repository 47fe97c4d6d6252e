/* The alarm about a stream that was continued by somebody else. It stands as long as
 * its fact is in the state file. */
#include "adapters/engine/foreign.h"

#include <stdio.h>

#include "adapters/engine/state.h"

#define FACT_MAX (SB_STREAM_MAX + 16)
#define ANY "any" /* of what is allowed: the claim of the next WELCOME */

static void fact_of(const struct sb_stream *s, char name[FACT_MAX])
{
    (void)snprintf(name, FACT_MAX, "foreign %s", s->name);
}

static void raise_alarm(const struct sb_stream *s, struct sb_bytes text)
{
    sb_alarm_raise(s->env->alarms, SB_E_FOREIGN_BATCH, s->name, "%.*s", SB_FMT(text));
}

bool sb_foreign_claim(const struct sb_stream *s, const struct sb_own_stream *own)
{
    return own->claim_no > 0 &&
           memcmp(own->instance, s->row.instance, SB_INSTANCE) != 0;
}

int sb_foreign_adopted(const struct sb_stream *s,
                       const struct sb_own_stream *own,
                       bool *out,
                       struct sb_err *err)
{
    struct sb_outbox_record row = {0};
    struct sb_buf raw = {0};
    struct sb_record record = {0};
    struct sb_claim claim;
    struct sb_err why = {.code = 0};
    *out = false;
    if (own->claim_no == 0 || own->claim_no >= s->claim_no)
        return 0;
    int rc = sb_outbox_claim(s->env->state, s->row.id, own->claim_no, &row, &raw, &why);
    if (!rc)
        rc = sb_record_read(sb_buf_bytes(&raw), &record, &why);
    if (!rc)
        rc = sb_claim_read(record.body, &claim, &why);
    *out = !rc && row.stored && memcmp(claim.instance, own->instance, SB_INSTANCE) == 0;
    sb_buf_free(&raw);
    return rc == 0 || rc == SB_E_NOT_FOUND ? 0 : sb_fail(err, rc, "%s", why.text);
}

/* Whether the broker has ever answered a claim that is in this state. */
static int has_claimed(const struct sb_stream *s, bool *out, struct sb_err *err)
{
    uint64_t n = 0;
    int rc = sb_sql_number(s->env->state,
                           &n,
                           0,
                           err,
                           "SELECT count(*) FROM claim WHERE stream = ? AND stored = 1",
                           "i",
                           s->row.id);
    *out = n > 0;
    return rc;
}

int sb_foreign_met(struct sb_stream *s,
                   const struct sb_own_stream *own,
                   struct sb_err *err)
{
    bool claimed = false;
    char name[FACT_MAX];
    char text[SB_ERR_TEXT];
    char instance[2 * SB_INSTANCE + 1];
    if (!sb_foreign_claim(s, own))
        return 0;
    int rc = has_claimed(s, &claimed, err);
    if (rc || !claimed)
        return rc;
    fact_of(s, name);
    sb_hex(instance, own->instance, SB_INSTANCE);
    (void)snprintf(text,
                   sizeof text,
                   "somebody else with a key of ours wrote events %llu to %llu (claim"
                   " %llu, instance %s): find out who, then sacbe stream resume %.*s",
                   (unsigned long long)(s->row.stored_seq + 1),
                   (unsigned long long)own->last_seq,
                   (unsigned long long)own->claim_no,
                   instance,
                   (int)SB_STREAM_MAX,
                   s->name);
    rc = sb_state_put(s->env->state, name, sb_bytes_str(text), err);
    if (!rc)
        raise_alarm(s, sb_bytes_str(text));
    return rc;
}

int sb_foreign_restore(struct sb_stream *s, struct sb_err *err)
{
    char name[FACT_MAX];
    struct sb_buf text = {0};
    struct sb_err why = {.code = 0};
    fact_of(s, name);
    int rc = sb_state_get(s->env->state, name, &text, &why);
    if (!rc)
        raise_alarm(s, sb_buf_bytes(&text));
    sb_buf_free(&text);
    return rc == 0 || rc == SB_E_NOT_FOUND ? 0 : sb_fail(err, rc, "%s", why.text);
}

int sb_foreign_seen(struct sb_stream *s, struct sb_err *err)
{
    char name[FACT_MAX];
    fact_of(s, name);
    int rc =
        sb_sql_do(s->env->state, err, "DELETE FROM fact WHERE name = ?", "s", name);
    if (!rc)
        sb_alarm_clear(s->env->alarms, SB_E_FOREIGN_BATCH, s->name);
    return rc;
}

static void allowed_fact(const struct sb_stream *s, char name[FACT_MAX])
{
    (void)snprintf(name, FACT_MAX, "allowed %s", s->name);
}

int sb_foreign_allow(struct sb_stream *s, struct sb_err *err)
{
    char name[FACT_MAX];
    allowed_fact(s, name);
    return sb_state_put(s->env->state, name, sb_bytes_str(ANY), err);
}

/* Which claim it is; kept, so that a crash before ours comes after it asks nobody
 * again. */
int sb_foreign_allowed(struct sb_stream *s,
                       const struct sb_own_stream *own,
                       bool *out,
                       struct sb_err *err)
{
    char name[FACT_MAX];
    char this[2 * SB_INSTANCE + 24];
    char instance[2 * SB_INSTANCE + 1];
    struct sb_buf kept = {0};
    struct sb_err why = {.code = 0};
    *out = false;
    allowed_fact(s, name);
    sb_hex(instance, own->instance, SB_INSTANCE);
    (void)snprintf(
        this, sizeof this, "%llu %s", (unsigned long long)own->claim_no, instance);
    int rc = sb_state_get(s->env->state, name, &kept, &why);
    bool any = !rc && sb_bytes_is(sb_buf_bytes(&kept), ANY);
    *out = any || (!rc && sb_bytes_is(sb_buf_bytes(&kept), this));
    sb_buf_free(&kept);
    if (rc)
        return rc == SB_E_NOT_FOUND ? 0 : sb_fail(err, rc, "%s", why.text);
    return any ? sb_state_put(s->env->state, name, sb_bytes_str(this), err) : 0;
}

int sb_foreign_over(struct sb_stream *s, struct sb_err *err)
{
    char name[FACT_MAX];
    allowed_fact(s, name);
    return sb_sql_do(s->env->state, err, "DELETE FROM fact WHERE name = ?", "s", name);
}
