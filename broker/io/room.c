/* Purpose: watch the journal's file system; keep a reserve on it.
 * Invariant: the reserve is only ever a file that this module made; whoever finds the
 * disk full finds either the reserve or the truth.
 * Not: refusing (broker/core/room.c), waiting for room (writer.c). */
#include "broker/io/room.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SCARCE 8u /* below this part of `low` the reserve is given up */

struct sb_room {
    struct sb_room_config config;
    char path[PATH_MAX]; /* of the reserve */
    char folder[PATH_MAX];
    bool reserved;
    bool low;
    int why; /* errno for which the reserve could not be made; logged once */
};

static bool measure(const struct sb_room *r, struct sb_room_state *s)
{
    struct statvfs fs;
    if (statvfs(r->folder, &fs) != 0)
        return false;
    s->known = true;
    s->free = (uint64_t)fs.f_bavail * fs.f_frsize;
    s->total = (uint64_t)fs.f_blocks * fs.f_frsize;
    return true;
}

/* A copied file may have the size without the blocks. */
static bool is_whole(const struct sb_room *r)
{
    struct stat st;
    return lstat(r->path, &st) == 0 && S_ISREG(st.st_mode) &&
           (uint64_t)st.st_size == r->config.reserve &&
           (uint64_t)st.st_blocks * 512u >= r->config.reserve;
}

static int allocate(const struct sb_room *r)
{
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(r->path, flags, 0600);
    if (fd < 0)
        return errno;
    int why = ftruncate(fd, (off_t)r->config.reserve) == 0 ? 0 : errno;
    if (!why)
        why = posix_fallocate(fd, 0, (off_t)r->config.reserve);
    close(fd);
    if (why)
        (void)unlink(r->path);
    return why;
}

static void make_reserve(struct sb_room *r)
{
    int why = is_whole(r) ? 0 : allocate(r);
    r->reserved = !why;
    if (why && why != r->why) {
        struct sb_err err;
        (void)sb_fail_os(&err, why, "%s: the reserve cannot be made", r->path);
        sb_log(r->config.log, SB_LOG_WARNING, "room", SB_LOG_ERR(&err));
    }
    r->why = why;
}

static bool give_up(struct sb_room *r)
{
    if (!r->reserved)
        return false;
    r->reserved = false;
    if (unlink(r->path) != 0)
        return false;
    sb_log(r->config.log,
           SB_LOG_WARNING,
           "room",
           SB_LOG_CODE(SB_E_DISK_FULL),
           SB_LOG_TEXT("event", "reserve_used"),
           SB_LOG_TEXT("text", "make room on the journal's disk, or prune"));
    return true;
}

bool sb_room_release(struct sb_room *r)
{
    r->low = r->config.low > 0;
    return give_up(r);
}

/* Whether `free` bytes more than the reserve would be enough to go on. */
static bool is_enough(const struct sb_room *r, uint64_t free, uint64_t reusable)
{
    uint64_t low = r->config.low;
    return free >= low / 2 && free + reusable >= low + low / 8;
}

void sb_room_look(struct sb_room *r, uint64_t reusable, struct sb_room_state *out)
{
    struct sb_room_state s = {.reusable = reusable};
    uint64_t reserve = r->config.reserve;
    uint64_t low = r->config.low;
    if (measure(r, &s)) {
        if (s.free < low / SCARCE && give_up(r))
            r->low = true;
        else if (reserve && !r->reserved && s.free >= reserve + low / 2) {
            make_reserve(r);
            (void)measure(r, &s);
        }
        if (low && (s.free + reusable < low || s.free < low / 4))
            r->low = true;
        else if (is_enough(r, s.free, reusable) && (r->reserved || !reserve || r->why))
            r->low = false;
    }
    s.low = r->low;
    s.reserved = r->reserved;
    *out = s;
}

int sb_room_open(struct sb_room **out,
                 const struct sb_room_config *config,
                 struct sb_err *err)
{
    char copy[PATH_MAX];
    struct sb_room_state first;
    struct sb_room *r = calloc(1, sizeof *r);
    if (!r)
        return sb_fail(err, SB_E_MEMORY, "room");
    r->config = *config;
    int n = snprintf(r->path, sizeof r->path, "%s-reserve", config->journal);
    if (n < 0 || (size_t)n >= sizeof r->path) {
        free(r);
        return sb_fail(err, SB_E_ARGUMENT, "%s: the path is too long", config->journal);
    }
    snprintf(copy, sizeof copy, "%s", config->journal);
    snprintf(r->folder, sizeof r->folder, "%s", dirname(copy));
    r->reserved = config->reserve > 0 && is_whole(r);
    if (!config->reserve)
        (void)unlink(r->path); /* of a configuration that had one */
    sb_room_look(r, 0, &first);
    *out = r;
    return 0;
}

void sb_room_close(struct sb_room *r)
{
    free(r);
}
