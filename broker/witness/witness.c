/* Purpose: judge notes against what was seen, keep what holds, cosign it.
 * Invariant: what is in memory as seen is on disk, and what was cosigned was in memory.
 * Not: when to ask and what to send (round.c). */
#include "broker/witness/witness.h"

#include <stdlib.h>

#include "broker/witness/witness_file.h"
#include "keys/proof.h"

struct sb_witness {
    char *dir;
    char institution[SB_CODE_MAX + 1];
    const struct sb_vault *vault;
    uint64_t generation; /* of what follows */
    bool verified;       /* the note's signature, since it was read */
    struct sb_buf note;  /* empty: nothing seen */
    struct sb_checkpoint seen;
    uint64_t evidence;             /* highest number in use */
    uint64_t evidence_generation;  /* of the newest evidence; 0: of any */
    struct sb_err why;             /* of the newest evidence; code 0: there is none */
    struct sb_checkpoint cosigned; /* what was signed last, and when */
    uint64_t cosigned_ms;
};

static int open_files(struct sb_witness *w, struct sb_err *err)
{
    struct sb_witness_dir found;
    int rc = sb_witness_scan(w->dir, &found, err);
    if (!rc && found.generation)
        rc = sb_witness_load(w->dir, found.generation, &w->note, err);
    if (!rc && found.evidence)
        rc = sb_witness_evidence(
            w->dir, found.evidence, &w->evidence_generation, &w->why, err);
    w->generation = found.generation;
    w->evidence = found.evidence;
    return rc;
}

int sb_witness_open(struct sb_witness **out,
                    const char *dir,
                    struct sb_bytes institution,
                    const struct sb_vault *vault,
                    struct sb_err *err)
{
    struct sb_witness *w = calloc(1, sizeof *w);
    if (!w)
        return sb_fail(err, SB_E_MEMORY, "witness");
    w->vault = vault;
    w->dir = strdup(dir);
    int rc = w->dir ? 0 : sb_fail(err, SB_E_MEMORY, "witness");
    if (!rc && institution.n > SB_CODE_MAX)
        rc = sb_fail(err, SB_E_ARGUMENT, "the institution's code is too long");
    if (!rc) {
        memcpy(w->institution, institution.p, institution.n);
        rc = open_files(w, err);
    }
    if (rc) {
        sb_witness_close(w);
        return rc;
    }
    *out = w;
    return 0;
}

void sb_witness_close(struct sb_witness *w)
{
    if (!w)
        return;
    sb_buf_free(&w->note);
    free(w->dir);
    free(w);
}

int sb_witness_read(const struct sb_trust *trust,
                    struct sb_bytes note,
                    struct sb_checkpoint *out,
                    struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(trust);
    if (!dir)
        return sb_fail(err, SB_E_NOTE, "no directory is held yet");
    return sb_trust_checkpoint(trust, sb_dir_body(dir)->generation, note, out, err);
}

/* Makes what was seen of the newest directory's generation the present one. */
static int
use_generation(struct sb_witness *w, const struct sb_trust *trust, struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(trust);
    if (!dir)
        return sb_fail(err, SB_E_NOTE, "no directory is held yet");
    uint64_t generation = sb_dir_body(dir)->generation;
    if (w->generation == generation && (w->verified || !w->note.n))
        return 0;
    struct sb_buf note = {0};
    struct sb_checkpoint seen = {0};
    int rc = sb_witness_load(w->dir, generation, &note, err);
    if (!rc && note.n) {
        rc = sb_witness_read(trust, sb_buf_bytes(&note), &seen, err);
        if (rc)
            sb_err_wrap(err,
                        rc,
                        "%s/seen-%llu: damaged",
                        w->dir,
                        (unsigned long long)generation);
    }
    if (rc) {
        sb_buf_free(&note);
        return rc;
    }
    sb_buf_free(&w->note);
    w->note = note;
    w->seen = seen;
    w->generation = generation;
    w->verified = true;
    return 0;
}

struct sb_checkpoint sb_witness_seen(struct sb_witness *w, const struct sb_trust *trust)
{
    struct sb_checkpoint none = {0};
    int rc = use_generation(w, trust, NULL);
    return rc ? none : w->seen;
}

struct sb_bytes sb_witness_note(const struct sb_witness *w)
{
    return sb_buf_bytes(&w->note);
}

bool sb_witness_contradicted(const struct sb_witness *w, struct sb_err *why)
{
    if (!w->why.code || (w->evidence_generation && w->generation &&
                         w->evidence_generation != w->generation))
        return false;
    if (why)
        *why = w->why;
    return true;
}

/* On disk first: memory says what is persisted. */
static int keep_seen(struct sb_witness *w,
                     struct sb_bytes note,
                     const struct sb_checkpoint *c,
                     struct sb_err *err)
{
    struct sb_buf copy = {0};
    sb_buf_put(&copy, note.p, note.n);
    int rc = sb_buf_check(&copy, err);
    if (!rc)
        rc = sb_witness_save(w->dir, w->generation, note, err);
    if (rc) {
        sb_buf_free(&copy);
        return rc;
    }
    sb_buf_free(&w->note);
    w->note = copy;
    w->seen = *c;
    w->verified = true;
    return 0;
}

