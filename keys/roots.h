/* The roots for publication (an official gazette, a web page): what an auditor pins.
 *
 *     sacbe roots 1
 *     exchange sns
 *     nonce 8f...                     16 bytes, hex
 *     threshold 2
 *     root 41... Secretaria Tecnica   32 bytes, hex; the holder
 *
 * One line each, roots sorted by key; blank lines and lines that begin with # are
 * passed over. An anchor.json serves as well. */
#ifndef KEYS_ROOTS_H
#define KEYS_ROOTS_H

#include "keys/anchor.h"

void sb_roots_write(const struct sb_anchor *a, struct sb_buf *out);
/* curve_pk, log_pk and address stay empty when it is no anchor.json. SB_E_ROOTS names
 * the line. */
SB_CHECK int sb_roots_read(const char *path, struct sb_anchor *out, struct sb_err *err);

#endif
