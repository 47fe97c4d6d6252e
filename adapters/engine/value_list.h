/* Building the answers of verbs: maps and lists that remember a failure. */
#ifndef ADAPTERS_ENGINE_VALUE_LIST_H
#define ADAPTERS_ENGINE_VALUE_LIST_H

#include "schemas/pack/value.h"

struct sb_list {
    struct sb_arena *arena;
    bool failed; /* out of memory */
};

void sb_list_put(struct sb_list *l,
                 struct sb_value *map,
                 const char *key,
                 struct sb_value v);
void sb_list_text(struct sb_list *l,
                  struct sb_value *map,
                  const char *key,
                  const char *v);
void sb_list_bytes(struct sb_list *l,
                   struct sb_value *map,
                   const char *key,
                   struct sb_bytes v);
void sb_list_count(struct sb_list *l,
                   struct sb_value *map,
                   const char *key,
                   uint64_t v);
void sb_list_truth(struct sb_list *l, struct sb_value *map, const char *key, bool v);
void sb_list_push(struct sb_list *l, struct sb_value *array, struct sb_value v);
/* {command, text}: something that an operator should look at. */
void sb_list_attention(struct sb_list *l,
                       struct sb_value *array,
                       const char *command,
                       const char *fmt,
                       ...) SB_PRINTF(4, 5);
SB_CHECK int sb_list_check(const struct sb_list *l, struct sb_err *err);

#endif
