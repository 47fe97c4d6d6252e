/* Purpose: the folders in/, done/, refused/: which sets are complete, moving files.
 * Invariant: a file leaves in/ only if it is the very one that was staged, and never
 * takes the place of another. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/csv/steps.h"

#define FILES_MAX 100000u /* of one folder, looked at */

static int memory(struct sb_err *err)
{
    return sb_fail(err, SB_E_MEMORY, "out of memory");
}

static int make_folder(const char *path, struct sb_err *err)
{
    if (mkdir(path, 0750) == 0 || errno == EEXIST)
        return 0;
    return sb_fail_os(err, errno, "%s: the folder cannot be made", path);
}

static int compile_patterns(struct csv_source *s, struct sb_err *err)
{
    for (size_t i = 0; i < s->facts->n_set; i++) {
        struct sb_bytes p = s->facts->set[i].pattern;
        int number = 0;
        PCRE2_SIZE at = 0;
        uint32_t groups = 0;
        s->patterns[i] = pcre2_compile(p.p,
                                       p.n,
                                       PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED,
                                       &number,
                                       &at,
                                       NULL);
        PCRE2_UCHAR words[160] = "";
        if (!s->patterns[i])
            pcre2_get_error_message(number, words, sizeof words);
        else
            pcre2_pattern_info(s->patterns[i], PCRE2_INFO_CAPTURECOUNT, &groups);
        if (!s->patterns[i] || groups == 0)
            return sb_fail(
                err,
                number == PCRE2_ERROR_HEAP_FAILED ? SB_E_MEMORY : SB_E_MAPPING,
                "%.*s: the file pattern \"%.*s\" %s%s",
                SB_FMT(s->facts->path),
                SB_FMT(p),
                s->patterns[i] ? "needs a group: the set's key" : "is wrong: ",
                (const char *)words);
    }
    return 0;
}

int sb_csv_folder_open(struct csv_source *s, struct sb_err *err)
{
    struct sb_bytes folder = s->facts->folder;
    while (folder.n > 1 && folder.p[folder.n - 1] == '/')
        folder.n--;
    size_t parent = folder.n;
    while (parent > 0 && folder.p[parent - 1] != '/')
        parent--;
    const char *text = (const char *)folder.p;
    if (asprintf(&s->in, "%.*s", SB_FMT(folder)) < 0 ||
        asprintf(&s->done, "%.*sdone", (int)parent, text) < 0 ||
        asprintf(&s->refused, "%.*srefused", (int)parent, text) < 0)
        return memory(err);
    return compile_patterns(s, err);
}

int sb_csv_folder_make(const struct csv_source *s, struct sb_err *err)
{
    int rc = make_folder(s->in, err);
    if (rc == 0)
        rc = make_folder(s->done, err);
    return rc ? rc : make_folder(s->refused, err);
}

int sb_csv_folder_stamp(const char *folder,
                        const char *name,
                        struct stamp *out,
                        struct sb_err *err)
{
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (stat(path, &st) != 0)
        return errno == ENOENT ? sb_fail(err, SB_E_NOT_FOUND, "%s: no such file", path)
                               : sb_fail_os(err, errno, "%s", path);
    if (!S_ISREG(st.st_mode))
        return sb_fail(err, SB_E_NOT_FOUND, "%s: not a file", path);
    *out = (struct stamp){(int64_t)st.st_dev,
                          (int64_t)st.st_ino,
                          (int64_t)st.st_size,
                          (int64_t)st.st_mtim.tv_sec * 1000000000 +
                              (int64_t)st.st_mtim.tv_nsec};
    return 0;
}

/* The key of a name that matches member i, in fresh memory; NULL: no match. */
static int key_of(const struct csv_source *s,
                  size_t i,
                  const char *name,
                  char **out,
                  struct sb_err *err)
{
    pcre2_match_data *m = pcre2_match_data_create_from_pattern(s->patterns[i], NULL);
    *out = NULL;
    if (!m)
        return memory(err);
    int rc = pcre2_match(
        s->patterns[i], (PCRE2_SPTR)name, PCRE2_ZERO_TERMINATED, 0, 0, m, NULL);
    bool full = rc == PCRE2_ERROR_NOMEMORY;
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m);
    if (rc > 1 && at[2] != PCRE2_UNSET) {
        *out = strndup(name + at[2], at[3] - at[2]);
        full = !*out;
    }
    pcre2_match_data_free(m);
    return full ? memory(err) : 0;
}

