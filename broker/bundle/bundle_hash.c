/* Purpose: one hash that names the very files of a bundle.
 * Invariant: every byte that is read of a bundle is under it; spare files, which nobody
 * reads, are not. Memory grows with the copies only. */
#include "broker/bundle/bundle_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/bundle/folder.h"

#define PART (64u * SB_KIB)

struct hashing {
    int dir;
    uint64_t size; /* of the tree */
    crypto_hash_sha256_state all;
    uint8_t part[PART];
};

static int hash_open(
    struct hashing *h, int fd, const char *path, uint64_t size, struct sb_err *err)
{
    crypto_hash_sha256_state one;
    uint8_t length[8];
    uint8_t hash[SB_HASH];
    crypto_hash_sha256_init(&one);
    for (uint64_t left = size; left > 0;) {
        size_t n = left < PART ? (size_t)left : PART;
        int rc = sb_folder_take(fd, path, SB_E_BUNDLE, h->part, n, err);
        if (rc != 0)
            return rc;
        crypto_hash_sha256_update(&one, h->part, n);
        left -= n;
    }
    crypto_hash_sha256_final(&one, hash);
    sb_put_u64be(length, size);
    crypto_hash_sha256_update(&h->all, (const uint8_t *)path, strlen(path) + 1);
    crypto_hash_sha256_update(&h->all, length, sizeof length);
    crypto_hash_sha256_update(&h->all, hash, sizeof hash);
    return 0;
}

static int hash_file(struct hashing *h, const char *path, struct sb_err *err)
{
    uint64_t size = 0;
    int fd = -1;
    int rc = sb_folder_file(h->dir, path, SB_E_BUNDLE, &fd, &size, err);
    if (rc != 0)
        return rc;
    rc = hash_open(h, fd, path, size, err);
    close(fd);
    return rc;
}

static int
hash_blocks(struct hashing *h, const char *what, int level, struct sb_err *err)
{
    unsigned tile_level = level < 0 ? 0 : (unsigned)level;
    unsigned width;
    for (uint64_t n = 0; (width = sb_tile_width(h->size, tile_level, n)) > 0; n++) {
        char path[SB_TILE_PATH];
        uint64_t size = 0;
        int fd = -1;
        int rc = sb_tile_file(
            h->dir, what, level, n, width, SB_E_BUNDLE, path, &fd, &size, err);
        if (rc != 0)
            return rc;
        rc = hash_open(h, fd, path, size, err);
        close(fd);
        if (rc != 0)
            return rc;
    }
    return 0;
}

struct names {
    char (*items)[SB_TILE_PATH];
    size_t n;
    size_t cap;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int add_name(struct names *names, const char *path, struct sb_err *err)
{
    if (names->n == names->cap) {
        size_t cap = names->cap ? 2 * names->cap : 64;
        void *more = realloc(names->items, cap * sizeof *names->items);
        if (!more)
            return sb_fail(err, SB_E_MEMORY, "no memory for a folder's names");
        names->items = more;
        names->cap = cap;
    }
    snprintf(
        names->items[names->n++], SB_TILE_PATH, "%.*s", (int)SB_TILE_PATH - 1, path);
    return 0;
}

static int
list_copies(DIR *d, const char *folder, struct names *names, struct sb_err *err)
{
    const struct dirent *e;
    int rc = 0;
    while (rc == 0 && (errno = 0, e = readdir(d)) != NULL) {
        char path[sizeof e->d_name + 32];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (sb_bundle_place(path, 0) == SB_PLACE_COPY)
            rc = add_name(names, path, err);
    }
    if (rc == 0 && errno != 0)
        rc = sb_fail_os(err, errno, "%s: cannot be read", folder);
    return rc;
}

/* The copies in one folder, which need not be there, sorted by name. */
static int hash_copies(struct hashing *h, const char *folder, struct sb_err *err)
{
    struct names names = {0};
    int fd = openat(h->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return 0;
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        int broken = errno;
        if (fd >= 0)
            close(fd);
        return sb_fail_os(err, broken, "%s: cannot be read", folder);
    }
    int rc = list_copies(d, folder, &names, err);
    closedir(d);
    if (rc == 0 && names.n > 0)
        qsort(names.items, names.n, sizeof *names.items, by_name);
    for (size_t i = 0; i < names.n && rc == 0; i++)
        rc = hash_file(h, names.items[i], err);
    free(names.items);
    return rc;
}

int sb_bundle_hash(struct sb_bundle *b, uint8_t out[SB_HASH], struct sb_err *err)
{
    struct hashing *h = calloc(1, sizeof *h);
    if (!h)
        return sb_fail(err, SB_E_MEMORY, "no memory for hashing a bundle");
    h->dir = b->dir;
    h->size = b->info.size;
    crypto_hash_sha256_init(&h->all);
    int rc = hash_file(h, SB_BUNDLE_JSON, err);
    if (rc == 0)
        rc = hash_copies(h, SB_BUNDLE_CATALOGUES, err);
    if (rc == 0)
        rc = hash_file(h, SB_BUNDLE_CHECKPOINT, err);
    if (rc == 0)
        rc = hash_copies(h, SB_BUNDLE_DIRECTORIES, err);
    if (rc == 0)
        rc = hash_blocks(h, SB_BUNDLE_RECORDS, 0, err);
    if (rc == 0)
        rc = hash_blocks(h, SB_BUNDLE_TEXTS, 0, err);
    for (int level = 0; level < (int)SB_TILE_LEVELS && rc == 0; level++)
        rc = hash_blocks(h, NULL, level, err);
    if (rc == 0)
        rc = hash_blocks(h, NULL, SB_TILE_ENTRIES, err);
    if (rc == 0)
        crypto_hash_sha256_final(&h->all, out);
    free(h);
    return rc;
}
