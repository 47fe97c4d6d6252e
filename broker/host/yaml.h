/* A YAML file as a tree of nodes, each with its line: for mappings, sinks and (below
 * config.h) the daemons' configuration.
 *
 * Stricter than YAML: one document; no anchors, aliases, tags or merge keys; keys are
 * scalars and stand once; depth and counts are bounded. Nodes are borrowed until
 * their document is freed. Messages read `file:line: what (what to do)`. */
#ifndef BROKER_HOST_YAML_H
#define BROKER_HOST_YAML_H

#include "schemas/base/bytes.h"

#define SB_YAML_ENTRIES_MAX 1024u /* keys of one map */
#define SB_YAML_NODES_MAX 262144u /* values of one file */

enum sb_yaml_kind { SB_YAML_SCALAR, SB_YAML_MAP, SB_YAML_LIST };

struct sb_yaml;
struct sb_yaml_node;

/* Reads at most SB_CONFIG_FILE_MAX bytes. `name` is what messages call the text. */
SB_CHECK int sb_yaml_load(struct sb_yaml **out, const char *path, struct sb_err *err);
SB_CHECK int sb_yaml_parse(struct sb_yaml **out,
                           const char *name,
                           struct sb_bytes text,
                           struct sb_err *err);
void sb_yaml_free(struct sb_yaml *y); /* takes NULL */

/* The document's top node, never NULL (an empty file is an error). */
const struct sb_yaml_node *sb_yaml_root(const struct sb_yaml *y);

enum sb_yaml_kind sb_yaml_kind(const struct sb_yaml_node *n);
/* Line (from 1) where the value stands; of its key, for a value in a map. */
unsigned sb_yaml_line(const struct sb_yaml_node *n);
/* A scalar's text, without NUL inside and with one after it; "" for maps and lists. */
const char *sb_yaml_text(const struct sb_yaml_node *n);
/* A scalar written without quotes and not as a block (| or >): may be a number. */
bool sb_yaml_is_plain(const struct sb_yaml_node *n);
/* A plain scalar that is empty, ~ or null. */
bool sb_yaml_is_null(const struct sb_yaml_node *n);

/* Children in file order: `for (c = sb_yaml_first(n); c; c = sb_yaml_next(c))`. In a
 * map the children are its values, each knowing its key (NULL in a list). */
size_t sb_yaml_count(const struct sb_yaml_node *n);
const struct sb_yaml_node *sb_yaml_first(const struct sb_yaml_node *n);
const struct sb_yaml_node *sb_yaml_next(const struct sb_yaml_node *n);
const char *sb_yaml_key(const struct sb_yaml_node *n);
/* The value of `key` in a map, or NULL (also when `n` is NULL or not a map). */
const struct sb_yaml_node *sb_yaml_get(const struct sb_yaml_node *n, const char *key);

/* Sets "file:line: text" and returns `code`. */
int sb_yaml_fail(const struct sb_yaml_node *n,
                 int code,
                 struct sb_err *err,
                 const char *fmt,
                 ...) SB_PRINTF(4, 5);

/* Refuses a key that is not in `keys` (ended by NULL), with a suggestion:
 * SB_E_CONFIG_UNKNOWN_KEY. `where` names the map, as in
 * `unknown key "tabel" in "source"`; NULL for the file's top. */
SB_CHECK int sb_yaml_check_keys(const struct sb_yaml_node *map,
                                const char *where,
                                const char *const *keys,
                                struct sb_err *err);
/* SB_E_CONFIG_TYPE unless `n` is of that kind; `what` names it in the message. */
SB_CHECK int sb_yaml_expect(const struct sb_yaml_node *n,
                            enum sb_yaml_kind kind,
                            const char *what,
                            struct sb_err *err);
/* The value of a key that must be there (SB_E_CONFIG_MISSING) and of that kind. */
SB_CHECK int sb_yaml_need(const struct sb_yaml_node *map,
                          const char *key,
                          enum sb_yaml_kind kind,
                          const struct sb_yaml_node **out,
                          struct sb_err *err);
/* A plain decimal integer from `min` to `max` (SB_E_CONFIG_TYPE, SB_E_CONFIG_RANGE). */
SB_CHECK int sb_yaml_int(const struct sb_yaml_node *n,
                         int64_t min,
                         int64_t max,
                         int64_t *out,
                         struct sb_err *err);
/* Plain true or false; nothing else. */
SB_CHECK int sb_yaml_bool(const struct sb_yaml_node *n, bool *out, struct sb_err *err);

/* The nearest of `words` (ended by NULL) to `word`, or NULL when none is near. */
const char *sb_yaml_nearest(const char *word, const char *const *words);

#endif
