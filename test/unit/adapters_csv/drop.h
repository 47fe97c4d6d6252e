/* A CSV source over folders of its own, drained as the engine would. */
#ifndef TEST_UNIT_ADAPTERS_CSV_DROP_H
#define TEST_UNIT_ADAPTERS_CSV_DROP_H

#include "adapters/csv/csv.h"
#include "schemas/catalog/catalog.h"

#define DROP_REASONS 32

struct drop_counts {
    size_t alta;
    size_t correccion;
    size_t with;    /* array rows of published events */
    size_t parents; /* array rows of quarantined ones */
    size_t no_municipality;
    size_t no_persons; /* events without `personas` */
    size_t batches;
    struct {
        char name[64]; /* a code's name, or the mapping's own word */
        size_t n;
    } reasons[DROP_REASONS];
    struct sb_source_row last; /* the last quarantined row's key, copied below */
    char last_key[256];
};

struct drop {
    char root[256]; /* a folder of its own: in/ done/ refused/ state/ */
    char mapping_path[300];
    struct sb_catalog *catalog;
    struct sb_mapping *mapping;
    struct sb_source *source;
    size_t chunk; /* of each next; 256 */
    /* Stops drain before `done` of the n-th batch (1 ..), as a crash would. */
    size_t crash_at;
    bool crash_stored; /* the outbox has that batch */
    char token[64];    /* what the outbox holds */
    struct drop_counts counts;
};

/* `example`: a file of adapters/examples, or YAML text that begins with "mapping:", in
 * which @IN@ stands for the folder. */
void drop_open(struct drop *d, const char *example);
void drop_close(struct drop *d);
/* Closes the source and opens it again on the same state. */
void drop_restart(struct drop *d);
void drop_stop(struct drop *d);
void drop_start(struct drop *d);
/* Nothing was ever dropped or published; the source is stopped. */
void drop_empty(struct drop *d);
void drop_put(struct drop *d, const char *name, const char *text, size_t n);
void drop_copy(struct drop *d, const char *folder, const char *name);
/* Until there is nothing; counts are set anew. false: it "crashed". */
bool drop_drain(struct drop *d);
size_t drop_reason(const struct drop *d, const char *name);
bool drop_exists(const struct drop *d, const char *path);
/* A report as text; the caller frees. */
char *drop_report(const struct drop *d, const char *path);

#endif
