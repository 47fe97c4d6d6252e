/* fuzz.config: a daemon's YAML file against the tables of all three daemons. What is
 * taken can be asked for every key of its table. */
#include <stdio.h>

#include "adapters/engine/settings.h"
#include "broker/io/settings.h"
#include "broker/watch/settings.h"
#include "test/fuzz/fuzz.h"

static void ask(const struct sb_config *c, const struct sb_config_key *keys);

static void ask_list(const struct sb_config *c, const struct sb_config_key *k)
{
    size_t n = sb_config_count(c, k->name);
    for (size_t i = 0; i < n; i++) {
        if (k->type == SB_CONFIG_SECTIONS)
            ask(sb_config_section_at(c, k->name, i), k->keys);
        else
            fuzz_must(sb_config_text_at(c, k->name, i) != NULL, "an item has a text");
    }
}

static void ask_number(const struct sb_config *c, const struct sb_config_key *k)
{
    int64_t n = sb_config_int(c, k->name);
    if (sb_config_has(c, k->name) && (k->min || k->max))
        fuzz_must(n >= k->min && n <= k->max, "a number is in its range");
}

/* Tables nest as deep as they are written, which is not the input's to say. */
static void ask(const struct sb_config *c, const struct sb_config_key *keys)
{
    for (const struct sb_config_key *k = keys; k->name; k++) {
        switch (k->type) {
        case SB_CONFIG_TEXT:
        case SB_CONFIG_CODE:
        case SB_CONFIG_PATH:
        case SB_CONFIG_ADDRESS:
            fuzz_must(!sb_config_has(c, k->name) || sb_config_text(c, k->name),
                      "what is written has a text");
            break;
        case SB_CONFIG_INT:
        case SB_CONFIG_DURATION:
        case SB_CONFIG_SIZE:
            ask_number(c, k);
            break;
        case SB_CONFIG_BOOL:
            (void)sb_config_bool(c, k->name);
            break;
        case SB_CONFIG_SECTION:
            ask(sb_config_section(c, k->name), k->keys);
            break;
        case SB_CONFIG_TEXTS:
        case SB_CONFIG_CODES:
        case SB_CONFIG_PATHS:
        case SB_CONFIG_SECTIONS:
            ask_list(c, k);
            break;
        case SB_CONFIG_NODE:
            (void)sb_config_node(c, k->name);
            break;
        }
    }
}

static void one(struct sb_bytes in)
{
    static const struct sb_config_key *const tables[] = {
        sb_broker_keys, sb_adapter_keys, sb_watch_keys};
    for (size_t i = 0; i < 3; i++) {
        struct sb_config *c = NULL;
        struct sb_err err = {0};
        int rc = sb_config_parse(&c, "/etc/sacbe/x.yaml", in, tables[i], &err);
        fuzz_judged(rc, &err);
        fuzz_must((rc == 0) == (c != NULL), "a configuration, or none");
        if (rc == 0)
            ask(c, tables[i]);
        sb_config_free(c);
    }
}

static void seeds(struct fuzz_seeds *to)
{
    static const char *const files[][2] = {
        {"broker", "broker/io/broker.yaml"},
        {"adapter", "adapters/examples/adapter.yaml"},
        {"witness", "broker/watch/witness.yaml"}};
    for (size_t i = 0; i < 3; i++) {
        char path[1024];
        struct sb_buf b = {0};
        snprintf(path, sizeof path, "%s/%s", FUZZ_SOURCE, files[i][1]);
        fuzz_must(sb_file_read(path, SB_MIB, &b, NULL) == 0, path);
        fuzz_seed(to, files[i][0], sb_buf_bytes(&b));
        sb_buf_free(&b);
    }
}

const struct fuzz_target fuzz_target = {
    .name = "config", .one = one, .seeds = seeds, .longest = 8192, .mutations = 3000};
