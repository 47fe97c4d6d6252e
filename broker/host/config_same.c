/* Purpose: whether a value stands in two configurations of one program alike.
 * Invariant: defaults count as if they were written; nested as deeply as the tables.
 * Not: what a difference means; the program knows (service.h). */
#include "broker/host/config_tree.h"

#include <assert.h>

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_section(const struct sb_config *a, const struct sb_config *b);

static bool same_value(const struct sb_config_key *key,
                       const struct sb_config_value *a,
                       const struct sb_config_value *b)
{
    if (key->type == SB_CONFIG_NODE)
        return !a->node && !b->node; /* only its program could compare it */
    if (a->count != b->count || a->number != b->number || !same_text(a->text, b->text))
        return false;
    for (size_t i = 0; a->texts && i < a->count; i++)
        if (!same_text(a->texts[i], b->texts[i]))
            return false;
    for (size_t i = 0; a->sections && i < a->count; i++)
        if (!same_section(a->sections[i], b->sections[i]))
            return false;
    return true;
}

static bool same_section(const struct sb_config *a, const struct sb_config *b)
{
    if (!a->node != !b->node)
        return false;
    for (size_t i = 0; a->keys[i].name; i++)
        if (!same_value(&a->keys[i], &a->values[i], &b->values[i]))
            return false;
    return true;
}

bool sb_config_same(const struct sb_config *a,
                    const struct sb_config *b,
                    const char *name)
{
    assert(a->keys == b->keys);
    size_t i = 0;
    while (a->keys[i].name && strcmp(a->keys[i].name, name) != 0)
        i++;
    assert(a->keys[i].name && "the key stands in no table");
    return same_value(&a->keys[i], &a->values[i], &b->values[i]);
}
