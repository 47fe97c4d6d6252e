/* Purpose: who may produce a stream (claims) and for whom (epochs), entry by entry.
 * Invariant: after a finding the stream goes on from what stands in the journal, so
 * that one fault is said once. */
#include "broker/audit/audit_rights.h"
#include "broker/audit/audit_stream.h"
#include "broker/audit/audit_tree.h"

#include "schemas/base/text.h"

#include <stdlib.h>

static size_t locate(const struct sb_audit *a, struct sb_bytes name, bool *found)
{
    size_t low = 0;
    size_t high = a->n_streams;
    *found = false;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = sb_bytes_cmp(a->streams[mid]->name, name);
        if (c == 0)
            *found = true;
        if (c >= 0)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

struct audit_stream *audit_find(const struct sb_audit *a, struct sb_bytes name)
{
    bool found = false;
    size_t i = locate(a, name, &found);
    return found ? a->streams[i] : NULL;
}

static struct audit_stream *make(struct sb_audit *a, struct sb_bytes name)
{
    struct audit_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->name = sb_arena_dup(a->names, name);
    s->arena = sb_arena_new(0);
    if (!s->name.p || !s->arena) {
        audit_stream_free(s);
        return NULL;
    }
    (void)sb_text_stream_parts(s->name, &s->institution, &s->type, NULL);
    return s;
}

static struct audit_stream *add(struct sb_audit *a, struct sb_bytes name)
{
    bool found = false;
    size_t at = locate(a, name, &found);
    if (found)
        return a->streams[at];
    if (a->n_streams == a->cap_streams) {
        size_t cap = a->cap_streams ? 2 * a->cap_streams : 16;
        struct audit_stream **more = realloc(a->streams, cap * sizeof *more);
        if (!more)
            return NULL;
        a->streams = more;
        a->cap_streams = cap;
    }
    struct audit_stream *s = make(a, name);
    if (!s)
        return NULL;
    struct audit_stream **to = a->streams + at;
    memmove(to + 1, to, (a->n_streams - at) * sizeof *to);
    *to = s;
    a->n_streams++;
    a->facts.streams++;
    return s;
}

void audit_stream_free(struct audit_stream *s)
{
    for (size_t i = 0; i < s->n_readers; i++) {
        audit_ranges_free(&s->readers[i].sealed);
        audit_ranges_free(&s->readers[i].rejected);
        audit_ranges_free(&s->readers[i].deleted);
        free(s->readers[i].bases);
    }
    free(s->readers);
    sb_secrets_free(s->secrets);
    sb_arena_free(s->arena);
    free(s);
}

bool audit_is_blind(const struct sb_audit *a, const struct audit_stream *s)
{
    return s->unseen != a->unseen;
}

bool audit_is_lost(const struct sb_audit *a, const struct audit_stream *s)
{
    return s->lost != a->lost;
}

void audit_stream_fault(struct sb_audit *a,
                        const struct audit_stream *s,
                        int code,
                        const char *what)
{
    audit_say(
        a, SB_AUDIT_STREAMS, SB_AUDIT_FAILED, code, "%.*s: %s", SB_FMT(s->name), what);
}

/* A claim names a tree that its adapter had seen: this very one, and earlier. */
static int claim_root(struct sb_audit *a, const struct sb_claim *c, struct sb_err *err)
{
    uint8_t root[SB_HASH];
    int rc = 0;
    bool same = false;
    if (c->tree_size <= a->at) {
        rc = audit_root_at(a, c->tree_size, root, err);
        same = rc == 0 && memcmp(root, c->root, SB_HASH) == 0;
    }
    if (rc != 0 || same)
        return rc < 0 ? rc : 0;
    bool older = audit_is_later(a); /* may be of the journal before */
    audit_say(
        a,
        SB_AUDIT_STREAMS,
        older ? SB_AUDIT_INDETERMINATE : SB_AUDIT_FAILED,
        SB_E_FORK,
        "%.*s: claim %llu names a tree of %llu entries that is not this journal%s",
        SB_FMT(c->stream),
        (unsigned long long)c->claim_no,
        (unsigned long long)c->tree_size,
        older ? "; it may be of an earlier generation"
              : ": its adapter was shown another history");
    return 0;
}

static void claim_number(struct sb_audit *a,
                         const struct audit_stream *s,
                         const struct audit_entry *e,
                         const struct sb_claim *c)
{
    bool begins = (audit_is_later(a) && s->last_seq == 0) || audit_is_lost(a, s);
    if ((begins && c->claim_no > s->claim_no) || c->claim_no == s->claim_no + 1)
        return;
    if (c->claim_no == s->claim_no && memcmp(e->hash, s->claim_hash, SB_HASH) != 0) {
        a->facts.double_signatures++;
        audit_stream_fault(a,
                           s,
                           SB_E_EQUIVOCATION,
                           "two different claims were signed under one number");
        return;
    }
    audit_stream_fault(
        a, s, SB_E_FENCED, "the claim's number does not follow the stream's last");
}

static void
claim_place(struct sb_audit *a, const struct audit_stream *s, const struct sb_claim *c)
{
    bool blind = audit_is_blind(a, s);
    if ((!s->placed && (audit_is_later(a) || blind)) ||
        (blind && c->last_seq > s->last_seq))
        return;
    if (c->last_seq != s->last_seq || memcmp(c->last_hash, s->last_hash, SB_HASH) != 0)
        audit_stream_fault(
            a, s, SB_E_CONFLICT, "the claim does not stand at the stream's end");
}

int audit_claim(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    struct sb_claim c;
    struct sb_err why = {0};
    int rc = sb_claim_read(e->record.body, &c, &why);
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    struct audit_stream *s = add(a, c.stream);
    if (!s)
        return audit_no_memory(err);
    rc = audit_signed(a, s->institution, e, audit_is_refilling(a, s), err);
    if (rc < 0)
        return rc;
    claim_number(a, s, e, &c);
    claim_place(a, s, &c);
    rc = claim_root(a, &c, err);
    s->claim_no = c.claim_no;
    memcpy(s->claim_hash, e->hash, SB_HASH);
    memcpy(s->instance, c.instance, SB_INSTANCE);
    if (audit_is_blind(a, s) && c.last_seq >= s->last_seq) {
        s->placed = true; /* its publisher says where the stream stands */
        s->last_seq = c.last_seq;
        memcpy(s->last_hash, c.last_hash, SB_HASH);
        s->unseen = a->unseen;
    }
    return rc;
}

static void epoch_number(struct sb_audit *a,
                         const struct audit_stream *s,
                         const struct audit_entry *e,
                         const struct sb_epoch_core *core)
{
    bool lost = audit_is_lost(a, s) && core->claim_no > s->claim_no;
    if (!lost && (s->claim_no == 0 || core->claim_no != s->claim_no))
        audit_stream_fault(
            a, s, SB_E_FENCED, "the epoch is not under the stream's newest claim");
    bool begins = (audit_is_later(a) && s->last_seq == 0) || audit_is_lost(a, s);
    if ((begins && core->epoch_no > s->epoch_no) || core->epoch_no == s->epoch_no + 1)
        return;
    if (core->epoch_no == s->epoch_no && memcmp(e->hash, s->epoch_hash, SB_HASH) != 0) {
        a->facts.double_signatures++;
        audit_stream_fault(a,
                           s,
                           SB_E_EQUIVOCATION,
                           "two different epochs were signed under one number");
        return;
    }
    audit_stream_fault(
        a, s, SB_E_CONFLICT, "the epoch's number does not follow the stream's last");
}

void audit_epoch_directory(struct sb_audit *a,
                           const struct audit_stream *s,
                           const struct audit_entry *e,
                           bool old)
{
    const struct sb_dir *d =
        a->trust ? sb_trust_by_hash(a->trust, s->epoch.core.directory_hash) : NULL;
    if (!a->trust || (d && sb_dir_body(d)->version <= e->leaf.directory_version))
        return;
    audit_say(a,
              SB_AUDIT_STREAMS,
              old && !d ? SB_AUDIT_INDETERMINATE : SB_AUDIT_FAILED,
              SB_E_JOIN,
              "%.*s: the epoch names a directory that is not on the chain before it",
              SB_FMT(s->name));
}

int audit_epoch(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err)
{
    struct sb_epoch epoch;
    struct sb_err why = {0};
    int rc = sb_epoch_read(e->record.body, a->arena, &epoch, &why);
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    struct audit_stream *s = add(a, epoch.core.stream);
    if (!s)
        return audit_no_memory(err);
    epoch_number(a, s, e, &epoch.core);
    bool old = audit_is_refilling(a, s) && audit_is_old(a, epoch.core.not_before);
    sb_arena_reset(s->arena);
    struct sb_bytes body = sb_arena_dup(s->arena, e->record.body);
    if (!body.p)
        return audit_no_memory(err);
    rc = sb_epoch_read(body, s->arena, &s->epoch, err);
    if (rc != 0)
        return rc;
    s->epoch_no = epoch.core.epoch_no;
    if (audit_is_lost(a, s) && epoch.core.claim_no > s->claim_no)
        s->claim_no = epoch.core.claim_no;
    s->lost = a->lost;
    memcpy(s->epoch_hash, e->hash, SB_HASH);
    s->readers_version = 0;
    audit_epoch_directory(a, s, e, old);
    rc = audit_signed(a, s->institution, e, old, err);
    if (rc >= 0 && !old) /* its readers were right in the generation before */
        rc = audit_readers(a, s, e, err);
    if (rc >= 0)
        rc = audit_take_readers(a, s, e, err);
    return rc >= 0 ? audit_content_epoch(a, s, err) : rc;
}
