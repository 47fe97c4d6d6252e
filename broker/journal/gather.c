/* Purpose: fewer, larger writes: SQLite gives a page to the WAL as a head of 24 bytes
 * and the page, and every write has its price in the kernel.
 * Invariant: whatever is asked of the file, what was gathered is written before; when
 * that fails it is dropped, and the call that asked fails, so that SQLite takes its
 * transaction back as after a write that failed. The database's own file is never
 * gathered: a checkpoint that readers hold up counts pages as moved without a sync. */
#include "broker/journal/gather.h"

#include <sqlite3.h>

#define GATHER_BYTES (120 * 1024) /* SQLite's unix VFS takes less than 128 KiB */

struct file {
    sqlite3_file base; /* first */
    sqlite3_file *real;
    uint8_t *bytes; /* NULL: this file is not gathered */
    sqlite3_int64 at;
    int n;
};

static struct file *of(sqlite3_file *f)
{
    return (struct file *)(void *)f;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
    return of(f)->real;
}

static int flush(sqlite3_file *base)
{
    struct file *f = of(base);
    int n = f->n;
    f->n = 0;
    return n ? f->real->pMethods->xWrite(f->real, f->bytes, n, f->at) : SQLITE_OK;
}

static int gather_close(sqlite3_file *base)
{
    struct file *f = of(base);
    int rc = flush(base);
    int closed = f->real->pMethods->xClose(f->real);
    sqlite3_free(f->bytes);
    sqlite3_free(f->real);
    return rc == SQLITE_OK ? closed : rc;
}

static int gather_write(sqlite3_file *base, const void *p, int n, sqlite3_int64 at)
{
    struct file *f = of(base);
    bool follows = f->n > 0 && at == f->at + f->n && n <= GATHER_BYTES - f->n;
    int rc = follows ? SQLITE_OK : flush(base);
    if (rc != SQLITE_OK)
        return rc;
    if (!f->bytes || n > GATHER_BYTES)
        return f->real->pMethods->xWrite(f->real, p, n, at);
    if (!follows)
        f->at = at;
    memcpy(f->bytes + f->n, p, (size_t)n);
    f->n += n;
    return SQLITE_OK;
}

/* A call that goes to the file as it is, behind what was gathered. */
#define PASSES(name, arguments, ...)                                                   \
    static int gather_##name arguments                                                 \
    {                                                                                  \
        int rc = flush(f);                                                             \
        return rc == SQLITE_OK ? real_of(f)->pMethods->name(real_of(f), __VA_ARGS__)   \
                               : rc;                                                   \
    }

PASSES(xRead, (sqlite3_file * f, void *p, int n, sqlite3_int64 at), p, n, at)
PASSES(xTruncate, (sqlite3_file * f, sqlite3_int64 size), size)
PASSES(xSync, (sqlite3_file * f, int flags), flags)
PASSES(xFileSize, (sqlite3_file * f, sqlite3_int64 *size), size)
PASSES(xLock, (sqlite3_file * f, int level), level)
PASSES(xUnlock, (sqlite3_file * f, int level), level)
PASSES(xCheckReservedLock, (sqlite3_file * f, int *out), out)
PASSES(xFileControl, (sqlite3_file * f, int op, void *p), op, p)
PASSES(xShmMap,
       (sqlite3_file * f, int at, int n, int grow, void volatile **out),
       at,
       n,
       grow,
       out)
PASSES(xShmLock, (sqlite3_file * f, int at, int n, int flags), at, n, flags)
PASSES(xShmUnmap, (sqlite3_file * f, int remove), remove)

static int gather_sector_size(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int gather_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static void gather_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* shared memory, and no mapped reads */
    .xClose = gather_close,
    .xRead = gather_xRead,
    .xWrite = gather_write,
    .xTruncate = gather_xTruncate,
    .xSync = gather_xSync,
    .xFileSize = gather_xFileSize,
    .xLock = gather_xLock,
    .xUnlock = gather_xUnlock,
    .xCheckReservedLock = gather_xCheckReservedLock,
    .xFileControl = gather_xFileControl,
    .xSectorSize = gather_sector_size,
    .xDeviceCharacteristics = gather_characteristics,
    .xShmMap = gather_xShmMap,
    .xShmLock = gather_xShmLock,
    .xShmBarrier = gather_barrier,
    .xShmUnmap = gather_xShmUnmap,
};

static int gather_open(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out);

/* What is below: the default, whichever it is when a file is opened. Where a default
 * was taken away, SQLite makes the next of its list the default: it may be this one. */
static sqlite3_vfs *below(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    return vfs->xOpen == gather_open ? vfs->pNext : vfs;
}

static int
gather_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out)
{
    struct file *f = of(base);
    sqlite3_vfs *real = below();
    (void)vfs;
    memset(f, 0, sizeof *f);
    f->real = sqlite3_malloc64((sqlite3_uint64)real->szOsFile);
    if (f->real)
        memset(f->real, 0, (size_t)real->szOsFile);
    if (flags & SQLITE_OPEN_WAL)
        f->bytes = sqlite3_malloc64(GATHER_BYTES);
    int rc = SQLITE_NOMEM;
    if (f->real && (f->bytes || !(flags & SQLITE_OPEN_WAL)))
        rc = real->xOpen(real, name, f->real, flags, out);
    if (rc == SQLITE_OK) {
        f->base.pMethods = &methods;
        return SQLITE_OK;
    }
    if (f->real && f->real->pMethods)
        (void)f->real->pMethods->xClose(f->real);
    sqlite3_free(f->real);
    sqlite3_free(f->bytes);
    return rc;
}

static int gather_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return below()->xDelete(below(), name, sync);
}

static int gather_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs;
    return below()->xAccess(below(), name, flags, out);
}

static int gather_full_path(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    return below()->xFullPathname(below(), name, n, out);
}

static int gather_randomness(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    return below()->xRandomness(below(), n, out);
}

static int gather_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return below()->xSleep(below(), us);
}

static int gather_time(sqlite3_vfs *vfs, double *days)
{
    (void)vfs;
    return below()->xCurrentTime(below(), days);
}

static int gather_last_error(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    return below()->xGetLastError ? below()->xGetLastError(below(), n, out) : 0;
}

int sb_gather_register(struct sb_err *err)
{
    static sqlite3_vfs vfs = {/* SQLite links it into its list */
                              .iVersion = 1,
                              .szOsFile = sizeof(struct file),
                              .zName = SB_GATHER_VFS,
                              .xOpen = gather_open,
                              .xDelete = gather_delete,
                              .xAccess = gather_access,
                              .xFullPathname = gather_full_path,
                              .xRandomness = gather_randomness,
                              .xSleep = gather_sleep,
                              .xCurrentTime = gather_time,
                              .xGetLastError = gather_last_error};
    if (sqlite3_vfs_find(SB_GATHER_VFS))
        return 0;
    vfs.mxPathname = below()->mxPathname;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
        return sb_fail(err, SB_E_INTERNAL, "SQLite takes no VFS");
    return 0;
}
