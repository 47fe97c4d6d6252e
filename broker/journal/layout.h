/* The journal's tables and their number (`PRAGMA user_version`). Private to this room.
 *
 * Ciphertexts are rows of `ct` numbered entry * SB_CT_PLACES + place in the list of the
 * batch's classes: appends touch the end of the table only, and no index is needed.
 * A pruned row is empty until it is removed; a row of which events were withdrawn has
 * zeros after its list, and its old length. Tree rows are numbered as tree_rows.h says.
 * `stream` 0: an entry of no stream. */
#ifndef BROKER_JOURNAL_LAYOUT_H
#define BROKER_JOURNAL_LAYOUT_H

#include "broker/journal/db.h"

#define SB_LAYOUT 1
#define SB_LAYOUT_APPLICATION 0x53424a31 /* "SBJ1" */
#define SB_CT_PLACES 4

/* The list `[class, [bin ...]]` of a row of ct, without the zeros after it. What is no
 * list is given back whole. */
struct sb_bytes sb_layout_ct(struct sb_bytes raw);
/* Makes the tables, or upgrades an older layout, in one transaction. SB_E_DB_NEWER, and
 * SB_E_DB_CORRUPT for a database that is no journal. */
SB_CHECK int sb_layout_upgrade(sqlite3 *db, struct sb_err *err);
/* As above without writing: any layout but this one is refused. */
SB_CHECK int sb_layout_check(sqlite3 *db, struct sb_err *err);
/* Whether the file's schema is, letter by letter, what this layout makes. */
SB_CHECK int sb_layout_compare(sqlite3 *db, struct sb_err *err);

#endif
