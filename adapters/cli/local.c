/* Purpose: mapping files opened for a command, with catalogue and driver.
 * Not for: what commands do with them. */
#include "adapters/cli/local.h"

#include "broker/host/installed.h"
#include "broker/host/yaml.h"

int sb_local_catalog(const struct sb_cli *cli,
                     struct sb_catalog **out,
                     struct sb_err *err)
{
    char found[SB_FOLDER_TEXT];
    const char *given = sb_cli_text(cli, "catalogue");
    return sb_catalog_load(out, sb_installed_catalogue(given, found), err);
}

int sb_local_open(const struct sb_cli *cli,
                  const char *path,
                  struct sb_local *out,
                  struct sb_err *err)
{
    const struct sb_local_ctx *ctx = sb_cli_ctx(cli);
    struct sb_local l = {.database = sb_cli_text(cli, "database")};
    int rc = sb_local_catalog(cli, &l.catalog, err);
    if (rc == 0)
        rc = sb_mapping_load(&l.mapping, path, l.catalog, err);
    if (rc == 0)
        rc = sb_driver_find(
            ctx->drivers, sb_mapping_facts(l.mapping)->driver, &l.driver, err);
    if (rc != 0)
        sb_local_close(&l);
    else
        *out = l;
    return rc;
}

void sb_local_close(struct sb_local *l)
{
    sb_mapping_free(l->mapping);
    sb_catalog_free(l->catalog);
    *l = (struct sb_local){0};
}

int sb_local_is_sink(const char *path, bool *sink, struct sb_err *err)
{
    struct sb_yaml *yaml = NULL;
    int rc = sb_yaml_load(&yaml, path, err);
    if (rc != 0)
        return rc;
    const struct sb_yaml_node *root = sb_yaml_root(yaml);
    *sink = sb_yaml_get(root, "sink") != NULL;
    if (!*sink && !sb_yaml_get(root, "mapping"))
        rc = sb_yaml_fail(root,
                          SB_E_CONFIG_MISSING,
                          err,
                          "this is neither a mapping (\"mapping: 1\") nor a sink "
                          "(\"sink: 1\")");
    sb_yaml_free(yaml);
    return rc;
}
