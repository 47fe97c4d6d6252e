/* The vault's file: guarded reading, atomic creation. Private to keys/vault.c. */
#ifndef KEYS_VAULT_FILE_H
#define KEYS_VAULT_FILE_H

#include "schemas/base/bytes.h"
#include "schemas/base/limits.h"

#define SB_VAULT_FILE_MAX (64u * SB_KIB)

/* A buffer in guarded memory that never grows past SB_VAULT_FILE_MAX, so that no copy
 * of a secret stays behind in the heap. `p` is NULL when memory is exhausted. */
struct sb_buf sb_guarded_new(void);
void sb_guarded_free(struct sb_buf *b); /* wipes */

/* Appends the whole file. SB_E_VAULT_MODE unless it is a regular file of ours whose
 * mode gives nothing to group and others. */
SB_CHECK int
sb_vault_file_read(const char *path, struct sb_buf *guarded, struct sb_err *err);
/* After a crash there is the whole file or none (with `replace`: or the old one). */
SB_CHECK int sb_vault_file_write(const char *path,
                                 struct sb_bytes content,
                                 bool replace,
                                 struct sb_err *err);

#endif
