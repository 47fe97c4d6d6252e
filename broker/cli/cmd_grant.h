/* Grants for commands; for cmd_grant*.c only. */
#ifndef BROKER_CLI_CMD_GRANT_H
#define BROKER_CLI_CMD_GRANT_H

#include "broker/cli/cmd_file.h"
#include "schemas/record/grant.h"

extern const struct sb_tr_row sb_grant_spanish[];

struct sb_grant_view { /* a grant of a directory, decoded */
    struct sb_record record;
    struct sb_grant grant;
};

/* The grants of `d->body`, in its order; *out lives in the arena. */
SB_CHECK int sb_grant_views(const struct sb_cmd_dir *d,
                            struct sb_grant_view **out,
                            struct sb_err *err);
/* Puts `record` into `d->body` after its checks: publisher and reader are
 * active members, one of the publisher's sign keys signed it, the reader's key
 * is on its cards, nobody has its id. `raw` must live as long as the arena. */
SB_CHECK int
sb_grant_add(struct sb_cmd_dir *d, const struct sb_record *record, struct sb_err *err);
/* Takes the grant of that id out; SB_E_NOT_FOUND. */
SB_CHECK int sb_grant_remove(struct sb_cmd_dir *d, const char *id, struct sb_err *err);

/* `grant offer`. */
int sb_grant_run_offer(struct sb_cli *cli, struct sb_err *err);
/* "a,b" into sorted, unique codes; SB_E_USAGE. */
SB_CHECK int sb_grant_classes(const char *text,
                              struct sb_arena *arena,
                              struct sb_codes *out,
                              struct sb_err *err);
/* "interna,publica". */
const char *sb_grant_classes_text(const struct sb_codes *classes,
                                  struct sb_arena *arena);

#endif
