/* A folder of CSV files as a source (MAPPING.md, "A CSV folder").
 *
 * in/ (a file arrives by rename), done/, refused/, and NAME.report.json beside each
 * file that was dealt with. It cannot be written to: there is no sink here. */
#ifndef ADAPTERS_CSV_CSV_H
#define ADAPTERS_CSV_CSV_H

#include "adapters/engine/driver.h"

extern const struct sb_driver sb_csv_driver;

#endif
