/* Purpose: a target without a fuzzer: its corpus, its seeds, and some mutations of
 * both.
 *
 *     fuzz-NAME [FOLDER ...]      every file, every seed, and mutations
 *     fuzz-NAME --write FOLDER    writes the seeds as files
 *
 * SACBE_FUZZ_RUNS: how many mutations; SACBE_FUZZ_SEED: other ones. An input that
 * breaks a promise stands in SACBE_FUZZ_FOUND (default ./fuzz-found) when the program
 * dies. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test/fuzz/mutate.h"
#include "test/fuzz/seeds.h"

static struct sb_bytes trying;           /* what a dying program leaves */
static const char *found = "fuzz-found"; /* where */

static void leave(int signal_number)
{
    int fd = open(found, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0 && write(fd, trying.p, trying.n) >= 0)
        (void)close(fd);
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
}

static size_t number(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? (size_t)strtoull(text, NULL, 10) : otherwise;
}

static void try(struct sb_bytes in)
{
    /* A copy of its own, so that a sanitizer sees a read past its end. */
    uint8_t *copy = malloc(in.n ? in.n : 1);
    fuzz_must(copy != NULL, "memory");
    if (in.n)
        memcpy(copy, in.p, in.n);
    trying = sb_bytes(copy, in.n);
    fuzz_target.one(trying);
    free(copy);
}

static void play(struct fuzz_seeds *s)
{
    struct sb_buf out = {0};
    size_t runs = number("SACBE_FUZZ_RUNS", fuzz_target.mutations);
    struct mutator m = {number("SACBE_FUZZ_SEED", 20261125), s->all, s->n};
    try(sb_bytes(NULL, 0));
    for (size_t i = 0; i < s->n; i++)
        if (s->all[i].n <= fuzz_target.longest)
            try(sb_buf_bytes(&s->all[i]));
    for (size_t i = 0; s->n > 0 && i < runs; i++) {
        const struct sb_buf *from = &s->all[mutate_draw(&m, s->n)];
        mutate(&m, sb_buf_bytes(from), fuzz_target.longest, &out);
        try(sb_buf_bytes(&out));
    }
    printf("%s: %zu inputs, %zu mutations\n", fuzz_target.name, s->n, runs);
    sb_buf_free(&out);
}

int main(int argc, char **argv)
{
    struct fuzz_seeds s = {0};
    const char *elsewhere = getenv("SACBE_FUZZ_FOUND");
    if (elsewhere)
        found = elsewhere;
    (void)signal(SIGABRT, leave);
    (void)signal(SIGSEGV, leave);
    fuzz_begin();
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        s.folder = argv[2];
        fuzz_target.seeds(&s);
    } else {
        fuzz_target.seeds(&s);
        for (int i = 1; i < argc; i++)
            fuzz_seeds_read(&s, argv[i]);
        play(&s);
    }
    fuzz_seeds_free(&s);
    fuzz_end();
    return 0;
}
