/* Every error, refusal and finding of Sacbe, in one table.
 *
 * X(NAME, number, "name"): the enumerator is SB_E_NAME with the value -number; a user
 * sees "SB-number" and asks `sacbe explain SB-number`, whose text stands in the message
 * tables of broker/cli (one per language). A number is never used again for another
 * meaning. Hundreds are rooms: 1 general, 2 encoding and records, 3 catalogue and
 * mapping, 4 keys and directory, 5 bus (answers of the broker), 6 journal,
 * 7 adapter, 8 command line. */
#ifndef SCHEMAS_BASE_CODE_H
#define SCHEMAS_BASE_CODE_H

#define SB_CODES(X)                                                                    \
    /* general */                                                                      \
    X(MEMORY, 101, "memory")                                                           \
    X(IO, 102, "io")                                                                   \
    X(DISK_FULL, 103, "disk_full")                                                     \
    X(LIMIT, 104, "limit")                                                             \
    X(ARGUMENT, 105, "argument")                                                       \
    X(STATE, 106, "state")                                                             \
    X(NOT_FOUND, 107, "not_found")                                                     \
    X(EXISTS, 108, "exists")                                                           \
    X(TIMEOUT, 109, "timeout")                                                         \
    X(CLOCK, 110, "clock")                                                             \
    X(INTERNAL, 111, "internal")                                                       \
    X(INTERRUPTED, 112, "interrupted")                                                 \
    X(BUSY, 113, "busy")                                                               \
    X(PERMISSION, 114, "permission")                                                   \
    X(CONFIG_SYNTAX, 120, "config_syntax")                                             \
    X(CONFIG_UNKNOWN_KEY, 121, "config_unknown_key")                                   \
    X(CONFIG_TYPE, 122, "config_type")                                                 \
    X(CONFIG_RANGE, 123, "config_range")                                               \
    X(CONFIG_MISSING, 124, "config_missing")                                           \
    X(CONFIG_DUPLICATE, 125, "config_duplicate")                                       \
    X(DB_NEWER, 130, "database_newer")                                                 \
    X(DB_CORRUPT, 131, "database_corrupt")                                             \
    /* encoding and records */                                                         \
    X(TRUNCATED, 201, "truncated")                                                     \
    X(NOT_CANONICAL, 202, "not_canonical")                                             \
    X(TYPE, 203, "type")                                                               \
    X(TRAILING, 204, "trailing")                                                       \
    X(DEPTH, 205, "depth")                                                             \
    X(UTF8, 206, "utf8")                                                               \
    X(TAG, 207, "tag")                                                                 \
    X(ARITY, 208, "arity")                                                             \
    X(RANGE, 209, "range")                                                             \
    X(UNSORTED, 210, "unsorted")                                                       \
    X(DUPLICATE, 211, "duplicate")                                                     \
    X(CODE_FORM, 212, "code_form")                                                     \
    X(FRAMES, 213, "frames")                                                           \
    /* catalogue and mapping */                                                        \
    X(SCHEMA_KEYWORD, 301, "schema_keyword")                                           \
    X(SCHEMA_VALUE, 302, "schema_value")                                               \
    X(SCHEMA_REF, 303, "schema_ref")                                                   \
    X(SCHEMA_JSON, 304, "schema_json")                                                 \
    X(INVALID, 305, "invalid")                                                         \
    X(UNKNOWN_TYPE, 306, "unknown_type")                                               \
    X(UNKNOWN_CODE, 307, "unknown_code")                                               \
    X(AMBIGUOUS, 308, "ambiguous")                                                     \
    X(CONVERSION, 309, "conversion")                                                   \
    X(SECTION_MISMATCH, 310, "section_mismatch")                                       \
    X(SINK_REFUSED, 311, "sink_refused")                                               \
    X(MAPPING, 312, "mapping")                                                         \
    X(SINK, 313, "sink")                                                               \
    X(CODE_LIST, 314, "code_list")                                                     \
    X(DATE, 315, "date")                                                               \
    X(LEFTOVER, 316, "leftover")                                                       \
    X(DUPLICATE_ID, 317, "duplicate_id")                                               \
    X(PARENT_QUARANTINED, 318, "parent_quarantined")                                   \
    X(NO_MATCH, 319, "no_match")                                                       \
    X(CSV_HEADER, 320, "csv_header")                                                   \
    X(CSV_ENCODING, 321, "csv_encoding")                                               \
    X(CSV_ROW, 322, "csv_row")                                                         \
    X(TOO_LARGE, 323, "too_large")                                                     \
    /* keys and directory */                                                           \
    X(VAULT_MODE, 401, "vault_mode")                                                   \
    X(VAULT_FORM, 402, "vault_form")                                                   \
    X(VAULT_PASSPHRASE, 403, "vault_passphrase")                                       \
    X(NO_KEY, 404, "no_key")                                                           \
    X(BAD_KEY, 405, "bad_key")                                                         \
    X(KEY_REUSED, 406, "key_reused")                                                   \
    X(KEY_EXPIRED, 407, "key_expired")                                                 \
    X(SIGNATURE, 408, "signature")                                                     \
    X(THRESHOLD, 409, "threshold")                                                     \
    X(DIR_VERSION, 410, "directory_version")                                           \
    X(DIR_CHAIN, 411, "directory_chain")                                               \
    X(DIR_EXPIRED, 412, "directory_expired")                                           \
    X(DIR_STALE, 413, "directory_stale")                                               \
    X(EXCHANGE, 414, "exchange")                                                       \
    X(CARD_CHAIN, 415, "card_chain")                                                   \
    X(CHALLENGE, 416, "challenge")                                                     \
    X(GRANT_SIGNATURE, 417, "grant_signature")                                         \
    X(GRANT_FORM, 418, "grant_form")                                                   \
    X(MEMBER, 419, "member")                                                           \
    X(EPOCH_FORM, 420, "epoch_form")                                                   \
    X(NO_SECRET, 421, "no_secret")                                                     \
    X(OPEN_FAILED, 422, "open_failed")                                                 \
    X(EPOCH_READERS, 423, "epoch_readers")                                             \
    X(JOIN, 424, "join")                                                               \
    X(NOTE, 425, "note")                                                               \
    X(ITEMS_ROOT, 426, "items_root")                                                   \
    X(CATALOGUE_HASH, 427, "catalogue_hash")                                           \
    X(NO_GRANT, 428, "no_grant")                                                       \
    /* bus */                                                                          \
    X(MALFORMED, 501, "malformed")                                                     \
    X(WHO, 502, "who")                                                                 \
    X(CURVE_UNKNOWN, 503, "curve_unknown")                                             \
    X(IDENTITY, 504, "identity")                                                       \
    X(PROOF, 505, "proof")                                                             \
    X(FENCED, 506, "fenced")                                                           \
    X(CONFLICT, 507, "conflict")                                                       \
    X(STALE_EPOCH, 508, "stale_epoch")                                                 \
    X(GAP, 509, "gap")                                                                 \
    X(NOT_YOURS, 510, "not_yours")                                                     \
    X(BAD_RECORD, 511, "bad_record")                                                   \
    X(SUSPENDED, 512, "suspended")                                                     \
    X(CURSOR, 513, "cursor")                                                           \
    X(NO_SUBSCRIPTION, 514, "no_subscription")                                         \
    X(EQUIVOCATION, 515, "equivocation")                                               \
    X(VERSION_SKEW, 516, "version_skew")                                               \
    X(STOPPING, 517, "stopping")                                                       \
    X(FOREIGN_CLAIM, 518, "foreign_claim")                                             \
    X(FOREIGN_BATCH, 519, "foreign_batch")                                             \
    X(BEHIND, 520, "behind")                                                           \
    X(NO_CLAIM, 521, "no_claim")                                                       \
    X(OVER_CREDIT, 522, "over_credit")                                                 \
    X(QUOTA, 523, "quota")                                                             \
    X(DISK_LOW, 524, "disk_low")                                                       \
    /* journal */                                                                      \
    X(JOURNAL_ENTRY, 601, "journal_entry")                                             \
    X(JOURNAL_CT, 602, "journal_ciphertext")                                           \
    X(JOURNAL_TREE, 603, "journal_tree")                                               \
    X(JOURNAL_PAGE, 604, "journal_page")                                               \
    X(JOURNAL_ROOT, 605, "journal_root")                                               \
    X(JOURNAL_SHORT, 606, "journal_short")                                             \
    X(JOURNAL_CHECKPOINT, 607, "journal_checkpoint")                                   \
    X(JOURNAL_GENERATION, 608, "journal_generation")                                   \
    X(JOURNAL_LOCKED, 609, "journal_locked")                                           \
    X(JOURNAL_ORDER, 610, "journal_order")                                             \
    X(SPLIT_VIEW, 611, "split_view")                                                   \
    X(CONSISTENCY, 612, "consistency")                                                 \
    X(INCLUSION, 613, "inclusion")                                                     \
    X(QUORUM, 614, "quorum")                                                           \
    X(COSIGNATURE, 615, "cosignature")                                                 \
    X(ABSENT, 616, "absent")                                                           \
    X(TILE, 617, "tile")                                                               \
    X(BUNDLE, 618, "bundle")                                                           \
    X(RETENTION, 619, "retention")                                                     \
    X(UNPROVED, 620, "unproved")                                                       \
    X(WITHHELD, 621, "withheld")                                                       \
    X(RECEIPT, 622, "receipt")                                                         \
    X(ROOTS, 623, "roots")                                                             \
    X(WITHDRAWN, 624, "withdrawn")                                                     \
    X(PROOF_FORM, 625, "proof_form")                                                   \
    X(DISCLOSE, 626, "disclose")                                                       \
    X(PRUNED, 627, "pruned")                                                           \
    X(FORK, 628, "fork")                                                               \
    X(BACKUP, 629, "backup")                                                           \
    /* adapter */                                                                      \
    X(SOURCE, 701, "source")                                                           \
    X(CAPTURE_MISSING, 702, "capture_missing")                                         \
    X(CAPTURE_CHANGED, 703, "capture_changed")                                         \
    X(QUARANTINED, 704, "quarantined")                                                 \
    X(NOT_ENROLLED, 705, "not_enrolled")                                               \
    X(OUTBOX, 706, "outbox")                                                           \
    X(APPLY, 707, "apply")                                                             \
    X(NO_CONNECTION, 708, "no_connection")                                             \
    X(FILE_REFUSED, 709, "file_refused")                                               \
    /* command line */                                                                 \
    X(USAGE, 801, "usage")                                                             \
    X(INPUT, 802, "input")                                                             \
    X(NO_DAEMON, 803, "no_daemon")                                                     \
    X(REMOTE, 804, "remote")

enum sb_code {
    SB_OK = 0,
#define SB_CODE_ENUM(name, number, text) SB_E_##name = -(number),
    SB_CODES(SB_CODE_ENUM)
#undef SB_CODE_ENUM
};

/* Lower-case name of a code ("gap"), or NULL when there is no such code. Static. */
const char *sb_code_name(int code);

/* The code whose number is `number` (e.g. 509), or SB_OK when there is none. */
int sb_code_from_number(long number);

/* The user's form of a code: 509 for SB_E_GAP. */
static inline int sb_code_number(int code)
{
    return -code;
}

#endif
