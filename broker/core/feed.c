/* Purpose: subscriptions and deliveries: which stream is read next, for whom, how much.
 * Invariant: never more than the credit given; nothing without a grant that is in force
 * at this moment; a slow reader costs no memory here but its cursors. */
#include "broker/core/core_impl.h"

#include <stdlib.h>

#define READ_ENTRIES 16u
#define READ_BYTES (2u * SB_MIB)

bool feed_granted(struct step *s,
                  const struct session *session,
                  const struct stream *st,
                  struct sb_codes *classes)
{
    struct sb_bytes reader = sb_bytes_str(session->institution);
    if (sb_bytes_eq(reader, st->institution)) {
        struct sb_bytes *names =
            sb_arena_alloc(s->out->arena, SB_CLASSES, sizeof *names);
        for (size_t i = 0; names && i < st->epoch.n_classes; i++)
            names[i] = st->epoch.classes[i].name;
        *classes = (struct sb_codes){names, names ? st->epoch.n_classes : 0};
        return names != NULL;
    }
    struct sb_err err;
    int rc = sb_dir_classes(sb_trust_newest(s->core->trust),
                            st->institution,
                            st->type,
                            reader,
                            s->in->now_ms,
                            s->out->arena,
                            classes,
                            &err);
    if (rc == SB_E_MEMORY)
        s->out->failed = true;
    return rc == 0 && classes->n > 0;
}

static const struct sb_head *cursor_of(const struct subscription *sub,
                                       const char *stream)
{
    for (size_t i = 0; i < sub->cursors.n; i++)
        if (sb_bytes_is(sub->cursors.items[i].stream, stream))
            return &sub->cursors.items[i];
    return NULL;
}

static bool has_feed(const struct subscription *sub, const struct stream *st)
{
    for (size_t i = 0; i < sub->n_feeds; i++)
        if (sub->feeds[i].stream == st)
            return true;
    return false;
}

/* Asks where cursors stand, as many as may be asked at once. */
static void
open_feeds(struct step *s, const struct session *session, struct subscription *sub)
{
    for (size_t i = 0; sub->unopened > 0 && i < sub->n_feeds; i++) {
        struct feed *f = &sub->feeds[i];
        const struct sb_head *cursor = cursor_of(sub, f->stream->name);
        if (f->state != FEED_UNOPENED || !cursor)
            continue;
        if (!question_fits(session))
            return;
        sub->unopened--;
        f->state = FEED_OPENING;
        f->id = question_new(s, session);
        struct sb_effect *e = effect_add(s->out, SB_EFFECT_OPEN);
        e->as.open.id = f->id;
        e->as.open.stream = sb_bytes_str(f->stream->name);
        e->as.open.seq = cursor->seq;
    }
}

static void add_feed(struct step *s, struct subscription *sub, struct stream *st)
{
    struct feed *grown = realloc(sub->feeds, (sub->n_feeds + 1) * sizeof *grown);
    if (!grown) {
        s->out->failed = true;
        return;
    }
    sub->feeds = grown;
    struct feed *f = &grown[sub->n_feeds++];
    *f = (struct feed){
        .stream = st,
    };
    const struct sb_head *cursor = cursor_of(sub, st->name);
    if (cursor && cursor->seq > 0) {
        f->state = FEED_UNOPENED;
        sub->unopened++;
    }
}

void feed_refresh(struct step *s, struct session *session, struct subscription *sub)
{
    for (size_t i = 0; i < s->core->n_streams; i++) {
        struct stream *st = s->core->streams[i];
        struct sb_codes classes;
        bool own = sb_bytes_is(st->institution, session->institution);
        if (!sb_codes_has(&sub->types, st->type) || has_feed(sub, st))
            continue;
        if (own ? cursor_of(sub, st->name) != NULL
                : feed_granted(s, session, st, &classes))
            add_feed(s, sub, st);
    }
    open_feeds(s, session, sub);
}

/* The next feed that has something to read: highest priority, then in turn. */
static struct feed *choose(struct subscription *sub, uint64_t durable)
{
    struct feed *best = NULL;
    for (size_t i = 0; i < sub->n_feeds; i++) {
        struct feed *f = &sub->feeds[(sub->turn + i) % sub->n_feeds];
        bool waits =
            f->n_prelude > 0 || (f->from <= f->stream->tail && f->from < durable);
        if (f->state != FEED_IDLE || !waits || f->stream->claim_no == 0)
            continue;
        if (!best || f->stream->priority > best->stream->priority)
            best = f;
    }
    if (best)
        sub->turn = (size_t)(best - sub->feeds) + 1;
    return best;
}

static void ask(struct step *s,
                const struct session *session,
                struct subscription *sub,
                struct feed *f,
                const struct sb_codes *classes)
{
    f->state = FEED_READING;
    f->id = question_new(s, session);
    sub->reading = true;
    struct sb_effect *e = effect_add(s->out, SB_EFFECT_READ);
    e->as.read.id = f->id;
    e->as.read.stream = sb_bytes_str(f->stream->name);
    e->as.read.reader = effect_keep(s->out, sb_bytes_str(session->institution));
    e->as.read.from = f->n_prelude ? f->prelude[0] : f->from;
    e->as.read.below = f->n_prelude ? f->prelude[0] + 1 : s->core->durable;
    e->as.read.max_entries = sub->entries < READ_ENTRIES ? sub->entries : READ_ENTRIES;
    e->as.read.max_bytes = sub->bytes < READ_BYTES ? sub->bytes : READ_BYTES;
    e->as.read.classes = *classes;
}

