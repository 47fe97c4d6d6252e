/* A folder that is read as it was found. Private to this room.
 *
 * Nobody vouches for it: only regular files are opened, never what blocks or is a link.
 * A file that is missing, or that is no regular file, is `code` with its path. */
#ifndef BROKER_BUNDLE_FOLDER_H
#define BROKER_BUNDLE_FOLDER_H

#include "schemas/base/bytes.h"

SB_CHECK int sb_folder_open(int *out, const char *dir, struct sb_err *err);
/* The caller closes `out`. */
SB_CHECK int sb_folder_file(
    int dir, const char *path, int code, int *out, uint64_t *size, struct sb_err *err);
bool sb_folder_has(int dir, const char *path);
/* Whole, at most `max` bytes, else `code`. The caller frees `out`. */
SB_CHECK int sb_folder_read(int dir,
                            const char *path,
                            int code,
                            size_t max,
                            struct sb_buf *out,
                            struct sb_err *err);
/* The rest of an open file, as above. */
SB_CHECK int sb_folder_rest(int fd,
                            const char *path,
                            int code,
                            size_t max,
                            struct sb_buf *out,
                            struct sb_err *err);
/* Exactly n bytes of an open file; fewer are `code`. */
SB_CHECK int sb_folder_take(
    int fd, const char *path, int code, void *out, size_t n, struct sb_err *err);

#endif
