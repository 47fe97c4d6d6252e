/* Purpose: what the targets share: promises that abort, a file in memory, randomness
 * that is the same in every run. Not for programs that anybody runs. */
#include "test/fuzz/fuzz.h"

#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/base/text.h"

static uint64_t counter; /* the state of a generator is a global of libsodium, too */

static char folder[64]; /* empty: none was asked for */

static const char *random_name(void)
{
    return "fuzz";
}

static uint32_t random_word(void)
{
    counter += 0x9e3779b97f4a7c15u;
    uint64_t z = (counter ^ counter >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

static void random_fill(void *const out, const size_t n)
{
    uint8_t *p = out;
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)random_word();
}

void fuzz_random(uint64_t seed)
{
    counter = seed;
}

void fuzz_begin(void)
{
    static randombytes_implementation same = {
        .implementation_name = random_name, .random = random_word, .buf = random_fill};
    fuzz_must(randombytes_set_implementation(&same) == 0 && sodium_init() >= 0,
              "libsodium begins");
    fuzz_must(setenv("CMOCKA_TEST_ABORT", "1", 1) == 0, "the environment takes it");
    if (fuzz_target.begin)
        fuzz_target.begin();
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

void fuzz_end(void)
{
    if (fuzz_target.end)
        fuzz_target.end();
    if (folder[0])
        (void)nftw(folder, drop, 16, FTW_DEPTH | FTW_PHYS);
}

char *fuzz_place(const char *name)
{
    char *path = NULL;
    if (!folder[0]) {
        const char *memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(folder, sizeof folder, "%s/sacbe-fuzz-XXXXXX", memory);
        fuzz_must(mkdtemp(folder) != NULL, "a folder");
    }
    fuzz_must(asprintf(&path, "%s/%s", folder, name) > 0, "memory");
    return path;
}

void fuzz_broken(const char *what)
{
    fprintf(stderr, "%s: broken promise: %s\n", fuzz_target.name, what);
    abort();
}

void fuzz_judged(int rc, const struct sb_err *err)
{
    if (rc == 0)
        return;
    size_t n = strnlen(err->text, sizeof err->text);
    fuzz_must(rc < 0, "a failure is a negative code");
    fuzz_must(sb_code_name(rc) != NULL, "the code has a row");
    fuzz_must(err->code == rc, "the error holds the code that was returned");
    fuzz_must(n > 0 && n < sizeof err->text, "the error has a text that ends");
    fuzz_must(sb_text_valid(sb_bytes(err->text, n)), "the text is UTF-8");
    fuzz_must(memchr(err->text, '\n', n) == NULL, "the text is one line");
}

void fuzz_same(struct sb_bytes in, const struct sb_buf *again)
{
    fuzz_must(again->failed == 0, "what was read can be written");
    fuzz_must(sb_bytes_eq(in, sb_buf_bytes(again)),
              "what was read and written is the same bytes");
}

const char *fuzz_file(struct sb_bytes bytes)
{
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        fuzz_must(fd >= 0 && fchmod(fd, 0600) == 0, "a file in memory");
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    fuzz_must(ftruncate(fd, 0) == 0 &&
                  pwrite(fd, bytes.p, bytes.n, 0) == (ssize_t)bytes.n,
              "the file takes the bytes");
    return path;
}

void fuzz_cut(struct sb_bytes in, struct sb_bytes *first, struct sb_bytes *second)
{
    const uint8_t *at = in.n ? memchr(in.p, 0xff, in.n) : NULL;
    size_t n = at ? (size_t)(at - in.p) : in.n;
    *first = sb_bytes(in.p, n);
    *second = at ? sb_bytes(at + 1, in.n - n - 1) : sb_bytes(NULL, 0);
}

uint8_t fuzz_byte(struct sb_bytes *in)
{
    if (in->n == 0)
        return 0;
    uint8_t b = in->p[0];
    *in = sb_bytes(in->p + 1, in->n - 1);
    return b;
}
