/* A daemon of the test: answers its admin socket with canned JSON, in a thread. */
#ifndef TEST_UNIT_BROKER_CLI_CMD_DAEMON_H
#define TEST_UNIT_BROKER_CLI_CMD_DAEMON_H

#include "broker/io/admin.h"

struct daemon;

struct daemon_answer {
    const char *verb; /* NULL ends a table; at most 8 */
    const char *json; /* NULL: refused with `code` */
    int code;
};

/* Answers until it is stopped. `folder` gets daemon.yaml, whose path daemon_config
 * gives. */
struct daemon *daemon_start(const struct daemon_answer *answers);
const char *daemon_config(const struct daemon *d);
const char *daemon_folder(const struct daemon *d);
/* The arguments of the last request, apart by '|'. */
const char *daemon_heard(const struct daemon *d);
void daemon_stop(struct daemon *d);

#endif
