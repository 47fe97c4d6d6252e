/* Purpose: run one scenario into each of its crashes.
 * Invariant: each crash starts from the same files, in a child that ends with it. */
#include "test/fault/power/crash.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVERY 5u /* in CI each so many-th operation is a crash of its own */

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
    uint64_t crashes = number("SACBE_CRASHES", 20);
    uint64_t seed = number("SACBE_SEED", 1);
    uint64_t step = crashes > 100 ? 1 : EVERY;
    uint64_t n = 0;
    keep_base(s, base);
    uint64_t count = one(s, base, &(struct point){.at = 0});
    for (uint64_t at = 1 + seed % step; at <= count; at += step, n++)
        (void)one(s, base, &(struct point){.at = at, .how = VFS_LOSE_ALL});
    for (uint64_t i = 0; i < crashes; i++)
        for (int how = VFS_LOSE_NOTHING; how <= VFS_LOSE_TORN; how++, n++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            struct point p = {.at = 1 + (seed >> 33) % count,
                              .how = (enum vfs_loss)how,
                              .seed = seed};
            (void)one(s, base, &p);
        }
    remove_folder(base);
    print_message("%s: %llu crashes at %llu operations\n",
                  s->name,
                  (unsigned long long)n,
                  (unsigned long long)count);
}

void crash_failures(const struct crash_scene *s, int code)
{
    char base[PATH_MAX];
    uint64_t step = number("SACBE_CRASHES", 20) > 100 ? 1 : EVERY;
    uint64_t n = 0;
    keep_base(s, base);
    uint64_t count = one(s, base, &(struct point){.at = 0});
    for (uint64_t at = 1 + n % step; at <= count; at += step, n++)
        (void)one(s, base, &(struct point){.at = at, .code = code});
    remove_folder(base);
    print_message("%s: each %llu. of %llu operations fails with %d\n",
                  s->name,
                  (unsigned long long)step,
                  (unsigned long long)count,
                  code);
}
