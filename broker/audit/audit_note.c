/* Purpose: the checkpoint: who signed it, who witnessed it, and whether it continues
 * the one that the auditor kept. */
#include "broker/audit/audit_tree.h"

int audit_open_note(const struct sb_audit *a,
                    struct sb_bytes note,
                    struct sb_checkpoint *out,
                    struct sb_err *err)
{
    const struct sb_dir *d = a->trust ? sb_trust_newest(a->trust) : NULL;
    if (a->log)
        return sb_note_open(note, a->log, out, err);
    if (!d)
        return sb_fail(err, SB_E_NOTE, "no directory holds that names the log's key");
    struct sb_err first = {0};
    uint8_t last[SB_PK] = {0};
    for (uint64_t v = sb_dir_body(d)->version; d; d = sb_trust_version(a->trust, --v)) {
        const uint8_t *pk = sb_dir_body(d)->log_pk;
        if (memcmp(pk, last, SB_PK) == 0)
            continue;
        memcpy(last, pk, SB_PK);
        int rc = sb_checkpoint_open(note, pk, out, err);
        if (rc == 0)
            return 0;
        if (first.code == 0 && err)
            first = *err;
    }
    if (err)
        *err = first;
    return SB_E_NOTE;
}

/* Whoever dates entries ahead makes keys end early and prunes lawful early: witnesses
 * have clocks of their own. */
static void dates(struct sb_audit *a, uint64_t fresh_ms, uint64_t dated_ms)
{
    if (dated_ms <= fresh_ms || dated_ms - fresh_ms <= AUDIT_CLOCK_MS)
        return;
    audit_say(a,
              SB_AUDIT_CHECKPOINT,
              SB_AUDIT_INDETERMINATE,
              SB_E_JOURNAL_ORDER,
              "entries are dated %llu minutes after the quorum cosigned them: the "
              "broker's clock or the witnesses' is wrong, and so may be what depends "
              "on dates (keys, grants, prunes)",
              (unsigned long long)((dated_ms - fresh_ms) / 60000u));
}

int audit_quorum(struct sb_audit *a,
                 const struct sb_dir *d,
                 struct sb_bytes note,
                 uint64_t now_ms,
                 uint64_t dated_ms,
                 struct sb_err *err)
{
    struct sb_witness_keys keys = {0};
    uint64_t quorum = sb_dir_body(d)->quorum;
    int rc = sb_dir_witnesses(d, now_ms, a->names, &keys, err);
    if (rc != 0)
        return rc;
    uint64_t *times = sb_arena_alloc(a->names, keys.n + 1, sizeof *times);
    if (!times)
        return audit_no_memory(err);
    rc = audit_lines(a, note, &keys, err);
    if (rc != 0)
        return rc;
    a->facts.quorum = quorum;
    a->facts.cosignatures = sb_cosign_times(note, &keys, times);
    if (quorum > 0 && a->facts.cosignatures >= quorum)
        dates(a, sb_cosign_fresh_ms(times, keys.n, quorum), dated_ms);
    if (a->facts.cosignatures < quorum)
        audit_say(a,
                  SB_AUDIT_CHECKPOINT,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_QUORUM,
                  "%zu witnesses cosigned the checkpoint; %llu must before it is final",
                  a->facts.cosignatures,
                  (unsigned long long)quorum);
    return 0;
}

static void origin_of(const struct sb_audit *a, char out[SB_ORIGIN])
{
    sb_checkpoint_origin(
        out, sb_dir_body(sb_trust_newest(a->trust))->exchange, a->info->generation);
}

static void since_refused(struct sb_audit *a, int code, const char *text)
{
    audit_say(a, SB_AUDIT_CHECKPOINT, SB_AUDIT_FAILED, code, "%s", text);
}

/* The last checkpoint of my generation, which a later directory names, is of the size
 * of mine and of another root. */
static bool named_otherwise(const struct sb_audit *a, const struct sb_checkpoint *mine)
{
    const struct sb_dir *d = sb_trust_newest(a->trust);
    bool other = false;
    for (; d && !other; d = sb_trust_version(a->trust, sb_dir_body(d)->version - 1)) {
        struct sb_checkpoint last;
        other = sb_checkpoint_text(sb_dir_body(d)->last_final_note, &last, NULL) == 0 &&
                strcmp(last.origin, mine->origin) == 0 && last.size == mine->size &&
                memcmp(last.root, mine->root, SB_HASH) != 0;
    }
    return other;
}

static void other_generation(struct sb_audit *a, const struct sb_checkpoint *mine)
{
    if (a->trust && named_otherwise(a, mine)) {
        since_refused(a,
                      SB_E_CONSISTENCY,
                      "the last checkpoint of the generation before, which a directory "
                      "names, is not your own of the same size: the broker signed two "
                      "histories; keep both");
        return;
    }
    audit_say(a,
              SB_AUDIT_CHECKPOINT,
              SB_AUDIT_INDETERMINATE,
              SB_E_JOURNAL_GENERATION,
              "your own checkpoint is of %s and this journal is %s: compare it with a "
              "bundle of its own generation",
              mine->origin,
              a->facts.origin);
}

