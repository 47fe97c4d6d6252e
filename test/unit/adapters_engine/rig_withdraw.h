/* What the tests of withdrawals share. */
#ifndef TEST_UNIT_ADAPTERS_ENGINE_RIG_WITHDRAW_H
#define TEST_UNIT_ADAPTERS_ENGINE_RIG_WITHDRAW_H

#include "test/unit/adapters_engine/rig.h"

#define RIG_ROWS "SELECT group_concat(id) FROM recibida"

/* Alerts A1 to A3 stored, applied, and in a signed tree. */
struct rig *rig_with_events(void);
/* The task at pnc to its end, which must be good. */
void rig_withdraw(struct rig *r, uint64_t first, uint64_t last, bool keep, bool dry);
/* A number in the answer. */
int64_t rig_number(struct rig *r, const char *key);
/* Durable entries of a kind. */
size_t rig_entries(const struct rig *r, enum sb_kind kind);
/* What the broker's journal does with a withdrawal. */
void rig_empty(struct rig *r, uint64_t first, uint64_t last);
/* How many ciphertexts of the batch that begins at `seq` are empty in pnc's outbox. */
size_t rig_empty_in_outbox(struct rig *r, uint64_t seq);
/* The journal's first batch without its ciphertexts; the index behind it. */
uint64_t rig_prune(struct rig *r);
/* Starts a side that was killed: what the broker had sent meanwhile is nobody's. */
void rig_come_back(struct rig_side *s);
/* Ends pnc's session; the journal is lost, and the next generation opened. */
void rig_lose_journal(struct rig *r);

#endif
