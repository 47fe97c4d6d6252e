/* Purpose: the broker's configuration as `sacbe init` writes it: ready to run.
 */
#include "broker/cli/cmd_init.h"

#include <stdlib.h>

/* Listens on this machine alone where the address says so, else on every
 * interface. */
static void put_listen(const char *address, struct sb_buf *out)
{
    const char *host = address + strlen("tcp://");
    bool local = strncmp(host, "127.", 4) == 0;
    if (local)
        sb_buf_printf(out, "listen: %s\n", address);
    else
        sb_buf_printf(out, "listen: tcp://0.0.0.0%s\n", strrchr(address, ':'));
}

void sb_init_yaml(const struct sb_init *in, struct sb_buf *out)
{
    char *full = realpath(in->catalogue, NULL);
    sb_buf_printf(out,
                  "# Configuration of the broker of %s, made by sacbe init.\n"
                  "# Paths are relative to this file.\n"
                  "run_dir: run\n",
                  in->anchor.exchange);
    put_listen(in->anchor.address, out);
    sb_buf_str(out,
               "journal: journal.db\n"
               "vault: broker.vault\n"
               "anchor: anchor.json\n"
               "directory: directory-1.sbd\n"
               "catalogue: catalogue.sbc\n");
    if (full)
        sb_buf_printf(out, "catalogue_folder: \"%s\"\n", full);
    free(full);
}
