/* What the targets of mappings, sinks and rows share: the published catalogue, and a
 * database in memory with the tables that their seeds name. */
#ifndef TEST_FUZZ_LOCAL_H
#define TEST_FUZZ_LOCAL_H

#include "adapters/engine/mapping.h"
#include "schemas/catalog/catalog.h"
#include "test/fuzz/fuzz.h"

/* t (the captured table), p (its persons), and what the example sinks write to. */
extern const char fuzz_mapping_text[]; /* traffic accidents from t and p */

struct sb_catalog *fuzz_catalog(void);
struct sb_db *fuzz_database(void);
/* Adds a file of the source tree. */
void fuzz_seed_file(struct fuzz_seeds *to, const char *name, const char *path);

#endif