static int wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Gives the member the first name, in order, that matches with this key. */
static int find_member(struct csv_source *s,
                       size_t i,
                       struct dirent **names,
                       int n,
                       const char *key,
                       struct sb_err *err)
{
    struct member *m = &s->members[i];
    free(m->name);
    *m = (struct member){0};
    for (int k = 0; k < n && !m->name; k++) {
        char *its = NULL;
        int rc = key_of(s, i, names[k]->d_name, &its, err);
        bool same = its && strcmp(its, key) == 0;
        free(its);
        if (rc)
            return rc;
        if (!same || sb_csv_folder_stamp(s->in, names[k]->d_name, &m->stamp, NULL) != 0)
            continue;
        m->name = strdup(names[k]->d_name);
        if (!m->name)
            return memory(err);
    }
    return m->name ? 1 : 0;
}

/* 1: every member has a file with this key; 0: one has none. */
static int complete(struct csv_source *s,
                    struct dirent **names,
                    int n,
                    const char *key,
                    struct sb_err *err)
{
    int rc = 1;
    for (size_t i = 0; rc == 1 && i < s->facts->n_set; i++)
        rc = find_member(s, i, names, n, key, err);
    return rc;
}

int sb_csv_folder_scan(struct csv_source *s, struct sb_err *err)
{
    struct dirent **names = NULL;
    int n = scandir(s->in, &names, wanted, alphasort);
    if (n < 0)
        return sb_fail_os(err, errno, "%s: the folder cannot be read", s->in);
    int found = 0;
    for (int i = 0; i < n && !found && n < (int)FILES_MAX; i++) {
        char *key = NULL;
        found = key_of(s, 0, names[i]->d_name, &key, err);
        if (key)
            found = complete(s, names, n, key, err);
        if (found == 1) {
            free(s->set_key);
            s->set_key = key;
        } else {
            free(key);
        }
    }
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    if (n >= (int)FILES_MAX)
        return sb_fail(err, SB_E_LIMIT, "%s: more than %u files", s->in, FILES_MAX);
    return found;
}

static int sync_folder(const char *path, struct sb_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return sb_fail_os(err, errno, "%s", path);
    int broken = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return broken ? sb_fail_os(err, broken, "%s", path) : 0;
}

/* The name to take in `to`: its own, or with ~2, ~3 ... when that is taken. */
static int
free_name(const char *to, const char *name, char out[PATH_MAX], struct sb_err *err)
{
    for (unsigned i = 1; i < FILES_MAX; i++) {
        int n = i == 1 ? snprintf(out, PATH_MAX, "%s/%s", to, name)
                       : snprintf(out, PATH_MAX, "%s/%s~%u", to, name, i);
        if (n < 0 || n >= PATH_MAX)
            break;
        if (access(out, F_OK) != 0 && errno == ENOENT)
            return 0;
    }
    return sb_fail(err, SB_E_LIMIT, "%s: no free name for %s", to, name);
}

int sb_csv_folder_settle(struct csv_source *s,
                         size_t member,
                         const char *to,
                         struct sb_bytes report,
                         struct sb_err *err)
{
    const struct member *m = &s->members[member];
    struct stamp now;
    char from[PATH_MAX];
    char path[PATH_MAX];
    char beside[PATH_MAX + 16];
    if (sb_csv_folder_stamp(s->in, m->name, &now, NULL) != 0 ||
        memcmp(&now, &m->stamp, sizeof now) != 0)
        return 0; /* moved before a crash, or replaced by a new arrival */
    snprintf(from, sizeof from, "%s/%s", s->in, m->name);
    int rc = free_name(to, m->name, path, err);
    snprintf(beside, sizeof beside, "%s.report.json", path);
    if (rc == 0)
        rc = sb_file_write(beside, report, 0640, err);
    if (rc == 0 && rename(from, path) != 0)
        rc = sb_fail_os(err, errno, "%s: cannot be moved to %s", from, to);
    if (rc == 0)
        rc = sync_folder(to, err);
    return rc ? rc : sync_folder(s->in, err);
}
