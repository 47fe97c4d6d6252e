/* Purpose: remember for each file what was synced and what came after; take it back.
 * Invariant: the real files always have what a running process would read; only
 * vfs_lose changes them behind its back. Not: judging what is found afterwards. */
#include "test/fault/power/vfs.h"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512u
#define REGIONS 64 /* of shared memory, 32 KiB each */

struct op { /* not synced; data NULL: a truncation to `at` */
    struct op *next;
    uint8_t *data;
    size_t n;
    uint64_t at;
};

struct disk { /* one file, by its name */
    struct disk *next;
    char path[PATH_MAX];
    uint8_t *image; /* what is durable */
    size_t n;
    size_t cap;
    bool exists; /* durably */
    bool deleted;
    bool anew; /* deleted and made again: `image` is of the file before */
    struct op *first, *last;
    void *shm[REGIONS];
    unsigned shm_users;
};

struct file {
    sqlite3_file base; /* first */
    struct disk *disk; /* NULL: a temporary file */
    bool shm;
    sqlite3_file *real; /* in the memory behind this struct */
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    struct disk *disks;
    uint64_t count;
    uint64_t off_at;
    sigjmp_buf *back;
    uint64_t fail_at;
    int fail_code;
    bool failed;
} power;

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

static struct file *of(sqlite3_file *f)
{
    return (struct file *)(void *)f;
}

/* 0, the code of a failure, or no return. */
static int happens(void)
{
    power.count++;
    if (power.off_at == power.count)
        siglongjmp(*power.back, 1);
    if (power.fail_at != power.count)
        return SQLITE_OK;
    power.failed = true;
    return power.fail_code;
}

static void grow(struct disk *d, size_t n)
{
    if (n > d->cap) {
        d->image = must(realloc(d->image, 2 * n));
        d->cap = 2 * n;
    }
    if (n > d->n)
        memset(d->image + d->n, 0, n - d->n);
}

static void apply(struct disk *d, const struct op *o)
{
    if (!o->data) {
        grow(d, o->at);
        d->n = o->at;
        return;
    }
    grow(d, o->at + o->n);
    memcpy(d->image + o->at, o->data, o->n);
    if (o->at + o->n > d->n)
        d->n = o->at + o->n;
}

static void forget_ops(struct disk *d)
{
    while (d->first) {
        struct op *next = d->first->next;
        free(d->first->data);
        free(d->first);
        d->first = next;
    }
    d->last = NULL;
}

static void note(struct disk *d, const void *data, size_t n, uint64_t at)
{
    struct op *o = must(calloc(1, sizeof *o));
    o->at = at;
    o->n = n;
    if (data)
        o->data = memcpy(must(malloc(n + 1)), data, n);
    if (d->last)
        d->last->next = o;
    else
        d->first = o;
    d->last = o;
}

static void load(struct disk *d)
{
    struct stat st;
    int fd = open(d->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) != 0)
        abort();
    grow(d, (size_t)st.st_size + 1);
    if (pread(fd, d->image, (size_t)st.st_size, 0) != st.st_size)
        abort();
    d->n = (size_t)st.st_size;
    d->exists = true;
    close(fd);
}

static struct disk *find(const char *path)
{
    struct disk *d = power.disks;
    while (d && strcmp(d->path, path) != 0)
        d = d->next;
    if (d)
        return d;
    d = must(calloc(1, sizeof *d));
    snprintf(d->path, sizeof d->path, "%s", path);
    d->next = power.disks;
    power.disks = d;
    load(d);
    return d;
}

static void end_shm(struct file *f)
{
    if (!f->shm)
        return;
    f->shm = false;
    if (--f->disk->shm_users > 0)
        return;
    for (size_t i = 0; i < REGIONS; i++) {
        free(f->disk->shm[i]);
        f->disk->shm[i] = NULL;
    }
}

static int do_close(sqlite3_file *f)
{
    end_shm(of(f));
    return of(f)->real->pMethods->xClose(of(f)->real);
}

static int do_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return of(f)->real->pMethods->xRead(of(f)->real, p, n, at);
}