/* Root of the tree that the auditor has seen: 0; 1 when it cannot be told. */
static int
root_then(struct sb_audit *a, uint64_t size, uint8_t root[SB_HASH], struct sb_err *err)
{
    if (size != a->facts.size)
        return a->nodes ? audit_root_at(a, size, root, err) : 1;
    memcpy(root, a->facts.root, SB_HASH);
    return 0;
}

static int
compare(struct sb_audit *a, const struct sb_checkpoint *mine, struct sb_err *err)
{
    uint8_t root[SB_HASH];
    int rc = root_then(a, mine->size, root, err);
    if (rc == 0 && memcmp(root, mine->root, SB_HASH) != 0)
        since_refused(a,
                      SB_E_CONSISTENCY,
                      "this journal does not continue your own checkpoint: the broker "
                      "signed two histories; keep both");
    if (rc == 1)
        audit_say(a,
                  SB_AUDIT_CHECKPOINT,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_TILE,
                  "your own checkpoint cannot be compared: the tiles that tell are not "
                  "here, or broken");
    return rc < 0 ? rc : 0;
}

/* The auditor's own note must be of this log and of this very tree, earlier. */
int audit_since(struct sb_audit *a, struct sb_err *err)
{
    struct sb_checkpoint mine = {0};
    struct sb_bytes note = a->config->since;
    if (note.n == 0)
        return 0;
    if (audit_open_note(a, note, &mine, err) != 0) {
        since_refused(a,
                      SB_E_NOTE,
                      "your own checkpoint is not signed by this journal's log key: it "
                      "is of another journal, or this one is not the journal it says");
        return 0;
    }
    if (strcmp(mine.origin, a->facts.origin) != 0) {
        other_generation(a, &mine);
        return 0;
    }
    if (mine.size <= a->facts.size)
        return compare(a, &mine, err);
    since_refused(
        a,
        SB_E_JOURNAL_SHORT,
        "this journal is older than your own checkpoint: entries that you have "
        "seen are not in it");
    return 0;
}

/* The tree holds the directory that names another key: whoever still had the old one
 * signed it, the broker before it was started anew or a thief. */
static void replaced_key(struct sb_audit *a,
                         const struct sb_directory *newest,
                         struct sb_bytes note)
{
    struct sb_checkpoint c;
    if (sb_checkpoint_open(note, newest->log_pk, &c, NULL) != 0)
        audit_say(a,
                  SB_AUDIT_CHECKPOINT,
                  SB_AUDIT_INDETERMINATE,
                  SB_E_NOTE,
                  "the checkpoint is signed with a log key that directory %llu, which "
                  "stands in it, has replaced: ask for a newer checkpoint",
                  (unsigned long long)newest->version);
}

int audit_checkpoint(struct sb_audit *a, struct sb_err *err)
{
    struct sb_checkpoint c = {0};
    char origin[SB_ORIGIN];
    struct sb_err why = {0};
    a->facts.asked[SB_AUDIT_CHECKPOINT] = true;
    int rc = audit_open_note(a, a->info->note, &c, &why);
    if (audit_stops(rc, &why, err))
        return rc;
    if (rc != 0) {
        audit_say(a, SB_AUDIT_CHECKPOINT, SB_AUDIT_FAILED, rc, "%s", why.text);
        sb_tree_root(&a->tree, a->facts.root);
        return 0;
    }
    memcpy(a->facts.root, c.root, SB_HASH);
    memcpy(a->facts.origin, c.origin, sizeof c.origin);
    origin_of(a, origin);
    if (strcmp(origin, c.origin) != 0)
        audit_say(a,
                  SB_AUDIT_CHECKPOINT,
                  SB_AUDIT_FAILED,
                  SB_E_NOTE,
                  "the checkpoint is of %s, the directories are of %s",
                  c.origin,
                  origin);
    if (c.size != a->facts.size)
        audit_say(a,
                  SB_AUDIT_CHECKPOINT,
                  SB_AUDIT_FAILED,
                  SB_E_NOTE,
                  "the checkpoint is of %llu entries, the bundle of %llu",
                  (unsigned long long)c.size,
                  (unsigned long long)a->facts.size);
    const struct sb_dir *newest = sb_trust_newest(a->trust);
    replaced_key(a, sb_dir_body(newest), a->info->note);
    uint64_t last_ms = a->facts.last_ms;
    rc = audit_quorum(a, newest, a->info->note, last_ms, last_ms, err);
    return rc == 0 ? audit_since(a, err) : rc;
}
