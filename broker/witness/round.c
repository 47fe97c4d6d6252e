/* Purpose: lead the cosigning conversation: when to ask, what to say, what came.
 * Invariant: a line waits until a COSIGN that bore it was sent; what it signs is what
 * was seen.
 * Not: sending, clocks, judging notes (witness.c). */
#include "broker/witness/round.h"

#include <stdlib.h>

struct sb_round {
    struct sb_witness *witness;
    uint64_t again_ms;
    struct sb_buf line;           /* over what was seen; empty: none */
    struct sb_checkpoint line_of; /* what it signs */
    bool line_waits;              /* it was not sent in this session */
    bool line_lost;               /* it was, and the broker's note is without it */
    bool asked;                   /* in this session, and when (monotonic): */
    uint64_t asked_ms;
    bool asked_line;      /* that COSIGN bore a line */
    bool asked_note;      /* that COSIGN bore the note we saw */
    bool awaiting;        /* it named a tree, and no proof from there has come */
    bool hurry;           /* something is worth asking for soon */
    uint64_t unproved_ms; /* monotonic: the first COSIGN without a proof; 0: none */
};

int sb_round_new(struct sb_round **out,
                 struct sb_witness *w,
                 uint64_t again_ms,
                 struct sb_err *err)
{
    struct sb_round *r = calloc(1, sizeof *r);
    if (!r)
        return sb_fail(err, SB_E_MEMORY, "cosigning");
    r->witness = w;
    r->again_ms = again_ms;
    *out = r;
    return 0;
}

void sb_round_free(struct sb_round *r)
{
    if (!r)
        return;
    sb_buf_free(&r->line);
    free(r);
}

void sb_round_begin(struct sb_round *r)
{
    r->line_waits = r->line.n > 0;
    r->line_lost = false;
    r->asked = false;
    r->asked_line = false;
    r->asked_note = false;
    r->awaiting = false;
    r->hurry = false;
    r->unproved_ms = 0;
}

void sb_round_hurry(struct sb_round *r)
{
    r->hurry = true;
}

/* A new line goes at once, but a broker that changes its candidate all the time does
 * not set our pace. */
uint64_t sb_round_due_ms(const struct sb_round *r)
{
    if (!r->asked)
        return 0;
    if (r->line_waits && !r->asked_line)
        return r->asked_ms;
    return r->asked_ms + (r->line_waits || r->hurry ? SB_ROUND_SOON_MS : SB_ROUND_MS);
}

bool sb_round_due(const struct sb_round *r, uint64_t mono_ms)
{
    return mono_ms >= sb_round_due_ms(r);
}

uint64_t sb_round_unproved_ms(const struct sb_round *r)
{
    return r->unproved_ms;
}

static bool shows_note(const struct sb_round *r)
{
    return r->awaiting || sb_witness_contradicted(r->witness, NULL);
}

static bool brings_line(const struct sb_round *r)
{
    return r->line_waits || (r->line_lost && !shows_note(r));
}

int sb_round_ask(struct sb_round *r,
                 const struct sb_trust *trust,
                 uint64_t *indices,
                 size_t n,
                 struct sb_message *out,
                 struct sb_err *err)
{
    struct sb_message m = {.cmd = SB_CMD_COSIGN, .n_payload = 1};
    struct sb_checkpoint seen = sb_witness_seen(r->witness, trust);
    if (n > SB_PROVE_MAX)
        return sb_fail(err, SB_E_LIMIT, "more proofs than one message may ask for");
    m.as.cosign.seen = seen.size;
    m.as.cosign.n_indices = n;
    m.as.cosign.indices = indices;
    bool current =
        seen.size == r->line_of.size && strcmp(seen.origin, r->line_of.origin) == 0;
    r->line_waits = r->line_waits && current;
    r->line_lost = r->line_lost && current;
    if (brings_line(r))
        m.payload[0] = sb_buf_bytes(&r->line);
    else if (shows_note(r))
        m.payload[0] = sb_witness_note(r->witness);
    *out = m;
    return 0;
}

bool sb_round_asked(struct sb_round *r, uint64_t mono_ms)
{
    r->asked_line = r->line_waits; /* a lost one keeps the regular pace */
    r->asked_note = !brings_line(r) && shows_note(r);
    r->line_waits = false;
    r->line_lost = false;
    r->hurry = false;
    r->asked = true;
    r->asked_ms = mono_ms;
    r->awaiting = true;
    if (!r->unproved_ms)
        r->unproved_ms = mono_ms;
    return r->asked_line;
}

