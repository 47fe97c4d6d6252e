/* A YAML file's tree as it stands in memory: filled by yaml_build.c, read by yaml.c. */
#ifndef BROKER_HOST_YAML_FORM_H
#define BROKER_HOST_YAML_FORM_H

#include "broker/host/yaml.h"

struct sb_yaml_node {
    const struct sb_yaml *doc;
    enum sb_yaml_kind kind;
    unsigned line;
    bool plain;
    const char *text;
    const char *key; /* in a map */
    size_t count;
    struct sb_yaml_node *first;
    struct sb_yaml_node *last;
    struct sb_yaml_node *next;
};

struct sb_yaml {
    char *name;
    struct sb_arena *arena;
    struct sb_yaml_node *root;
};

/* Fills the document, which has a name and an arena. On failure its tree is not whole.
 */
SB_CHECK int
sb_yaml_build(struct sb_yaml *doc, struct sb_bytes text, struct sb_err *err);

#endif
