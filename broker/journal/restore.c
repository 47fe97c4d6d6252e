/* Purpose: judge whether a backup has all that was signed.
 * Invariant: a note counts only with the signature of a log key that a directory in the
 * backup names. Not here: putting files in place (restore_place.c). */
#include "broker/journal/restore.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/journal/copy.h"
#include "broker/journal/reader.h"
#include "keys/note.h"
#include "keys/proof.h"
#include "schemas/record/directory.h"

#define LOGS_MAX 64 /* log keys that a broker had in its life */

struct judging {
    struct sb_journal_reader *reader;
    struct sb_arena *arena;
    uint8_t logs[LOGS_MAX][SB_PK];
    size_t n_logs;
    char exchange[SB_CODE_MAX + 1];
    char origin[SB_ORIGIN]; /* of the newest directory */
    uint64_t generation;
    uint64_t size; /* entries of the backup */
};

static int
take_directory(void *ctx, const struct sb_stored_entry *e, struct sb_err *err)
{
    struct judging *j = ctx;
    struct sb_record record;
    struct sb_directory d;
    sb_arena_reset(j->arena);
    int rc = sb_record_read(e->record, &record, err);
    if (rc == 0)
        rc = sb_directory_read(record.body, j->arena, &d, err);
    if (rc != 0)
        return rc;
    snprintf(j->exchange, sizeof j->exchange, "%.*s", SB_FMT(d.exchange));
    sb_checkpoint_origin(j->origin, d.exchange, d.generation);
    j->generation = d.generation;
    size_t at = 0;
    while (at < j->n_logs && memcmp(j->logs[at], d.log_pk, SB_PK) != 0)
        at++;
    if (at == LOGS_MAX)
        return sb_fail(err, SB_E_LIMIT, "more than %d log keys", LOGS_MAX);
    memcpy(j->logs[at], d.log_pk, SB_PK);
    j->n_logs += at == j->n_logs;
    return 0;
}

static int open_note(const struct judging *j,
                     const struct sb_restore_note *n,
                     struct sb_checkpoint *c,
                     struct sb_err *err)
{
    for (size_t i = 0; i < j->n_logs; i++)
        if (sb_checkpoint_open(n->note, j->logs[i], c, err) == 0)
            return 0;
    return sb_fail(err,
                   SB_E_NOTE,
                   "%s is no checkpoint that the broker of this backup signed",
                   n->name);
}

/* A checkpoint of a generation before says nothing of this journal. */
static bool is_older(const struct judging *j, struct sb_checkpoint *c)
{
    char origin[SB_ORIGIN];
    for (uint64_t g = 1; g < j->generation; g++) {
        sb_checkpoint_origin(origin, sb_bytes_str(j->exchange), g);
        if (strcmp(origin, c->origin) == 0) {
            c->size = 0;
            return true;
        }
    }
    return false;
}

static int judge_note(const struct judging *j,
                      const struct sb_restore_note *n,
                      struct sb_checkpoint *c,
                      struct sb_err *err)
{
    uint8_t root[SB_HASH];
    int rc = open_note(j, n, c, err);
    if (rc != 0)
        return rc;
    if (is_older(j, c))
        return 0;
    if (strcmp(c->origin, j->origin) != 0)
        return sb_fail(err,
                       SB_E_JOURNAL_GENERATION,
                       "%s is a checkpoint of %s, and the backup is %s",
                       n->name,
                       c->origin,
                       j->origin);
    if (c->size > j->size)
        return sb_fail(err,
                       SB_E_JOURNAL_SHORT,
                       "the backup has %llu entries, and %s shows that %llu were "
                       "signed: %llu are missing",
                       (unsigned long long)j->size,
                       n->name,
                       (unsigned long long)c->size,
                       (unsigned long long)(c->size - j->size));
    rc = sb_proof_root(c->size, sb_journal_node, j->reader, root, err);
    if (rc == 0 && memcmp(root, c->root, SB_HASH) != 0)
        rc = sb_fail(err,
                     SB_E_JOURNAL_ROOT,
                     "the first %llu entries of the backup are not those that were "
                     "signed in %s",
                     (unsigned long long)c->size,
                     n->name);
    return rc;
}

static int open_backup(struct judging *j, const char *backup, struct sb_err *err)
{
    j->arena = sb_arena_new(0);
    if (!j->arena)
        return sb_fail(err, SB_E_MEMORY, "no memory to judge the backup");
    int rc = sb_journal_reader_open(&j->reader, backup, err);
    if (rc == 0)
        rc = sb_journal_each(
            j->reader, 0, SB_KIND_DIRECTORY, false, take_directory, j, err);
    return rc < 0 ? rc : 0;
}

static int verify(const char *backup,
                  sb_progress_fn progress,
                  void *ctx,
                  struct sb_journal_facts *out,
                  struct sb_err *err)
{
    struct sb_journal_expect expect;
    struct sb_buf note = {0};
    struct sb_err why = {0};
    int rc = sb_copy_note(backup, &note, &expect, &why);
    sb_buf_free(&note);
    if (rc == 0)
        rc = sb_journal_verify(backup, &expect, progress, ctx, out, &why);
    if (rc == 0)
        return 0;
    bool machine = rc == SB_E_MEMORY || rc == SB_E_IO || rc == SB_E_BUSY ||
                   rc == SB_E_PERMISSION || rc == SB_E_NOT_FOUND;
    return sb_fail(err, machine ? rc : SB_E_BACKUP, "%s: %.400s", backup, why.text);
}

int sb_restore_judge(const char *backup,
                     const struct sb_restore_note *notes,
                     size_t n,
                     sb_progress_fn progress,
                     void *ctx,
                     struct sb_restore_facts *out,
                     struct sb_err *err)
{
    struct judging j = {.n_logs = 0};
    struct sb_restore_facts facts = {.signed_size = 0};
    int rc = verify(backup, progress, ctx, &facts.journal, err);
    if (rc == 0)
        rc = open_backup(&j, backup, err);
    j.size = facts.journal.entries;
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct sb_checkpoint c;
        rc = judge_note(&j, &notes[i], &c, err);
        if (rc == 0 && c.size > facts.signed_size)
            facts.signed_size = c.size;
    }
    facts.generation = j.generation;
    sb_journal_reader_close(j.reader);
    sb_arena_free(j.arena);
    if (rc == 0)
        *out = facts;
    return rc;
}
