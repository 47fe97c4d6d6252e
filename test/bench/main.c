/* Purpose: makes a journal to measure on, or measures a command.
 *
 *     test-bench fill FOLDER EVENTS EVENTS_PER_BATCH
 *     test-bench run NAME EVENTS FOLDER OUTPUT COMMAND ...
 *
 * fill prints entries and events. run prints one line: what, events, seconds, CPU
 * seconds, events and MB in a second (of the files in FOLDER, or of the file) and the
 * command's peak memory. The command writes to OUTPUT; its exit status is run's.
 * Not: a judgement of what is fast enough. */
#include "test/bench/fill.h"

#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAY_EVERY 120u     /* batches between receipts and heads */
#define REJECT_EVERY 1000u /* batches between rejects */
#define EPOCH_EVERY 800u   /* batches of all streams between epochs, at the latest */

static void fill(const char *folder, uint64_t events, uint64_t per_batch)
{
    struct bench b;
    uint64_t made = 0;
    uint64_t batches = 0;
    bool regranted = false;
    bench_open(&b, folder);
    bench_begin(&b);
    for (; made < events; batches++) {
        uint64_t n = per_batch < events - made ? per_batch : events - made;
        struct bench_stream *s = &b.streams[batches % BENCH_STREAMS];
        if (batches % EPOCH_EVERY < BENCH_STREAMS)
            s->epoch_end = 0;
        bench_batch(&b, s, (size_t)n);
        made += n;
        if (!regranted && made >= events / 2) {
            regranted = true;
            bench_regrant(&b);
        }
        if ((batches + 1) % SAY_EVERY == 0)
            bench_statements(&b);
        if ((batches + 1) % REJECT_EVERY == 0)
            bench_reject(&b);
    }
    bench_statements(&b);
    printf("%llu events in %llu batches, %llu entries\n",
           (unsigned long long)made,
           (unsigned long long)batches,
           (unsigned long long)b.size);
    bench_close(&b);
}

static double bytes_of(char *folder)
{
    char *paths[] = {folder, NULL};
    double bytes = 0;
    FTS *fts = fts_open(paths, FTS_PHYSICAL, NULL);
    for (FTSENT *e = fts ? fts_read(fts) : NULL; e; e = fts_read(fts))
        if (e->fts_info == FTS_F)
            bytes += (double)e->fts_statp->st_size;
    if (fts)
        fts_close(fts);
    return bytes;
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void become(const char *output, char **command)
{
    int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
        perror(output);
    else
        execvp(command[0], command);
    _exit(127);
}

static int run(const char *name, double events, char *folder, char **command)
{
    struct timespec from;
    struct timespec to;
    struct rusage used;
    int status = 0;
    clock_gettime(CLOCK_MONOTONIC, &from);
    pid_t pid = fork();
    if (pid == 0)
        become(command[0], command + 1);
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &to);
    double took =
        (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    double cpu = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
    printf("%-16s %9.0f events %8.2f s %8.2f s cpu %9.0f events/s %7.1f MB/s %7.1f MB "
           "peak\n",
           name,
           events,
           took,
           cpu,
           events / took,
           bytes_of(folder) / 1e6 / took,
           (double)used.ru_maxrss * 1024 / 1e6);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "fill") == 0) {
        uint64_t per_batch = strtoull(argv[4], NULL, 10);
        if (per_batch < 1 || per_batch > SB_BATCH_EVENTS)
            return 2;
        fill(argv[2], strtoull(argv[3], NULL, 10), per_batch);
        return 0;
    }
    if (argc > 6 && strcmp(argv[1], "run") == 0)
        return run(argv[2], strtod(argv[3], NULL), argv[4], argv + 5);
    fputs("usage: test-bench fill FOLDER EVENTS EVENTS_PER_BATCH\n"
          "       test-bench run NAME EVENTS FOLDER OUTPUT COMMAND ...\n",
          stderr);
    return 2;
}
