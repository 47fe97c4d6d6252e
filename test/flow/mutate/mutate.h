/* An exported bundle, changed in some way, and what the audit says of it. */
#ifndef TEST_FLOW_MUTATE_MUTATE_H
#define TEST_FLOW_MUTATE_MUTATE_H

#include "test/bench/fill.h"
#include "test/unit/broker_audit/forge.h"

#include "broker/audit/audit.h"

#define TRIAL_PATH 160
#define TRIAL_FILES 32

struct trial { /* one exchange, its bundle */
    struct bench b;
    struct forge f; /* the bundle's entries */
    char folder[64];
    char dir[96];                        /* the bundle */
    char forged[96];                     /* another, made by a kind of change */
    char files[TRIAL_FILES][TRIAL_PATH]; /* of the bundle, within it */
    size_t n_files;
    struct sb_buf note;          /* its checkpoint, with two cosignatures */
    struct sb_audit_facts base;  /* what the audit says of the bundle as it is */
    const struct trial *foreign; /* another exchange's */
    uint64_t seed;
    struct touched {
        char path[TRIAL_PATH];
        struct sb_buf before;
    } touched[2];
    size_t n_touched;
};

struct change {
    const char *dir; /* to be audited: trial.dir unless it is a forged one */
    bool since;      /* the auditor kept the bundle's own checkpoint */
    bool told;       /* INDETERMINATE with a finding is enough: only the witnesses' or
                        the auditor's own note could tell more */
};

struct kind {
    const char *name;
    /* false: this draw changes nothing; try again */
    bool (*make)(struct trial *t, struct change *c);
};
extern const struct kind kinds_of_bytes[];   /* ends with an empty name */
extern const struct kind kinds_of_forgery[]; /* likewise */

/* `withdrawn`: events are withdrawn, readers signed that they deleted them. */
void trial_open(struct trial *t, bool withdrawn);
void trial_close(struct trial *t);
uint64_t trial_below(struct trial *t, uint64_t n); /* seeded; n > 0 */
enum sb_audit_verdict
trial_judge(struct trial *t, const struct change *c, struct sb_audit_facts *facts);
/* The two witnesses' cosignatures on the note, appended to it. */
void trial_cosign(struct trial *t, struct sb_buf *note);

/* The content of a file of the bundle, remembered; and all put back. */
struct sb_bytes trial_touch(struct trial *t, const char *path);
void trial_put(struct trial *t, const char *path, struct sb_bytes content);
void trial_restore(struct trial *t);

#endif
