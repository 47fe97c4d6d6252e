/* Purpose: malloc and its like, failing when they are told to. What they else do is the
 * C library's work, or the sanitizer's where there is one. And syncs that do nothing.
 * Invariant: what was given can be freed by the free that everybody calls, which is not
 * replaced here. */
#include <dlfcn.h>
#include <errno.h>
#include <sodium.h>
#include <unistd.h>

#include "test/fault/memory/exhaust.h"

/* Of the sanitizers' runtime; absent without one. */
extern void *__interceptor_malloc(size_t n) __attribute__((weak));
extern void *__interceptor_calloc(size_t n, size_t size) __attribute__((weak));
extern void *__interceptor_realloc(void *p, size_t n) __attribute__((weak));
/* Of the C library. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

static volatile size_t count; /* since it was armed */
static volatile size_t fail_at;
static volatile bool fail_on;
static volatile bool armed;

void exhaust_arm(size_t nth, bool on)
{
    count = 0;
    fail_at = nth;
    fail_on = on;
    armed = true;
}

size_t exhaust_disarm(void)
{
    armed = false;
    return count;
}

bool exhaust_failed(void)
{
    return fail_at > 0 && count >= fail_at;
}

static bool refuses(void)
{
    if (!armed)
        return false;
    count++;
    if (count != fail_at && !(fail_on && fail_at > 0 && count > fail_at))
        return false;
    errno = ENOMEM;
    return true;
}

void *exhaust_spare(size_t n)
{
    return __interceptor_malloc ? __interceptor_malloc(n) : __libc_malloc(n);
}

void *malloc(size_t n)
{
    return refuses() ? NULL : exhaust_spare(n);
}

void *calloc(size_t n, size_t size)
{
    if (refuses())
        return NULL;
    return __interceptor_calloc ? __interceptor_calloc(n, size)
                                : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    if (refuses())
        return NULL;
    return __interceptor_realloc ? __interceptor_realloc(p, n) : __libc_realloc(p, n);
}

char *strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    char *p = malloc(n);
    return p ? memcpy(p, s, n) : NULL;
}

char *strndup(const char *s, size_t most)
{
    size_t n = strnlen(s, most);
    char *p = malloc(n + 1);
    if (p) {
        memcpy(p, s, n);
        p[n] = '\0';
    }
    return p;
}

void *sodium_malloc(const size_t n)
{
    void *(*guarded)(size_t);
    if (refuses())
        return NULL;
    void *found = dlsym(RTLD_NEXT, "sodium_malloc");
    memcpy(&guarded, &found, sizeof guarded);
    return guarded(n);
}

/* No power is lost here: thousands of runs do not wait for the disk. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

int syncfs(int fd)
{
    (void)fd;
    return 0;
}
