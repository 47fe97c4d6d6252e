/* A SQLite VFS over the default one for the journal's writer: what is written to the
 * WAL piece by piece, each behind the last, reaches the kernel together. Private to
 * this room. https://www.sqlite.org/vfs.html */
#ifndef BROKER_JOURNAL_GATHER_H
#define BROKER_JOURNAL_GATHER_H

#include "schemas/base/bytes.h"

#define SB_GATHER_VFS "sacbe-gather"

/* Makes it known to SQLite under that name, once for the process. Only for connections
 * with synchronous=FULL: SQLite then syncs the WAL, which writes what is gathered,
 * before it shows a frame of it to other connections. */
SB_CHECK int sb_gather_register(struct sb_err *err);

#endif
