/* Purpose: finds a daemon by its configuration and asks it through its admin
 * socket. Not for: what the answers mean. */
#include "broker/cli/cmd_admin.h"

#include <stdio.h>

#include "broker/cli/cmd_file.h"
#include "broker/host/yaml.h"
#include "broker/io/admin.h"

#define ANSWER_MS 10000

/* `run_dir` of a daemon's configuration; relative ones stand beside the file.
 */
static int run_dir(const char *config, char out[SB_PATH_TEXT], struct sb_err *err)
{
    struct sb_yaml *yaml = NULL;
    const struct sb_yaml_node *node;
    int rc = sb_yaml_load(&yaml, config, err);
    if (rc != 0)
        return rc;
    rc = sb_yaml_need(sb_yaml_root(yaml), "run_dir", SB_YAML_SCALAR, &node, err);
    if (rc == 0) {
        const char *text = sb_yaml_text(node);
        if (text[0] != '/')
            rc = sb_cmd_beside(config, text, out, err);
        else if (snprintf(out, SB_PATH_TEXT, "%s", text) >= SB_PATH_TEXT)
            rc = sb_fail(err, SB_E_LIMIT, "run_dir is too long a path");
    }
    sb_yaml_free(yaml);
    return rc;
}

int sb_cmd_ask_daemon(struct sb_cli *cli,
                      const char *verb,
                      const struct sb_bytes *args,
                      size_t n_args,
                      struct sb_arena *arena,
                      struct sb_value *out,
                      struct sb_err *err)
{
    char folder[SB_PATH_TEXT];
    const char *config;
    int rc = sb_cli_config(cli, &config, err);
    if (rc == 0)
        rc = run_dir(config, folder, err);
    if (rc == 0)
        rc = sb_admin_call(folder, verb, args, n_args, ANSWER_MS, arena, out, err);
    return rc;
}

int sb_cmd_tell_daemon(struct sb_cli *cli,
                       const char *verb,
                       const struct sb_bytes *args,
                       size_t n_args,
                       struct sb_err *err)
{
    struct sb_value ignored;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    int rc = sb_cmd_ask_daemon(cli, verb, args, n_args, arena, &ignored, err);
    sb_arena_free(arena);
    return rc;
}

int64_t sb_cmd_int(const struct sb_value *map, const char *key)
{
    const struct sb_value *v = sb_value_get(map, key);
    return v && v->type == SB_INT ? v->as.i : 0;
}

bool sb_cmd_true(const struct sb_value *map, const char *key)
{
    const struct sb_value *v = sb_value_get(map, key);
    return v && v->type == SB_BOOL && v->as.b;
}

struct sb_bytes sb_cmd_text(const struct sb_value *map, const char *key)
{
    const struct sb_value *v = sb_value_get(map, key);
    return v && v->type == SB_STR ? v->as.s : sb_bytes(NULL, 0);
}

const struct sb_value *
sb_cmd_items(const struct sb_value *map, const char *key, size_t *n)
{
    const struct sb_value *v = sb_value_get(map, key);
    *n = v && v->type == SB_ARRAY ? v->as.a.n : 0;
    return *n ? v->as.a.items : NULL;
}
