/* Purpose: run one scenario into each of its crashes.
 * Invariant: each crash starts from the same files, in a child that ends with it. */
#include "test/fault/power/crash.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVERY 5u    /* in CI each so many-th operation is a crash of its own */
#define CRASHES 20u /* of each way to lose, in CI; FULL: with SACBE_FAULT=full */
#define FULL 300u

static void fail_errno(const char *what)
{
    perror(what);
    abort();
}

static void copy_file(int from_dir, int to_dir, const char *name)
{
    char block[65536];
    ssize_t n;
    int from = openat(from_dir, name, O_RDONLY | O_CLOEXEC);
    int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (from < 0 || to < 0)
        fail_errno(name);
    while ((n = read(from, block, sizeof block)) > 0)
        if (write(to, block, (size_t)n) != n)
            fail_errno(name);
    close(from);
    close(to);
}

/* The files of `from`, and no others, one folder deep. */
static void copy_folder(const char *from, const char *to)
{
    DIR *source = opendir(from);
    DIR *target = opendir(to);
    struct dirent *e;
    struct stat st;
    if (!source || !target)
        fail_errno(from);
    while ((e = readdir(target)) != NULL)
        (void)unlinkat(dirfd(target), e->d_name, 0);
    while ((e = readdir(source)) != NULL)
        if (fstatat(dirfd(source), e->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
            copy_file(dirfd(source), dirfd(target), e->d_name);
    closedir(source);
    closedir(target);
}

static void remove_folder(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;
    while (d && (e = readdir(d)) != NULL)
        (void)unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    (void)rmdir(path);
}

/* What the dead process had open: its locks must not outlive it. */
static void close_all(const char *folder)
{
    char link[64];
    char target[PATH_MAX];
    for (int fd = 3; fd < 256; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, target, sizeof target - 1);
        if (n > 0 && strncmp(target, folder, strlen(folder)) == 0)
            close(fd);
    }
}

struct point {
    uint64_t at; /* 0: none: how many there are is asked */
    enum vfs_loss how;
    uint64_t seed;
    int code; /* of a failure in place of a crash; 0: a crash */
};

static uint64_t run_child(const struct crash_scene *s, const struct point *p)
{
    static sigjmp_buf back; /* one in a process */
    s->begin(s->ctx);
    if (p->code) {
        vfs_fail_at(p->at, p->code);
        s->work(s->ctx);
        vfs_fail_at(0, 0);
        s->recover(s->ctx);
        return 0;
    }
    if (sigsetjmp(back, 0) == 0) {
        vfs_power_off_at(p->at, &back);
        s->work(s->ctx);
        if (p->at == 0)
            return vfs_operations();
    }
    close_all(s->folder);
    vfs_lose(p->how, p->seed);
    s->recover(s->ctx);
    return 0;
}

/* How many operations the child counted, when it was asked. */
static uint64_t
one(const struct crash_scene *s, const char *base, const struct point *p)
{
    int ends[2];
    uint64_t count = 0;
    int status = 0;
    copy_folder(base, s->folder);
    if (pipe(ends) != 0)
        fail_errno("pipe");
    pid_t child = fork();
    if (child < 0)
        fail_errno("fork");
    if (child == 0) {
        close(ends[0]);
        count = run_child(s, p);
        if (write(ends[1], &count, sizeof count) != sizeof count)
            _exit(2);
        _exit(0);
    }
    close(ends[1]);
    bool whole = read(ends[0], &count, sizeof count) == sizeof count;
    close(ends[0]);
    if (waitpid(child, &status, 0) != child || status != 0 || !whole)
        fail_msg("%s: operation %llu, loss %d, code %d, seed %llu: see above",
                 s->name,
                 (unsigned long long)p->at,
                 (int)p->how,
                 p->code,
                 (unsigned long long)p->seed);
    return count;
}

static uint64_t number(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static uint64_t crashes_wanted(void)
{
    const char *size = getenv("SACBE_FAULT");
    return number("SACBE_CRASHES", size && strcmp(size, "full") == 0 ? FULL : CRASHES);
}

/* A line of the table in test/fault/README.md. */
static void row(const char *fault, const char *of, const char *done, const char *by)
{
    const char *folder = getenv("SACBE_FAULTS");
    char path[PATH_MAX];
    if (!folder)
        return;
    snprintf(path, sizeof path, "%s/power-%s.row", folder, of);
    FILE *f = fopen(path, "a");
    if (!f)
        fail_errno(path);
    fprintf(f, "%s: %s\t%s\t-\t0\t0\tat once\t%s\n", fault, of, done, by);
    if (fclose(f) != 0)
        fail_errno(path);
}

static void keep_base(const struct crash_scene *s, char base[PATH_MAX])
{
    snprintf(base, PATH_MAX, "%s-base-XXXXXX", s->folder);
    if (!mkdtemp(base))
        fail_errno(base);
    copy_folder(s->folder, base);
}

void crash_all(const struct crash_scene *s)
{
    char base[PATH_MAX];
    char done[160];
    uint64_t crashes = crashes_wanted();
    uint64_t seed = number("SACBE_SEED", 1);
    uint64_t step = crashes > 100 ? 1 : EVERY;
    uint64_t n = 0;
    keep_base(s, base);
    uint64_t count = one(s, base, &(struct point){.at = 0});
    assert_true(count > 0);
    for (uint64_t at = 1 + seed % step; at <= count; at += step, n++)
        (void)one(s, base, &(struct point){.at = at, .how = VFS_LOSE_ALL});
    for (uint64_t i = 0; count > 0 && i < crashes; i++)
        for (int how = VFS_LOSE_NOTHING; how <= VFS_LOSE_TORN; how++, n++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            struct point p = {.at = 1 + (seed >> 33) % count,
                              .how = (enum vfs_loss)how,
                              .seed = seed};
            (void)one(s, base, &p);
        }
    remove_folder(base);
    snprintf(done,
             sizeof done,
             "%llu crashes at %llu writes, syncs and deletions of its files; what was "
             "not synced is kept, gone, gone in part or torn",
             (unsigned long long)n,
             (unsigned long long)count);
    print_message("%s: %s\n", s->name, done);
    row("power loss", s->name, done, "the next start");
}

static const char *failure_name(int code)
{
    switch (code) {
    case SQLITE_IOERR_WRITE:
        return "a write fails";
    case SQLITE_IOERR_FSYNC:
        return "an fsync fails";
    default:
        return "the disk is full for one call";
    }
}

void crash_failures(const struct crash_scene *s, int code)
{
    char base[PATH_MAX];
    char done[160];
    uint64_t step = crashes_wanted() > 100 ? 1 : EVERY;
    uint64_t n = 0;
    keep_base(s, base);
    uint64_t count = one(s, base, &(struct point){.at = 0});
    for (uint64_t at = 1 + n % step; at <= count; at += step, n++)
        (void)one(s, base, &(struct point){.at = at, .code = code});
    remove_folder(base);
    snprintf(done,
             sizeof done,
             "the n-th of its %llu operations, every %llu, in a run of its own",
             (unsigned long long)count,
             (unsigned long long)step);
    print_message("%s: %s: %s\n", s->name, failure_name(code), done);
    row(failure_name(code),
        s->name,
        done,
        code == SQLITE_FULL ? "the next try" : "it stops; the next start");
}
