/* Runs a program with only the system calls that a list names, as systemd's
 * SystemCallFilter= with SystemCallErrorNumber=EPERM does.
 *
 *   filtered LIST program...        LIST: a file of numbers, one a line
 *
 * Source: seccomp(2), "Filter programs". */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#define NATIVE 0
#endif

enum { CALLS_MAX = 600, NOT_DONE = 126 };

/* One comparison and one leave for each call that is allowed; what is left is refused.
 */
static struct sock_filter program[2 * CALLS_MAX + 8];
static unsigned short length;

static void add(unsigned code, unsigned k, unsigned char yes, unsigned char no)
{
    program[length++] =
        (struct sock_filter){.code = (unsigned short)code, .jt = yes, .jf = no, .k = k};
}

static int read_list(const char *path)
{
    char line[32];
    int n = 0;
    FILE *from = fopen(path, "re");
    if (!from)
        return 0;
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
    add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
    while (n < CALLS_MAX && fgets(line, sizeof line, from)) {
        add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)strtoul(line, NULL, 10), 0, 1);
        add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
        n++;
    }
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
    (void)fclose(from);
    return n;
}

int main(int argc, char **argv)
{
    if (argc < 3 || NATIVE == 0 || read_list(argv[1]) == 0) {
        fprintf(stderr, "usage: filtered LIST program...\n");
        return NOT_DONE;
    }
    struct sock_fprog filter = {.len = length, .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        perror("filtered");
        return NOT_DONE;
    }
    (void)execv(argv[2], argv + 2);
    perror(argv[2]);
    return NOT_DONE;
}
