/* What each code means and what to do about it, in each language. */
#ifndef BROKER_CLI_EXPLAIN_H
#define BROKER_CLI_EXPLAIN_H

#include "broker/cli/tr.h"

struct sb_explain {
    int number;         /* 509 */
    const char *title;  /* a few words, capital first, no full stop */
    const char *means;  /* one or two sentences */
    const char *action; /* what to do, in the imperative */
};

/* The text of a negative code; NULL when there is none. */
const struct sb_explain *sb_explain_find(enum sb_lang lang, int code);

/* Code of "SB-509", "sb-509", "509" or "gap"; SB_OK when it is none. */
int sb_explain_parse(const char *text);

#endif
