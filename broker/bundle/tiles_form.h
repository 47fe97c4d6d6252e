/* What the files about tiles share. Private to this room. */
#ifndef BROKER_BUNDLE_TILES_FORM_H
#define BROKER_BUNDLE_TILES_FORM_H

#include "broker/bundle/tiles.h"

#define SB_TILE_LEVELS 8u /* of 256^8 leaves */
#define SB_TILE_ENTRIES (-1)

struct sb_tile {
    unsigned width; /* 0: nothing is held */
    uint8_t hashes[SB_TILE_WIDTH][SB_HASH];
};

/* How many hashes of `level` a tree of `size` leaves has. */
static inline uint64_t sb_tile_hashes(uint64_t size, unsigned level)
{
    return level >= SB_TILE_LEVELS ? 0 : size >> (8 * level);
}

/* Width of tile n: 256 when whole, fewer at the tree's edge, 0 beyond it. */
static inline unsigned sb_tile_width(uint64_t size, unsigned level, uint64_t n)
{
    uint64_t hashes = sb_tile_hashes(size, level);
    if (n < hashes / SB_TILE_WIDTH)
        return SB_TILE_WIDTH;
    return n == hashes / SB_TILE_WIDTH ? (unsigned)(hashes % SB_TILE_WIDTH) : 0;
}

/* Opens the file of n with this width; a whole one serves where the partial one is
 * missing. `path` then names what was opened. */
SB_CHECK int sb_tile_file(int dir,
                          const char *what,
                          int level,
                          uint64_t n,
                          unsigned width,
                          int code,
                          char path[SB_TILE_PATH],
                          int *out,
                          uint64_t *size,
                          struct sb_err *err);
/* Reads a tile; SB_E_TILE when missing, cut or too long. */
SB_CHECK int sb_tile_load(int dir,
                          unsigned level,
                          uint64_t n,
                          unsigned width,
                          struct sb_tile *out,
                          struct sb_err *err);
/* Root of the n hashes from `at` on, n a power of two up to 256. */
void sb_tile_root(const struct sb_tile *t, size_t at, size_t n, uint8_t out[SB_HASH]);

/* The edge of a tree: its last tile at each level, of which it is made. */
struct sb_tile_edge {
    struct sb_tile tiles[SB_TILE_LEVELS];
};
void sb_tile_edge_root(const struct sb_tile_edge *e, uint8_t out[SB_HASH]);

#endif
