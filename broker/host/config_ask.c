/* Purpose: asking a checked configuration.
 * Invariant: asking never fails; a key that no table has is the programmer's mistake.
 */
#include "broker/host/config_tree.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static size_t find_key(const struct sb_config *c, const char *name, size_t n)
{
    size_t i = 0;
    while (c->keys[i].name &&
           (strlen(c->keys[i].name) != n || strncmp(c->keys[i].name, name, n) != 0))
        i++;
    assert(c->keys[i].name && "the key stands in no table");
    return i;
}

/* The value of `path`, and its key. */
static const struct sb_config_value *
find(const struct sb_config *c, const char *path, const struct sb_config_key **key)
{
    const char *dot = strchr(path, '.');
    while (dot) {
        size_t i = find_key(c, path, (size_t)(dot - path));
        assert(c->keys[i].type == SB_CONFIG_SECTION);
        c = c->values[i].sections[0];
        path = dot + 1;
        dot = strchr(path, '.');
    }
    size_t i = find_key(c, path, strlen(path));
    *key = &c->keys[i];
    return &c->values[i];
}

bool sb_config_has(const struct sb_config *c, const char *path)
{
    const struct sb_config_key *key;
    return find(c, path, &key)->node != NULL;
}

const char *sb_config_text(const struct sb_config *c, const char *path)
{
    const struct sb_config_key *key;
    const struct sb_config_value *v = find(c, path, &key);
    assert(key->type == SB_CONFIG_TEXT || key->type == SB_CONFIG_CODE ||
           key->type == SB_CONFIG_PATH || key->type == SB_CONFIG_ADDRESS);
    return v->text;
}

int64_t sb_config_int(const struct sb_config *c, const char *path)
{
    const struct sb_config_key *key;
    const struct sb_config_value *v = find(c, path, &key);
    assert(key->type == SB_CONFIG_INT || key->type == SB_CONFIG_DURATION ||
           key->type == SB_CONFIG_SIZE);
    return v->number;
}

bool sb_config_bool(const struct sb_config *c, const char *path)
{
    const struct sb_config_key *key;
    const struct sb_config_value *v = find(c, path, &key);
    assert(key->type == SB_CONFIG_BOOL);
    return v->number != 0;
}

size_t sb_config_count(const struct sb_config *c, const char *path)
{
    const struct sb_config_key *key;
    const struct sb_config_value *v = find(c, path, &key);
    assert(key->type == SB_CONFIG_TEXTS || key->type == SB_CONFIG_CODES ||
           key->type == SB_CONFIG_PATHS || key->type == SB_CONFIG_SECTIONS);
    return v->count;
}

const char *sb_config_text_at(const struct sb_config *c, const char *path, size_t i)
{
    const struct sb_config_key *key;
    const struct sb_config_value *v = find(c, path, &key);
    assert(v->texts && i < v->count);
    return v->texts[i];
}

const struct sb_config *
sb_config_section_at(const struct sb_config *c, const char *path, size_t i)
{
    const struct sb_config_key *key;
    const struct sb_config_value *v = find(c, path, &key);
    assert(key->type == SB_CONFIG_SECTIONS && i < v->count);
    return v->sections[i];
}

const struct sb_config *sb_config_section(const struct sb_config *c, const char *path)
{
    const struct sb_config_key *key;
    const struct sb_config_value *v = find(c, path, &key);
    assert(key->type == SB_CONFIG_SECTION);
    return v->sections[0];
}

const struct sb_yaml_node *sb_config_node(const struct sb_config *c, const char *path)
{
    const struct sb_config_key *key;
    return find(c, path, &key)->node;
}

int sb_config_fail(const struct sb_config *c,
                   const char *path,
                   int code,
                   struct sb_err *err,
                   const char *fmt,
                   ...)
{
    char text[SB_ERR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const struct sb_yaml_node *node = path ? sb_config_node(c, path) : NULL;
    for (; !node && c; c = c->parent)
        node = c->node;
    if (!node)
        return sb_fail(err, code, "%s", text);
    return sb_yaml_fail(node, code, err, "%s", text);
}
