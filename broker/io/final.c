/* Purpose: open the broker's own notes, and tell which one is final.
 * Invariant: cosignatures are counted by the directory given, at the time given.
 * Not: collecting them (core). */
#include "broker/io/final.h"

#include "keys/cosign.h"

#define LOOK_MAX                                                                       \
    100000u /* notes: when none of a day is final, older ones do not matter */

int sb_final_open(const struct sb_vault *vault,
                  struct sb_bytes note,
                  struct sb_checkpoint *out,
                  struct sb_err *err)
{
    int rc = sb_fail(err, SB_E_NO_KEY, "the broker's vault holds no log key");
    for (size_t i = 0; rc && i < sb_vault_count(vault); i++) {
        struct sb_vault_key key = sb_vault_key_at(vault, i);
        if (sb_bytes_is(key.use, SB_USE_LOG))
            rc = sb_checkpoint_open(note, key.pk, out, err);
    }
    return rc;
}

struct judge { /* who counts, and how many must have signed */
    struct sb_arena *arena;
    struct sb_witness_keys keys;
    uint64_t quorum;
};

static int judge_open(struct judge *j,
                      const struct sb_dir *dir,
                      uint64_t now_ms,
                      struct sb_err *err)
{
    *j = (struct judge){.quorum = sb_dir_body(dir)->quorum};
    j->arena = sb_arena_new(0);
    if (!j->arena)
        return sb_fail(err, SB_E_MEMORY, "cosignatures");
    int rc = sb_dir_witnesses(dir, now_ms, j->arena, &j->keys, err);
    if (rc)
        sb_arena_free(j->arena);
    return rc;
}

/* A directory has at most SB_WITNESSES_MAX of them: sb_dir_witnesses. */
static bool is_final(const struct judge *j, struct sb_bytes note)
{
    uint64_t times[SB_WITNESSES_MAX];
    return j->quorum == 0 || sb_cosign_times(note, &j->keys, times) >= j->quorum;
}

int sb_final_check(const struct sb_dir *dir,
                   struct sb_bytes note,
                   uint64_t now_ms,
                   bool *final,
                   struct sb_err *err)
{
    struct judge j;
    int rc = judge_open(&j, dir, now_ms, err);
    if (rc)
        return rc;
    *final = is_final(&j, note);
    sb_arena_free(j.arena);
    return 0;
}

struct find {
    struct judge judge;
    size_t looked;
    struct sb_buf *note;
    uint64_t size;
    bool found;
};

static int look(void *ctx, uint64_t size, struct sb_bytes note, struct sb_err *err)
{
    struct find *f = ctx;
    if (!is_final(&f->judge, note))
        return ++f->looked < LOOK_MAX ? 0 : 1;
    sb_buf_reset(f->note);
    sb_buf_put(f->note, note.p, note.n);
    f->size = size;
    f->found = true;
    int rc = sb_buf_check(f->note, err);
    return rc ? rc : 1;
}

int sb_final_find(struct sb_journal_reader *reader,
                  const struct sb_dir *dir,
                  uint64_t now_ms,
                  struct sb_buf *note,
                  uint64_t *size,
                  struct sb_err *err)
{
    struct find f = {.note = note};
    int rc = judge_open(&f.judge, dir, now_ms, err);
    if (rc)
        return rc;
    rc = sb_journal_notes(reader, look, &f, err);
    sb_arena_free(f.judge.arena);
    if (f.found)
        *size = f.size;
    return rc < 0 ? rc : 0;
}
