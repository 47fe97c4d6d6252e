/* Purpose: the program `sacbe`: every command family and driver in one table.
 * Not for: the commands; broker/cli and this room have one file each. */
#include <stdio.h>
#include <stdlib.h>

#include "adapters/cli/journal.h"
#include "adapters/cli/local.h"
#include "adapters/csv/csv.h"
#include "adapters/sqlite/sqlite.h"
#include "broker/cli/families.h"
#include "keys/hash.h"

static const struct sb_driver *const drivers[] = {
    &sb_sqlite_driver, &sb_csv_driver, NULL};

static int run(int argc, char **argv)
{
    struct sb_local_ctx ctx = {.drivers = drivers};
    struct sb_journal_family journal;
    const struct sb_cli_family *const families[] = {&sb_cli_init,
                                                    &sb_cli_join,
                                                    &sb_cli_status,
                                                    &sb_cli_lag,
                                                    &sb_cli_metrics,
                                                    &sb_cli_tail,
                                                    &sb_cli_identity,
                                                    &sb_cli_card,
                                                    &sb_cli_directory,
                                                    &sb_cli_member,
                                                    &sb_cli_grant,
                                                    &sb_cli_catalog,
                                                    &sb_cli_mapping,
                                                    &sb_cli_capture,
                                                    &sb_cli_stream,
                                                    &sb_cli_quarantine,
                                                    sb_journal_family(&journal),
                                                    &sb_cli_audit,
                                                    &sb_cli_event,
                                                    NULL};
    return sb_cli_main(argc, argv, families, &ctx);
}

int main(int argc, char **argv)
{
    struct sb_err err = {0};
    if (sb_keys_init(&err) != 0) {
        fprintf(stderr, "sacbe: %s\n", err.text);
        return EXIT_FAILURE;
    }
    return run(argc, argv);
}
