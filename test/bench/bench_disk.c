/* Purpose: what the disk allows: blocks kept by fdatasync, one after the other.
 *
 *     bench-disk FILE append|overwrite BLOCK_BYTES SECONDS
 *
 * append grows the file; overwrite goes round in 64 MiB that were written before, so
 * that no metadata change. One JSON object: blocks and MB in a second, ms of a block.
 * Invariant: the file is gone afterwards. */
#include "test/bench/client.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AREA_BYTES (64u << 20)
#define BLOCK_MAX (16u << 20)

static void block_write(int fd, const void *block, size_t size, off_t at)
{
    if (pwrite(fd, block, size, at) != (ssize_t)size)
        bench_die("disk", "a block could not be written");
}

static void
report(const char *mode, size_t size, const struct bench_latency *took, double seconds)
{
    double blocks = (double)took->n / seconds;
    json_t *j = json_pack("{s:s, s:s, s:s, s:I, s:i, s:f, s:f, s:{s:f, s:f, s:f}}",
                          "peer",
                          "disk",
                          "work",
                          "limit",
                          "mode",
                          mode,
                          "size",
                          (json_int_t)size,
                          "lost",
                          0,
                          "a_second",
                          blocks,
                          "mb_s",
                          blocks * (double)size / 1e6,
                          "ms",
                          "p50",
                          (double)bench_latency_at(took, 0.5) / 1e6,
                          "p99",
                          (double)bench_latency_at(took, 0.99) / 1e6,
                          "max",
                          (double)took->max_ns / 1e6);
    if (!bench_print(j))
        exit(1);
}

/* Blocks for so long, each kept before the next; returns the seconds that it took. */
static double measure(int fd,
                      bool append,
                      const void *block,
                      size_t size,
                      double seconds,
                      struct bench_latency *took)
{
    off_t area = append ? INT64_MAX : (off_t)(AREA_BYTES / size * size);
    for (off_t at = 0; !append && at < area; at += (off_t)size)
        block_write(fd, block, size, at);
    if (fsync(fd) != 0)
        bench_die("disk", "fsync");
    uint64_t begin = bench_now_ns();
    uint64_t now = begin;
    off_t at = 0;
    while ((double)(now - begin) < seconds * 1e9) {
        block_write(fd, block, size, at);
        if (fdatasync(fd) != 0)
            bench_die("disk", "fdatasync");
        uint64_t then = now;
        now = bench_now_ns();
        bench_latency_add(took, now - then);
        at += (off_t)size;
        if (at >= area)
            at = 0;
    }
    return (double)(now - begin) / 1e9;
}

int main(int argc, char **argv)
{
    static struct bench_latency took;
    bool append = argc == 5 && strcmp(argv[2], "append") == 0;
    size_t size = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
    double seconds = argc == 5 ? strtod(argv[4], NULL) : 0;
    if (size < 1 || size > BLOCK_MAX || !(seconds > 0) ||
        (!append && strcmp(argv[2], "overwrite") != 0)) {
        fputs("usage: bench-disk FILE append|overwrite BLOCK_BYTES SECONDS\n", stderr);
        return 2;
    }
    struct bench_options o = {.size = size};
    unsigned char *block = bench_payload(&o);
    int fd = open(argv[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || unlink(argv[1]) != 0)
        bench_die("disk", argv[1]);
    double lasted = measure(fd, append, block, size, seconds, &took);
    report(argv[2], size, &took, lasted);
    free(block);
    return 0;
}
