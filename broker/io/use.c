/* Purpose: `<journal>-use`, and what the core is told from it and from the journal.
 * Invariant: the counts of a start are those of the journal's own rows, or were taken
 * from them by this program at an earlier number of entries of the same journal.
 * Not: limits (broker/core/share.c). */
#include "broker/io/use.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/base/text.h"
#include "schemas/pack/pack.h"

#define TAG "sacbe/use/1"
#define USE_MAX SB_MIB

static int use_path(char out[PATH_MAX], const char *journal, const char *end)
{
    int n = snprintf(out, PATH_MAX, "%s-use%s", journal, end);
    return n > 0 && n < PATH_MAX ? 0 : SB_E_ARGUMENT;
}

void sb_use_write(const struct sb_use_counts *counts, struct sb_buf *out)
{
    sb_pack_array(out, 5);
    sb_pack_cstr(out, TAG);
    sb_pack_uint(out, counts->generation);
    sb_pack_uint(out, counts->entries);
    sb_pack_uint(out, counts->pruned_below);
    sb_pack_array(out, counts->n);
    for (size_t i = 0; i < counts->n; i++) {
        sb_pack_array(out, 2);
        sb_pack_str(out, counts->items[i].institution);
        sb_pack_uint(out, counts->items[i].bytes);
    }
}

int sb_use_read(struct sb_bytes in,
                struct sb_arena *arena,
                struct sb_use_counts *out,
                struct sb_err *err)
{
    struct sb_use_counts c = {0};
    struct sb_unpack u = sb_unpack(in);
    struct sb_order order = {0};
    int rc = sb_pack_scan(in, SB_PACK_RECORD, err);
    if (rc != 0)
        return rc;
    sb_unpack_tag(&u, TAG, 5);
    c.generation = sb_unpack_uint(&u, UINT64_MAX);
    c.entries = sb_unpack_uint(&u, INT64_MAX);
    c.pruned_below = sb_unpack_uint(&u, INT64_MAX);
    c.n = sb_unpack_array(&u, 0, SB_MEMBERS_MAX);
    c.items = sb_list_alloc(&u, arena, &c.n, sizeof *c.items);
    for (size_t i = 0; i < c.n && !u.failed; i++) {
        sb_unpack_array(&u, 2, 2);
        c.items[i].institution = sb_unpack_code(&u);
        c.items[i].bytes = sb_unpack_uint(&u, INT64_MAX);
        sb_order_next(&order, &u, c.items[i].institution);
    }
    rc = sb_unpack_end(&u, "the counts of a journal", err);
    if (rc == 0)
        *out = c;
    return rc;
}

static int by_institution(const void *a, const void *b)
{
    const struct sb_use_of *x = a;
    const struct sb_use_of *y = b;
    return sb_bytes_cmp(x->institution, y->institution);
}

/* What the core counts now; durable or not. */
static int count(const struct sb_core *core,
                 uint64_t generation,
                 struct sb_arena *arena,
                 struct sb_use_counts *out,
                 struct sb_err *err)
{
    struct sb_core_status st = {0};
    int rc = sb_core_report_shares(core, arena, &st, err);
    if (rc != 0)
        return rc;
    *out = (struct sb_use_counts){
        .generation = generation,
        .entries = st.size,
        .pruned_below = st.pruned_below,
        .items = sb_arena_alloc(arena, st.n_shares + 1, sizeof *out->items)};
    if (!out->items)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; i < st.n_shares && out->n < SB_MEMBERS_MAX; i++)
        if (st.shares[i].journal_bytes)
            out->items[out->n++] = (struct sb_use_of){st.shares[i].institution,
                                                      st.shares[i].journal_bytes};
    qsort(out->items, out->n, sizeof *out->items, by_institution);
    return 0;
}

