/* Purpose: hold each institution to its share: events and bytes a second, bytes in the
 * journal, sessions; count what it was refused.
 * Invariant: nobody's share depends on what another does; what is refused takes
 * nothing; what is not urgent never uses up the reserve of what is.
 * Not: the arithmetic (quota.c), the codes' meaning to an adapter (message.h). */
#include "broker/core/share.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/core/core_impl.h"

#define RETRY_LEAST_MS 250u     /* so that a wait is worth more than one batch */
#define JOURNAL_RETRY_MS 60000u /* only the authority or a prune makes room */
#define CONNECT_RETRY_MS 30000u
#define PACE_MS 10000u

struct share *share_of(struct sb_core *core, const char *institution)
{
    struct share *at = core->shares;
    while (at && strcmp(at->institution, institution) != 0)
        at = at->next;
    if (at)
        return at;
    at = calloc(1, sizeof *at);
    if (!at)
        return NULL;
    (void)snprintf(at->institution, sizeof at->institution, "%s", institution);
    at->next = core->shares;
    core->shares = at;
    return at;
}

void share_free(struct share *list)
{
    while (list) {
        struct share *next = list->next;
        free(list);
        list = next;
    }
}

static void look_up(const struct sb_core *core, struct share *share)
{
    const struct sb_directory *d = sb_dir_body(sb_trust_newest(core->trust));
    if (share->version == d->version)
        return;
    share->version = d->version;
    for (int q = 0; q < SB_QUOTAS; q++)
        share->limits[q] =
            sb_quota_limit(d, (enum sb_quota)q, sb_bytes_str(share->institution));
}

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* ms until both buckets hold what is wanted; 0: now. */
static uint64_t
rate_wait(struct share *share, const struct share_want *want, uint64_t mono)
{
    uint64_t wait = 0;
    uint64_t events = share->limits[SB_QUOTA_EVENTS];
    uint64_t bytes = share->limits[SB_QUOTA_BYTES];
    if (events) {
        sb_bucket_fill(&share->events, events, mono);
        wait = sb_bucket_wait(&share->events, want->events, want->urgent);
    }
    if (bytes) {
        sb_bucket_fill(&share->bytes, bytes, mono);
        wait = greater(wait, sb_bucket_wait(&share->bytes, want->bytes, want->urgent));
    }
    return wait;
}

static int refuse_rate(struct share *share, uint64_t wait, struct sb_err *err)
{
    share->retry_ms = wait;
    return sb_fail(err,
                   SB_E_QUOTA,
                   "%s sends more than %llu events or %llu bytes a second (0: no "
                   "limit): again in %llu ms",
                   share->institution,
                   (unsigned long long)share->limits[SB_QUOTA_EVENTS],
                   (unsigned long long)share->limits[SB_QUOTA_BYTES],
                   (unsigned long long)wait);
}