/* One pair of notes per generation is kept: it proves as much as many. */
static int contradict(struct sb_witness *w,
                      struct sb_bytes note,
                      const struct sb_checkpoint *c,
                      const char *how,
                      struct sb_err *err)
{
    struct sb_err why = {0};
    uint64_t n = w->evidence + 1;
    if (sb_witness_contradicted(w, &why))
        return sb_fail(err, SB_E_SPLIT_VIEW, "%s", why.text);
    sb_fail(&why,
            SB_E_SPLIT_VIEW,
            "%s: the broker signed %llu entries and %llu entries, and %s (both notes "
            "are kept as %s/evidence-%llu-*: tell the authority)",
            c->origin,
            (unsigned long long)w->seen.size,
            (unsigned long long)c->size,
            how,
            w->dir,
            (unsigned long long)n);
    int rc = sb_witness_keep(w->dir, n, sb_buf_bytes(&w->note), note, why.text, err);
    if (rc)
        return rc;
    w->evidence = n;
    w->evidence_generation = w->generation;
    w->why = why;
    return sb_fail(err, SB_E_SPLIT_VIEW, "%s", why.text);
}

/* Our size and root: kept when it bears more, or newer, cosignatures. */
static int take_same(struct sb_witness *w,
                     const struct sb_trust *trust,
                     struct sb_bytes note,
                     const struct sb_checkpoint *c,
                     uint64_t now_ms,
                     struct sb_err *err)
{
    struct sb_final old = {.n = 0};
    struct sb_final other = {.n = 0};
    int rc = sb_witness_final(trust, sb_buf_bytes(&w->note), now_ms, &old, err);
    if (!rc)
        rc = sb_witness_final(trust, note, now_ms, &other, err);
    if (rc || other.n < old.n || (other.n == old.n && other.fresh_ms <= old.fresh_ms))
        return rc;
    return keep_seen(w, note, c, err);
}

int sb_witness_take(struct sb_witness *w,
                    const struct sb_trust *trust,
                    struct sb_bytes note,
                    uint64_t seen,
                    const uint8_t (*path)[SB_HASH],
                    size_t n,
                    uint64_t now_ms,
                    struct sb_err *err)
{
    struct sb_checkpoint c;
    int rc = sb_witness_read(trust, note, &c, err);
    if (!rc)
        rc = use_generation(w, trust, err);
    if (rc)
        return rc;
    if (!w->note.n)
        return keep_seen(w, note, &c, err);
    bool same = c.size == w->seen.size;
    if (same && memcmp(c.root, w->seen.root, SB_HASH) != 0)
        return contradict(w, note, &c, "their roots differ", err);
    if (seen == w->seen.size && c.size < seen)
        return contradict(w, note, &c, "the journal became shorter", err);
    if (seen == w->seen.size &&
        !sb_proof_consistent(seen, w->seen.root, c.size, c.root, path, n))
        return contradict(
            w, note, &c, "nothing proves that one grew into the other", err);
    if (sb_witness_contradicted(w, NULL))
        return 0;
    if (same)
        return take_same(w, trust, note, &c, now_ms, err);
    return seen == w->seen.size ? keep_seen(w, note, &c, err) : 0;
}

/* Our witness key as the newest directory counts it, if the vault holds it. */
static bool find_key(const struct sb_witness *w,
                     const struct sb_witness_keys *keys,
                     struct sb_witness_key *out)
{
    for (size_t i = 0; w->vault && i < keys->n; i++) {
        *out = keys->items[i];
        if (sb_bytes_is(out->institution, w->institution))
            return sb_vault_has(w->vault, out->key_id);
    }
    return false;
}

/* A clock that was ahead, and was put right, is no reason to be silent. */
static bool was_signed(const struct sb_witness *w, uint64_t now_ms, uint64_t again_ms)
{
    return w->cosigned.size == w->seen.size &&
           strcmp(w->cosigned.origin, w->seen.origin) == 0 &&
           now_ms >= w->cosigned_ms && now_ms - w->cosigned_ms < again_ms;
}

int sb_witness_cosign(struct sb_witness *w,
                      const struct sb_trust *trust,
                      uint64_t now_ms,
                      uint64_t again_ms,
                      struct sb_buf *line,
                      struct sb_err *err)
{
    struct sb_witness_keys keys = {0};
    struct sb_witness_key key;
    int rc = use_generation(w, trust, err);
    if (rc)
        return rc;
    if (!w->note.n || sb_witness_contradicted(w, NULL) ||
        was_signed(w, now_ms, again_ms))
        return 0;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "cosignature");
    rc = sb_dir_witnesses(sb_trust_newest(trust), now_ms, arena, &keys, err);
    bool ours = !rc && find_key(w, &keys, &key);
    if (ours)
        rc = sb_cosign(w->vault,
                       key.key_id,
                       key.name,
                       sb_buf_bytes(&w->note),
                       now_ms / 1000,
                       line,
                       err);
    sb_arena_free(arena);
    if (rc || !ours)
        return rc;
    w->cosigned = w->seen;
    w->cosigned_ms = now_ms;
    return 1;
}

int sb_witness_final(const struct sb_trust *trust,
                     struct sb_bytes note,
                     uint64_t now_ms,
                     struct sb_final *out,
                     struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(trust);
    struct sb_witness_keys keys = {0};
    uint64_t times[SB_WITNESSES_MAX];
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "cosignatures");
    int rc = dir ? sb_dir_witnesses(dir, now_ms, arena, &keys, err)
                 : sb_fail(err, SB_E_STATE, "no directory is held yet");
    if (!rc) {
        uint64_t quorum = sb_dir_body(dir)->quorum;
        struct sb_final f = {.quorum = quorum};
        f.n = sb_cosign_times(note, &keys, times);
        f.final = f.n >= quorum;
        if (f.final && quorum)
            f.fresh_ms = sb_cosign_fresh_ms(times, keys.n, quorum);
        *out = f;
    }
    sb_arena_free(arena);
    return rc;
}
