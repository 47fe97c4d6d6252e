/* Purpose: a YAML file's tree: read, asked, freed.
 * Invariant: a tree is whole or is not given; it is never changed afterwards.
 * Not for: libyaml's events (yaml_build.c), nor meaning. */
#include "broker/host/yaml_form.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/base/limits.h"

static int no_memory(struct sb_err *err)
{
    return sb_fail(err, SB_E_MEMORY, "out of memory while reading YAML");
}

int sb_yaml_parse(struct sb_yaml **out,
                  const char *name,
                  struct sb_bytes text,
                  struct sb_err *err)
{
    if (text.n > SB_CONFIG_FILE_MAX)
        return sb_fail(err, SB_E_LIMIT, "%s: larger than 4 MiB", name);
    struct sb_yaml *doc = calloc(1, sizeof *doc);
    if (!doc)
        return no_memory(err);
    doc->name = strdup(name);
    doc->arena = sb_arena_new(0);
    int rc = doc->name && doc->arena ? sb_yaml_build(doc, text, err) : no_memory(err);
    if (rc == 0)
        *out = doc;
    else
        sb_yaml_free(doc);
    return rc;
}

int sb_yaml_load(struct sb_yaml **out, const char *path, struct sb_err *err)
{
    struct sb_buf text = {0};
    int rc = sb_file_read(path, SB_CONFIG_FILE_MAX, &text, err);
    if (rc == 0)
        rc = sb_yaml_parse(out, path, sb_buf_bytes(&text), err);
    sb_buf_free(&text);
    return rc;
}

void sb_yaml_free(struct sb_yaml *y)
{
    if (!y)
        return;
    sb_arena_free(y->arena);
    free(y->name);
    free(y);
}

const struct sb_yaml_node *sb_yaml_root(const struct sb_yaml *y)
{
    return y->root;
}

enum sb_yaml_kind sb_yaml_kind(const struct sb_yaml_node *n)
{
    return n->kind;
}

unsigned sb_yaml_line(const struct sb_yaml_node *n)
{
    return n->line;
}

const char *sb_yaml_text(const struct sb_yaml_node *n)
{
    return n->text;
}

bool sb_yaml_is_plain(const struct sb_yaml_node *n)
{
    return n->plain;
}

size_t sb_yaml_count(const struct sb_yaml_node *n)
{
    return n->count;
}

const struct sb_yaml_node *sb_yaml_first(const struct sb_yaml_node *n)
{
    return n->first;
}

const struct sb_yaml_node *sb_yaml_next(const struct sb_yaml_node *n)
{
    return n->next;
}

const char *sb_yaml_key(const struct sb_yaml_node *n)
{
    return n->key;
}

const struct sb_yaml_node *sb_yaml_get(const struct sb_yaml_node *n, const char *key)
{
    if (!n || n->kind != SB_YAML_MAP)
        return NULL;
    for (const struct sb_yaml_node *c = n->first; c; c = c->next)
        if (strcmp(c->key, key) == 0)
            return c;
    return NULL;
}

int sb_yaml_fail(
    const struct sb_yaml_node *n, int code, struct sb_err *err, const char *fmt, ...)
{
    char text[SB_ERR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return sb_fail(err, code, "%s:%u: %s", n->doc->name, n->line, text);
}
