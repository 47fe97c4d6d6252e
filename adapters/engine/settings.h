/* The adapter's configuration file: one table of keys. */
#ifndef ADAPTERS_ENGINE_SETTINGS_H
#define ADAPTERS_ENGINE_SETTINGS_H

#include "broker/host/config.h"

extern const struct sb_config_key sb_adapter_keys[];

#endif
