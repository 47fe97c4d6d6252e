/* What replay knows while it reads; for replay*.c only. */
#ifndef BROKER_CLI_REPLAY_IMPL_H
#define BROKER_CLI_REPLAY_IMPL_H

#include "broker/cli/replay.h"
#include "broker/core/payload.h"
#include "keys/seal.h"
#include "keys/trust.h"
#include "schemas/record/entry.h"

struct replay_entry { /* slices live during the call */
    uint64_t index;
    struct sb_bytes leaf;
    struct sb_bytes record; /* empty: outside of a bundle's range */
    struct sb_bytes items;
    struct sb_bytes texts; /* ciphertexts payload; may be empty */
};
/* 0 to go on, 1 to stop, or an error. */
typedef int (*replay_entry_fn)(void *ctx,
                               const struct replay_entry *e,
                               struct sb_err *err);
/* Every entry of the journal file or bundle at `path`, from the first. */
SB_CHECK int replay_source(
    const char *path, bool texts, replay_entry_fn fn, void *ctx, struct sb_err *err);

struct replay_stream {    /* a stream's epoch in force */
    struct sb_bytes name; /* borrows from the record in the arena */
    struct sb_arena *arena;
    uint8_t epoch_hash[SB_HASH];
    struct sb_epoch epoch;
    struct sb_secrets *secrets; /* NULL: nothing that the vault may read */
};

struct replay_catalogue {
    uint8_t manifest[SB_HASH]; /* as directories name it; zero: --catalogue */
    struct sb_catalog *catalog;
};

struct replay_schema { /* where a type's schema says it stands; kept for speed */
    const struct sb_event_type *type;
    char *id;
};

struct replay {
    const struct sb_replay_config *config;
    struct sb_trust *trust;
    struct sb_arena *arena; /* of one entry */
    struct replay_stream *streams;
    size_t n_streams;
    struct replay_catalogue *catalogues; /* as they came */
    size_t n_catalogues;
    struct replay_schema *schemas;
    size_t n_schemas;
};

/* A batch whose record, epoch and items fit each other. */
struct replay_batch {
    uint64_t index;
    struct sb_entry leaf;
    struct sb_batch batch;
    uint8_t hash[SB_HASH];
    struct sb_bytes institution;
    struct sb_bytes type;
    const struct replay_stream *stream;
    struct sb_bytes *items;
    size_t n_items;
    struct sb_cts cts;
};

/* Takes a journaled catalogue, or a folder (the only one then). */
SB_CHECK int
replay_take_catalogue(struct replay *r, struct sb_bytes body, struct sb_err *err);
SB_CHECK int
replay_take_folder(struct replay *r, const char *folder, struct sb_err *err);
void replay_catalogues_free(struct replay *r);
/* The type of an event under the directory of its entry; an adapter may still work by
 * an older catalogue. SB_E_UNKNOWN_TYPE, SB_E_NOT_FOUND. */
SB_CHECK int replay_type(struct replay *r,
                         const struct replay_batch *b,
                         uint64_t schema_version,
                         struct sb_replay_event *out,
                         struct sb_err *err);

/* Opens item `i` and gives it to the caller; its answer. */
SB_CHECK int replay_event(struct replay *r,
                          const struct replay_batch *b,
                          size_t i,
                          struct sb_err *err);

#endif
