/* The manual page of a configuration file, from the table that checks it: a page that
 * lacks no key. */
#ifndef BROKER_HOST_MANUAL_H
#define BROKER_HOST_MANUAL_H

#include <stdio.h>

#include "broker/host/config.h"

#define SB_MANUAL_DAY "2026-11-25" /* of pages that are made from tables */
#define SB_MANUAL_DATE "November 25, 2026"

/* mdoc(7) source of PROGRAM.yaml(5). */
void sb_config_manual(const char *program, const struct sb_config_key *keys, FILE *to);

#endif
