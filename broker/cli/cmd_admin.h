/* Asking a daemon: the one that -c names, through its admin socket. */
#ifndef BROKER_CLI_CMD_ADMIN_H
#define BROKER_CLI_CMD_ADMIN_H

#include "broker/cli/cmd_file.h"
#include "schemas/pack/value.h"

/* The answer lives in `arena`. SB_E_CONFIG_* when the file has no run_dir. */
SB_CHECK int sb_cmd_ask_daemon(struct sb_cli *cli,
                               const char *verb,
                               const struct sb_bytes *args,
                               size_t n_args,
                               struct sb_arena *arena,
                               struct sb_value *out,
                               struct sb_err *err);
struct sb_cmd_request { /* borrowed */
    const char *verb;
    const struct sb_bytes *args;
    size_t n_args;
    int timeout_ms;
};
/* The same with a time to wait of its own. */
SB_CHECK int sb_cmd_ask(struct sb_cli *cli,
                        const struct sb_cmd_request *request,
                        struct sb_arena *arena,
                        struct sb_value *out,
                        struct sb_err *err);
/* As sb_cmd_ask_daemon, the answer's value being of no interest. */
SB_CHECK int sb_cmd_tell_daemon(struct sb_cli *cli,
                                const char *verb,
                                const struct sb_bytes *args,
                                size_t n_args,
                                struct sb_err *err);

/* The path that the daemon's configuration (-c) gives for `key`; a relative one stands
 * beside that file. */
SB_CHECK int sb_cmd_config_path(struct sb_cli *cli,
                                const char *key,
                                char out[SB_PATH_TEXT],
                                struct sb_err *err);

/* The roots that this configuration pins. */
SB_CHECK int
sb_cmd_config_anchor(struct sb_cli *cli, struct sb_anchor *out, struct sb_err *err);

/* Members of a map in an answer; 0, false and empty when they are not there. */
int64_t sb_cmd_int(const struct sb_value *map, const char *key);
bool sb_cmd_true(const struct sb_value *map, const char *key);
struct sb_bytes sb_cmd_text(const struct sb_value *map, const char *key);
/* An array's items. */
const struct sb_value *
sb_cmd_items(const struct sb_value *map, const char *key, size_t *n);
/* "2 h 04", "3 d", "12 s"; from ms. */
void sb_cmd_age(uint64_t ms, char *out, size_t n);

#endif
