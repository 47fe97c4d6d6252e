/* A bundle: the journal as a folder of files that an auditor takes away.
 *
 *     checkpoint                  signed note with its cosignatures; written last
 *     tile/<L>/<N>[.p/<W>]        hashes, C2SP tlog-tiles
 *     tile/entries/<N>[.p/<W>]    leaf data, each after its length (u16, big-endian)
 *     records/<N>[.p/<W>]         per entry: record and items, each after its length
 *     texts/<N>[.p/<W>]           per entry: ciphertexts payload after its length
 *     directories/<version>.sbd   copies, to look at
 *     catalogues/<hash>.sbc       likewise
 *     bundle.json                 what it is: exchange, generation, range
 *     export.json                 only while an export is at work, or was stopped
 *
 * Lengths in records and texts are u32, big-endian. <N>: C2SP's x001/234. A file stands
 * for 256 entries; only the last may be partial. A batch outside [from, to) has an
 * empty record (its leaf and tiles are there): streams can be followed only within. All
 * other kinds are always whole. texts: the payload of PUBLISH; empty for what is no
 * batch, is pruned, or is outside; a withdrawn event's ciphertext is an empty bin.
 * Source: C2SP tlog-tiles. Nothing is judged here: broker/audit. */
#ifndef BROKER_BUNDLE_BUNDLE_H
#define BROKER_BUNDLE_BUNDLE_H

#include "keys/proof.h"
#include "schemas/base/bytes.h"
#include "schemas/base/limits.h"

struct sb_bundle;

struct sb_bundle_info {       /* slices live as long as the bundle */
    struct sb_bytes note;     /* the file `checkpoint` */
    struct sb_bytes exchange; /* of bundle.json, not verified; likewise: */
    uint64_t generation;
    uint64_t size; /* of the tree, as the note's text says */
    uint64_t from; /* batches inside [from, to) have their records */
    uint64_t to;
};

/* SB_E_BUNDLE: what is missing or does not fit, by file. */
SB_CHECK int
sb_bundle_open(struct sb_bundle **out, const char *dir, struct sb_err *err);
void sb_bundle_close(struct sb_bundle *b); /* takes NULL */
const struct sb_bundle_info *sb_bundle_info(const struct sb_bundle *b);
/* An export into this folder was stopped, and no bundle stood there before. */
bool sb_bundle_is_unfinished(const char *dir);

struct sb_bundle_entry { /* slices live during the call */
    uint64_t index;
    struct sb_bytes leaf;
    bool inside;            /* has a record in this bundle: it is not empty */
    struct sb_bytes record; /* empty: outside */
    struct sb_bytes items;
    struct sb_bytes texts;
};
/* 0 to go on, 1 to stop, or an error. */
typedef int (*sb_bundle_fn)(void *ctx,
                            const struct sb_bundle_entry *e,
                            struct sb_err *err);
/* Entries in order, memory for one at a time; `texts` false: without ciphertexts. A
 * file that is cut, too long or missing is SB_E_BUNDLE with its name; all that a file
 * says before the fault was given. Whoever goes on after it starts at the next multiple
 * of SB_TILE_WIDTH. */
SB_CHECK int sb_bundle_each(struct sb_bundle *b,
                            uint64_t from,
                            bool texts,
                            sb_bundle_fn fn,
                            void *ctx,
                            struct sb_err *err);
/* The entry at `index`, copied to the arena. */
SB_CHECK int sb_bundle_entry(struct sb_bundle *b,
                             uint64_t index,
                             struct sb_arena *arena,
                             struct sb_bundle_entry *out,
                             struct sb_err *err);
/* Files that a bundle of this size does not have, links among them; fn gets each path
 * within the folder, and returns 0 to go on, 1 to stop, or an error. Partial files that
 * a larger one has replaced, and whole ones beside the partial one, are not told:
 * nobody reads them. What an export that was stopped left beyond this tree is. */
SB_CHECK int sb_bundle_strangers(struct sb_bundle *b,
                                 int (*fn)(void *ctx, const char *path),
                                 void *ctx,
                                 struct sb_err *err);
/* SHA-256 over path and 00, length (u64, big-endian) and SHA-256 of each file that is
 * read: bundle.json, catalogues, checkpoint, directories (both by name), records,
 * texts, tiles level by level, tile/entries (all by number). Names this very folder in
 * a report. */
SB_CHECK int
sb_bundle_hash(struct sb_bundle *b, uint8_t out[SB_HASH], struct sb_err *err);

#endif
