/* The parsed form of a mapping; for the mapping*.c and transform*.c of this room only.
 *
 * What a file says is kept with the catalogue's own field, list or crosswalk beside it,
 * so that evaluating a row looks nothing up by name but its columns. */
#ifndef ADAPTERS_ENGINE_MAPPING_IMPL_H
#define ADAPTERS_ENGINE_MAPPING_IMPL_H

#include "adapters/engine/mapping.h"
#include "adapters/engine/mapping_id.h"
#include "adapters/engine/transform.h"
#include "broker/host/yaml.h"
#include "schemas/catalog/catalog.h"

#define SB_RULE_CROSSWALKS 4u
#define SB_PLAIN_ELEMENT "valor" /* how SQL and files call an array's plain element */

enum rule_kind { RULE_FROM, RULE_CONST, RULE_PARTS };

struct missing {
    struct sb_bytes value;  /* compared as text */
    struct sb_bytes reason; /* empty: the column calidad.<field> has it */
    size_t part;            /* of `columns`, with RULE_PARTS */
};

struct rule { /* one entry of `fields` */
    enum rule_kind kind;
    const struct sb_yaml_node *node;
    struct sb_bytes to;
    const struct sb_field *field;
    struct sb_bytes precision; /* RULE_PARTS: its sibling field, or empty */
    struct sb_bytes columns[SB_PARTS];
    size_t n_columns;
    struct missing *missing;
    size_t n_missing;
    const struct sb_crosswalk *crosswalks[SB_RULE_CROSSWALKS];
    size_t n_crosswalks;
    size_t pad;
    enum sb_as as;
    const struct sb_code_list *codes;
    struct sb_value constant;
};

struct shape {        /* what a row becomes: the event, or an array's element */
    const char *name; /* of messages: "event", "personas" */
    const struct sb_yaml_node *node;
    const struct sb_field *field; /* of the object, or of a plain element */
    bool plain;
    struct rule *rules;
    size_t n;
};

struct sb_mapping {
    struct sb_arena *arena;
    struct sb_yaml *yaml;
    const struct sb_catalog *catalog;
    const struct sb_event_type *type;
    struct sb_mapping_facts facts;
    struct shape event;
    struct shape *arrays; /* beside facts.arrays */
};

/* mapping.c: the key "sql" of a map, which has a text. */
SB_CHECK int sb_mapping_parse_sql(const struct sb_yaml_node *map,
                                  const struct sb_yaml_node **out,
                                  struct sb_err *err);

/* mapping_source.c: `source` and `leftover`. */
SB_CHECK int sb_mapping_parse_source(struct sb_mapping *m,
                                     const struct sb_yaml_node *source,
                                     struct sb_err *err);
SB_CHECK int sb_mapping_parse_leftover(struct sb_mapping *m,
                                       const struct sb_yaml_node *list,
                                       struct sb_err *err);
/* A list of column names (NULL gives none), or one name. */
SB_CHECK int sb_mapping_parse_columns(struct sb_arena *arena,
                                      const struct sb_yaml_node *list,
                                      const char *what,
                                      struct sb_columns *out,
                                      struct sb_err *err);

/* mapping_field.c: the list `fields` of a shape (NULL: none). */
SB_CHECK int sb_mapping_parse_fields(struct sb_mapping *m,
                                     const struct sb_yaml_node *list,
                                     struct shape *shape,
                                     struct sb_err *err);

/* mapping_code.c: the values of these keys (NULL: absent). */
SB_CHECK int sb_rule_parse_crosswalk(struct sb_mapping *m,
                                     const struct sb_yaml_node *node,
                                     struct rule *r,
                                     struct sb_err *err);
SB_CHECK int sb_rule_parse_codes(struct sb_mapping *m,
                                 const struct sb_yaml_node *node,
                                 struct rule *r,
                                 struct sb_err *err);
SB_CHECK int
sb_rule_parse_as(const struct sb_yaml_node *node, struct rule *r, struct sb_err *err);
SB_CHECK int sb_rule_parse_const(struct sb_mapping *m,
                                 const struct sb_yaml_node *node,
                                 struct rule *r,
                                 struct sb_err *err);

/* The rule for a field, or NULL. */
const struct rule *sb_shape_rule(const struct shape *s, struct sb_bytes to);
/* The field that a column of that name gives by itself, or NULL. */
const struct sb_field *sb_shape_direct(const struct shape *s, struct sb_bytes column);

/* mapping_object.c */
struct mapper { /* one row being mapped */
    const struct sb_mapping *m;
    struct sb_arena *arena;
    struct sb_map_fault *fault; /* code 0: none yet */
};
/* Builds the object of a row; a fault is kept in w->fault, the first one only.
 * `prefix`: the pointer of the object ("", "/personas/3"). Negative: out of memory. */
SB_CHECK int sb_mapping_object(struct mapper *w,
                               const struct shape *shape,
                               const struct sb_row *row,
                               const char *prefix,
                               struct sb_value *out);
/* The reason in the column calidad.<field>, or empty. */
struct sb_bytes sb_row_reason(const struct sb_row *row, struct sb_bytes field);

struct sb_words { /* names to choose from */
    const struct sb_bytes *all;
    size_t n;
};
static inline struct sb_words sb_words(const struct sb_bytes *all, size_t n)
{
    return (struct sb_words){all, n};
}
/* "file:line: what "word" is not known (did you mean "x"?)"; returns `code`. */
int sb_mapping_refuse_name(const struct sb_yaml_node *node,
                           const char *what,
                           struct sb_bytes word,
                           struct sb_words known,
                           int code,
                           struct sb_err *err);

#endif
