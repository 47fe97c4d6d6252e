/* The admin socket of a daemon: `<run_dir>/admin.sock`, mode 0660, asked by `sacbe`.
 *
 * Request: canonical msgpack array [verb str, argument bin ...]. Reply: array [code
 * uint, text str, value bin]; code 0 is success, else a positive number of code.h with
 * its words; value is a payload in JSON's model (schemas/pack/value.h), empty for none.
 * Any daemon serves it: a table of verbs and one call per turn of its loop. One thread.
 * Who may connect is decided by the socket's mode and its folder, nothing else. */
#ifndef BROKER_IO_ADMIN_H
#define BROKER_IO_ADMIN_H

#include "schemas/base/bytes.h"
#include "schemas/base/limits.h"
#include "schemas/pack/value.h"

#define SB_ADMIN_SOCKET "admin.sock"
#define SB_ADMIN_ARGS 8u                    /* of one request */
#define SB_ADMIN_REQUEST_MAX SB_MESSAGE_MAX /* a directory or catalogue fits */
#define SB_ADMIN_LATER 1                    /* a verb answers by sb_admin_answer */

struct sb_admin;

struct sb_admin_request { /* slices live during the verb's call */
    uint64_t id;          /* for sb_admin_answer; never used again */
    struct sb_bytes verb;
    struct sb_bytes args[SB_ADMIN_ARGS];
    size_t n_args;
};

/* Returns 0 with `value` set (SB_NIL: nothing to say; memory from `arena`),
 * SB_ADMIN_LATER, or an error that the asker is told. */
typedef int (*sb_admin_fn)(void *ctx,
                           const struct sb_admin_request *request,
                           struct sb_arena *arena,
                           struct sb_value *value,
                           struct sb_err *err);

struct sb_admin_verb {
    const char *name; /* NULL ends a table */
    size_t min_args;
    size_t max_args;
    sb_admin_fn run;
};

/* Binds; a dead daemon's socket is replaced, a living one's is SB_E_EXISTS. `verbs` is
 * borrowed while the server lives. */
SB_CHECK int sb_admin_open(struct sb_admin **out,
                           const char *run_dir,
                           const struct sb_admin_verb *verbs,
                           void *ctx,
                           struct sb_err *err);
void sb_admin_close(struct sb_admin *a); /* removes the socket; takes NULL */
/* Readable when sb_admin_step may have work. Edge: call the step before each wait. */
int sb_admin_fd(const struct sb_admin *a);
/* Answers what waits, without blocking. */
SB_CHECK int sb_admin_step(struct sb_admin *a, struct sb_err *err);
/* The answer to a request that said SB_ADMIN_LATER: `refusal` NULL or code 0 is
 * success; `value` NULL: none. An asker that has gone is no error. */
SB_CHECK int sb_admin_answer(struct sb_admin *a,
                             uint64_t id,
                             const struct sb_err *refusal,
                             const struct sb_value *value,
                             struct sb_err *err);

/* Asks the daemon of `run_dir`. The daemon's refusal comes back as its own code and
 * text; SB_E_NO_DAEMON when none listens, SB_E_PERMISSION when the socket is not for
 * this user, SB_E_TIMEOUT when no answer came. `out` and its bytes live in `arena`. */
SB_CHECK int sb_admin_call(const char *run_dir,
                           const char *verb,
                           const struct sb_bytes *args,
                           size_t n_args,
                           int timeout_ms,
                           struct sb_arena *arena,
                           struct sb_value *out,
                           struct sb_err *err);

#endif
