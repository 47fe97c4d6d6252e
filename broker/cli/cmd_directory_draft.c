/* Purpose: `sacbe directory policy` and `directory generation`: drafts with another
 * policy, or with the next journal generation.
 * Invariant: a quorum that the witnesses cannot reach is refused; a generation opens
 * only with a checkpoint that the log key of the one before has signed. */
#include "broker/cli/cmd_directory.h"

#include <stdlib.h>

#include "broker/host/clock.h"
#include "keys/cosign.h"

/* Active members whose newest card has a witness key that is valid now. A draft is no
 * directory of a trust yet, so it is read from its body. */
static int count_witnesses(struct sb_cmd_dir *d, uint64_t *out, struct sb_err *err)
{
    uint64_t now = sb_clock_now_ms();
    uint64_t n = 0;
    for (size_t i = 0; i < d->body.n_members; i++) {
        const struct sb_dir_member *m = &d->body.members[i];
        struct sb_card card;
        if (!sb_bytes_is(m->status, "active"))
            continue;
        int rc = sb_cmd_card(m, d->arena, &card, err);
        if (rc != 0)
            return rc;
        const struct sb_card_key *key = sb_card_key(&card, SB_USE_WITNESS);
        bool valid = key && key->not_before <= now && now < key->not_after;
        uint8_t id[SB_KEY_ID];
        if (valid)
            sb_key_id(id, key->use, key->pk);
        for (size_t k = 0; valid && k < m->n_keys; k++)
            valid = memcmp(m->keys[k].key_id, id, SB_KEY_ID) != 0;
        n += valid;
    }
    *out = n;
    return 0;
}

static int set_quorum(struct sb_cmd_dir *d,
                      const char *text,
                      uint64_t *witnesses,
                      struct sb_err *err)
{
    char *end = NULL;
    int rc = count_witnesses(d, witnesses, err);
    if (rc != 0 || !text)
        return rc;
    if (strcmp(text, "auto") == 0) {
        d->body.quorum = *witnesses ? *witnesses / 2 + 1 : 0;
        return 0;
    }
    unsigned long long n =
        text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (!end || *end != '\0')
        return sb_fail(
            err, SB_E_USAGE, "--quorum wants a number or \"auto\", not %.64s", text);
    if (n > *witnesses)
        return sb_fail(err,
                       SB_E_QUORUM,
                       "a quorum of %llu cannot be reached: there are %llu witnesses "
                       "(active members with a witness key)",
                       n,
                       (unsigned long long)*witnesses);
    d->body.quorum = n;
    return 0;
}

static int set_span(struct sb_cli *cli,
                    const char *name,
                    uint64_t *to,
                    bool *changed,
                    struct sb_err *err)
{
    const char *text = sb_cli_text(cli, name);
    if (!text)
        return 0;
    *changed = true;
    int rc = sb_cmd_span(text, to, err);
    return rc == 0 ? 0 : sb_err_wrap(err, rc, "--%s", name);
}

static int set_policy(struct sb_cli *cli,
                      struct sb_cmd_dir *d,
                      uint64_t *witnesses,
                      struct sb_err *err)
{
    bool changed = sb_cli_text(cli, "quorum") != NULL;
    int rc = set_quorum(d, sb_cli_text(cli, "quorum"), witnesses, err);
    if (rc == 0)
        rc = set_span(cli, "freshness", &d->body.freshness, &changed, err);
    if (rc == 0)
        rc = set_span(cli, "keep", &d->body.keep, &changed, err);
    if (rc == 0)
        rc = set_span(cli, "retention", &d->body.retention, &changed, err);
    if (rc == 0)
        rc = sb_directory_set_limits(cli, d, &changed, err);
    if (rc == 0 && !changed)
        rc = sb_fail(err,
                     SB_E_USAGE,
                     "nothing to change: give --quorum, --freshness, --keep, "
                     "--retention or --limit");
    if (rc == 0 && (d->body.freshness == 0 || d->body.keep == 0))
        rc = sb_fail(err,
                     SB_E_USAGE,
                     "--freshness and --keep are above 0: only --retention 0 means "
                     "for ever");
    return rc;
}

static void tell_drafted(const struct sb_cli *cli, const struct sb_cmd_dir *d)
{
    sb_out_int(sb_cli_out(cli),
               "version",
               sb_tr(cli, "Draft of version"),
               (int64_t)d->body.version);
}

static void tell_next(const struct sb_cli *cli)
{
    sb_out_note(sb_cli_out(cli),
                "%s",
                sb_cli_dry_run(cli)
                    ? sb_tr(cli, "Dry run: nothing was written.")
                    : sb_tr(cli, "Next: sacbe directory sign, then publish."));
}

int sb_directory_run_policy(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_cmd_dir d;
    uint64_t witnesses = 0;
    int rc = sb_cmd_dir_open(cli, sb_cli_text(cli, "directory"), &d, err);
    if (rc != 0)
        return rc;
    rc = set_policy(cli, &d, &witnesses, err);
    if (rc == 0)
        rc = sb_cmd_draft_write(cli, &d, sb_cli_text(cli, "out"), err);
    if (rc == 0) {
        tell_drafted(cli, &d);
        sb_out_int(out, "witnesses", sb_tr(cli, "Witnesses"), (int64_t)witnesses);
        sb_directory_tell_policy(cli, &d.body);
        if (d.body.retention == 0)
            sb_out_note(out, "%s", sb_tr(cli, "Retention 0: texts stay for ever."));
        if (d.body.quorum > 0)
            sb_out_note(
                out,
                "%s",
                sb_tr(cli,
                      "Adapters stop sealing when no checkpoint with this quorum is "
                      "younger than the freshness: see that the witnesses run."));
        tell_next(cli);
    }
    sb_cmd_dir_close(&d);
    return rc == 0 ? SB_EXIT_YES : rc;
}

