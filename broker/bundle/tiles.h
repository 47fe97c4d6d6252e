/* Tiles of a Merkle tree as files. Source: C2SP tlog-tiles.
 *
 * A tile of level L holds up to 256 hashes of subtrees of 2^(8 L) leaves. */
#ifndef BROKER_BUNDLE_TILES_H
#define BROKER_BUNDLE_TILES_H

#include "keys/proof.h"

#define SB_TILE_WIDTH 256u
#define SB_TILE_PATH 96u

/* "tile/0/x001/067", with ".p/<width>" when width < 256; level < 0: "entries"; `what`
 * NULL: "tile", else the first part of the path without a level ("records"). */
void sb_tile_path(
    char out[SB_TILE_PATH], const char *what, int level, uint64_t n, unsigned width);

struct sb_tiles; /* a folder's hash tiles, read through a small cache */
/* A full tile serves where a partial one is missing (C2SP allows it). */
SB_CHECK int sb_tiles_open(struct sb_tiles **out,
                           const char *dir,
                           uint64_t size,
                           struct sb_err *err);
void sb_tiles_close(struct sb_tiles *t);
/* For keys/proof.h; ctx is the tiles. What is read is not verified. SB_E_TILE. */
SB_CHECK int sb_tiles_node(void *tiles,
                           unsigned level,
                           uint64_t pos,
                           uint8_t out[SB_HASH],
                           struct sb_err *err);

struct sb_tiles_facts {
    uint64_t tiles;
    uint64_t leaves;
    uint8_t root[SB_HASH]; /* recomputed from level 0 */
};
typedef void (*sb_tiles_fault_fn)(void *ctx,
                                  const char *path,
                                  const struct sb_err *why);
typedef void (*sb_tiles_progress_fn)(void *ctx, uint64_t done, uint64_t total);
/* Reads every tile of a tree of `size` leaves, recomputes each from its children, and
 * compares the root. Each fault (SB_E_TILE: missing, cut, wrong) goes to `fault`, once
 * for a tile; returns 0, or SB_E_TILE when there was one. Where only leaves and root
 * disagree, the last tile of level 0 is named, or "checkpoint" when it has none. After
 * 10,000 faults, or 100 tiles that cannot be read, the rest is not read, and `leaves`
 * says where that was. `out` is filled in either case; `root` stays zero where a tile
 * of level 0 is missing. Memory O(levels). */
SB_CHECK int sb_tiles_verify(const char *dir,
                             uint64_t size,
                             const uint8_t root[SB_HASH],
                             sb_tiles_fault_fn fault,
                             sb_tiles_progress_fn progress,
                             void *ctx,
                             struct sb_tiles_facts *out,
                             struct sb_err *err);

struct sb_tile_writer; /* writes tiles as leaves come; whole files, never half */
/* Goes on with what `dir` holds of a tree of `have` leaves (a size that was written
 * before). */
SB_CHECK int sb_tile_writer_open(struct sb_tile_writer **out,
                                 const char *dir,
                                 uint64_t have,
                                 struct sb_err *err);
SB_CHECK int sb_tile_writer_add(struct sb_tile_writer *w,
                                const uint8_t leaf_hash[SB_HASH],
                                struct sb_err *err);
/* Writes the partial tiles; `root` is of all leaves. */
SB_CHECK int
sb_tile_writer_end(struct sb_tile_writer *w, uint8_t root[SB_HASH], struct sb_err *err);
void sb_tile_writer_close(struct sb_tile_writer *w); /* takes NULL */

#endif
