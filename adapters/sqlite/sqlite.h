/* The driver "sqlite": source by triggers and a change log, and sink. */
#ifndef ADAPTERS_SQLITE_SQLITE_H
#define ADAPTERS_SQLITE_SQLITE_H

#include "adapters/engine/driver.h"

extern const struct sb_driver sb_sqlite_driver;

#endif
