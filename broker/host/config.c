/* Purpose: a configuration file checked against a program's tables, as a tree.
 * Invariant: the tree holds only keys of the tables, with values of their types; nested
 * as deeply as the tables, never as the file.
 * Not for: faults that tables cannot say; the program adds those (sb_config_fail). */
#include "broker/host/config_tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static int memory(struct sb_err *err)
{
    return sb_fail(err, SB_E_MEMORY, "out of memory while reading the configuration");
}

static int read_section(struct sb_config_root *root,
                        struct sb_config *section,
                        const char *where,
                        struct sb_err *err);

static size_t key_count(const struct sb_config_key *keys)
{
    size_t n = 0;
    while (keys[n].name)
        n++;
    return n;
}

/* Unknown keys, with the nearest of the table's as a suggestion. */
static int check_names(struct sb_config_root *root,
                       const struct sb_config *section,
                       const char *where,
                       struct sb_err *err)
{
    size_t n = key_count(section->keys);
    const char **names = sb_arena_alloc(root->arena, n + 1, sizeof *names);
    if (!names)
        return memory(err);
    for (size_t i = 0; i < n; i++)
        names[i] = section->keys[i].name;
    return sb_yaml_check_keys(section->node, where, names, err);
}

static int new_section(struct sb_config_root *root,
                       const struct sb_config_key *key,
                       const struct sb_config *parent,
                       const struct sb_yaml_node *node,
                       struct sb_config **out,
                       struct sb_err *err)
{
    struct sb_config *s = sb_arena_alloc(root->arena, 1, sizeof *s);
    if (!s)
        return memory(err);
    *s = (struct sb_config){
        .keys = key->keys, .node = node, .parent = parent, .root = root};
    int rc = read_section(root, s, key->name, err);
    if (rc == 0)
        *out = s;
    return rc;
}

static int read_one_section(struct sb_config_root *root,
                            const struct sb_config_key *key,
                            const struct sb_config *parent,
                            struct sb_config_value *v,
                            struct sb_err *err)
{
    v->sections = sb_arena_alloc(root->arena, 1, sizeof(struct sb_config *));
    if (!v->sections)
        return memory(err);
    v->count = 1;
    return new_section(root, key, parent, v->node, &v->sections[0], err);
}

static int check_count(const struct sb_config_key *key,
                       const struct sb_yaml_node *list,
                       struct sb_err *err)
{
    int64_t n = (int64_t)sb_yaml_count(list);
    bool bounded = key->min != 0 || key->max != 0;
    if (n >= key->min && (!bounded || n <= key->max))
        return 0;
    return sb_yaml_fail(list,
                        SB_E_CONFIG_RANGE,
                        err,
                        "\"%s\" must have from %" PRId64 " to %" PRId64
                        " items, not %" PRId64,
                        key->name,
                        key->min,
                        key->max,
                        n);
}

static int read_sections(struct sb_config_root *root,
                         const struct sb_config_key *key,
                         const struct sb_config *parent,
                         struct sb_config_value *v,
                         struct sb_err *err)
{
    size_t n = sb_yaml_count(v->node);
    v->sections = sb_arena_alloc(root->arena, n + 1, sizeof(struct sb_config *));
    if (!v->sections)
        return memory(err);
    const struct sb_yaml_node *item = sb_yaml_first(v->node);
    for (; item; item = sb_yaml_next(item)) {
        int rc = new_section(root, key, parent, item, &v->sections[v->count], err);
        if (rc != 0)
            return rc;
        v->count++;
    }
    return 0;
}

static int read_texts(struct sb_config_root *root,
                      const struct sb_config_key *key,
                      struct sb_config_value *v,
                      struct sb_err *err)
{
    size_t n = sb_yaml_count(v->node);
    v->texts = sb_arena_alloc(root->arena, n + 1, sizeof *v->texts);
    if (!v->texts)
        return memory(err);
    const struct sb_yaml_node *item = sb_yaml_first(v->node);
    for (; item; item = sb_yaml_next(item)) {
        struct sb_config_value one = {0};
        int rc = sb_yaml_expect(item, SB_YAML_SCALAR, key->name, err);
        if (rc == 0)
            rc = sb_config_convert(root, key, item, sb_yaml_text(item), &one, err);
        if (rc != 0)
            return rc;
        v->texts[v->count++] = one.text;
    }
    return 0;
}

static int read_list(struct sb_config_root *root,
                     const struct sb_config_key *key,
                     const struct sb_config *parent,
                     struct sb_config_value *v,
                     struct sb_err *err)
{
    int rc = sb_yaml_expect(v->node, SB_YAML_LIST, key->name, err);
    if (rc == 0)
        rc = check_count(key, v->node, err);
    if (rc != 0)
        return rc;
    return key->type == SB_CONFIG_SECTIONS ? read_sections(root, key, parent, v, err)
                                           : read_texts(root, key, v, err);
}

