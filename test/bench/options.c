/* Purpose: the options of a client, as a table.
 * Invariant: what is returned can be run: a payload holds its time, readers fit. */
#include "test/bench/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_BYTES (1u << 20)

static const char *const works[] = {
    "saturated", "paced", "catchup", "growth", "idle", NULL};

const char *bench_work_name(enum bench_work work)
{
    return works[work];
}

static _Noreturn void refuse(const char *option, const char *value)
{
    fprintf(stderr,
            "bench: %s \"%s\": usage: --address X --work "
            "saturated|paced|catchup|growth|idle --seconds S --rate N --events N "
            "--window N --batch N --size N --readers N --extra X\n",
            option,
            value);
    exit(2);
}

static uint64_t
number(const char *option, const char *value, uint64_t min, uint64_t max)
{
    char *end = NULL;
    errno = 0;
    unsigned long long n = strtoull(value, &end, 10);
    if (errno || end == value || *end || *value == '-' || n < min || n > max)
        refuse(option, value);
    return n;
}

static enum bench_work work_of(const char *option, const char *value)
{
    for (int i = 0; works[i]; i++)
        if (strcmp(works[i], value) == 0)
            return (enum bench_work)i;
    refuse(option, value);
}

static double seconds_of(const char *option, const char *value)
{
    char *end = NULL;
    double s = strtod(value, &end);
    if (end == value || *end || !(s > 0 && s < 1e6))
        refuse(option, value);
    return s;
}

static void take(struct bench_options *o, const char *option, const char *value)
{
    const struct {
        const char *option;
        uint64_t *to;
        uint64_t min;
        uint64_t max;
    } numbers[] = {{"--rate", &o->rate, 1, 100000000},
                   {"--events", &o->events, 10, 1000000000},
                   {"--window", &o->window, 1, 10000000},
                   {"--batch", &o->batch, 1, 1000000},
                   {"--size", &o->size, 8, SIZE_MAX_BYTES},
                   {"--readers", &o->readers, 0, 100000}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(option, numbers[i].option) == 0) {
            *numbers[i].to = number(option, value, numbers[i].min, numbers[i].max);
            return;
        }
    if (strcmp(option, "--address") == 0)
        o->address = value;
    else if (strcmp(option, "--extra") == 0)
        o->extra = value;
    else if (strcmp(option, "--work") == 0)
        o->work = work_of(option, value);
    else if (strcmp(option, "--seconds") == 0)
        o->seconds = seconds_of(option, value);
    else
        refuse("unknown option", option);
}

void bench_options(int argc, char **argv, struct bench_options *out)
{
    struct bench_options o = {.address = "",
                              .seconds = 10,
                              .rate = 1000,
                              .events = 1000000,
                              .window = 1000,
                              .batch = 500,
                              .size = 512,
                              .readers = 1,
                              .extra = ""};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 >= argc)
            refuse("no value for", argv[i]);
        take(&o, argv[i], argv[i + 1]);
    }
    if (o.work != BENCH_IDLE && o.readers > BENCH_READERS)
        refuse("--readers", "more than 64");
    *out = o;
}
