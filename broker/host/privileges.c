/* Purpose: what a process gives up before it opens anything.
 * Invariant: after sb_privileges_drop no dump of memory reaches a disk, and no file
 * that we create is readable by others.
 * Not for: changing user; the service manager does that. */
#include "broker/host/privileges.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int raise_files(struct sb_err *err)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return sb_fail_os(err, errno, "the limit of open files cannot be read");
    rlim_t want = files.rlim_max < SB_FILES_WANTED ? files.rlim_max : SB_FILES_WANTED;
    if (files.rlim_cur >= want)
        return 0;
    files.rlim_cur = want;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        return sb_fail_os(err, errno, "the limit of open files cannot be raised");
    return 0;
}

int sb_privileges_drop(struct sb_err *err)
{
    umask(077);
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) != 0)
        return sb_fail_os(err, errno, "core dumps cannot be turned off");
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (sigaction(SIGPIPE, &ignore, NULL) != 0)
        return sb_fail_os(err, errno, "SIGPIPE cannot be ignored");
    return raise_files(err);
}

int sb_privileges_run_dir(const char *path, struct sb_err *err)
{
    /* The umask may be 077 already: the mode is set, not asked for. */
    if (mkdir(path, 0750) == 0) {
        if (chmod(path, 0750) != 0)
            return sb_fail_os(err, errno, "%s: its mode cannot be set to 0750", path);
    } else if (errno != EEXIST) {
        return sb_fail_os(err, errno, "%s: the folder cannot be created", path);
    }
    struct stat st;
    if (stat(path, &st) != 0)
        return sb_fail_os(err, errno, "%s: cannot be examined", path);
    if (!S_ISDIR(st.st_mode))
        return sb_fail(err, SB_E_PERMISSION, "%s: is not a folder", path);
    if (st.st_uid != geteuid())
        return sb_fail(err,
                       SB_E_PERMISSION,
                       "%s: belongs to another user (chown it to the service's user)",
                       path);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return sb_fail(err,
                       SB_E_PERMISSION,
                       "%s: others may write in it (chmod 0750 %s)",
                       path,
                       path);
    return 0;
}

int sb_privileges_secret_file(const char *path, struct sb_err *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return errno == ENOENT ? sb_fail(err, SB_E_NOT_FOUND, "%s: no such file", path)
                               : sb_fail_os(err, errno, "%s: cannot be examined", path);
    if (!S_ISREG(st.st_mode))
        return sb_fail(err, SB_E_VAULT_MODE, "%s: is not a regular file", path);
    unsigned mode = (unsigned)st.st_mode & 07777u;
    if (mode & 077u)
        return sb_fail(err,
                       SB_E_VAULT_MODE,
                       "%s: mode %04o lets others read a secret (chmod 0600 %s)",
                       path,
                       mode,
                       path);
    return 0;
}