int share_ask(struct step *s,
              const struct session *from,
              const struct share_want *want,
              struct sb_err *err)
{
    struct share *share = share_of(s->core, from->institution);
    if (!share) {
        s->out->failed = true;
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    look_up(s->core, share);
    share->asked_events = want->events;
    share->asked_bytes = want->bytes;
    share->told = false;
    uint64_t most = share->limits[SB_QUOTA_JOURNAL];
    if (most &&
        (share->journal_bytes > most || want->bytes > most - share->journal_bytes)) {
        share->retry_ms = JOURNAL_RETRY_MS;
        return sb_fail(err,
                       SB_E_QUOTA,
                       "%s has %llu bytes in the journal, and may have %llu",
                       share->institution,
                       (unsigned long long)share->journal_bytes,
                       (unsigned long long)most);
    }
    uint64_t mono = s->in->mono_ms;
    if (!share->limits[SB_QUOTA_EVENTS] && !share->limits[SB_QUOTA_BYTES])
        return 0;
    if (!want->urgent && mono < share->held_until) {
        share->told = true;
        return refuse_rate(share, share->held_until - mono, err);
    }
    uint64_t wait = rate_wait(share, want, mono);
    if (wait == 0)
        return 0;
    wait = greater(wait, RETRY_LEAST_MS);
    if (!want->urgent)
        share->held_until = mono + wait; /* what was sent behind it waits as well */
    return refuse_rate(share, wait, err);
}

int share_batch(struct step *s,
                const struct session *from,
                const struct stream *st,
                size_t n,
                const struct sb_message *m,
                struct sb_err *err)
{
    struct share_want want = {.events = n, .urgent = st && st->priority > 0};
    for (size_t i = 0; i < m->n_payload; i++)
        want.bytes += m->payload[i].n;
    return share_ask(s, from, &want, err);
}

int share_record(struct step *s,
                 const struct session *from,
                 struct sb_bytes record,
                 struct sb_err *err)
{
    struct share_want want = {.events = 1, .bytes = record.n, .urgent = true};
    return share_ask(s, from, &want, err);
}

static void pace_add(struct pace *p, uint64_t n, uint64_t mono)
{
    uint64_t passed = mono > p->begun_mono ? mono - p->begun_mono : 0;
    if (passed >= PACE_MS) {
        p->rate = p->n * 1000u / passed;
        p->n = 0;
        p->begun_mono = mono;
    }
    p->n += n;
}

void share_stored(struct step *s, const struct session *from, bool streamed)
{
    struct share *share = share_of(s->core, from->institution);
    if (!share) {
        s->out->failed = true;
        return;
    }
    if (share->limits[SB_QUOTA_EVENTS])
        sb_bucket_take(&share->events, share->asked_events);
    if (share->limits[SB_QUOTA_BYTES])
        sb_bucket_take(&share->bytes, share->asked_bytes);
    share->n_events += share->asked_events;
    share->n_bytes += share->asked_bytes;
    pace_add(&share->events_pace, share->asked_events, s->in->mono_ms);
    pace_add(&share->bytes_pace, share->asked_bytes, s->in->mono_ms);
    if (streamed)
        share->journal_bytes += share->asked_bytes;
    share->asked_events = share->asked_bytes = 0;
}

void share_tick(struct step *s)
{
    for (struct share *at = s->core->shares; at; at = at->next) {
        pace_add(&at->events_pace, 0, s->in->mono_ms);
        pace_add(&at->bytes_pace, 0, s->in->mono_ms);
    }
}

bool share_is_news(struct sb_core *core, const char *institution, int code)
{
    const struct share *share = share_of(core, institution);
    if (code == SB_E_DISK_LOW || code == SB_E_DIR_EXPIRED || code == SB_E_CLOCK)
        return false;
    return code != SB_E_QUOTA || !share || !share->told;
}

uint64_t share_retry(struct sb_core *core, const char *institution)
{
    const struct share *share = share_of(core, institution);
    return share ? share->retry_ms : RETRY_LEAST_MS;
}

uint64_t share_sessions(const struct sb_core *core, const char *institution)
{
    uint64_t n = 0;
    for (const struct session *at = core->sessions; at; at = at->next)
        n += at->state == SESSION_OPEN && strcmp(at->institution, institution) == 0;
    return n;
}

int share_connect(struct step *s, struct session *fresh, struct sb_err *err)
{
    struct share *share = share_of(s->core, fresh->institution);
    if (!share) {
        s->out->failed = true;
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    }
    look_up(s->core, share);
    fresh->share = share;
    uint64_t most = share->limits[SB_QUOTA_CONNECTIONS];
    if (!most || share_sessions(s->core, fresh->institution) < most)
        return 0;
    share->retry_ms = CONNECT_RETRY_MS;
    return sb_fail(err,
                   SB_E_QUOTA,
                   "%s has %llu sessions, which is all that it may have",
                   fresh->institution,
                   (unsigned long long)most);
}

void share_refused(struct sb_core *core, const char *institution, int code)
{
    struct share *share = institution[0] ? share_of(core, institution) : NULL;
    if (!share)
        return; /* a stranger; all refusals are counted elsewhere */
    size_t i = 0;
    while (i < share->n_refusals && share->refusals[i].code != code)
        i++;
    if (i == SHARE_CODES)
        i--;
    else if (i == share->n_refusals)
        share->refusals[share->n_refusals++].code = code;
    share->refusals[i].n++;
}

int sb_core_restore_use(struct sb_core *core,
                        struct sb_bytes institution,
                        uint64_t bytes,
                        struct sb_err *err)
{
    char name[SB_CODE_MAX + 1];
    (void)snprintf(name, sizeof name, "%.*s", SB_FMT(institution));
    struct share *share = share_of(core, name);
    if (!share)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    share->journal_bytes += bytes;
    return 0;
}
