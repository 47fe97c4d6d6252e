/* The journal's leaf data, and the small signed statements that it keeps: receipts,
 * heads, rejects, and the catalogue's manifest. FORMATS, "Journal". */
#ifndef SCHEMAS_RECORD_ENTRY_H
#define SCHEMAS_RECORD_ENTRY_H

#include "schemas/record/record.h"

struct sb_entry {
    enum sb_kind kind;
    uint64_t stored_ms;
    uint64_t directory_version;   /* in force; a directory entry: its own */
    uint8_t record_hash[SB_HASH]; /* SHA-256 of the whole record */
};

void sb_entry_write(const struct sb_entry *entry, struct sb_buf *out);
SB_CHECK int
sb_entry_read(struct sb_bytes leaf_data, struct sb_entry *out, struct sb_err *err);

struct sb_head { /* where a stream stands */
    struct sb_bytes stream;
    uint64_t seq;
    uint8_t batch_hash[SB_HASH];
};

struct sb_heads { /* of a receipt too; sorted by stream */
    struct sb_head *items;
    size_t n;
};

struct sb_receipt {
    struct sb_bytes reader;
    struct sb_bytes subscription;
    struct sb_heads heads;
    uint64_t tree_size;
    uint8_t root[SB_HASH];
    uint64_t time; /* ms */
};

void sb_receipt_write(const struct sb_receipt *receipt, struct sb_buf *out);
SB_CHECK int sb_receipt_read(struct sb_bytes body,
                             struct sb_arena *arena,
                             struct sb_receipt *out,
                             struct sb_err *err);

/* ["sacbe/heads/1", institution, heads, time] */
void sb_heads_write(struct sb_bytes institution,
                    const struct sb_heads *heads,
                    uint64_t time,
                    struct sb_buf *out);
SB_CHECK int sb_heads_read(struct sb_bytes body,
                           struct sb_arena *arena,
                           struct sb_bytes *institution,
                           struct sb_heads *heads,
                           uint64_t *time, /* ms */
                           struct sb_err *err);

/* ["sacbe/reject/1", reader, stream, seq, code, pointer, time]: a reader could not use
 * an event. `code` is a number of code.h, `pointer` a JSON pointer: never a value. */
struct sb_reject {
    struct sb_bytes reader;
    struct sb_bytes stream;
    uint64_t seq;
    uint64_t code;
    struct sb_bytes pointer;
    uint64_t time;
};

void sb_reject_write(const struct sb_reject *reject, struct sb_buf *out);
SB_CHECK int
sb_reject_read(struct sb_bytes body, struct sb_reject *out, struct sb_err *err);

/* ["sacbe/catalog/1", edition, [[path, hash, content] ...]]: the catalogue itself,
 * journaled with its files; `hash` is h("sacbe/file/1", content). The manifest whose
 * hash a directory names is the same without the contents (["sacbe/manifest/1",
 * edition,
 * [[path, hash] ...]]). */
struct sb_manifest_file {
    struct sb_bytes path;
    uint8_t hash[SB_HASH];
    struct sb_bytes content;
};

struct sb_manifest {
    struct sb_bytes edition;
    struct sb_manifest_file *files; /* sorted by path */
    size_t n_files;
};

void sb_manifest_write(const struct sb_manifest *m, bool contents, struct sb_buf *out);
SB_CHECK int sb_catalogue_read(struct sb_bytes body,
                               struct sb_arena *arena,
                               struct sb_manifest *out,
                               struct sb_err *err);

#endif
