/* The table of the adapter's keys. */
#include "adapters/engine/settings.h"

static const char *const levels[] = {"error", "warning", "info", "debug", NULL};

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
    {.name = "run_dir",
     .type = SB_CONFIG_PATH,
     .required = true,
     .summary = "folder of admin.sock"},
    {.name = "state",
     .type = SB_CONFIG_PATH,
     .required = true,
     .summary = "folder of the adapter's own files: outbox, quarantine"},
    {.name = "vault",
     .type = SB_CONFIG_PATH,
     .required = true,
     .summary = "the institution's keys"},
    {.name = "passphrase_file",
     .type = SB_CONFIG_PATH,
     .summary = "opens the vault when it is sealed (0600)"},
    {.name = "anchor",
     .type = SB_CONFIG_PATH,
     .required = true,
     .summary = "anchor.json of the exchange"},
    {.name = "directory",
     .type = SB_CONFIG_PATH,
     .summary = "a directory record that the broker's must agree with"},
    {.name = "broker",
     .type = SB_CONFIG_ADDRESS,
     .summary = "where the broker is, when not at the address of the anchor"},
    {.name = "catalogue_folder",
     .type = SB_CONFIG_PATH,
     .preset = SB_DATADIR "/sns",
     .summary = "the catalogue's files"},
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
    {.name = "log_level",
     .type = SB_CONFIG_TEXT,
     .preset = "info",
     .one_of = levels,
     .summary = "error, warning, info or debug"},
    {.name = NULL}};

enum sb_log_level sb_adapter_log_level(const struct sb_config *c)
{
    enum sb_log_level level = SB_LOG_INFO;
    (void)sb_log_level_parse(sb_config_text(c, "log_level"), &level);
    return level;
}
