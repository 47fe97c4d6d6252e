/* Configuration by schema tables: a program says which keys there are, with type, range
 * and default; the file is checked against the tables once, then only asked.
 *
 *     static const struct sb_config_key broker_keys[] = {
 *         {.name = "address", .type = SB_CONFIG_ADDRESS, .required = true},
 *         {.name = "heartbeat", .type = SB_CONFIG_DURATION, .preset = "5s",
 *          .min = 1000, .max = 60000},
 *         {.name = NULL}};
 *     static const struct sb_config_key keys[] = {
 *         {.name = "broker", .type = SB_CONFIG_SECTION, .keys = broker_keys,
 *          .required = true},
 *         {.name = NULL}};
 *     sb_config_load(&cfg, "broker.yaml", keys, &err);
 *     sb_config_text(cfg, "broker.address");
 *
 * A section is itself a `struct sb_config`: items of lists of sections are asked in the
 * same way. `path` is key names joined by dots, below the section that is asked; asking
 * for a key that no table has, or for another type, is the programmer's mistake
 * (assert). Everything borrows until the root is freed. */
#ifndef BROKER_HOST_CONFIG_H
#define BROKER_HOST_CONFIG_H

#include "broker/host/yaml.h"

enum sb_config_type {
    SB_CONFIG_TEXT,
    SB_CONFIG_CODE,     /* [a-z0-9_.-]{1,64} */
    SB_CONFIG_PATH,     /* answered absolute: relative ones stand beside the file */
    SB_CONFIG_INT,      /* plain decimal */
    SB_CONFIG_BOOL,     /* true, false */
    SB_CONFIG_DURATION, /* 500ms 15s 5m 24h 7d; answered in ms */
    SB_CONFIG_SIZE,     /* 512 64KiB 8MiB 2GiB; answered in bytes */
    SB_CONFIG_ADDRESS,  /* tcp://host:port or ipc://path */
    SB_CONFIG_TEXTS,    /* a list of texts */
    SB_CONFIG_CODES,    /* a list of codes */
    SB_CONFIG_PATHS,    /* a list of paths */
    SB_CONFIG_SECTION,  /* a map, by `keys` */
    SB_CONFIG_SECTIONS, /* a list of maps, each by `keys` */
    SB_CONFIG_NODE,     /* anything: the caller checks it (sb_config_node) */
};

struct sb_config_key {
    const char *name; /* NULL ends a table */
    enum sb_config_type type;
    bool required;      /* of a section: required when its section is there */
    const char *preset; /* the default, as it would be written; not for lists */
    int64_t min; /* of the number, or the count of a list; both 0: any number >= 0 */
    int64_t max;
    const char *const *one_of;        /* the only texts allowed, ended by NULL */
    const struct sb_config_key *keys; /* of SECTION and SECTIONS */
    const char *summary;              /* one line, for the manual */
};

struct sb_config;

/* Errors are SB_E_CONFIG_*, with `file:line:`. */
SB_CHECK int sb_config_load(struct sb_config **out,
                            const char *path,
                            const struct sb_config_key *keys,
                            struct sb_err *err);
/* The same from memory; relative paths then stand beside `name`. */
SB_CHECK int sb_config_parse(struct sb_config **out,
                             const char *name,
                             struct sb_bytes text,
                             const struct sb_config_key *keys,
                             struct sb_err *err);
void sb_config_free(struct sb_config *root); /* takes NULL; only a loaded root */

/* Written in the file (not only a default). False below a section that is absent. */
bool sb_config_has(const struct sb_config *c, const char *path);
/* TEXT CODE PATH ADDRESS; NULL when neither written nor with a default. */
const char *sb_config_text(const struct sb_config *c, const char *path);
/* INT DURATION SIZE; 0 when neither written nor with a default. */
int64_t sb_config_int(const struct sb_config *c, const char *path);
bool sb_config_bool(const struct sb_config *c, const char *path);
/* Items of TEXTS, CODES, PATHS, SECTIONS; 0 when absent. */
size_t sb_config_count(const struct sb_config *c, const char *path);
const char *sb_config_text_at(const struct sb_config *c, const char *path, size_t i);
/* Item `i` of SECTIONS, i < count. */
const struct sb_config *
sb_config_section_at(const struct sb_config *c, const char *path, size_t i);
/* A SECTION; never NULL: an absent one answers with its defaults. */
const struct sb_config *sb_config_section(const struct sb_config *c, const char *path);
/* The YAML of any key; NULL when it is not written. */
const struct sb_yaml_node *sb_config_node(const struct sb_config *c, const char *path);

/* Whether a key of the top, `name`, has the same value in two configurations by one
 * table, defaults included. A NODE is the same only where both leave it out. */
bool sb_config_same(const struct sb_config *a,
                    const struct sb_config *b,
                    const char *name);

/* A semantic error of the program's own: "file:line: text", the line of `path`, or of
 * the section where `path` is NULL or not written. Returns `code`. */
int sb_config_fail(const struct sb_config *c,
                   const char *path,
                   int code,
                   struct sb_err *err,
                   const char *fmt,
                   ...) SB_PRINTF(5, 6);

#endif
