/* The configuration of sacbe-witness: `sacbe-witness -c FILE`. witness.yaml shows it.
 */
#ifndef BROKER_WATCH_SETTINGS_H
#define BROKER_WATCH_SETTINGS_H

#include "broker/host/config.h"

extern const struct sb_config_key sb_watch_keys[];

#endif
