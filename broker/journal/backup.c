/* Purpose: a backup: copied, synced, verified, named; its note beside it.
 * Invariant: a file of the backup's name is a whole journal that was verified after it
 * was written. Not here: the rows (copy.c). */
#include "broker/journal/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct names {
    char temp[PATH_MAX];
    char note[PATH_MAX];
};

static int make_names(struct names *n, const char *to, struct sb_err *err)
{
    int a = snprintf(n->temp, sizeof n->temp, "%s.new.XXXXXX", to);
    int b = snprintf(n->note, sizeof n->note, "%s-note", to);
    if (a < 0 || b < 0 || (size_t)a >= sizeof n->temp || (size_t)b >= sizeof n->note)
        return sb_fail(err, SB_E_ARGUMENT, "%s: the path is too long", to);
    return 0;
}

static int make_temp(struct names *n, const char *to, struct sb_err *err)
{
    int fd = mkostemp(n->temp, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return sb_fail_os(err, errno, "%s: cannot be created", to);
    close(fd);
    return 0;
}

static int sync_path(const char *path, int flags, struct sb_err *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return sb_fail_os(err, errno, "%s: cannot be made durable", path);
    int broken = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return broken ? sb_fail_os(err, broken, "%s: cannot be made durable", path) : 0;
}

static int name_it(const struct names *n,
                   const struct sb_backup_config *config,
                   struct sb_err *err)
{
    int broken = 0;
    if (config->replace)
        broken = rename(n->temp, config->to) == 0 ? 0 : errno;
    else if (link(n->temp, config->to) != 0)
        broken = errno;
    else
        (void)unlink(n->temp);
    if (broken == EEXIST && !config->replace)
        return sb_fail(err, SB_E_EXISTS, "%s: it is there already", config->to);
    if (broken)
        return sb_fail_os(err, broken, "%s: cannot be written", config->to);
    return sb_file_keep_name(config->to, err);
}

static void begin(const struct sb_backup_config *config, enum sb_backup_step step)
{
    if (config->begin)
        config->begin(config->ctx, step);
}

static int verify(const struct sb_backup_config *config,
                  const char *path,
                  const struct sb_journal_expect *expect,
                  struct sb_journal_facts *out,
                  struct sb_err *err)
{
    struct sb_err why = {0};
    begin(config, SB_BACKUP_VERIFY);
    int rc = sb_journal_verify(path, expect, config->progress, config->ctx, out, &why);
    if (rc == 0)
        return 0;
    return sb_fail(err,
                   rc == SB_E_MEMORY || rc == SB_E_IO ? rc : SB_E_BACKUP,
                   "the copy of %s does not hold, and was removed: %.300s (is the "
                   "journal itself whole? sacbe journal verify)",
                   config->from,
                   why.text);
}

int sb_journal_backup(const struct sb_backup_config *config,
                      struct sb_journal_facts *out,
                      struct sb_err *err)
{
    struct names n = {.temp = ""};
    struct sb_buf note = {0};
    struct sb_journal_expect expect;
    struct sb_journal_facts facts = {0};
    int rc = make_names(&n, config->to, err);
    if (rc == 0 && !config->replace && access(config->to, F_OK) == 0)
        rc = sb_fail(err, SB_E_EXISTS, "%s: it is there already", config->to);
    if (rc == 0 && access(config->from, R_OK) != 0)
        rc = sb_fail_os(err, errno, "cannot read the journal %s", config->from);
    if (rc == 0)
        rc = make_temp(&n, config->to, err);
    if (rc != 0)
        return rc;
    begin(config, SB_BACKUP_COPY);
    rc = sb_copy_rows(config, n.temp, err);
    if (rc == 0)
        rc = sync_path(n.temp, O_RDONLY, err);
    if (rc == 0)
        rc = sb_copy_note(n.temp, &note, &expect, err);
    if (rc == 0)
        rc = verify(config, n.temp, &expect, &facts, err);
    if (rc == 0)
        rc = name_it(&n, config, err);
    if (rc != 0)
        (void)unlink(n.temp);
    else if (note.n > 0) /* behind its journal, never ahead of it */
        rc = sb_file_write(n.note, sb_buf_bytes(&note), 0600, err);
    sb_buf_free(&note);
    if (rc == 0)
        *out = facts;
    return rc;
}
