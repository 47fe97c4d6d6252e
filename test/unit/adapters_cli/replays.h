/* What the tests of `journal replay --into` and `--onto` share: the scene of
 * test/unit/broker_audit as a bundle in a folder, with its catalogue as files, igm's
 * vault, a sink and a database with its table. Every step asserts. */
#ifndef TEST_UNIT_ADAPTERS_CLI_REPLAYS_H
#define TEST_UNIT_ADAPTERS_CLI_REPLAYS_H

#include "test/unit/broker_audit/scene.h"
#include "test/unit/broker_cli_cmd/said.h"

struct replays {
    struct scene *w;
    struct said said; /* of the last command */
};

int replays_setup(void **state);
int replays_teardown(void **state);
/* The bundle as the scene stands now. */
void replays_bundle(struct replays *r);
/* A file of the folder; a path in the scene's arena. */
const char *replays_at(const struct replays *r, const char *name);
void replays_write(const struct replays *r, const char *name, const char *text);
/* Statements in a database of the folder, which is made. */
void replays_sql(const struct replays *r, const char *name, const char *sql);
/* The only number that a query answers. */
int replays_ask(const struct replays *r, const char *name, const char *sql);
/* `journal replay` of the bundle by igm with these options; "~" is the folder. */
void replays_go(struct replays *r, const char *options);
/* The same, into the database copy.db by the sink sink.yaml. */
void replays_into(struct replays *r, const char *options);
/* The exit status, and a part of what was said, as text or error. */
void replays_said(const struct replays *r, int status, const char *part);
/* No value of an event was told. */
void replays_is_silent(const struct replays *r);

#endif
