/* Purpose: whether a text stands in the memory of a process that runs.
 *
 *   scan PID TEXT
 *
 * Prints how many times. Reads what a core file would hold: every resident page of
 * every readable mapping. Mappings of half a TiB are shadows that a sanitizer keeps of
 * the memory, never data, and are left out.
 * Not: a debugger; the process goes on meanwhile. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHADOW ((uint64_t)1 << 39)
#define CHUNK ((size_t)1 << 20)
#define TEXT_MAX 256

struct scan {
    int mem;
    int pages;
    uint64_t page;
    const char *text;
    size_t n;
    uint64_t found;
    uint64_t bytes;
    uint8_t buf[CHUNK + TEXT_MAX];
    uint64_t present[CHUNK / 4096];
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "scan: %s\n", what);
    exit(2);
}

static void count(struct scan *s, size_t n)
{
    const uint8_t *at = s->buf;
    const uint8_t *end = s->buf + n;
    while ((at = memmem(at, (size_t)(end - at), s->text, s->n)) != NULL) {
        s->found++;
        at++;
    }
}

/* Whether any page of the chunk is in memory or swapped out; true when unknown. */
static bool resident(struct scan *s, uint64_t at, size_t n)
{
    size_t pages = n / s->page;
    ssize_t got = pread(s->pages, s->present, pages * 8, (off_t)(at / s->page * 8));
    if (got != (ssize_t)(pages * 8))
        return true;
    for (size_t i = 0; i < pages; i++)
        if (s->present[i] >> 62)
            return true;
    return false;
}

static void mapping(struct scan *s, uint64_t from, uint64_t to)
{
    size_t kept = 0; /* the end of the chunk before, where a text may begin */
    for (uint64_t at = from; at < to; at += CHUNK) {
        size_t n = to - at < CHUNK ? (size_t)(to - at) : CHUNK;
        ssize_t got =
            resident(s, at, n) ? pread(s->mem, s->buf + kept, n, (off_t)at) : -1;
        if (got <= 0) {
            kept = 0;
            continue;
        }
        s->bytes += (uint64_t)got;
        size_t have = kept + (size_t)got;
        count(s, have);
        kept = have < s->n - 1 ? have : s->n - 1;
        memmove(s->buf, s->buf + have - kept, kept);
    }
}

static int open_of(const char *pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    return open(path, O_RDONLY);
}

int main(int argc, char **argv)
{
    static struct scan s;
    char line[4096];
    if (argc != 3 || !*argv[2] || strlen(argv[2]) > TEXT_MAX)
        fail("usage: scan PID TEXT");
    s.text = argv[2];
    s.n = strlen(argv[2]);
    s.page = (uint64_t)sysconf(_SC_PAGESIZE);
    s.mem = open_of(argv[1], "mem");
    s.pages = open_of(argv[1], "pagemap");
    if (s.mem < 0)
        fail("the process cannot be read");
    int maps = open_of(argv[1], "maps");
    FILE *list = maps >= 0 ? fdopen(maps, "r") : NULL;
    if (!list)
        fail("the process cannot be read");
    while (fgets(line, sizeof line, list)) {
        char *rest = NULL;
        uint64_t from = strtoull(line, &rest, 16);
        uint64_t to = *rest == '-' ? strtoull(rest + 1, &rest, 16) : from;
        if (strncmp(rest, " r", 2) == 0 && to - from < SHADOW)
            mapping(&s, from, to);
    }
    (void)fclose(list);
    if (!s.bytes)
        fail("no memory was read");
    printf("%" PRIu64 "\n", s.found);
    return 0;
}
