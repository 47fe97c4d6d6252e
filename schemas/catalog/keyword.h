/* Compilers of single keywords; for this room's files only. Each fills `rule` and gives
 * 0, or 1 when the keyword asks for nothing, or a negative code. */
#ifndef SCHEMAS_CATALOG_KEYWORD_H
#define SCHEMAS_CATALOG_KEYWORD_H

#include "schemas/catalog/compile.h"

compile_fn sb_keyword_required;
compile_fn sb_keyword_dependent_required;
compile_fn sb_keyword_dependent_schemas;
compile_fn sb_keyword_object;
compile_fn sb_keyword_schema;
compile_fn sb_keyword_list;
compile_fn sb_keyword_items;
compile_fn sb_keyword_contains;
compile_fn sb_keyword_ref;
compile_fn sb_keyword_if;
/* minContains and maxContains: checked, used by `contains`. */
compile_fn sb_keyword_unused_count;

SB_CHECK int sb_keyword_count(struct build *b,
                              const char *keyword,
                              const struct sb_value *v,
                              uint64_t *out);
SB_CHECK int sb_keyword_regex(struct build *b,
                              const char *keyword,
                              struct sb_bytes pattern,
                              const struct sb_regex **out);

#endif
