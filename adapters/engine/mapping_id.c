/* Purpose: the id of a mapping: what every batch that it made carries.
 * Invariant: the id is that of the file's bytes; another byte, another id. */
#include "adapters/engine/mapping_id.h"

#include "keys/hash.h"

void sb_mapping_id(struct sb_bytes file, uint8_t id[8])
{
    uint8_t hash[SB_HASH];
    sb_hash(hash, "sacbe/mapping/1", file);
    memcpy(id, hash, 8);
}
