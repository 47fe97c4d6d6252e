/* Files that commands read and write: anchors, vaults, records, directories.
 *
 * A directory file is `signed` when the threshold of its roots signed it, else
 * it is a draft. Anchors stand beside the file that needs them unless --anchor
 * names one. */
#ifndef BROKER_CLI_CMD_FILE_H
#define BROKER_CLI_CMD_FILE_H

#include "broker/cli/cmd_options.h"
#include "broker/cli/grammar.h"
#include "keys/trust.h"

#define SB_DAY_MS (24ull * 3600u * 1000u)
#define SB_PATH_TEXT 4096

struct sb_cmd_record { /* a record file; free with sb_cmd_record_free */
    struct sb_buf raw;
    struct sb_record record;
};

/* Reads a file that holds one record whose body bears `tag`. */
SB_CHECK int sb_cmd_record_read(const char *path,
                                const char *tag,
                                struct sb_cmd_record *out,
                                struct sb_err *err);
void sb_cmd_record_free(struct sb_cmd_record *r);

/* SB_E_INPUT for a folder or a device: what is read whole has an end. A terminal and a
 * pipe pass, and so does what is not there: reading it says so. */
SB_CHECK int sb_cmd_ends(const char *path, struct sb_err *err);

/* A new file of mode 0644; SB_E_EXISTS when it is there, unless `replace`. */
SB_CHECK int sb_cmd_write(const char *path,
                          struct sb_bytes content,
                          bool replace,
                          struct sb_err *err);

/* "folder of `path`/`name`"; SB_E_LIMIT when too long. */
SB_CHECK int sb_cmd_beside(const char *path,
                           const char *name,
                           char out[SB_PATH_TEXT],
                           struct sb_err *err);

/* --anchor of the command, else anchor.json beside `path` (NULL: here). */
SB_CHECK int sb_cmd_anchor(const struct sb_cli *cli,
                           const char *path,
                           struct sb_anchor *out,
                           struct sb_err *err);
void sb_cmd_exchange(const struct sb_anchor *anchor, struct sb_exchange *out);

/* Opens a vault, asking for its passphrase only when it has one. */
SB_CHECK int sb_cmd_vault(const struct sb_cli *cli,
                          const char *path,
                          struct sb_vault **out,
                          struct sb_err *err);

struct sb_cmd_dir { /* a directory file; all zero frees as well */
    struct sb_arena *arena;
    struct sb_cmd_record file;
    struct sb_anchor anchor;
    struct sb_exchange exchange;
    struct sb_directory body;
    uint8_t hash[SB_HASH];
    size_t good;            /* valid signatures by its roots */
    bool is_signed;         /* good >= threshold, and the trust took it */
    struct sb_trust *trust; /* holds it when it is signed; else NULL */
};

/* A signed directory is checked whole; of a draft only its form and its
 * exchange. */
SB_CHECK int sb_cmd_dir_open(const struct sb_cli *cli,
                             const char *path,
                             struct sb_cmd_dir *out,
                             struct sb_err *err);
/* As above; SB_E_THRESHOLD for a draft. */
SB_CHECK int sb_cmd_dir_signed(const struct sb_cli *cli,
                               const char *path,
                               struct sb_cmd_dir *out,
                               struct sb_err *err);
void sb_cmd_dir_close(struct sb_cmd_dir *d);
struct sb_dir_member *sb_cmd_member(const struct sb_directory *d, struct sb_bytes code);
/* The newest card of a member. */
SB_CHECK int sb_cmd_card(const struct sb_dir_member *m,
                         struct sb_arena *arena,
                         struct sb_card *out,
                         struct sb_err *err);

/* What `directory` would be as the next draft: a signed one gives version + 1
 * after itself, a draft itself again without its signatures. Written with mode
 * 0644; a dry run writes nothing. */
SB_CHECK int sb_cmd_draft_write(const struct sb_cli *cli,
                                struct sb_cmd_dir *d,
                                const char *path,
                                struct sb_err *err);

/* "2027-12-31" (its first moment, UTC), RFC 3339, or from now on: "30d", "12h".
 */
SB_CHECK int
sb_cmd_when(const char *text, uint64_t now_ms, uint64_t *out, struct sb_err *err);

/* A length of time: "35d", "12h", "30m", "45s", or "0". */
SB_CHECK int sb_cmd_span(const char *text, uint64_t *ms, struct sb_err *err);

/* Base64 on one line, with padding; appends. */
void sb_cmd_base64(struct sb_bytes b, struct sb_buf *out);
/* TEXT, or the content of a file as @FILE: base64 with white space ignored;
 * appends. */
SB_CHECK int
sb_cmd_unbase64(const char *text, size_t max, struct sb_buf *out, struct sb_err *err);
/* 32 bytes as eight groups of eight hex digits, to be read aloud. `out`: 72
 * bytes. */
void sb_cmd_fingerprint(const uint8_t hash[SB_HASH], char out[72]);

#endif
