/* Purpose: `sacbe catalog validate`: one JSON document against a schema or a
 * type. Invariant: exit 0 valid, 1 invalid, 2 when schema or instance cannot be
 * used; the answer never quotes the instance. Not for: payloads on their way;
 * the engine validates those. */
#include "broker/cli/cmd_catalog.h"

#include <stdio.h>
#include <stdlib.h>

#include "schemas/base/limits.h"
#include "schemas/catalog/catalog.h"
#include "schemas/catalog/json.h"

struct job { /* what is validated against what; all zero frees as well */
    struct sb_schema_set *set;
    struct sb_catalog *catalog;
    struct sb_arena *arena;
    struct sb_value instance;
};

/* What cannot be used is unusable input, whatever is wrong with it. */
static int unusable(int rc, struct sb_err *err)
{
    if (rc == 0 || rc == SB_E_USAGE || rc == SB_E_MEMORY)
        return rc;
    enum sb_exit exit = sb_cli_exit(rc);
    if (exit != SB_EXIT_USAGE)
        err->code = SB_E_INPUT;
    return err->code;
}

/* "file://" and the absolute path, percent-encoded; appends. */
static int put_uri(const char *path, struct sb_buf *out, struct sb_err *err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-._~/";
    char *full = realpath(path, NULL);
    if (!full)
        return sb_fail(err, SB_E_IO, "%s cannot be read", path);
    sb_buf_str(out, "file://");
    for (const char *p = full; *p; p++) {
        if (strchr(plain, *p))
            sb_buf_byte(out, (uint8_t)*p);
        else
            sb_buf_printf(out, "%%%02X", (unsigned)(uint8_t)*p);
    }
    free(full);
    return sb_buf_check(out, err);
}

static int add(struct sb_schema_set *set, const char *path, struct sb_err *err)
{
    struct sb_buf text = {0};
    struct sb_buf uri = {0};
    int rc = sb_file_read(path, SB_SCHEMA_FILE_MAX, &text, err);
    if (rc == 0)
        rc = put_uri(path, &uri, err);
    if (rc == 0)
        rc = sb_schema_set_add(set, path, sb_buf_bytes(&uri), sb_buf_bytes(&text), err);
    sb_buf_free(&uri);
    sb_buf_free(&text);
    return rc;
}

static int compile(const struct sb_cli *cli,
                   struct job *job,
                   const char *schema,
                   struct sb_err *err)
{
    struct sb_schema_options options = {.assert_format =
                                            sb_cli_flag(cli, "assert-format")};
    size_t n;
    const char *const *with = sb_cli_values(cli, "with", &n);
    int rc = sb_schema_set_new(&job->set, &options, err);
    if (rc == 0)
        rc = add(job->set, schema, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = add(job->set, with[i], err);
    return rc == 0 ? sb_schema_set_compile(job->set, err) : rc;
}

static int read_instance(struct job *job, const char *path, struct sb_err *err)
{
    struct sb_buf text = {0};
    int rc = sb_file_read(path, SB_SCHEMA_FILE_MAX, &text, err);
    if (rc == 0) {
        rc = sb_json_to_value(sb_buf_bytes(&text), job->arena, &job->instance, err);
        if (rc != 0)
            rc = sb_err_wrap(err, rc, "%s", path);
    }
    sb_buf_free(&text);
    return rc;
}

/* 0 valid, SB_E_INVALID, or a fault. */
static int validate(const struct sb_cli *cli,
                    struct job *job,
                    struct sb_violation *v,
                    struct sb_err *err)
{
    const char *schema = sb_cli_text(cli, "schema");
    const char *type = sb_cli_text(cli, "type");
    const struct sb_event_type *t;
    if (!schema == !type)
        return sb_fail(err, SB_E_USAGE, "give either --schema or --type");
    int rc = schema ? compile(cli, job, schema, err)
                    : sb_catalog_open(cli, &job->catalog, err);
    if (rc == 0)
        rc = read_instance(job, sb_cli_text(cli, "instance"), err);
    if (rc != 0)
        return unusable(rc, err);
    if (schema)
        return sb_schema_validate(
            sb_schema_set_root(job->set, schema), &job->instance, v, err);
    t = sb_catalog_type(job->catalog, sb_bytes_str(type));
    if (!t)
        return sb_fail(err, SB_E_INPUT, "the catalogue has no type %s", type);
    return sb_event_type_validate(t, &job->instance, SB_CLASS_ALL, v, err);
}

static void tell(const struct sb_cli *cli, const struct sb_violation *v, bool valid)
{
    struct sb_out *out = sb_cli_out(cli);
    sb_out_bool(out, "valid", sb_tr(cli, "Valid"), valid);
    if (valid)
        return;
    sb_out_text(out, "pointer", NULL, v->pointer);
    sb_out_text(out,
                NULL,
                sb_tr(cli, "At"),
                v->pointer[0] ? v->pointer : sb_tr(cli, "the whole document"));
    sb_out_text(out, "rule", sb_tr(cli, "Rule"), v->rule);
    sb_out_text(out, "where", sb_tr(cli, "In"), v->where);
    sb_out_text(out, "kind", sb_tr(cli, "Value is a"), v->kind);
    if (v->name.n)
        sb_out_bytes(out, "property", sb_tr(cli, "Property"), v->name);
}

int sb_catalog_run_validate(struct sb_cli *cli, struct sb_err *err)
{
    struct job job = {.arena = sb_arena_new(0)};
    struct sb_violation v = {.pointer = ""};
    int rc = job.arena ? validate(cli, &job, &v, err)
                       : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0 || rc == SB_E_INVALID) {
        tell(cli, &v, rc == 0);
        rc = rc == 0 ? SB_EXIT_YES : SB_EXIT_NO;
    } else {
        rc = unusable(rc, err);
    }
    sb_schema_set_free(job.set);
    sb_catalog_free(job.catalog);
    sb_arena_free(job.arena);
    return rc;
}