/* What was seen may have moved on: then an older line is worth nothing. */
static int cosign(struct sb_round *r,
                  const struct sb_trust *trust,
                  bool moved,
                  uint64_t now_ms,
                  struct sb_err *err)
{
    struct sb_buf line = {0};
    int rc = sb_witness_cosign(r->witness, trust, now_ms, r->again_ms, &line, err);
    if (rc == 1 || (!rc && moved)) {
        sb_buf_free(&r->line);
        r->line = line;
        r->line_of = sb_witness_seen(r->witness, trust);
        r->line_waits = rc == 1;
        return 0;
    }
    sb_buf_free(&line);
    return rc;
}

/* A broker that was killed may begin with an older candidate: it cannot count our line
 * then, and we would sign the same tree only an hour later. It goes with the next
 * regular COSIGN. */
static void
look_for_line(struct sb_round *r, struct sb_bytes note, const struct sb_round_answer *a)
{
    r->line_lost = !a->final.final && r->line.n > 0 && !r->line_waits &&
                   a->checkpoint.size == r->line_of.size &&
                   memmem(note.p, note.n, r->line.p, r->line.n) == NULL;
}

/* What an answer or a note that came unasked means for when to ask again. A tree that
 * is smaller than ours is shown our note soon, once: it may only be an older one. */
static void pace(struct sb_round *r, uint64_t before, uint64_t size)
{
    bool shorter = r->awaiting && !r->asked_note && size < before;
    r->hurry = r->hurry || shorter || size > before;
}

int sb_round_take(struct sb_round *r,
                  const struct sb_trust *trust,
                  const struct sb_message *m,
                  uint64_t now_ms,
                  struct sb_round_answer *out,
                  struct sb_err *err)
{
    struct sb_round_answer a = {0};
    struct sb_bytes note = m->payload[0];
    uint64_t before = sb_witness_seen(r->witness, trust).size;
    bool first = before == 0 && !r->asked;
    int rc = sb_witness_read(trust, note, &a.checkpoint, err);
    if (!rc && !first)
        rc = sb_witness_take(r->witness,
                             trust,
                             note,
                             m->as.checkpoint.seen,
                             m->as.checkpoint.path,
                             m->as.checkpoint.n_path,
                             now_ms,
                             err);
    r->hurry = r->hurry || rc == SB_E_SPLIT_VIEW;
    if (!rc)
        rc = sb_witness_final(trust, note, now_ms, &a.final, err);
    if (rc)
        return rc;
    a.proved = !first && (before == 0 || m->as.checkpoint.seen == before);
    if (a.proved) {
        r->awaiting = false;
        r->unproved_ms = 0;
        rc = cosign(r, trust, a.checkpoint.size != before, now_ms, err);
        look_for_line(r, note, &a);
    } else {
        pace(r, before, a.checkpoint.size);
    }
    if (!rc)
        *out = a;
    return rc;
}

int sb_round_entry(const struct sb_round_answer *a,
                   const struct sb_message *m,
                   uint64_t index,
                   const uint8_t leaf_hash[SB_HASH],
                   struct sb_err *err)
{
    for (size_t i = 0; i < m->as.checkpoint.n_proved; i++) {
        const struct sb_proved *p = &m->as.checkpoint.proved[i];
        if (p->index != index)
            continue;
        if (sb_proof_included(leaf_hash,
                              index,
                              a->checkpoint.size,
                              p->path,
                              p->n_path,
                              a->checkpoint.root))
            return 1;
        return sb_fail(err,
                       SB_E_INCLUSION,
                       "entry %llu is not where the broker says: its path does not "
                       "lead to the checkpoint of %llu entries",
                       (unsigned long long)index,
                       (unsigned long long)a->checkpoint.size);
    }
    return 0;
}

int sb_round_own(const struct sb_round_answer *a,
                 const struct sb_message *m,
                 const struct sb_own_proof *own,
                 struct sb_entry *leaf,
                 struct sb_err *err)
{
    uint8_t hash[SB_HASH];
    struct sb_entry e;
    sb_tree_leaf(hash, own->leaf);
    int rc = sb_round_entry(a, m, own->index, hash, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return sb_fail(err,
                       SB_E_INCLUSION,
                       "%.*s: its newest batch comes without a path",
                       SB_FMT(own->stream));
    rc = sb_entry_read(own->leaf, &e, err);
    if (rc)
        return sb_err_wrap(err, rc, "%.*s", SB_FMT(own->stream));
    if (e.kind != SB_KIND_BATCH)
        return sb_fail(err,
                       SB_E_INCLUSION,
                       "%.*s: entry %llu is no batch",
                       SB_FMT(own->stream),
                       (unsigned long long)own->index);
    *leaf = e;
    return 0;
}