/* How many of the directory's witnesses cosigned the note; of a draft it is not known.
 */
static int tell_cosigned(const struct sb_cli *cli,
                         struct sb_cmd_dir *d,
                         struct sb_bytes note,
                         struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_witness_keys keys;
    if (!d->trust)
        return 0;
    int rc = sb_dir_witnesses(
        sb_trust_newest(d->trust), sb_clock_now_ms(), d->arena, &keys, err);
    uint64_t *times =
        rc == 0 ? sb_arena_alloc(d->arena, keys.n + 1, sizeof *times) : NULL;
    if (rc == 0 && !times)
        rc = sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc != 0)
        return rc;
    size_t n = sb_cosign_times(note, &keys, times);
    sb_out_int(out, "cosignatures", sb_tr(cli, "Cosignatures"), (int64_t)n);
    if (n < d->body.quorum)
        sb_out_attention(
            out,
            NULL,
            sb_tr(cli,
                  "this checkpoint bears %zu of %llu cosignatures: look for one that "
                  "is final in the folders of the witnesses"),
            n,
            (unsigned long long)d->body.quorum);
    return 0;
}

static int open_next(const struct sb_cli *cli,
                     struct sb_cmd_dir *d,
                     struct sb_bytes note,
                     struct sb_err *err)
{
    struct sb_checkpoint last;
    char origin[SB_ORIGIN];
    int rc = sb_checkpoint_open(note, d->body.log_pk, &last, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "%s", sb_cli_text(cli, "note"));
    sb_checkpoint_origin(origin, d->body.exchange, d->body.generation);
    if (strcmp(origin, last.origin) != 0)
        return sb_fail(err,
                       SB_E_JOURNAL_GENERATION,
                       "this checkpoint is of %s; the directory's journal is %s",
                       last.origin,
                       origin);
    rc = tell_cosigned(cli, d, note, err);
    if (rc != 0)
        return rc;
    sb_out_int(
        sb_cli_out(cli), "last_size", sb_tr(cli, "Last tree"), (int64_t)last.size);
    d->body.generation++;
    d->body.last_final_note = note;
    return 0;
}

int sb_directory_run_generation(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_cmd_dir d;
    struct sb_buf note = {0};
    int rc = sb_cmd_dir_open(cli, sb_cli_text(cli, "directory"), &d, err);
    if (rc != 0)
        return rc;
    rc = sb_file_read(sb_cli_text(cli, "note"), SB_NOTE_MAX, &note, err);
    if (rc == 0)
        rc = open_next(cli, &d, sb_buf_bytes(&note), err);
    if (rc == 0)
        rc = sb_cmd_draft_write(cli, &d, sb_cli_text(cli, "out"), err);
    if (rc == 0) {
        tell_drafted(cli, &d);
        sb_out_int(
            out, "generation", sb_tr(cli, "Generation"), (int64_t)d.body.generation);
        sb_out_note(
            out,
            "%s",
            sb_tr(cli,
                  "This is the way on after a lost journal: the roots sign it, the "
                  "broker starts with an empty journal and this directory, and the "
                  "publishers refill it from what they keep. What was in the lost "
                  "journal after this checkpoint is what they resend. Keep the old "
                  "file, if any is left."));
        tell_next(cli);
    }
    sb_buf_free(&note);
    sb_cmd_dir_close(&d);
    return rc == 0 ? SB_EXIT_YES : rc;
}

const struct sb_cli_option sb_directory_policy_options[] = {
    SB_OPTION_DIRECTORY,
    SB_OPTION_ANCHOR,
    {.name = "quorum",
     .kind = SB_CLI_TEXT,
     .value = "N|auto",
     .summary = "cosignatures that make a checkpoint final; auto: more than half"},
    {.name = "freshness",
     .kind = SB_CLI_TEXT,
     .value = "TIME",
     .summary = "adapters stop when the last final checkpoint is older, as 7d"},
    {.name = "keep",
     .kind = SB_CLI_TEXT,
     .value = "TIME",
     .summary = "how long publishers keep what they sent, as 35d"},
    {.name = "retention",
     .kind = SB_CLI_TEXT,
     .value = "TIME",
     .summary = "age at which texts may be pruned, as 1825d; 0: never"},
    {.name = "limit",
     .kind = SB_CLI_TEXT,
     .repeated = true,
     .value = "[INSTITUTION:]CODE=N",
     .summary = "events_s, bytes_s, journal_bytes or connections of each institution, "
                "or of one; 0: no limit; default: as the others"},
    SB_OPTION_OUT("the draft to write"),
    {.name = NULL}};
const struct sb_cli_option sb_directory_generation_options[] = {
    SB_OPTION_DIRECTORY,
    SB_OPTION_ANCHOR,
    {.name = "note",
     .kind = SB_CLI_FILE,
     .required = true,
     .value = "FILE",
     .summary = "the last final checkpoint of the journal before"},
    SB_OPTION_OUT("the draft to write"),
    {.name = NULL}};
