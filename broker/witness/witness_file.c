/* Purpose: read and write the files of a witness's folder.
 * Invariant: a file is whole or not there (written beside, fsynced, renamed).
 * Not: judging notes (witness.c). */
#include "broker/witness/witness_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATH_MAX_BYTES 4096

static int
path_of(char out[PATH_MAX_BYTES], const char *dir, const char *name, struct sb_err *err)
{
    int n = snprintf(out, PATH_MAX_BYTES, "%s/%s", dir, name);
    if (n < 0 || n >= PATH_MAX_BYTES)
        return sb_fail(err, SB_E_ARGUMENT, "%.200s: the path is too long", dir);
    return 0;
}

/* Decimal digits from `text`, at most 18; 0: none. *end: what follows them. */
static uint64_t number(const char *text, const char *stop, const char **end)
{
    uint64_t n = 0;
    const char *p = text;
    while (p < stop && *p >= '0' && *p <= '9' && p - text < 18)
        n = 10 * n + (uint64_t)(*p++ - '0');
    *end = p;
    return n;
}

static void look_at(const char *name, struct sb_witness_dir *d)
{
    static const char seen[] = "seen-";
    static const char evidence[] = "evidence-";
    const char *stop = name + strlen(name);
    const char *end;
    if (strncmp(name, seen, sizeof seen - 1) == 0) {
        uint64_t n = number(name + sizeof seen - 1, stop, &end);
        if (end == stop && n > d->generation)
            d->generation = n;
    } else if (strncmp(name, evidence, sizeof evidence - 1) == 0) {
        uint64_t n = number(name + sizeof evidence - 1, stop, &end);
        if ((*end == '-' || *end == '.') && n > d->evidence)
            d->evidence = n;
    }
}

int sb_witness_scan(const char *dir, struct sb_witness_dir *out, struct sb_err *err)
{
    struct sb_witness_dir found = {0};
    if (mkdir(dir, 0700) && errno != EEXIST)
        return sb_fail_os(err, errno, "%s", dir);
    DIR *d = opendir(dir);
    if (!d)
        return sb_fail_os(err, errno, "%s", dir);
    const struct dirent *e;
    errno = 0;
    while ((e = readdir(d)) != NULL)
        look_at(e->d_name, &found);
    int why = errno;
    closedir(d);
    if (why)
        return sb_fail_os(err, why, "%s", dir);
    *out = found;
    return 0;
}

/* "<exchange>/journal/<generation>" */
uint64_t sb_witness_generation(struct sb_bytes note)
{
    static const char middle[] = "/journal/";
    const char *text = (const char *)note.p;
    const char *end = note.n ? memchr(text, '\n', note.n) : NULL;
    const char *at = end ? memmem(text, (size_t)(end - text), middle, 9) : NULL;
    if (!at)
        return 0;
    const char *stop;
    uint64_t n = number(at + sizeof middle - 1, end, &stop);
    return stop == end ? n : 0;
}

static void seen_name(char out[64], uint64_t generation)
{
    snprintf(out, 64, "seen-%llu", (unsigned long long)generation);
}

/* Reads what is there; a missing file is an empty buffer. */
static int read_optional(const char *path, struct sb_buf *out, struct sb_err *err)
{
    struct stat st;
    sb_buf_reset(out);
    if (stat(path, &st) && errno == ENOENT)
        return 0;
    struct sb_buf content = {0};
    int rc = sb_file_read(path, SB_NOTE_MAX, &content, err);
    if (!rc) {
        sb_buf_free(out);
        *out = content;
    }
    return rc;
}

int sb_witness_load(const char *dir,
                    uint64_t generation,
                    struct sb_buf *note,
                    struct sb_err *err)
{
    char name[64];
    char path[PATH_MAX_BYTES];
    seen_name(name, generation);
    struct stat st;
    int rc = path_of(path, dir, name, err);
    bool there = !rc && stat(path, &st) == 0;
    if (!rc)
        rc = read_optional(path, note, err);
    if (!rc && there && sb_witness_generation(sb_buf_bytes(note)) != generation)
        rc = sb_fail(err,
                     SB_E_NOTE,
                     "%s: damaged: this is not the note that was seen (bring back "
                     "the file from a backup; a witness does not begin anew by itself)",
                     path);
    return rc;
}

int sb_witness_save(const char *dir,
                    uint64_t generation,
                    struct sb_bytes note,
                    struct sb_err *err)
{
    char name[64];
    char path[PATH_MAX_BYTES];
    seen_name(name, generation);
    int rc = path_of(path, dir, name, err);
    return rc ? rc : sb_file_write(path, note, 0600, err);
}

static int write_part(const char *dir,
                      uint64_t n,
                      const char *part,
                      struct sb_bytes content,
                      struct sb_err *err)
{
    char name[64];
    char path[PATH_MAX_BYTES];
    snprintf(name, sizeof name, "evidence-%llu%s", (unsigned long long)n, part);
    int rc = path_of(path, dir, name, err);
    return rc ? rc : sb_file_write(path, content, 0600, err);
}

int sb_witness_keep(const char *dir,
                    uint64_t n,
                    struct sb_bytes a,
                    struct sb_bytes b,
                    const char *why,
                    struct sb_err *err)
{
    struct sb_buf text = {0};
    sb_buf_printf(&text, "%s\n", why);
    int rc = sb_buf_check(&text, err);
    if (!rc)
        rc = write_part(dir, n, "-a.note", a, err);
    if (!rc)
        rc = write_part(dir, n, "-b.note", b, err);
    if (!rc)
        rc = write_part(dir, n, ".txt", sb_buf_bytes(&text), err);
    sb_buf_free(&text);
    return rc;
}

static int read_part(const char *dir,
                     uint64_t n,
                     const char *part,
                     struct sb_buf *out,
                     struct sb_err *err)
{
    char name[64];
    char path[PATH_MAX_BYTES];
    snprintf(name, sizeof name, "evidence-%llu%s", (unsigned long long)n, part);
    int rc = path_of(path, dir, name, err);
    return rc ? rc : read_optional(path, out, err);
}

int sb_witness_evidence(const char *dir,
                        uint64_t n,
                        uint64_t *generation,
                        struct sb_err *why,
                        struct sb_err *err)
{
    struct sb_buf content = {0};
    int rc = read_part(dir, n, "-a.note", &content, err);
    if (!rc) {
        *generation = sb_witness_generation(sb_buf_bytes(&content));
        rc = read_part(dir, n, ".txt", &content, err);
    }
    if (!rc) {
        struct sb_bytes text = sb_buf_bytes(&content);
        while (text.n && text.p[text.n - 1] == '\n')
            text.n--;
        if (text.n)
            sb_fail(why, SB_E_SPLIT_VIEW, "%.*s", SB_FMT(text));
        else
            sb_fail(why,
                    SB_E_SPLIT_VIEW,
                    "%s/evidence-%llu-a.note: kept because another note contradicts it",
                    dir,
                    (unsigned long long)n);
    }
    sb_buf_free(&content);
    return rc;
}
