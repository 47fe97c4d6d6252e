/* The id of a mapping file. A header of its own: it needs no catalogue. */
#ifndef ADAPTERS_ENGINE_MAPPING_ID_H
#define ADAPTERS_ENGINE_MAPPING_ID_H

#include "schemas/base/bytes.h"

/* First 8 bytes of h("sacbe/mapping/1", the file's bytes). */
void sb_mapping_id(struct sb_bytes file, uint8_t id[8]);

#endif
