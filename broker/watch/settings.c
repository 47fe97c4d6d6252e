/* Purpose: the table of the witness's keys.
 * Invariant: a loaded setting is usable as it stands.
 * Not: keys and files (watch.c). */
#include "broker/watch/settings.h"

#include "broker/host/daemon.h"

const struct sb_config_key sb_watch_keys[] = {
    SB_DAEMON_KEYS,
    {.name = "institution",
     .type = SB_CONFIG_CODE,
     .required = true,
     .summary = "the institution's code, as in the directory"},
    {.name = "state",
     .type = SB_CONFIG_PATH,
     .required = true,
     .summary = "folder of what was seen: the newest note, directories, evidence"},
    {.name = "broker",
     .type = SB_CONFIG_ADDRESS,
     .summary = "where the broker is, when not at the address of the anchor"},
    {.name = NULL}};
