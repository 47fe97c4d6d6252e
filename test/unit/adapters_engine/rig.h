/* One exchange in one process, without sockets: pnc publishes comun.alerta from a
 * SQLite database by triggers, stcns applies it in another; between them the broker's
 * real core over a journal in memory (test/unit/broker_core/sim.h). Each side can be
 * killed (its memory forgotten) and started again from its files. */
#ifndef TEST_UNIT_ADAPTERS_ENGINE_RIG_H
#define TEST_UNIT_ADAPTERS_ENGINE_RIG_H

#include "adapters/engine/evidence.h"
#include "adapters/engine/feed.h"
#include "adapters/engine/heads.h"
#include "adapters/engine/publish.h"
#include "adapters/engine/receive.h"
#include "adapters/engine/task.h"
#include "adapters/engine/watch.h"
#include "test/unit/adapters_engine/rig_broker.h"

struct sb_catalog;

#define RIG_PNC 1 /* peers */
#define RIG_STCNS 2
#define RIG_PATH 300

struct rig_side {
    struct rig *rig;
    size_t member;
    uint64_t peer;
    uint8_t session[SB_SESSION];
    bool up;   /* its process runs */
    bool here; /* and has a session */
    struct sb_env env;
    struct sb_stream stream; /* pnc */
    struct sb_feed feed;
    struct sb_target target; /* stcns */
    struct sb_receive receive;
    struct sb_evidence evidence;
    struct sb_watch watch;
    struct sb_heads_said heads;
    struct sb_tasks tasks;
    size_t answers; /* of tasks */
    int answer_code;
    struct sb_buf answer; /* packed value */
};

struct rig {
    struct sim *sim;
    struct sb_catalog *catalog;
    struct sb_log *log;
    size_t warnings; /* lines logged by the engine */
    char last_line[2048];
    char dir[RIG_PATH];
    bool witnessing; /* turns ask for proofs, say heads, and alarm */
    struct rig_broker broker;
    struct rig_side pnc;
    struct rig_side stcns;
};

struct rig *rig_new(void);
void rig_free(struct rig *r);
/* Starts a side from its files; kill forgets everything that is not in them. */
void rig_start(struct rig_side *s);
void rig_kill(struct rig_side *s);
/* A session: HELLO to WELCOME. */
void rig_enter(struct rig_side *s);
/* Messages that wait for this side; at most `most`. */
void rig_hear(struct rig_side *s, size_t most);
/* One turn of each side's loop; the broker commits and answers in between. */
void rig_turn(struct rig *r);
/* Turns over `ms` of time, a second each. */
void rig_pass(struct rig *r, uint64_t ms);
/* Turns until nothing moves any more. */
void rig_settle(struct rig *r);
void rig_log(void *ctx, struct sb_bytes line);

/* rig_files.c. A file of the rig's folder, in a static buffer; statements run there. */
char *rig_path(struct rig *r, const char *name);
void rig_write(struct rig *r, const char *name, const char *text);
void rig_run(const char *path, const char *sql);
/* Statements in the institution's own database (another connection). */
void rig_sql(struct rig_side *s, const char *sql);
/* The first column of the first row as text; "" when there is none. Static buffer. */
const char *rig_ask(struct rig_side *s, const char *sql);
const char *rig_state(struct rig_side *s, const char *sql);
/* One alert with one area. */
void rig_insert(struct rig *r, int num, const char *text);

/* A new version of the directory with one more grant; told to the broker. */
void rig_new_grant(struct rig *r, const char *id, const char *const *classes);

#endif
