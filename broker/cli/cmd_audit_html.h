/* The report of an audit as one HTML page; for cmd_audit_*.c only. */
#ifndef BROKER_CLI_CMD_AUDIT_HTML_H
#define BROKER_CLI_CMD_AUDIT_HTML_H

#include "broker/cli/cmd_audit.h"

struct sb_audit_hashes {      /* what the report is of, and what made it */
    uint8_t program[SB_HASH]; /* SHA-256 of the running file */
    uint8_t x[SB_HASH];       /* of a bundle sb_bundle_hash, of a proof SHA-256 */
    bool has_x;
};

/* Appends the page. The same job gives the same bytes: no clock is read. */
void sb_audit_html(const struct sb_audit_job *job,
                   const struct sb_audit_hashes *hashes,
                   struct sb_buf *out);

#endif
