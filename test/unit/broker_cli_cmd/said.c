/* Purpose: runs a command with its streams in files. */
#include "said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void read_back(FILE *f, char *to, size_t room)
{
    rewind(f);
    size_t n = fread(to, 1, room - 1, f);
    to[n] = '\0';
    (void)fclose(f);
}

static int redirect(FILE *f, int fd)
{
    int kept = dup(fd);
    assert_true(kept >= 0);
    assert_true(dup2(fileno(f), fd) >= 0);
    return kept;
}

static void restore(int kept, int fd)
{
    assert_true(dup2(kept, fd) >= 0);
    close(kept);
}

void said_run(struct said *s,
              const struct sb_cli_family *const *families,
              const char *line,
              const char *input)
{
    said_run_with(s, families, NULL, line, input);
}

void said_run_with(struct said *s,
                   const struct sb_cli_family *const *families,
                   void *ctx,
                   const char *line,
                   const char *input)
{
    char copy[8192] = "sacbe ";
    char *argv[64];
    int argc = 0;
    char *rest = NULL;
    strncat(copy, line, sizeof copy - strlen(copy) - 1);
    for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
        argv[argc++] = w;
    FILE *in = tmpfile();
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    if (!in || !out || !err)
        abort();
    if (input)
        assert_int_equal(fwrite(input, 1, strlen(input), in), strlen(input));
    rewind(in);
    (void)fflush(stdout);
    (void)fflush(stderr);
    int kept_in = redirect(in, STDIN_FILENO);
    int kept_out = redirect(out, STDOUT_FILENO);
    int kept_err = redirect(err, STDERR_FILENO);
    s->status = sb_cli_main(argc, argv, families, ctx);
    (void)fflush(stdout);
    (void)fflush(stderr);
    restore(kept_in, STDIN_FILENO);
    restore(kept_out, STDOUT_FILENO);
    restore(kept_err, STDERR_FILENO);
    (void)fclose(in);
    read_back(out, s->out, sizeof s->out);
    read_back(err, s->err, sizeof s->err);
}

void said_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in \"%s\"", part, text);
}
