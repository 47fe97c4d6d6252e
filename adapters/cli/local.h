/* What the families of this room share: drivers, catalogue, mapping files.
 *
 * The program gives its commands a `struct sb_local_ctx` (sb_cli_ctx). */
#ifndef ADAPTERS_CLI_LOCAL_H
#define ADAPTERS_CLI_LOCAL_H

#include "adapters/engine/driver.h"
#include "broker/cli/grammar.h"
#include "schemas/catalog/catalog.h"

struct sb_local_ctx {
    const struct sb_driver *const *drivers; /* ended by NULL */
};

struct sb_local { /* a mapping with what it needs; all zero frees as well */
    struct sb_catalog *catalog;
    struct sb_mapping *mapping;
    const struct sb_driver *driver;
    const char *database; /* --database, or NULL */
};

/* Loads --catalogue, the mapping file `path` and finds its driver. */
SB_CHECK int sb_local_open(const struct sb_cli *cli,
                           const char *path,
                           struct sb_local *out,
                           struct sb_err *err);
void sb_local_close(struct sb_local *l);
SB_CHECK int
sb_local_catalog(const struct sb_cli *cli, struct sb_catalog **out, struct sb_err *err);
/* true: a sink file; false: a mapping. By its first key. */
SB_CHECK int sb_local_is_sink(const char *path, bool *sink, struct sb_err *err);

extern const struct sb_cli_family sb_cli_mapping;
extern const struct sb_cli_family sb_cli_capture;
extern const struct sb_cli_family sb_cli_quarantine;
extern const struct sb_tr_row sb_quarantine_spanish[];

#define SB_OPTION_DATABASE                                                             \
    {                                                                                  \
        .name = "database", .kind = SB_CLI_FILE, .value = "FILE",                      \
        .summary = "the local database, where the file names none"                     \
    }
#define SB_OPTION_CATALOGUE                                                            \
    {                                                                                  \
        .name = "catalogue", .kind = SB_CLI_FILE, .value = "DIR",                      \
        .summary = "folder of the catalogue (else the installed one)"                  \
    }
#define SB_ROW_LOCAL                                                                   \
    {"the local database, where the file names none",                                  \
     "la base de datos local, si el archivo no nombra una"},                           \
    {                                                                                  \
        "folder of the catalogue (else the installed one)",                            \
            "carpeta del catálogo (si no, el instalado)"                              \
    }

#endif
