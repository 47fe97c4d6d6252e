/* One audit of a bundle, whose memory stays until it is freed. Private to this room. */
#ifndef BROKER_AUDIT_AUDIT_BUNDLE_H
#define BROKER_AUDIT_AUDIT_BUNDLE_H

#include "broker/audit/audit_form.h"

SB_CHECK int audit_new(struct sb_audit *a,
                       const char *dir,
                       const struct sb_audit_config *config,
                       struct sb_err *err);
void audit_free(struct sb_audit *a); /* also after audit_new has failed */
SB_CHECK int audit_run_bundle(struct sb_audit *a, struct sb_err *err);

#endif
