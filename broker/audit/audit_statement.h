/* What institutions and the broker state: receipts, heads, rejects, re-grants, acts,
 * prunes, withdrawals. Private to this room. */
#ifndef BROKER_AUDIT_AUDIT_STATEMENT_H
#define BROKER_AUDIT_AUDIT_STATEMENT_H

#include "broker/audit/audit_form.h"

SB_CHECK int
audit_statement(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err);
SB_CHECK int
audit_receipt(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err);
SB_CHECK int
audit_heads(struct sb_audit *a, const struct audit_entry *e, struct sb_err *err);
/* A sentence under SB_AUDIT_STATEMENTS. */
void audit_statement_fault(struct sb_audit *a, int code, const char *what);
/* After the last entry: who never gave a receipt, who did not say that it deleted. */
void audit_missing(struct sb_audit *a);

#endif
