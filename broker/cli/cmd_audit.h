/* For cmd_audit*.c only: what the verbs of `sacbe audit` share. */
#ifndef BROKER_CLI_CMD_AUDIT_H
#define BROKER_CLI_CMD_AUDIT_H

#include "broker/audit/tell.h"
#include "broker/cli/cmd_file.h"
#include "broker/cli/progress.h"

extern const struct sb_tr_row sb_audit_spanish[];

struct sb_audit_said { /* one finding, kept; text lives in the arena */
    struct sb_audit_finding finding;
    struct sb_audit_said *next;
};

struct sb_audit_delivered { /* one row of deliveries, kept likewise */
    struct sb_delivery delivery;
    struct sb_audit_delivered *next;
};

struct sb_audit_job { /* one audit of one X; all zero frees as well */
    const struct sb_cli *cli;
    const char *path;        /* X */
    const char *roots_path;  /* NULL: none given */
    const char *tiles_vkey;  /* NULL: X is ours */
    bool wants_vault;        /* the command has the option --vault */
    enum sb_audit_kind kind; /* what X is */
    struct sb_arena *arena;
    struct sb_anchor roots;
    struct sb_buf since;
    struct sb_buf proof; /* the file's bytes, when X is a proof */
    struct sb_vault *vault;
    struct sb_progress progress;
    struct sb_audit_config config;
    struct sb_audit_facts facts;
    struct sb_audit_said *first; /* findings in the order in which they were made */
    struct sb_audit_said *last;
    struct sb_audit_delivered *delivered;
    struct sb_audit_delivered *last_delivered;
    struct sb_bytes disclosed_class; /* of a proof that discloses, when it holds */
    struct sb_bytes disclosed;       /* its payload as JSON */
    bool failed;                     /* something could not be kept: out of memory */
};

/* Says what X is, reads the auditor's roots, checkpoint and vault, and fills `config`.
 * SB_E_INPUT when X is nothing that can be audited; its text says what to do. */
SB_CHECK int
sb_audit_begin(struct sb_audit_job *job, struct sb_cli *cli, struct sb_err *err);
/* Judges X by its kind; the findings stand in the job. */
SB_CHECK int sb_audit_run(struct sb_audit_job *job, struct sb_err *err);
/* As sb_audit_run for a bundle (else SB_E_INPUT), with the deliveries of that stream
 * and reader (NULL: all). */
SB_CHECK int sb_audit_collect(struct sb_audit_job *job,
                              const char *stream,
                              const char *reader,
                              struct sb_err *err);
void sb_audit_end(struct sb_audit_job *job);

/* Prints roots, range, parts and findings. */
void sb_audit_tell(const struct sb_audit_job *job);
void sb_audit_tell_findings(const struct sb_audit_job *job);
/* Prints what is not proven and the result, which stands last; the exit status. */
int sb_audit_tell_result(const struct sb_audit_job *job);
/* Whether a checkpoint was taken, so that size and root say something. */
bool sb_audit_knows_tree(const struct sb_audit_facts *f);
enum sb_finding sb_audit_finding(enum sb_audit_verdict verdict);
enum sb_exit sb_audit_exit(enum sb_audit_verdict verdict);
/* "bundle", "proof of one event" ...; English, a Spanish row of each exists. */
const char *sb_audit_kind_text(enum sb_audit_kind kind);
/* What the part is about, for people; likewise. */
const char *sb_audit_part_title(enum sb_audit_part part);
/* Appends the part's title and what was counted of it, in the user's language. */
void sb_audit_part_line(const struct sb_audit_job *job,
                        enum sb_audit_part part,
                        struct sb_buf *out);
/* One sentence per line of what no audit of this kind proves; NULL ends. */
const char *const *sb_audit_not_proven(enum sb_audit_kind kind);

/* The verbs. */
int sb_audit_run_inclusion(struct sb_cli *cli, struct sb_err *err);
int sb_audit_run_consistency(struct sb_cli *cli, struct sb_err *err);
int sb_audit_run_deliveries(struct sb_cli *cli, struct sb_err *err);
int sb_audit_run_attribute(struct sb_cli *cli, struct sb_err *err);
int sb_audit_run_report(struct sb_cli *cli, struct sb_err *err);

#endif
