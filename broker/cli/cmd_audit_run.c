/* Purpose: one audit: what X is, what the auditor brings, the judgement, its findings.
 * Invariant: roots and the earlier checkpoint come from the options, never from X or
 * from beside it.
 * Not for: printing; cmd_audit_tell.c and cmd_audit_html.c do that. */
#include "broker/cli/cmd_audit.h"

#include "keys/roots.h"
#include "schemas/catalog/json.h"

static void say(void *ctx, const struct sb_audit_finding *f)
{
    struct sb_audit_job *job = ctx;
    struct sb_audit_said *said = sb_arena_alloc(job->arena, 1, sizeof *said);
    struct sb_bytes text = sb_arena_dup(job->arena, sb_bytes_str(f->text));
    if (!said || !text.p) {
        job->failed = true;
        return;
    }
    said->finding = *f;
    said->finding.text = (const char *)text.p;
    if (job->last)
        job->last->next = said;
    else
        job->first = said;
    job->last = said;
}

/* What a proof discloses, as JSON. */
static void plain(void *ctx, struct sb_bytes class_name, struct sb_bytes payload)
{
    struct sb_audit_job *job = ctx;
    struct sb_value value;
    struct sb_buf json = {0};
    struct sb_err ignored = {0};
    if (sb_value_unpack(payload, job->arena, &value, &ignored) != 0 ||
        sb_value_to_json(&value, 2, &json, &ignored) != 0)
        job->failed = true;
    job->disclosed_class = sb_arena_dup(job->arena, class_name);
    job->disclosed = sb_arena_dup(job->arena, sb_buf_bytes(&json));
    job->failed = job->failed || !job->disclosed_class.p || !job->disclosed.p;
    sb_buf_free(&json);
}

static void progressed(void *ctx, uint64_t done, uint64_t total)
{
    struct sb_audit_job *job = ctx;
    sb_progress_of(&job->progress, done, total);
}

static int know_kind(struct sb_audit_job *job, struct sb_err *err)
{
    int rc = sb_audit_kind(job->path, &job->kind, err);
    if (rc != 0)
        return rc;
    if (job->kind == SB_AUDIT_JOURNAL)
        return sb_fail(err,
                       SB_E_INPUT,
                       "%s is a broker's journal: check it in place with sacbe journal "
                       "verify, or make a bundle of it with sacbe journal export DIR",
                       job->path);
    if (job->kind == SB_AUDIT_UNKNOWN)
        return sb_fail(err,
                       SB_E_INPUT,
                       "%s is no bundle, no proof file and no folder of tiles",
                       job->path);
    bool foreign = job->tiles_vkey != NULL;
    if (foreign && job->kind == SB_AUDIT_PROOF)
        return sb_fail(err, SB_E_USAGE, "%s is a proof file, no tiles", job->path);
    if (!foreign && job->kind == SB_AUDIT_TILES)
        return sb_fail(err,
                       SB_E_USAGE,
                       "%s is a folder of tiles without our records: verify it with "
                       "--tiles-only --vkey KEY",
                       job->path);
    if (foreign)
        job->kind = SB_AUDIT_TILES;
    return 0;
}

/* A note of a foreign log may bear more lines than ours, under its own key. */
static bool is_note(const struct sb_audit_job *job)
{
    struct sb_checkpoint c;
    struct sb_note_key key;
    struct sb_bytes note = sb_buf_bytes(&job->since);
    if (sb_checkpoint_text(note, &c, NULL) == 0)
        return true;
    return job->kind == SB_AUDIT_TILES &&
           sb_note_key_read(job->tiles_vkey, &key, NULL) == 0 &&
           sb_note_open(note, &key, &c, NULL) == 0;
}

/* What is no note can say nothing of X, so it is refused before X is judged. */
static int read_since(struct sb_audit_job *job, const char *path, struct sb_err *err)
{
    int rc = sb_cmd_ends(path, err);
    if (rc == 0)
        rc = sb_file_read(path, SB_NOTE_MAX, &job->since, err);
    if (rc == 0 && !is_note(job))
        rc =
            sb_fail(err,
                    SB_E_INPUT,
                    "--since %s: this is no checkpoint; give the note that --save kept",
                    path);
    return rc;
}

static int read_inputs(struct sb_audit_job *job, struct sb_err *err)
{
    const char *since = sb_cli_text(job->cli, "since");
    const char *vault = job->wants_vault ? sb_cli_text(job->cli, "vault") : NULL;
    int rc = 0;
    job->roots_path = sb_cli_text(job->cli, "roots");
    if (job->roots_path)
        rc = sb_cmd_ends(job->roots_path, err);
    if (rc == 0 && job->roots_path)
        rc = sb_roots_read(job->roots_path, &job->roots, err);
    if (rc == 0 && since)
        rc = read_since(job, since, err);
    if (rc == 0 && job->kind == SB_AUDIT_PROOF)
        rc = sb_file_read(job->path, SB_PROOF_FILE_MAX, &job->proof, err);
    if (rc == 0 && vault)
        rc = sb_cmd_vault(job->cli, vault, &job->vault, err);
    return rc;
}

int sb_audit_begin(struct sb_audit_job *job, struct sb_cli *cli, struct sb_err *err)
{
    job->cli = cli;
    job->path = sb_cli_arg(cli, 0);
    job->arena = sb_arena_new(0);
    if (!job->arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = know_kind(job, err);
    if (rc == 0)
        rc = read_inputs(job, err);
    if (rc != 0)
        return rc;
    job->config =
        (struct sb_audit_config){.roots = job->roots_path ? &job->roots : NULL,
                                 .since = sb_buf_bytes(&job->since),
                                 .vault = job->vault,
                                 .say = say,
                                 .plain = plain,
                                 .progress = progressed,
                                 .ctx = job};
    sb_progress_start(&job->progress, sb_cli_quiet(cli), sb_tr(cli, "audit"), 0);
    return 0;
}

static int judge(struct sb_audit_job *job, struct sb_err *err)
{
    struct sb_note_key key;
    if (job->kind == SB_AUDIT_PROOF)
        return sb_audit_proof(
            sb_buf_bytes(&job->proof), &job->config, &job->facts, err);
    if (job->kind == SB_AUDIT_BUNDLE)
        return sb_audit_bundle(job->path, &job->config, &job->facts, err);
    int rc = sb_note_key_read(job->tiles_vkey, &key, err);
    return rc == 0 ? sb_audit_tiles(job->path, &key, &job->config, &job->facts, err)
                   : sb_err_wrap(err, SB_E_USAGE, "--vkey");
}

int sb_audit_run(struct sb_audit_job *job, struct sb_err *err)
{
    int rc = judge(job, err);
    sb_progress_end(&job->progress);
    if (rc == 0 && job->failed)
        rc = sb_fail(err, SB_E_MEMORY, "too many findings for the memory");
    return rc;
}

void sb_audit_end(struct sb_audit_job *job)
{
    sb_vault_free(job->vault);
    sb_buf_free(&job->proof);
    sb_buf_free(&job->since);
    sb_arena_free(job->arena);
}
