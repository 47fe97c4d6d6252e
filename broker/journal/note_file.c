/* Purpose: the file beside the journal that remembers the newest signed note.
 * Invariant: it is never newer than the journal's own row, unless the journal was put
 * back from an older copy. Not for other hosts: witnesses remember there. */
#include "broker/journal/note_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "schemas/base/text.h"

int sb_note_file_name(struct sb_journal *j, const char *path, struct sb_err *err)
{
    size_t n = strlen(path) + sizeof "-note";
    j->note_path = malloc(n);
    if (!j->note_path)
        return sb_fail(err, SB_E_MEMORY, "no memory for the journal");
    snprintf(j->note_path, n, "%s-note", path);
    return 0;
}

int sb_note_file_open(const struct sb_journal *j,
                      struct sb_bytes note,
                      struct sb_checkpoint *out,
                      struct sb_err *err)
{
    int rc = sb_fail(err, SB_E_NO_KEY, "the broker's vault holds no log key");
    for (size_t i = 0; i < sb_vault_count(j->vault); i++) {
        struct sb_vault_key key = sb_vault_key_at(j->vault, i);
        if (!sb_bytes_is(key.use, SB_USE_LOG))
            continue;
        rc = sb_checkpoint_open(note, key.pk, out, err);
        if (rc == 0)
            return 0;
    }
    return rc;
}

/* The number at the end of an origin that otherwise is ours; 0: another log's. */
static uint64_t generation_of(const struct sb_journal *j, const char *origin)
{
    const char *ours = strrchr(j->origin, '/');
    size_t n = (size_t)(ours - j->origin) + 1;
    if (strncmp(origin, j->origin, n) != 0)
        return 0;
    char *end;
    unsigned long long number = strtoull(origin + n, &end, 10);
    return *end == 0 && end != origin + n ? number : 0;
}

static int
judge(const struct sb_journal *j, struct sb_note_file *out, struct sb_err *err)
{
    uint64_t generation = generation_of(j, out->checkpoint.origin);
    if (generation == 0 || generation > j->generation)
        return sb_fail(err,
                       SB_E_JOURNAL_GENERATION,
                       "%s is a checkpoint of %s, but this broker runs %s: check which "
                       "journal and which directory belong here",
                       j->note_path,
                       out->checkpoint.origin,
                       j->origin);
    out->older = generation < j->generation;
    return 0;
}

int sb_note_file_read(const struct sb_journal *j,
                      struct sb_note_file *out,
                      struct sb_err *err)
{
    struct sb_buf note = {0};
    struct sb_note_file file = {.any = true};
    int rc = sb_file_read(j->note_path, SB_NOTE_MAX, &note, err);
    if (rc == SB_E_NOT_FOUND) {
        *out = (struct sb_note_file){0};
        return 0;
    }
    if (rc == 0)
        rc = sb_note_file_open(j, sb_buf_bytes(&note), &file.checkpoint, err);
    if (rc == SB_E_NOTE || rc == SB_E_LIMIT)
        rc = sb_fail(err,
                     SB_E_JOURNAL_CHECKPOINT,
                     "%s should hold the newest checkpoint that this broker signed, "
                     "and does not: put it back from where the journal was kept, or, "
                     "when the journal is surely the newest one, remove it",
                     j->note_path);
    sb_buf_free(&note);
    if (rc == 0)
        rc = judge(j, &file, err);
    if (rc == 0)
        *out = file;
    return rc;
}

int sb_note_file_write(const struct sb_journal *j,
                       struct sb_bytes note,
                       struct sb_err *err)
{
    return sb_file_write(j->note_path, note, 0600, err);
}
