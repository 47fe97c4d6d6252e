/* Purpose: a server's processes summed up from /proc (proc(5)).
 * Invariant: a process that ends while it is being read counts as nothing; its parent's
 * counters have it from then on. */
#include "test/bench/watch.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROCESSES_MAX 4096u
#define PATH_SIZE 64u
#define STAT_FIELDS 14 /* of /proc/PID/stat behind the state: parent to cstime */

struct process {
    pid_t pid;
    pid_t parent;
    double ticks;
    bool counted;
};

static bool stat_read(pid_t pid, struct process *out)
{
    char path[PATH_SIZE];
    char line[1024];
    long fields[STAT_FIELDS];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    const char *read = f ? fgets(line, sizeof line, f) : NULL;
    if (f)
        (void)fclose(f);
    char *rest = read ? strrchr(line, ')') : NULL; /* names hold anything */
    if (!rest || strlen(rest) < 4)
        return false;
    rest += 3; /* the state, a letter */
    for (int i = 0; i < STAT_FIELDS; i++) {
        const char *from = rest;
        fields[i] = strtol(from, &rest, 10);
        if (rest == from)
            return false;
    }
    *out = (struct process){.pid = pid, .parent = (pid_t)fields[0]};
    for (int i = STAT_FIELDS - 4; i < STAT_FIELDS; i++)
        out->ticks += (double)fields[i];
    return true;
}

static size_t processes_read(struct process *all)
{
    DIR *proc = opendir("/proc");
    size_t n = 0;
    for (const struct dirent *e = proc ? readdir(proc) : NULL; e && n < PROCESSES_MAX;
         e = readdir(proc))
        if (isdigit((unsigned char)e->d_name[0]) &&
            stat_read((pid_t)strtol(e->d_name, NULL, 10), &all[n]))
            n++;
    if (proc)
        closedir(proc);
    return n;
}

/* The number behind `name` in /proc/PID/file; 0 where it is not to be had. */
static uint64_t field(pid_t pid, const char *file, const char *name)
{
    char path[PATH_SIZE];
    char line[256];
    unsigned long long value = 0;
    size_t size = strlen(name);
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, size) == 0)
            value = strtoull(line + size, NULL, 10);
    if (f)
        (void)fclose(f);
    return value;
}

static void descendants(struct process *all, size_t n, pid_t root)
{
    bool more = true;
    for (size_t i = 0; i < n; i++)
        all[i].counted = all[i].pid == root;
    while (more) {
        more = false;
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < n && !all[i].counted; k++)
                if (all[k].counted && all[k].pid == all[i].parent)
                    more = all[i].counted = true;
    }
}

void bench_cost(pid_t root, struct bench_cost *out)
{
    static struct process all[PROCESSES_MAX];
    size_t n = processes_read(all);
    double ticks = 0;
    *out = (struct bench_cost){0};
    descendants(all, n, root);
    for (size_t i = 0; i < n; i++) {
        if (!all[i].counted)
            continue;
        out->processes++;
        ticks += all[i].ticks;
        out->write_bytes += field(all[i].pid, "io", "write_bytes:");
    }
    out->cpu_s = ticks / (double)sysconf(_SC_CLK_TCK);
    for (size_t i = 0; i < n; i++)
        if (all[i].counted)
            out->rss_mb += (double)(out->processes == 1
                                        ? field(all[i].pid, "status", "VmRSS:")
                                        : field(all[i].pid, "smaps_rollup", "Pss:")) *
                           1024 / 1e6;
}
