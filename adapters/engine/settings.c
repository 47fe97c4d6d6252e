/* The table of the adapter's keys. */
#include "adapters/engine/settings.h"

#include "broker/host/daemon.h"

static const struct sb_config_key publishes[] = {
    {.name = "mapping",
     .type = SB_CONFIG_PATH,
     .required = true,
     .summary = "a mapping file: local rows to a type of the catalogue"},
    {.name = "partition",
     .type = SB_CONFIG_INT,
     .min = 0,
     .max = INT64_MAX,
     .summary = "a number, where one institution runs several databases of a type"},
    {.name = NULL}};

static const struct sb_config_key subscribes[] = {
    {.name = "sink",
     .type = SB_CONFIG_PATH,
     .required = true,
     .summary = "a sink file: events of a type to local tables"},
    {.name = NULL}};

const struct sb_config_key sb_adapter_keys[] = {
    {.name = "institution",
     .type = SB_CONFIG_CODE,
     .required = true,
     .summary = "the institution's code, as in the directory"},
    SB_DAEMON_KEYS,
    {.name = "state",
     .type = SB_CONFIG_PATH,
     .required = true,
     .summary = "folder of the adapter's own files: outbox, quarantine"},
    {.name = "disk_low",
     .type = SB_CONFIG_SIZE,
     .preset = "32MiB",
     .max = INT64_MAX,
     .summary = "free room below which nothing is captured; 4MiB at least"},
    {.name = "directory",
     .type = SB_CONFIG_PATH,
     .summary = "a directory record that the broker's must agree with"},
    {.name = "broker",
     .type = SB_CONFIG_ADDRESS,
     .summary = "where the broker is, when not at the address of the anchor"},
    {.name = "database",
     .type = SB_CONFIG_PATH,
     .summary = "the local database of mappings that name no file"},
    {.name = "publishes",
     .type = SB_CONFIG_SECTIONS,
     .keys = publishes,
     .summary = "what is published"},
    {.name = "subscribes",
     .type = SB_CONFIG_SECTIONS,
     .keys = subscribes,
     .summary = "what is received"},
    {.name = NULL}};
