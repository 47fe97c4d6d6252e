/* A command run inside the test: its exit status and what it wrote. */
#ifndef TEST_UNIT_BROKER_CLI_CMD_SAID_H
#define TEST_UNIT_BROKER_CLI_CMD_SAID_H

#include "broker/cli/grammar.h"

struct said {
    int status;
    char out[65536];
    char err[4096];
};

/* `line`: words apart by single blanks, without "sacbe". `input`: standard input; NULL
 * is an empty one. `families` ends by NULL. */
void said_run(struct said *s,
              const struct sb_cli_family *const *families,
              const char *line,
              const char *input);
/* The same, with what the program gives its commands. */
void said_run_with(struct said *s,
                   const struct sb_cli_family *const *families,
                   void *ctx,
                   const char *line,
                   const char *input);
/* The named part stands in the text, or the test fails with both. */
void said_has(const char *text, const char *part);

#endif