static void feed_next(struct step *s, struct session *session, struct subscription *sub)
{
    open_feeds(s, session, sub);
    while (!sub->reading && sub->entries > 0 && sub->bytes > 0 &&
           question_fits(session)) {
        struct feed *f = choose(sub, s->core->durable);
        if (!f)
            return;
        struct sb_codes classes;
        if (feed_granted(s, session, f->stream, &classes)) {
            ask(s, session, sub, f, &classes);
            return;
        }
        if (clock_judge(s->core, s->in->now_ms) != 0)
            return; /* it has ended by a clock that may be wrong: the feed waits */
        /* the grant has ended: forget the feed; a new grant brings it back */
        *f = sub->feeds[--sub->n_feeds];
    }
}

/* What a refill had not reached yet, and reaches now. */
static void reopen(struct subscription *sub)
{
    for (size_t i = 0; i < sub->n_feeds; i++) {
        struct feed *f = &sub->feeds[i];
        const struct sb_head *cursor = cursor_of(sub, f->stream->name);
        if (f->state != FEED_AHEAD || f->stream->in_signed.seq < cursor->seq)
            continue;
        f->state = FEED_UNOPENED;
        sub->unopened++;
    }
}

void feed_all(struct step *s)
{
    for (struct session *at = s->core->sessions; at; at = at->next)
        for (struct subscription *sub = at->subscriptions; sub; sub = sub->next) {
            if (s->core->opened_ms > 0)
                reopen(sub);
            feed_next(s, at, sub);
        }
}

void feed_new_stream(struct step *s)
{
    for (struct session *at = s->core->sessions; at; at = at->next)
        for (struct subscription *sub = at->subscriptions; sub; sub = sub->next)
            feed_refresh(s, at, sub);
}

void feed_credit(struct step *s, struct session *from, const struct sb_message *m)
{
    struct subscription *sub = feed_subscription(from, m->as.credit.name);
    struct sb_err why;
    if (!sub) {
        sb_fail(&why,
                SB_E_NO_SUBSCRIPTION,
                "credit for no subscription of %s",
                from->institution);
        session_refuse(s, from, 0, sb_bytes(NULL, 0), NULL, 0, &why);
        return;
    }
    sub->entries += m->as.credit.entries;
    sub->bytes += m->as.credit.bytes;
    if (sub->entries > SB_CREDIT_ENTRIES_MAX)
        sub->entries = SB_CREDIT_ENTRIES_MAX;
    if (sub->bytes > SB_CREDIT_BYTES_MAX)
        sub->bytes = SB_CREDIT_BYTES_MAX;
    feed_next(s, from, sub);
}

/* The feed that waits for an effect, with its session and subscription. */
static struct feed *waiting(const struct sb_core *core,
                            uint64_t id,
                            struct session **session,
                            struct subscription **sub)
{
    for (*session = core->sessions; *session; *session = (*session)->next)
        for (*sub = (*session)->subscriptions; *sub; *sub = (*sub)->next)
            for (size_t i = 0; i < (*sub)->n_feeds; i++)
                if ((*sub)->feeds[i].id == id && (*sub)->feeds[i].state != FEED_IDLE)
                    return &(*sub)->feeds[i];
    return NULL;
}

/* A generation's journal may begin after the cursor, and be refilled up to it later.
 * What was signed below the cursor's seq is all there is below it. */
static bool is_before(struct step *s, struct feed *f, const struct sb_head *cursor)
{
    if (s->in->as.opened.found || s->core->opened_ms == 0 || !cursor)
        return false;
    f->state = cursor->seq > f->stream->in_signed.seq ? FEED_AHEAD : FEED_IDLE;
    return true;
}

void feed_opened(struct step *s)
{
    struct session *session = NULL;
    struct subscription *sub = NULL;
    struct feed *f = waiting(s->core, s->in->as.opened.id, &session, &sub);
    if (!f)
        return;
    const struct sb_head *cursor = cursor_of(sub, f->stream->name);
    if (is_before(s, f, cursor)) {
        feed_next(s, session, sub);
        return;
    }
    bool right = s->in->as.opened.found && cursor &&
                 memcmp(cursor->batch_hash, s->in->as.opened.hash, SB_HASH) == 0;
    if (!right) {
        struct sb_err why;
        sb_fail(&why,
                SB_E_CURSOR,
                "%s: the cursor of %s is not on the stream",
                f->stream->name,
                session->institution);
        f->state = FEED_REFUSED;
        session_refuse(s,
                       session,
                       0,
                       sb_bytes_str(f->stream->name),
                       NULL,
                       f->stream->last_seq,
                       &why);
        return;
    }
    uint64_t claim = s->in->as.opened.claim_index;
    uint64_t epoch = s->in->as.opened.epoch_index;
    bool whole = cursor->seq == s->in->as.opened.last_seq;
    f->from = s->in->as.opened.index + (whole ? 1 : 0);
    f->prelude[0] = claim < epoch ? claim : epoch;
    f->prelude[1] = claim < epoch ? epoch : claim;
    f->n_prelude = 2;
    f->state = FEED_IDLE;
    feed_next(s, session, sub);
}

void feed_read(struct step *s)
{
    struct session *session = NULL;
    struct subscription *sub = NULL;
    struct feed *f = waiting(s->core, s->in->as.read.id, &session, &sub);
    if (!f)
        return;
    f->state = FEED_IDLE;
    sub->reading = false;
    struct sb_codes classes;
    if (clock_judge(s->core, s->in->now_ms) != 0 &&
        !feed_granted(s, session, f->stream, &classes))
        return; /* read again when the clock is right */
    if (f->n_prelude) {
        f->prelude[0] = f->prelude[1];
        f->n_prelude--;
    } else {
        f->from = s->in->as.read.through + 1;
    }
    for (size_t i = 0; i < s->in->as.read.n; i++)
        feed_deliver(s, session, sub, f, &s->in->as.read.entries[i]);
    feed_next(s, session, sub);
}
