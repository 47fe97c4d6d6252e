/* What `journal replay` knows while it reads; for cmd_replay*.c only. */
#ifndef BROKER_CLI_CMD_REPLAY_H
#define BROKER_CLI_CMD_REPLAY_H

#include "broker/cli/cmd_journal.h"
#include "broker/journal/journal.h"
#include "keys/seal.h"
#include "schemas/catalog/catalog.h"

struct sb_replay_stream { /* a stream's epoch in force */
    struct sb_bytes name; /* borrows from the record */
    struct sb_arena *arena;
    uint8_t epoch_hash[SB_HASH];
    struct sb_epoch epoch;
    struct sb_secrets *secrets; /* NULL: nothing that the vault may read */
};

struct sb_replay { /* all zero frees as well */
    struct sb_cli *cli;
    struct sb_anchor anchor;
    struct sb_trust *trust;
    struct sb_vault *vault; /* NULL: headers only */
    struct sb_catalog *catalog;
    struct sb_arena *arena; /* of one entry */
    struct sb_replay_stream *streams;
    size_t n_streams;
    const char *stream; /* what is asked for; NULL: all */
    const char *type;
    uint64_t from;
    uint64_t to;
};

/* A batch whose record, epoch and items fit each other. */
struct sb_replay_batch {
    struct sb_batch batch;
    struct sb_bytes institution;
    struct sb_bytes type;
    const struct sb_replay_stream *stream;
    struct sb_bytes *items;
    size_t n_items;
    struct sb_cts cts;
};

/* One CloudEvents line for item `i`; opens what the secrets allow. */
SB_CHECK int sb_replay_event(struct sb_replay *r,
                             const struct sb_replay_batch *b,
                             size_t i,
                             struct sb_err *err);

#endif
