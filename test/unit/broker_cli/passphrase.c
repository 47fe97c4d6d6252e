/* broker.cli.passphrase: from a file, a credential, a terminal; never from elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker/cli/passphrase.h"
#include "schemas/base/bytes.h"

static void put_file(char path[64], const char *text, unsigned mode)
{
    struct sb_err err = {0};
    snprintf(path, 64, "/tmp/sb-passphrase-%d", (int)getpid());
    assert_int_equal(sb_file_write(path, sb_bytes_str(text), mode, &err), 0);
}

static int from_file(const char *text, unsigned mode, struct sb_passphrase *p)
{
    char path[64];
    struct sb_err err = {0};
    put_file(path, text, mode);
    struct sb_passphrase_ask ask = {.file = path, .no_terminal = true};
    int rc = sb_passphrase_get(p, &ask, &err);
    unlink(path);
    return rc;
}

static void a_file_must_be_ours_alone(void **state)
{
    (void)state;
    struct sb_passphrase p = {0};
    assert_int_equal(from_file("caballo azul\n", 0600, &p), 0);
    assert_string_equal(p.text, "caballo azul");
    assert_int_equal(p.n, 12);
    sb_passphrase_wipe(&p);
    assert_int_equal(p.n, 0);
    assert_int_equal(p.text[0], 0);
    assert_int_equal(from_file("two\nlines\n", 0600, &p), 0);
    assert_string_equal(p.text, "two\nlines");
    sb_passphrase_wipe(&p);
    assert_int_equal(from_file("x\n", 0640, &p), SB_E_VAULT_MODE);
    assert_int_equal(from_file("x\n", 0644, &p), SB_E_VAULT_MODE);
    assert_int_equal(from_file("\n", 0600, &p), SB_E_VAULT_PASSPHRASE);
    assert_int_equal(from_file("", 0600, &p), SB_E_VAULT_PASSPHRASE);
    assert_int_equal(p.n, 0);
}

static void its_length_is_bounded(void **state)
{
    (void)state;
    char text[SB_PASSPHRASE_MAX + 3];
    struct sb_passphrase p = {0};
    memset(text, 'x', sizeof text);
    text[SB_PASSPHRASE_MAX] = '\n';
    text[SB_PASSPHRASE_MAX + 1] = '\0';
    assert_int_equal(from_file(text, 0600, &p), 0);
    assert_int_equal(p.n, SB_PASSPHRASE_MAX);
    sb_passphrase_wipe(&p);
    text[SB_PASSPHRASE_MAX] = 'x';
    assert_int_equal(from_file(text, 0600, &p), SB_E_VAULT_PASSPHRASE);
    text[SB_PASSPHRASE_MAX + 1] = 'x';
    text[SB_PASSPHRASE_MAX + 2] = '\0';
    assert_int_equal(from_file(text, 0600, &p), SB_E_VAULT_PASSPHRASE);
    assert_int_equal(p.n, 0);
}

static void a_credential_is_used_where_there_is_one(void **state)
{
    (void)state;
    char folder[] = "/tmp/sb-credential-XXXXXX";
    char path[96];
    struct sb_err err = {0};
    struct sb_passphrase p = {0};
    struct sb_passphrase_ask ask = {.no_terminal = true};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/sacbe.passphrase", folder);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    assert_int_equal(sb_passphrase_get(&p, &ask, &err), SB_E_VAULT_PASSPHRASE);
    assert_int_equal(sb_file_write(path, sb_bytes_str("secreto"), 0400, &err), 0);
    assert_int_equal(sb_passphrase_get(&p, &ask, &err), 0);
    assert_string_equal(p.text, "secreto");
    sb_passphrase_wipe(&p);
    unsetenv("CREDENTIALS_DIRECTORY");
    unlink(path);
    rmdir(folder);
}

/* In the child of a new terminal: asks twice and answers by its exit status. */
static int child_of_terminal(void)
{
    struct sb_err err = {0};
    struct sb_passphrase p = {0};
    struct sb_passphrase_ask ask = {.prompt = "first? ", .again = "second? "};
    int rc = sb_passphrase_get(&p, &ask, &err);
    struct termios now;
    if (tcgetattr(STDIN_FILENO, &now) != 0 || !(now.c_lflag & ECHO))
        return 9;
    if (rc == SB_E_VAULT_PASSPHRASE)
        return 3;
    if (rc == SB_E_INTERRUPTED)
        return 4;
    return rc == 0 && strcmp(p.text, "hola") == 0 ? 0 : 8;
}

/* Reads until `text` was seen. */
static void await(int fd, struct sb_buf *seen, const char *text)
{
    char part[64];
    ssize_t n = 0;
    while (!memmem(seen->p, seen->n, text, strlen(text)) &&
           (n = read(fd, part, sizeof part)) > 0)
        sb_buf_put(seen, part, (size_t)n);
}

/* The echo goes off after the prompt, and what was typed before is dropped: only then
 * may we type. A child that has ended never will. */
static void await_silence(int terminal, pid_t child)
{
    siginfo_t ended = {0};
    struct termios t;
    do {
        assert_int_equal(
            waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT), 0);
        assert_int_equal(ended.si_pid, 0);
        assert_int_equal(tcgetattr(terminal, &t), 0);
    } while (t.c_lflag & ECHO);
}

static int on_terminal(const char *first, const char *second, struct sb_buf *seen)
{
    int terminal = -1;
    (void)fflush(stdout);
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    if (child == 0)
        _exit(child_of_terminal());
    if (child < 0) {
        print_message("no pseudo-terminal here (is /dev/pts mounted?)\n");
        skip();
    }
    sb_buf_byte(seen, ' ');
    await(terminal, seen, "first? ");
    await_silence(terminal, child);
    assert_int_equal(write(terminal, first, strlen(first)), (ssize_t)strlen(first));
    if (second) {
        await(terminal, seen, "second? ");
        await_silence(terminal, child);
        assert_int_equal(write(terminal, second, strlen(second)),
                         (ssize_t)strlen(second));
    }
    int status = -1;
    await(terminal, seen, "never written"); /* until the child closes it */
    waitpid(child, &status, 0);
    close(terminal);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_terminal_is_asked_without_echo(void **state)
{
    (void)state;
    struct sb_buf seen = {0};
    assert_int_equal(on_terminal("hola\n", "hola\n", &seen), 0);
    assert_null(memmem(seen.p, seen.n, "hola", 4));
    sb_buf_reset(&seen);
    assert_int_equal(on_terminal("hola\n", "hole\n", &seen), 3);
    sb_buf_reset(&seen);
    assert_int_equal(on_terminal("ho\x03", NULL, &seen), 4);
    sb_buf_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_must_be_ours_alone),
        cmocka_unit_test(its_length_is_bounded),
        cmocka_unit_test(a_credential_is_used_where_there_is_one),
        cmocka_unit_test(a_terminal_is_asked_without_echo),
    };
    return cmocka_run_group_tests_name("broker.cli.passphrase", tests, NULL, NULL);
}
