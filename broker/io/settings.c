/* Purpose: the table of the broker's keys, and what the loop wants of them.
 * Invariant: a loaded setting is usable as it stands.
 * Not: keys and files (start.c), rights (broker/host). */
#include "broker/io/settings.h"

#include "broker/host/clock.h"
#include "broker/host/daemon.h"

const struct sb_config_key sb_broker_keys[] = {
    SB_DAEMON_KEYS,
    {.name = "listen",
     .type = SB_CONFIG_ADDRESS,
     .required = true,
     .summary = "where institutions connect, tcp://host:port"},
    {.name = "journal",
     .type = SB_CONFIG_PATH,
     .required = true,
     .summary = "the journal's file"},
    {.name = "directory",
     .type = SB_CONFIG_PATH,
     .required = true,
     .summary = "the directory record that begins a new journal"},
    {.name = "catalogue",
     .type = SB_CONFIG_PATH,
     .summary = "the catalogue record that follows it"},
    {.name = "checkpoint",
     .type = SB_CONFIG_DURATION,
     .preset = "1s",
     .min = 100,
     .max = 60000,
     .summary = "at most one signed checkpoint in this time"},
    {.name = "session",
     .type = SB_CONFIG_DURATION,
     .preset = "20s",
     .min = 16000,
     .max = 600000,
     .summary = "silence after which a session ends"},
    {.name = "reserve",
     .type = SB_CONFIG_SIZE,
     .preset = "64MiB",
     .max = INT64_MAX,
     .summary = "kept beside the journal for a full disk; 0: nothing"},
    {.name = "disk_low",
     .type = SB_CONFIG_SIZE,
     .preset = "128MiB",
     .max = INT64_MAX,
     .summary = "free room below which publishers are held back; 0: never"},
    {.name = NULL}};

void sb_settings_broker(const struct sb_config *c, struct sb_broker_config *out)
{
    *out = (struct sb_broker_config){
        .run_dir = sb_config_text(c, "run_dir"),
        .listen = sb_config_text(c, "listen"),
        .journal = sb_config_text(c, "journal"),
        .anchor = sb_config_text(c, "anchor"),
        .directory = sb_config_text(c, "directory"),
        .catalogue = sb_config_text(c, "catalogue"),
        .checkpoint_ms = (uint64_t)sb_config_int(c, "checkpoint"),
        .session_ms = (uint64_t)sb_config_int(c, "session"),
        .reserve = (uint64_t)sb_config_int(c, "reserve"),
        .low = (uint64_t)sb_config_int(c, "disk_low"),
        .now_ms = sb_clock_now_ms,
        .mono_ms = sb_clock_mono_ms};
}
