/* A disk for SQLite that loses power: the default VFS over the real one, on real files,
 * which remembers what was synced and can take back what was not.
 *
 * Every write, truncation, deletion and sync is counted. At the chosen one the code
 * that runs is left for good (siglongjmp): its connections are never closed, as in a
 * process that died. Then vfs_lose gives the files what such a disk may have kept: of
 * the bytes that were not synced none, or any of them, torn at sectors of 512 bytes.
 * One thread, and one process for each loss (fork), because what was left is never
 * freed. Locks are not kept: a process holds them against others only. */
#ifndef TEST_FAULT_POWER_VFS_H
#define TEST_FAULT_POWER_VFS_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

enum vfs_loss {
    VFS_LOSE_NOTHING, /* the process was killed, the disk is well */
    VFS_LOSE_ALL,     /* of what was not synced */
    VFS_LOSE_SOME,    /* whole writes, in any choice */
    VFS_LOSE_TORN,    /* and sectors of them */
};

void vfs_install(void); /* as the default, for all that is opened from now on */
/* All files are durable as they stand. */
void vfs_settle(void);
/* Counts from 1 again; at operation `at` goes back to `back`; 0: never. */
void vfs_power_off_at(uint64_t at, sigjmp_buf *back);
/* Counts from 1 again; operation `at` fails once with `code` (SQLITE_FULL,
 * SQLITE_IOERR_WRITE, ...) and does nothing. */
void vfs_fail_at(uint64_t at, int code);
uint64_t vfs_operations(void); /* counted so far */
bool vfs_failed(void);         /* vfs_fail_at has come to pass */
void vfs_lose(enum vfs_loss how, uint64_t seed);

#endif