static int do_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    struct file *w = of(f);
    if (w->disk)
        note(w->disk, p, (size_t)n, (uint64_t)at);
    int rc = w->disk ? happens() : SQLITE_OK;
    return rc ? rc : w->real->pMethods->xWrite(w->real, p, n, at);
}

static int do_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct file *w = of(f);
    if (w->disk)
        note(w->disk, NULL, 0, (uint64_t)size);
    int rc = w->disk ? happens() : SQLITE_OK;
    return rc ? rc : w->real->pMethods->xTruncate(w->real, size);
}

/* What was deleted does not come back. All files are taken to be in one folder. */
static void sync_folder(void)
{
    for (struct disk *d = power.disks; d; d = d->next)
        if (d->deleted) {
            forget_ops(d);
            d->n = 0;
            d->exists = d->deleted = d->anew = false;
        }
}

/* Durable for this disk; the machine's own is not asked. */
static int do_sync(sqlite3_file *f, int flags)
{
    struct disk *d = of(f)->disk;
    (void)flags;
    int rc = d ? happens() : SQLITE_OK;
    if (rc || !d)
        return rc;
    if (d->anew)
        d->n = 0;
    for (const struct op *o = d->first; o; o = o->next)
        apply(d, o);
    forget_ops(d);
    if (!d->exists || d->anew)
        sync_folder(); /* as SQLite does with a new WAL or rollback journal */
    d->exists = true;
    d->anew = false;
    return SQLITE_OK;
}

static int do_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return of(f)->real->pMethods->xFileSize(of(f)->real, size);
}

/* Nobody waits for anybody in one thread; but the last one to close must know it. */
static int do_lock(sqlite3_file *f, int level)
{
    const struct file *w = of(f);
    unsigned own = w->shm ? 1 : 0;
    bool others = w->disk && w->disk->shm_users > own;
    return level == SQLITE_LOCK_EXCLUSIVE && others ? SQLITE_BUSY : SQLITE_OK;
}

static int do_unlock(sqlite3_file *f, int level)
{
    (void)f;
    (void)level;
    return SQLITE_OK;
}

static int do_reserved(sqlite3_file *f, int *out)
{
    (void)f;
    *out = 0;
    return SQLITE_OK;
}

static int do_control(sqlite3_file *f, int op, void *arg)
{
    return of(f)->real->pMethods->xFileControl(of(f)->real, op, arg);
}

static int do_sector(sqlite3_file *f)
{
    return of(f)->real->pMethods->xSectorSize(of(f)->real);
}

static int do_kind(sqlite3_file *f)
{
    return of(f)->real->pMethods->xDeviceCharacteristics(of(f)->real);
}

static int
do_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
    struct file *w = of(f);
    *out = NULL;
    if (region >= REGIONS)
        return SQLITE_IOERR_SHMSIZE;
    if (!w->shm) {
        w->shm = true;
        w->disk->shm_users++;
    }
    if (!w->disk->shm[region] && extend)
        w->disk->shm[region] = must(calloc(1, (size_t)size));
    *out = w->disk->shm[region];
    return SQLITE_OK;
}

static int do_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    (void)f;
    (void)offset;
    (void)n;
    (void)flags;
    return SQLITE_OK;
}

static void do_shm_barrier(sqlite3_file *f)
{
    (void)f;
}

static int do_shm_unmap(sqlite3_file *f, int delete)
{
    (void)delete;
    end_shm(of(f));
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = do_close,
                                           .xRead = do_read,
                                           .xWrite = do_write,
                                           .xTruncate = do_truncate,
                                           .xSync = do_sync,
                                           .xFileSize = do_size,
                                           .xLock = do_lock,
                                           .xUnlock = do_unlock,
                                           .xCheckReservedLock = do_reserved,
                                           .xFileControl = do_control,
                                           .xSectorSize = do_sector,
                                           .xDeviceCharacteristics = do_kind,
                                           .xShmMap = do_shm_map,
                                           .xShmLock = do_shm_lock,
                                           .xShmBarrier = do_shm_barrier,
                                           .xShmUnmap = do_shm_unmap};

