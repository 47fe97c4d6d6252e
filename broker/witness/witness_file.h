/* The files of a witness's folder. Private to broker/witness; witness.h names them. */
#ifndef BROKER_WITNESS_WITNESS_FILE_H
#define BROKER_WITNESS_WITNESS_FILE_H

#include "keys/note.h"

struct sb_witness_dir {  /* what is found when the folder is opened */
    uint64_t generation; /* the newest that a note was seen of; 0: none */
    uint64_t evidence;   /* the highest number in use; 0: none */
};

/* Makes the folder (0700) when it is missing, and looks at its names. */
SB_CHECK int
sb_witness_scan(const char *dir, struct sb_witness_dir *out, struct sb_err *err);
/* The generation in a note's first line; 0: it has none. */
uint64_t sb_witness_generation(struct sb_bytes note);
/* The note seen of a generation; empty when there is none. SB_E_NOTE: what stands there
 * is no note of it. */
SB_CHECK int sb_witness_load(const char *dir,
                             uint64_t generation,
                             struct sb_buf *note,
                             struct sb_err *err);
SB_CHECK int sb_witness_save(const char *dir,
                             uint64_t generation,
                             struct sb_bytes note,
                             struct sb_err *err);
/* Both notes and why, durable, as evidence number `n`. */
SB_CHECK int sb_witness_keep(const char *dir,
                             uint64_t n,
                             struct sb_bytes a,
                             struct sb_bytes b,
                             const char *why,
                             struct sb_err *err);
/* Evidence `n`: its generation (0: not told) and why. Missing parts are no error: a
 * crash between two files leaves the first, which is evidence as well. */
SB_CHECK int sb_witness_evidence(const char *dir,
                                 uint64_t n,
                                 uint64_t *generation,
                                 struct sb_err *why,
                                 struct sb_err *err);

#endif