static int read_absent(struct sb_config_root *root,
                       const struct sb_config_key *key,
                       const struct sb_config *section,
                       struct sb_config_value *v,
                       struct sb_err *err)
{
    if (key->required && section->node)
        return sb_yaml_fail(section->node,
                            SB_E_CONFIG_MISSING,
                            err,
                            "\"%s\" is missing%s%s%s",
                            key->name,
                            sb_yaml_key(section->node) ? " in \"" : "",
                            sb_yaml_key(section->node) ? sb_yaml_key(section->node)
                                                       : "",
                            sb_yaml_key(section->node) ? "\"" : "");
    if (key->type == SB_CONFIG_SECTION)
        return read_one_section(root, key, section, v, err);
    if (!key->preset)
        return 0;
    return sb_config_convert(root, key, NULL, key->preset, v, err);
}

static int read_value(struct sb_config_root *root,
                      const struct sb_config_key *key,
                      const struct sb_config *section,
                      struct sb_config_value *v,
                      struct sb_err *err)
{
    v->node = sb_yaml_get(section->node, key->name);
    if (!v->node)
        return read_absent(root, key, section, v, err);
    if (key->type == SB_CONFIG_NODE)
        return 0;
    if (sb_yaml_is_null(v->node))
        return sb_yaml_fail(
            v->node, SB_E_CONFIG_TYPE, err, "\"%s\" has no value", key->name);
    switch (key->type) {
    case SB_CONFIG_SECTION:
        return read_one_section(root, key, section, v, err);
    case SB_CONFIG_SECTIONS:
    case SB_CONFIG_TEXTS:
    case SB_CONFIG_CODES:
    case SB_CONFIG_PATHS:
        return read_list(root, key, section, v, err);
    case SB_CONFIG_TEXT:
    case SB_CONFIG_CODE:
    case SB_CONFIG_PATH:
    case SB_CONFIG_INT:
    case SB_CONFIG_BOOL:
    case SB_CONFIG_DURATION:
    case SB_CONFIG_SIZE:
    case SB_CONFIG_ADDRESS:
    case SB_CONFIG_NODE:
        break;
    }
    int rc = sb_yaml_expect(v->node, SB_YAML_SCALAR, key->name, err);
    return rc ? rc
              : sb_config_convert(root, key, v->node, sb_yaml_text(v->node), v, err);
}

/* An absent section (node NULL) gets its defaults; nothing in it is required. */
static int read_section(struct sb_config_root *root,
                        struct sb_config *section,
                        const char *where,
                        struct sb_err *err)
{
    size_t n = key_count(section->keys);
    section->values = sb_arena_alloc(root->arena, n + 1, sizeof *section->values);
    if (!section->values)
        return memory(err);
    int rc = 0;
    if (section->node) {
        rc = sb_yaml_expect(
            section->node, SB_YAML_MAP, where ? where : "configuration", err);
        if (rc == 0)
            rc = check_names(root, section, where, err);
    }
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = read_value(root, &section->keys[i], section, &section->values[i], err);
    return rc;
}

/* The folder of the file, absolute. */
static int set_folder(struct sb_config_root *root, const char *name, struct sb_err *err)
{
    const char *slash = strrchr(name, '/');
    int n = slash ? (int)(slash - name) : 0;
    if (*name == '/') {
        root->folder = sb_arena_str(root->arena, "%.*s", n, name);
    } else {
        char *here = getcwd(NULL, 0);
        if (!here)
            return sb_fail(err, SB_E_IO, "the working folder cannot be named");
        root->folder =
            sb_arena_str(root->arena, "%s%s%.*s", here, n ? "/" : "", n, name);
        free(here);
    }
    return root->folder ? 0 : memory(err);
}

/* Takes `yaml`, also when it fails. */
static int finish(struct sb_config **out,
                  const char *name,
                  struct sb_yaml *yaml,
                  const struct sb_config_key *keys,
                  struct sb_err *err)
{
    struct sb_config_root *root = calloc(1, sizeof *root);
    if (!root) {
        sb_yaml_free(yaml);
        return memory(err);
    }
    root->yaml = yaml;
    root->section =
        (struct sb_config){.keys = keys, .node = sb_yaml_root(yaml), .root = root};
    root->arena = sb_arena_new(0);
    int rc = root->arena ? set_folder(root, name, err) : memory(err);
    if (rc == 0)
        rc = read_section(root, &root->section, NULL, err);
    if (rc == 0)
        *out = &root->section;
    else
        sb_config_free(&root->section);
    return rc;
}

int sb_config_load(struct sb_config **out,
                   const char *path,
                   const struct sb_config_key *keys,
                   struct sb_err *err)
{
    struct sb_yaml *yaml = NULL;
    int rc = sb_yaml_load(&yaml, path, err);
    return rc ? rc : finish(out, path, yaml, keys, err);
}

int sb_config_parse(struct sb_config **out,
                    const char *name,
                    struct sb_bytes text,
                    const struct sb_config_key *keys,
                    struct sb_err *err)
{
    struct sb_yaml *yaml = NULL;
    int rc = sb_yaml_parse(&yaml, name, text, err);
    return rc ? rc : finish(out, name, yaml, keys, err);
}

void sb_config_free(struct sb_config *root)
{
    if (!root)
        return;
    struct sb_config_root *r = root->root;
    sb_yaml_free(r->yaml);
    sb_arena_free(r->arena);
    free(r);
}