static int
do_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct file *w = of(f);
    int kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    (void)vfs;
    memset(w, 0, sizeof *w);
    w->real = (sqlite3_file *)(void *)(w + 1);
    if (name && (flags & kept)) {
        w->disk = find(name);
        if (w->disk->deleted) {
            forget_ops(w->disk);
            w->disk->anew = true;
        }
        w->disk->deleted = false;
    }
    int rc = power.real->xOpen(power.real, name, w->real, flags, out);
    if (w->real->pMethods)
        w->base.pMethods = &methods;
    return rc;
}

/* With a sync of the folder it is durable; without, it may come back. */
static int do_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct disk *d = find(name);
    (void)vfs;
    int rc = happens();
    if (rc)
        return rc;
    rc = power.real->xDelete(power.real, name, 0);
    if (rc != SQLITE_OK)
        return rc;
    d->deleted = true;
    if (sync)
        sync_folder();
    return SQLITE_OK;
}

void vfs_install(void)
{
    power.real = sqlite3_vfs_find(NULL);
    power.vfs = *power.real;
    power.vfs.zName = "power";
    power.vfs.szOsFile = (int)sizeof(struct file) + power.real->szOsFile;
    power.vfs.xOpen = do_open;
    power.vfs.xDelete = do_delete;
    if (sqlite3_vfs_register(&power.vfs, 1) != SQLITE_OK)
        abort();
}

void vfs_settle(void)
{
    for (struct disk *d = power.disks; d; d = d->next)
        forget_ops(d);
    power.disks = NULL; /* whoever has one open still points to it */
}

void vfs_power_off_at(uint64_t at, sigjmp_buf *back)
{
    power.count = power.fail_at = 0;
    power.off_at = at;
    power.back = back;
}

void vfs_fail_at(uint64_t at, int code)
{
    power.count = power.off_at = 0;
    power.fail_at = at;
    power.fail_code = code;
    power.failed = false;
}

uint64_t vfs_operations(void)
{
    return power.count;
}

bool vfs_failed(void)
{
    return power.failed;
}

static bool coin(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 40 & 1;
}

/* Sector by sector of the file. */
static void apply_torn(struct disk *d, const struct op *o, uint64_t *seed)
{
    for (size_t done = 0; done < o->n;) {
        size_t n = SECTOR - (o->at + done) % SECTOR;
        n = n < o->n - done ? n : o->n - done;
        const struct op part = {.data = o->data + done, .n = n, .at = o->at + done};
        if (coin(seed))
            apply(d, &part);
        done += n;
    }
}

static void lose_ops(struct disk *d, enum vfs_loss how, uint64_t *seed)
{
    if (d->anew && (how == VFS_LOSE_ALL || (how != VFS_LOSE_NOTHING && coin(seed))))
        return; /* the name is the older file's again, which is whole */
    if (d->anew)
        d->n = 0;
    for (const struct op *o = d->first; o; o = o->next) {
        if (how == VFS_LOSE_NOTHING || (how != VFS_LOSE_ALL && coin(seed)))
            apply(d, o);
        else if (how == VFS_LOSE_TORN && o->data)
            apply_torn(d, o, seed);
    }
}

static void rewrite(const struct disk *d)
{
    int fd = open(d->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || (d->n && write(fd, d->image, d->n) != (ssize_t)d->n))
        abort();
    close(fd);
}

static bool remains(const struct disk *d, enum vfs_loss how, uint64_t *seed)
{
    bool is_there = !d->deleted && access(d->path, F_OK) == 0;
    if (how == VFS_LOSE_NOTHING)
        return is_there;
    if (is_there == d->exists)
        return d->exists;
    return how == VFS_LOSE_ALL ? d->exists : coin(seed);
}

void vfs_lose(enum vfs_loss how, uint64_t seed)
{
    seed = seed * 2654435769u + 88172645463325252u;
    power.off_at = power.fail_at = 0;
    while (power.disks) {
        struct disk *d = power.disks;
        lose_ops(d, how, &seed);
        if (remains(d, how, &seed))
            rewrite(d);
        else
            (void)unlink(d->path);
        power.disks = d->next; /* the struct stays: what was left points to it */
        forget_ops(d);
    }
}
