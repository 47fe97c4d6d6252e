/* What a process wrote, named and did not sync; undone when the power goes. Bounded:
 * what is beyond LOSE_MAX is taken to be durable. Not thread-safe. */
#ifndef TEST_FAULT_FILES_LOSE_H
#define TEST_FAULT_FILES_LOSE_H

void lose_wrote(int fd);
/* The file, or the folder's names; -1: everything. */
void lose_synced(int fd);
/* Before a rename: what stands at `to` is kept in SACBE_FAIL_KEEP. */
void lose_renames(int from_dir, const char *from, int to_dir, const char *to);
void lose_linked(const char *to);
void lose_power(void);

#endif
