/* What the writer's files share. Private to this room. */
#ifndef BROKER_JOURNAL_JOURNAL_FORM_H
#define BROKER_JOURNAL_JOURNAL_FORM_H

#include "broker/journal/journal.h"
#include "broker/journal/layout.h"
#include "broker/journal/mover.h"

/* The WAL goes into the file each time that it has this many pages more (16 MiB; twice
 * as many when nobody settles); past the last mark (256 MiB: readers were always
 * in the way) it is also cut. */
#define SB_WAL_MOVE 2048
#define SB_WAL_LATE SB_WAL_MOVE
#define SB_WAL_CUT 32768
/* Left to the writer's own pass, which ends with a WAL that begins anew (2 MiB). */
#define SB_WAL_LITTLE 256
/* Emptied rows that stay before the first one that is not: more than three pages can
 * hold, which is as far as SQLite moves rows when a page gets empty. Rows that have
 * ciphertexts are thus never moved, and leave no copy in a page's free space. */
#define SB_CT_MARGIN 3000
/* A cut that readers prevented is tried again after this time. */
#define SB_CUT_MS 1000

enum sb_journal_sql {
    SB_SQL_BEGIN,
    SB_SQL_COMMIT,
    SB_SQL_ENTRY,
    SB_SQL_LEAF,
    SB_SQL_CT,
    SB_SQL_TREE,
    SB_SQL_STREAM,
    SB_SQL_NEW_STREAM,
    SB_SQL_SET_CLAIM,
    SB_SQL_SET_EPOCH,
    SB_SQL_SET_BATCH,
    SB_SQL_CHECKPOINT,
    SB_SQL_LAST_NOTE,
    SB_SQL_ROOT_AT,
    SB_SQL_SET_NOTE,
    SB_SQL_LAST_SEQ,
    SB_SQL_BATCHES,
    SB_SQL_GET_CT,
    SB_SQL_SET_CT,
    SB_SQL_CHUNK,
    SB_SQL_EMPTY,
    SB_SQL_PRUNE,
    SB_SQL_COUNT,
};

struct sb_journal {
    sqlite3 *db;
    sqlite3_stmt *sql[SB_SQL_COUNT];
    int lock; /* file descriptor that holds the lock */
    const struct sb_vault *vault;
    char origin[SB_ORIGIN];
    uint64_t checkpoint_ms;
    struct sb_tree tree;
    uint64_t stored_ms;
    uint64_t checkpoint_size; /* of the newest persisted checkpoint; 0: none */
    uint64_t checkpoint_mono; /* when it was signed; meaningless unless `signed_one` */
    bool signed_one;          /* since the journal was opened */
    int wal_next;             /* pages at which the WAL is moved next */
    int wal_pages;            /* after the last commit */
    struct sb_mover *mover;   /* NULL until the WAL was first due */
    bool moving;              /* a pass of it is under way, or its end not yet seen */
    int wal_left;             /* pages that its last pass left; INT_MAX: none yet */
    bool cut_due;             /* the WAL may have what was removed */
    uint64_t cut_mono;        /* when it was last tried */
    uint64_t prune_below;     /* ciphertexts of entries below it are to go */
    uint64_t prune_from;      /* rows of ct below it have no ciphertexts any more */
    char *note_path;          /* the second copy of the newest note */
    uint64_t generation;
    struct sb_arena *arena; /* reset for each entry */
    struct sb_err stopped;  /* code 0, or why nothing is written any more */
};

/* 0, or the failure that stopped this journal. */
SB_CHECK int sb_journal_alive(const struct sb_journal *j, struct sb_err *err);
/* Remembers the failure in `err`: nothing is written after it. Returns its code. */
int sb_journal_stop(struct sb_journal *j, const struct sb_err *err);
/* After a transaction failed: when the disk is full it is rolled back, and the same may
 * be tried again (SB_E_DISK_FULL); else nothing is written any more. Gives the
 * failure's code, and the failure in `err`. */
int sb_journal_failed(struct sb_journal *j,
                      const struct sb_err *failure,
                      struct sb_err *err);
/* Commits; moves the WAL into the file when it has long been due. */
SB_CHECK int sb_journal_commit(struct sb_journal *j, struct sb_err *err);
/* Moves the whole WAL into the file and cuts it, so that no removed byte is left in it.
 * Readers may be in the way: it is then still due. */
SB_CHECK int sb_journal_cut(struct sb_journal *j, struct sb_err *err);
/* Streams all leaves: tree, newest time; compares with the last signed checkpoint. */
SB_CHECK int sb_journal_load(struct sb_journal *j, struct sb_err *err);

#endif
