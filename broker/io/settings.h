/* The broker's configuration file, read and checked. `sacbe-broker -c FILE`.
 *
 *   run_dir            folder of admin.sock
 *   listen             tcp://host:port where institutions connect
 *   journal            the journal's file
 *   vault              the broker's keys; passphrase_file when it is sealed
 *   anchor             anchor.json of the exchange
 *   directory          the directory record that begins a new journal
 *   catalogue          the catalogue record that follows it (may be absent)
 *   catalogue_folder   the catalogue's files: the types' priorities (main_broker.c)
 *   log_level, checkpoint, session
 *   reserve            kept beside the journal for a full disk
 *   disk_low           free room below which publishers are held back */
#ifndef BROKER_IO_SETTINGS_H
#define BROKER_IO_SETTINGS_H

#include "broker/host/config.h"
#include "broker/io/broker.h"

extern const struct sb_config_key sb_broker_keys[];

/* What the loop wants of a checked configuration, borrowing from it: all but vault,
 * log, signals and priorities. */
void sb_settings_broker(const struct sb_config *c, struct sb_broker_config *out);

#endif
