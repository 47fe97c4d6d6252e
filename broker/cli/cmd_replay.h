/* `journal replay` on the command line: its options, and replay.h set up from them. */
#ifndef BROKER_CLI_CMD_REPLAY_H
#define BROKER_CLI_CMD_REPLAY_H

#include "broker/cli/cmd_journal.h"
#include "broker/cli/replay.h"

struct sb_cmd_replay { /* all zero ends as well; must not move once begun */
    struct sb_cli *cli;
    char path[SB_PATH_TEXT];
    struct sb_anchor roots;
    struct sb_vault *vault;
    uint64_t printed;               /* events */
    struct sb_replay_config config; /* the caller sets fn and ctx */
};

/* Reads options and argument 0 (else the journal of -c), roots and vault. The command
 * has SB_REPLAY_OPTIONS and SB_CLI_PASSPHRASE. */
SB_CHECK int
sb_cmd_replay_begin(struct sb_cmd_replay *r, struct sb_cli *cli, struct sb_err *err);
void sb_cmd_replay_end(struct sb_cmd_replay *r);

#define SB_REPLAY_OPTIONS                                                              \
    {.name = "vault",                                                                  \
     .kind = SB_CLI_FILE,                                                              \
     .value = "FILE",                                                                  \
     .summary = "the vault of the institution that reads"},                            \
        {.name = "stream",                                                             \
         .kind = SB_CLI_TEXT,                                                          \
         .value = "STREAM",                                                            \
         .summary = "only this stream: institution/type"},                             \
        {.name = "type",                                                               \
         .kind = SB_CLI_TEXT,                                                          \
         .value = "TYPE",                                                              \
         .summary = "only events of this type"},                                       \
        {.name = "institution",                                                        \
         .kind = SB_CLI_TEXT,                                                          \
         .value = "CODE",                                                              \
         .summary = "only streams of this institution"},                               \
        {.name = "from",                                                               \
         .kind = SB_CLI_INT,                                                           \
         .value = "INDEX",                                                             \
         .summary = "the first entry",                                                 \
         .max = INT64_MAX},                                                            \
        {.name = "to",                                                                 \
         .kind = SB_CLI_INT,                                                           \
         .value = "INDEX",                                                             \
         .summary = "the entry before which to stop",                                  \
         .max = INT64_MAX},                                                            \
        {.name = "first",                                                              \
         .kind = SB_CLI_INT,                                                           \
         .value = "SEQ",                                                               \
         .summary = "the first event's number in its stream",                          \
         .max = INT64_MAX},                                                            \
        {.name = "last",                                                               \
         .kind = SB_CLI_INT,                                                           \
         .value = "SEQ",                                                               \
         .summary = "the last event's number in its stream",                           \
         .max = INT64_MAX},                                                            \
        {.name = "since-time",                                                         \
         .kind = SB_CLI_TEXT,                                                          \
         .value = "TIME",                                                              \
         .summary = "only what was stored at this moment or later"},                   \
        {.name = "until-time",                                                         \
         .kind = SB_CLI_TEXT,                                                          \
         .value = "TIME",                                                              \
         .summary = "only what was stored before this moment"},                        \
        {.name = "anchor",                                                             \
         .kind = SB_CLI_FILE,                                                          \
         .value = "FILE",                                                              \
         .summary = "anchor or published roots (else anchor.json beside FILE)"},       \
    {                                                                                  \
        .name = "catalogue", .kind = SB_CLI_FILE, .value = "DIR",                      \
        .summary = "folder of a catalogue, in place of the journal's own"              \
    }

#endif
