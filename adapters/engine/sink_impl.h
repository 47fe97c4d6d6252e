/* The parsed form of a sink; for the sink*.c of this room only. */
#ifndef ADAPTERS_ENGINE_SINK_IMPL_H
#define ADAPTERS_ENGINE_SINK_IMPL_H

#include "adapters/engine/mapping.h"
#include "broker/host/yaml.h"
#include "schemas/catalog/catalog.h"

#define SB_SINK_REASON "calidad_" /* before a field's name: the reason's parameter */

enum sink_operation { SINK_ALTA, SINK_CORRECCION, SINK_ANULACION, SINK_OPERATIONS };
extern const char *const sb_sink_operations[]; /* in that order, ended by NULL */

struct statement {
    struct sb_bytes sql;
    const struct sb_yaml_node *node;
};

struct statements {
    struct statement *all;
    size_t n;
};

struct sink_array {
    const struct sb_field *field; /* of the array */
    struct statements before;
    struct statements each;
};

struct sb_sink {
    struct sb_arena *arena;
    struct sb_yaml *yaml;
    const struct sb_event_type *type;
    struct sb_sink_facts facts;
    struct statements operations[SINK_OPERATIONS];
    struct sink_array *arrays;
    size_t n_arrays;
};

/* sink_names.c: the next :name in SQL from *at on (quotes and comments skipped); false
 * at its end. */
bool sb_sink_next_name(struct sb_bytes sql, size_t *at, struct sb_bytes *name);

/* One value of an object: a parameter of that name, and one for its reason. */
static inline bool sb_sink_is_plain(const struct sb_field *f)
{
    return !f->items && f->n == 0 && !f->reasons;
}

#endif
