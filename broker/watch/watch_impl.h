/* What watch.c, verbs.c and check.c share. Private to broker/watch. */
#ifndef BROKER_WATCH_WATCH_IMPL_H
#define BROKER_WATCH_WATCH_IMPL_H

#include "broker/client/client.h"
#include "broker/io/admin.h"
#include "broker/watch/watch.h"
#include "broker/witness/round.h"

struct sb_watch {
    const struct sb_watch_config *config;
    const char *institution;
    const char *state;
    char address[SB_NAME_MAX + 1];
    uint8_t server_pk[SB_PK];
    struct sb_anchor anchor;
    struct sb_vault *vault;
    struct sb_trust *trust;
    struct sb_witness *witness;
    struct sb_round *round;
    struct sb_client *client;
    struct sb_admin *admin;
    uint64_t started_ms;
    uint64_t named_version; /* newest directory of the broker, as it said */
    uint64_t generation;    /* of the broker's journal, as it said */
    uint64_t welcome_mono;  /* when it said so */
    uint64_t final_size;    /* newest note that was final when it came; 0: none yet */
    uint64_t final_ms;      /* its age runs from here */
    uint64_t cosigned_ms;   /* the last COSIGN with a line was sent; 0: none yet */
    uint64_t alarm_mono;    /* the last alarm */
    struct sb_err refused;  /* what the broker refused last */
    bool here;
    bool told_refusal;
    bool stopping;
};

/* Vault, anchor and trust; the vault must be the institution's. */
SB_CHECK int sb_watch_load_keys(struct sb_watch *w, struct sb_err *err);
void sb_watch_free_keys(struct sb_watch *w);
SB_CHECK int sb_watch_connect(struct sb_watch *w, struct sb_err *err);
/* Whether the newest directory counts a witness key of ours that the vault holds. */
SB_CHECK int
sb_watch_key(const struct sb_watch *w, uint64_t now_ms, struct sb_err *err);
extern const struct sb_admin_verb sb_watch_verbs[];

#endif
