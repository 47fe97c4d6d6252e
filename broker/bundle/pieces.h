/* The files records and texts: byte strings after their lengths (u32, big-endian), one
 * at a time. Private to this room. */
#ifndef BROKER_BUNDLE_PIECES_H
#define BROKER_BUNDLE_PIECES_H

#include <stdio.h>

#include "broker/bundle/tiles_form.h"

struct sb_pieces { /* all zero: closed */
    FILE *file;
    uint64_t left; /* bytes of the file that are not read yet */
    bool more;     /* a whole file in place of a partial one goes on */
    char path[SB_TILE_PATH];
};

/* SB_E_BUNDLE, with the path: missing, cut, too long. */
SB_CHECK int sb_pieces_open(struct sb_pieces *f,
                            int dir,
                            const char *what,
                            uint64_t n,
                            unsigned width,
                            struct sb_err *err);
void sb_pieces_close(struct sb_pieces *f);
/* The next, into `out` (emptied first), at most `max` bytes. */
SB_CHECK int
sb_pieces_next(struct sb_pieces *f, size_t max, struct sb_buf *out, struct sb_err *err);
SB_CHECK int sb_pieces_skip(struct sb_pieces *f, struct sb_err *err);
SB_CHECK int sb_pieces_end(const struct sb_pieces *f, struct sb_err *err);

#endif
