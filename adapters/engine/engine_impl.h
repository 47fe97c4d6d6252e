/* What the engine's own files share. Private to engine*.c, verbs*.c and check.c. */
#ifndef ADAPTERS_ENGINE_ENGINE_IMPL_H
#define ADAPTERS_ENGINE_ENGINE_IMPL_H

#include "adapters/engine/engine.h"
#include "adapters/engine/evidence.h"
#include "adapters/engine/feed.h"
#include "adapters/engine/heads.h"
#include "adapters/engine/receive.h"
#include "adapters/engine/task.h"
#include "adapters/engine/watch.h"
#include "broker/host/forecast.h"
#include "broker/client/client.h"
#include "broker/io/admin.h"
#include "broker/io/room.h"

struct sb_engine {
    const struct sb_engine_config *config;
    char institution[SB_CODE_MAX + 1];
    const char *state_dir;
    struct sb_env env;
    struct sb_anchor anchor;
    uint8_t server_pk[SB_PK];
    char address[SB_NAME_MAX + 1];
    struct sb_vault *vault;
    struct sb_catalog *catalog;
    struct sb_client *client;
    struct sb_admin *admin;
    struct sb_stream *streams; /* highest priority first */
    size_t n_streams;
    struct sb_feed *feeds; /* highest priority first */
    size_t n_feeds;
    struct sb_target *targets;
    size_t n_targets;
    struct sb_receive receive;
    struct sb_evidence evidence;
    struct sb_watch watch;
    struct sb_heads_said heads;
    struct sb_tasks tasks;
    uint64_t pinned_version; /* the configured directory; 0: none */
    uint8_t pinned_hash[SB_HASH];
    uint64_t named_version; /* newest directory that the broker named at WELCOME */
    bool here;              /* WELCOME was handled and the session holds */
    bool waits;             /* it waits for the directory of its generation, since: */
    uint64_t waits_mono;
    struct sb_message waiting; /* slices in the arena */
    struct sb_arena *waiting_arena;
    bool stopping; /* asked by signal or verb */
    bool ran;      /* the loop was ready */
    bool low;      /* the state folder's disk is nearly full: nothing is captured */
    struct sb_room *room;
    bool refused;       /* the refusal has been logged */
    uint64_t loaded_ms; /* before the first mapping was read */
    uint64_t started_ms;
    uint64_t minute_mono; /* when the outbox was last pruned */
    uint64_t second_mono;
    uint64_t look_mono; /* at the disk */
    uint64_t reject_mono;
    uint64_t flush_mono;
    struct sb_forecast state_growth;    /* of the outbox and the rest of the state */
    struct sb_forecast database_growth; /* with the change log */
};

/* engine_open.c */
SB_CHECK int sb_engine_load_keys(struct sb_engine *e, struct sb_err *err);
SB_CHECK int sb_engine_load_state(struct sb_engine *e, struct sb_err *err);
SB_CHECK int sb_engine_load_streams(struct sb_engine *e, struct sb_err *err);
SB_CHECK int sb_engine_load_targets(struct sb_engine *e, struct sb_err *err);
SB_CHECK int sb_engine_load_evidence(struct sb_engine *e, struct sb_err *err);
SB_CHECK int sb_engine_connect(struct sb_engine *e, struct sb_err *err);

/* engine_catalogue.c: 0, or SB_E_CATALOGUE_HASH. A directory must be held. */
SB_CHECK int sb_engine_same_catalogue(const struct sb_engine *e, struct sb_err *err);

/* engine_message.c: one message of the broker. */
SB_CHECK int
sb_engine_message(struct sb_engine *e, const struct sb_message *m, struct sb_err *err);
/* engine_service.c: each turn of the loop; on SIGHUP. */
void sb_engine_tell_service(struct sb_engine *e);
void sb_engine_reload(struct sb_engine *e);
/* engine_growth.c: each minute; and what `status` tells of it. */
struct sb_list;
void sb_engine_watch_growth(struct sb_engine *e, uint64_t mono);
SB_CHECK int sb_status_growth_put(struct sb_engine *e,
                                  struct sb_list *l,
                                  struct sb_value *map,
                                  struct sb_err *err);
/* engine_timer.c */
SB_CHECK int sb_engine_timers(struct sb_engine *e, struct sb_err *err);

extern const struct sb_admin_verb sb_engine_verbs[];
/* verbs_status.c */
struct sb_value sb_status_readings(struct sb_engine *e, struct sb_list *l);
/* Own streams that the broker holds back, and for how long: as rows of `lag`. */
void sb_status_held(struct sb_engine *e, struct sb_list *l, struct sb_value *list);
int sb_verb_status(void *ctx,
                   const struct sb_admin_request *request,
                   struct sb_arena *arena,
                   struct sb_value *value,
                   struct sb_err *err);
/* verbs_quarantine.c */
int sb_verb_quarantine_list(void *ctx,
                            const struct sb_admin_request *request,
                            struct sb_arena *arena,
                            struct sb_value *value,
                            struct sb_err *err);
int sb_verb_quarantine_show(void *ctx,
                            const struct sb_admin_request *request,
                            struct sb_arena *arena,
                            struct sb_value *value,
                            struct sb_err *err);
int sb_verb_quarantine_export(void *ctx,
                              const struct sb_admin_request *request,
                              struct sb_arena *arena,
                              struct sb_value *value,
                              struct sb_err *err);
int sb_verb_quarantine_retry(void *ctx,
                             const struct sb_admin_request *request,
                             struct sb_arena *arena,
                             struct sb_value *value,
                             struct sb_err *err);
int sb_verb_quarantine_discard(void *ctx,
                               const struct sb_admin_request *request,
                               struct sb_arena *arena,
                               struct sb_value *value,
                               struct sb_err *err);
/* verbs_event.c */
int sb_verb_event_find(void *ctx,
                       const struct sb_admin_request *request,
                       struct sb_arena *arena,
                       struct sb_value *value,
                       struct sb_err *err);
int sb_verb_event_prove(void *ctx,
                        const struct sb_admin_request *request,
                        struct sb_arena *arena,
                        struct sb_value *value,
                        struct sb_err *err);
int sb_verb_event_withdraw(void *ctx,
                           const struct sb_admin_request *request,
                           struct sb_arena *arena,
                           struct sb_value *value,
                           struct sb_err *err);

#endif
