/* What a checked configuration is made of; for config*.c only. */
#ifndef BROKER_HOST_CONFIG_TREE_H
#define BROKER_HOST_CONFIG_TREE_H

#include "broker/host/config.h"

struct sb_config_value {
    const struct sb_yaml_node *node; /* NULL: not written */
    const char *text;
    int64_t number;
    const char **texts;
    struct sb_config **sections; /* of SECTION: one */
    size_t count;                /* of texts or sections */
};

struct sb_config {
    const struct sb_config_key *keys;
    const struct sb_yaml_node *node; /* NULL: the section is absent */
    const struct sb_config *parent;
    struct sb_config_value *values; /* one per key */
    struct sb_config_root *root;
};

struct sb_config_root {
    struct sb_config section; /* first: the root's handle */
    struct sb_yaml *yaml;
    struct sb_arena *arena;
    const char *folder; /* where relative paths stand, without a slash at its end */
};

/* `text` as a single value of `key`'s type. `node` is where it stands, for messages;
 * NULL: a preset, whose faults are SB_E_INTERNAL. */
SB_CHECK int sb_config_convert(struct sb_config_root *root,
                               const struct sb_config_key *key,
                               const struct sb_yaml_node *node,
                               const char *text,
                               struct sb_config_value *out,
                               struct sb_err *err);

#endif
