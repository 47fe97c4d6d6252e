/* For cmd_status*.c only. */
#ifndef BROKER_CLI_CMD_STATUS_H
#define BROKER_CLI_CMD_STATUS_H

#include "broker/cli/cmd_admin.h"

extern const struct sb_tr_row sb_status_spanish[];

struct sb_status { /* what a daemon answered, and what is wrong with it */
    const struct sb_cli *cli;
    const struct sb_value *map;
    int64_t now;
    size_t attention;
    enum sb_exit exit; /* for --check: the worst that was found */
};

/* Where the next line of attention goes; `exit`: what it means for a monitor. */
struct sb_out *sb_status_attend(struct sb_status *s, enum sb_exit exit);

/* What needs attention at a broker, and what it tells of itself. */
void sb_status_attend_broker(struct sb_status *s);
void sb_status_broker(const struct sb_status *s);

/* cmd_status_disk.c: the broker's disk, and how far its journal is backed up. */
void sb_status_attend_disk(struct sb_status *s);
void sb_status_disk(const struct sb_status *s);

/* cmd_status_limits.c: use of limits; growth and days left, of any daemon. */
void sb_status_attend_limits(struct sb_status *s);
void sb_status_attend_growth(struct sb_status *s);
void sb_status_limits(const struct sb_status *s);
void sb_status_growth(const struct sb_status *s);

/* What an adapter answered: its connection, streams, sources and readings. */
void sb_status_adapter(const struct sb_cli *cli, const struct sb_value *map);
/* What a witness answered: what it has seen and cosigned. */
void sb_status_witness(const struct sb_status *s);

#endif
