/* Purpose: finds a daemon by its configuration and asks it through its admin
 * socket. Not for: what the answers mean. */
#include "broker/cli/cmd_admin.h"

#include <stdio.h>

#include "broker/host/yaml.h"
#include "broker/io/admin.h"

#define ANSWER_MS 10000

int sb_cmd_config_path(struct sb_cli *cli,
                       const char *key,
                       char out[SB_PATH_TEXT],
                       struct sb_err *err)
{
    struct sb_yaml *yaml = NULL;
    const struct sb_yaml_node *node;
    const char *config;
    int rc = sb_cli_config(cli, &config, err);
    if (rc == 0)
        rc = sb_yaml_load(&yaml, config, err);
    if (rc != 0)
        return rc;
    rc = sb_yaml_need(sb_yaml_root(yaml), key, SB_YAML_SCALAR, &node, err);
    if (rc == 0) {
        const char *text = sb_yaml_text(node);
        rc = text[0] == '/' ? sb_cmd_beside("/", text + 1, out, err)
                            : sb_cmd_beside(config, text, out, err);
    }
    sb_yaml_free(yaml);
    return rc;
}

int sb_cmd_config_anchor(struct sb_cli *cli, struct sb_anchor *out, struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    int rc = sb_cmd_config_path(cli, "anchor", path, err);
    return rc ? rc : sb_anchor_read(path, out, err);
}

int sb_cmd_ask(struct sb_cli *cli,
               const struct sb_cmd_request *request,
               struct sb_arena *arena,
               struct sb_value *out,
               struct sb_err *err)
{
    char folder[SB_PATH_TEXT];
    int rc = sb_cmd_config_path(cli, "run_dir", folder, err);
    if (rc == 0)
        rc = sb_admin_call(folder,
                           request->verb,
                           request->args,
                           request->n_args,
                           request->timeout_ms,
                           arena,
                           out,
                           err);
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
    const struct sb_cmd_request request = {
        .verb = verb, .args = args, .n_args = n_args, .timeout_ms = ANSWER_MS};
    return sb_cmd_ask(cli, &request, arena, out, err);
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

void sb_cmd_age(uint64_t ms, char *out, size_t n)
{
    uint64_t s = ms / 1000;
    if (s < 60)
        (void)snprintf(out, n, "%llu s", (unsigned long long)s);
    else if (s < 3600)
        (void)snprintf(out, n, "%llu min", (unsigned long long)(s / 60));
    else if (s < 86400)
        (void)snprintf(out,
                       n,
                       "%llu h %02llu",
                       (unsigned long long)(s / 3600),
                       (unsigned long long)(s / 60 % 60));
    else
        (void)snprintf(out, n, "%llu d", (unsigned long long)(s / 86400));
}
