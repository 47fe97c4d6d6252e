/* The adapter's configuration file: one table of keys. */
#ifndef ADAPTERS_ENGINE_SETTINGS_H
#define ADAPTERS_ENGINE_SETTINGS_H

#include "broker/host/config.h"
#include "broker/host/log.h"

extern const struct sb_config_key sb_adapter_keys[];

enum sb_log_level sb_adapter_log_level(const struct sb_config *c);

#endif
