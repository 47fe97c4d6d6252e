/* A tile writer as a part of a larger export. Private to this room. */
#ifndef BROKER_BUNDLE_TILE_WRITER_H
#define BROKER_BUNDLE_TILE_WRITER_H

#include "broker/bundle/tiles_form.h"
#include "broker/bundle/writes.h"

/* As sb_tile_writer_open, through `writes`, which is borrowed. */
SB_CHECK int sb_tile_writer_within(struct sb_tile_writer **out,
                                   struct sb_writes *writes,
                                   uint64_t have,
                                   struct sb_err *err);
/* Adds 256 leaves whose tile stands in the folder already; the size so far is a
 * multiple of 256. */
SB_CHECK int sb_tile_writer_take(struct sb_tile_writer *w,
                                 const struct sb_tile *tile,
                                 struct sb_err *err);
/* As sb_tile_writer_end, without the flush. */
SB_CHECK int sb_tile_writer_partials(struct sb_tile_writer *w,
                                     uint8_t root[SB_HASH],
                                     struct sb_err *err);

#endif
