/* fuzz.sink: a sink file in YAML. What is loaded is checked against grants; whatever
 * a grant of few classes allows, the grant of all classes does. */
#include "test/fuzz/local.h"

static struct sb_catalog *catalog;

static void begin(void)
{
    catalog = fuzz_catalog();
}

static void end(void)
{
    sb_catalog_free(catalog);
}

static void one(struct sb_bytes in)
{
    struct sb_sink *s = NULL;
    struct sb_err err = {0};
    int rc = sb_sink_load(&s, fuzz_file(in), catalog, &err);
    fuzz_judged(rc, &err);
    fuzz_must((rc == 0) == (s != NULL), "a sink, or none");
    if (rc == 0) {
        int few = sb_sink_check(s, SB_CLASS_BIT(SB_CLASS_PUBLICA), NULL, &err);
        fuzz_judged(few, &err);
        int all = sb_sink_check(s, SB_CLASS_ALL, NULL, &err);
        fuzz_judged(all, &err);
        fuzz_must(few != 0 || all == 0, "more classes allow more");
        fuzz_must(sb_catalog_type(catalog, sb_sink_facts(s)->type) != NULL,
                  "its type is known");
    } else {
        fuzz_must(strstr(err.text, "/proc/self/fd/") != NULL,
                  "the error names the file");
    }
    sb_sink_free(s);
}

static void seeds(struct fuzz_seeds *to)
{
    fuzz_seed_file(to, "incidentes", "adapters/examples/incidentes.sink.yaml");
    fuzz_seed_file(to, "sismos", "adapters/examples/sismos.sink.yaml");
    fuzz_seed_file(to, "transito", "adapters/examples/transito.sink.yaml");
    fuzz_seed_file(to, "publico", "adapters/examples/transito_publico.sink.yaml");
}

const struct fuzz_target fuzz_target = {.name = "sink",
                                        .begin = begin,
                                        .one = one,
                                        .seeds = seeds,
                                        .end = end,
                                        .longest = 8192,
                                        .mutations = 1500};
