/* broker.host.process: clocks, rights, signals, readiness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker/host/clock.h"
#include "broker/host/notify.h"
#include "broker/host/privileges.h"
#include "broker/host/signals.h"
#include "schemas/base/bytes.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sb-process-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *at(char out[128], const char *name)
{
    snprintf(out, 128, "%s/%s", folder, name);
    return out;
}

static void clocks_run(void **state)
{
    (void)state;
    assert_true(sb_clock_now_ms() > 1600000000000u);
    uint64_t before = sb_clock_mono_ms();
    assert_true(sb_clock_mono_ms() >= before);
}

/* In a child, since what is given up stays given up. */
static int after_drop(void)
{
    struct sb_err err;
    if (sb_privileges_drop(&err) != 0)
        return 1;
    struct rlimit core;
    getrlimit(RLIMIT_CORE, &core);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    rlim_t want = files.rlim_max < SB_FILES_WANTED ? files.rlim_max : SB_FILES_WANTED;
    bool fine = core.rlim_cur == 0 && core.rlim_max == 0 &&
                prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 0 && umask(0) == 077 &&
                files.rlim_cur >= want && raise(SIGPIPE) == 0;
    return fine ? 0 : 2;
}

static void privileges_are_dropped(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(after_drop());
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void the_run_folder_is_made_and_judged(void **state)
{
    (void)state;
    struct sb_err err = {0};
    char path[128];
    mode_t old = umask(077);
    assert_int_equal(sb_privileges_run_dir(at(path, "run"), &err), 0);
    umask(old);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    assert_int_equal(sb_privileges_run_dir(path, &err), 0);
    assert_int_equal(chmod(path, 0770), 0);
    assert_int_equal(sb_privileges_run_dir(path, &err), SB_E_PERMISSION);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(sb_file_write(path, sb_bytes_str("x"), 0600, &err), 0);
    assert_int_equal(sb_privileges_run_dir(path, &err), SB_E_PERMISSION);
    unlink(path);
    assert_int_equal(sb_privileges_run_dir(at(path, "no/run"), &err), SB_E_IO);
}

static void secret_files_are_only_ours(void **state)
{
    (void)state;
    struct sb_err err = {0};
    char path[128];
    assert_int_equal(sb_privileges_secret_file(at(path, "pass"), &err), SB_E_NOT_FOUND);
    assert_int_equal(sb_file_write(path, sb_bytes_str("x"), 0600, &err), 0);
    assert_int_equal(sb_privileges_secret_file(path, &err), 0);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(sb_privileges_secret_file(path, &err), SB_E_VAULT_MODE);
    assert_non_null(strstr(err.text, "0640"));
    unlink(path);
    assert_int_equal(sb_privileges_secret_file(folder, &err), SB_E_VAULT_MODE);
}

static void signals_are_readable(void **state)
{
    (void)state;
    struct sb_err err = {0};
    struct sb_signals *s = NULL;
    assert_int_equal(sb_signals_open(&s, &err), 0);
    assert_int_equal(sb_signals_next(s), 0);
    kill(getpid(), SIGTERM);
    struct pollfd p = {.fd = sb_signals_fd(s), .events = POLLIN};
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_int_equal(sb_signals_next(s), SIGTERM);
    kill(getpid(), SIGHUP);
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_int_equal(sb_signals_next(s), SIGHUP);
    assert_int_equal(sb_signals_next(s), 0);
    sb_signals_free(s);
    sb_signals_free(NULL);
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    assert_false(sigismember(&mask, SIGTERM));
}

static void states_reach_the_manager(void **state)
{
    (void)state;
    struct sb_err err = {0};
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    char path[128];
    snprintf(where.sun_path, sizeof where.sun_path, "%.100s", at(path, "n"));
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&where, sizeof where), 0);
    setenv("NOTIFY_SOCKET", path, 1);
    char got[32] = {0};
    assert_int_equal(sb_notify_state("READY=1", &err), 0);
    assert_int_equal(recv(fd, got, sizeof got, 0), 7);
    assert_string_equal(got, "READY=1");
    assert_int_equal(sb_notify_state("STOPPING=1", &err), 0);
    assert_int_equal(recv(fd, got, sizeof got, 0), 10);
    unlink(path);
    assert_int_equal(sb_notify_state("STOPPING=1", &err), SB_E_IO);
    setenv("NOTIFY_SOCKET", "relative", 1);
    assert_int_equal(sb_notify_state("STOPPING=1", &err), SB_E_ARGUMENT);
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(sb_notify_state("READY=1", &err), 0);
    close(fd);
}

static void abstract_addresses_are_notified(void **state)
{
    (void)state;
    struct sb_err err = {0};
    char name[64];
    int n = snprintf(name, sizeof name, "@sb-notify-%d", (int)getpid());
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    memcpy(where.sun_path + 1, name + 1, (size_t)n - 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n);
    assert_int_equal(bind(fd, (const struct sockaddr *)&where, size), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    assert_int_equal(sb_notify_state("STATUS=x", &err), 0);
    unsetenv("NOTIFY_SOCKET");
    char got[32] = {0};
    assert_int_equal(recv(fd, got, sizeof got, 0), 8);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_run),
        cmocka_unit_test(privileges_are_dropped),
        cmocka_unit_test(the_run_folder_is_made_and_judged),
        cmocka_unit_test(secret_files_are_only_ours),
        cmocka_unit_test(signals_are_readable),
        cmocka_unit_test(states_reach_the_manager),
        cmocka_unit_test(abstract_addresses_are_notified),
    };
    return cmocka_run_group_tests_name(
        "broker.host.process", tests, make_folder, remove_folder);
}