/* Not synced: a loss of power may leave it empty or torn, which sb_use_read refuses. */
static int put_file(const char *journal, struct sb_bytes content, struct sb_err *err)
{
    char path[PATH_MAX];
    char fresh[PATH_MAX];
    if (use_path(path, journal, "") != 0 || use_path(fresh, journal, "~") != 0)
        return sb_fail(err, SB_E_ARGUMENT, "the journal's path is too long");
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return sb_fail_os(err, errno, "%s", fresh);
    ssize_t n = write(fd, content.p, content.n);
    int why = n == (ssize_t)content.n ? 0 : n < 0 ? errno : ENOSPC;
    if (close(fd) != 0 && !why)
        why = errno;
    if (!why && rename(fresh, path) != 0)
        why = errno;
    if (!why)
        return 0;
    (void)unlink(fresh);
    return sb_fail_os(err, why, "%s", path);
}

int sb_use_save(const char *journal,
                const struct sb_core *core,
                uint64_t generation,
                struct sb_err *err)
{
    struct sb_use_counts counts;
    struct sb_buf bytes = {.limit = USE_MAX};
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? count(core, generation, arena, &counts, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0) {
        sb_use_write(&counts, &bytes);
        rc = sb_buf_check(&bytes, err);
    }
    if (rc == 0)
        rc = put_file(journal, sb_buf_bytes(&bytes), err);
    sb_buf_free(&bytes);
    sb_arena_free(arena);
    return rc;
}

/* False: there is none, or it is of no use for this journal. */
static bool load(const char *journal,
                 const struct sb_core_status *now,
                 uint64_t generation,
                 struct sb_arena *arena,
                 struct sb_use_counts *out)
{
    char path[PATH_MAX];
    struct sb_buf bytes = {0};
    struct sb_err ignored;
    bool good = use_path(path, journal, "") == 0 &&
                sb_file_read(path, USE_MAX, &bytes, &ignored) == 0;
    struct sb_bytes kept =
        good ? sb_arena_dup(arena, sb_buf_bytes(&bytes)) : sb_bytes(NULL, 0);
    sb_buf_free(&bytes);
    return kept.p && sb_use_read(kept, arena, out, &ignored) == 0 &&
           out->generation == generation && out->entries <= now->durable &&
           out->pruned_below == now->pruned_below;
}

static int add_stream(void *ctx, struct sb_bytes name, uint64_t n, struct sb_err *err)
{
    struct sb_bytes institution;
    if (!sb_text_stream_parts(name, &institution, NULL, NULL))
        return sb_fail(err, SB_E_DB_CORRUPT, "a stream's name in the journal");
    return sb_core_restore_use(ctx, institution, n, err);
}

int sb_use_restore(struct sb_core *core,
                   const char *journal,
                   struct sb_journal_reader *reader,
                   uint64_t generation,
                   struct sb_err *err)
{
    struct sb_use_counts kept = {0};
    struct sb_core_status now = {0};
    struct sb_arena *arena = sb_arena_new(0);
    int rc = arena ? sb_core_report_shares(core, arena, &now, err)
                   : sb_fail(err, SB_E_MEMORY, "out of memory");
    if (rc == 0 && !load(journal, &now, generation, arena, &kept))
        kept = (struct sb_use_counts){0};
    for (size_t i = 0; rc == 0 && i < kept.n; i++)
        rc = sb_core_restore_use(
            core, kept.items[i].institution, kept.items[i].bytes, err);
    if (rc == 0)
        rc = sb_journal_use(reader, kept.entries, add_stream, core, err);
    sb_arena_free(arena);
    return rc;
}

uint64_t sb_use_file(const char *journal)
{
    char wal[PATH_MAX];
    struct stat st;
    uint64_t bytes = stat(journal, &st) == 0 ? (uint64_t)st.st_size : 0;
    int n = snprintf(wal, sizeof wal, "%s-wal", journal);
    if (bytes && n > 0 && n < PATH_MAX && stat(wal, &st) == 0)
        bytes += (uint64_t)st.st_size;
    return bytes;
}
