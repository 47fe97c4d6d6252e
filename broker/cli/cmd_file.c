/* Purpose: the files that commands share: records, anchors, vaults, base64,
 * dates. Invariant: an output file appears whole or not at all, and replaces
 * nothing unasked. Not for: what the files mean; directories are cmd_dir.c. */
#include "broker/cli/cmd_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/base/text.h"

int sb_cmd_record_read(const char *path,
                       const char *tag,
                       struct sb_cmd_record *out,
                       struct sb_err *err)
{
    struct sb_cmd_record r = {0};
    int rc = sb_file_read(path, SB_RECORD_MAX, &r.raw, err);
    if (rc != 0)
        return rc;
    rc = sb_record_read(sb_buf_bytes(&r.raw), &r.record, err);
    if (rc == 0 && !sb_bytes_is(sb_record_tag(r.record.body), tag))
        rc = sb_fail(err, SB_E_INPUT, "it is another kind of record, not %s", tag);
    if (rc != 0) {
        sb_buf_free(&r.raw);
        return sb_err_wrap(err, rc, "%s", path);
    }
    *out = r;
    return 0;
}

void sb_cmd_record_free(struct sb_cmd_record *r)
{
    sb_buf_free(&r->raw);
    *r = (struct sb_cmd_record){0};
}

static bool is_terminal(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    bool yes = fd >= 0 && isatty(fd);
    if (fd >= 0)
        close(fd);
    return yes;
}

int sb_cmd_ends(const char *path, struct sb_err *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return sb_fail(err, SB_E_INPUT, "%s is a folder: name a file", path);
    if (S_ISBLK(st.st_mode) || (S_ISCHR(st.st_mode) && !is_terminal(path)))
        return sb_fail(err, SB_E_INPUT, "%s is a device: name a file", path);
    return 0;
}

int sb_cmd_write(const char *path,
                 struct sb_bytes content,
                 bool replace,
                 struct sb_err *err)
{
    if (!replace && access(path, F_OK) == 0)
        return sb_fail(
            err, SB_E_EXISTS, "%s is there already: name another file", path);
    return sb_file_write(path, content, 0644, err);
}

int sb_cmd_beside(const char *path,
                  const char *name,
                  char out[SB_PATH_TEXT],
                  struct sb_err *err)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    int folder = slash ? (int)(slash - path + 1) : 0;
    int n = snprintf(out, SB_PATH_TEXT, "%.*s%s", folder, path ? path : "", name);
    if (n < 0 || n >= SB_PATH_TEXT)
        return sb_fail(err, SB_E_LIMIT, "a path of more than %d bytes", SB_PATH_TEXT);
    return 0;
}

int sb_cmd_anchor(const struct sb_cli *cli,
                  const char *path,
                  struct sb_anchor *out,
                  struct sb_err *err)
{
    char beside[SB_PATH_TEXT];
    const char *file = sb_cli_text(cli, "anchor");
    if (!file) {
        int rc = sb_cmd_beside(path, "anchor.json", beside, err);
        if (rc != 0)
            return rc;
        if (access(beside, F_OK) != 0)
            return sb_fail(err,
                           SB_E_USAGE,
                           "there is no %s: name the exchange's anchor with --anchor",
                           beside);
        file = beside;
    }
    return sb_anchor_read(file, out, err);
}

void sb_cmd_exchange(const struct sb_anchor *anchor, struct sb_exchange *out)
{
    sb_exchange_id(out, sb_bytes_str(anchor->exchange), anchor->nonce);
}

int sb_cmd_vault(const struct sb_cli *cli,
                 const char *path,
                 struct sb_vault **out,
                 struct sb_err *err)
{
    struct sb_passphrase pass = {0};
    int sealed = sb_vault_is_sealed(path, err);
    if (sealed < 0)
        return sealed;
    int rc = sealed ? sb_cli_passphrase(cli, path, false, &pass, err) : 0;
    if (rc == 0)
        rc = sb_vault_open(out, path, sb_bytes(pass.text, pass.n), err);
    sb_passphrase_wipe(&pass);
    return rc;
}

/* "30d" and the like: a count and a unit. */
static bool duration(const char *text, uint64_t *ms)
{
    static const struct {
        char letter;
        uint64_t ms;
    } units[] = {{'d', SB_DAY_MS}, {'h', 3600000u}, {'m', 60000u}, {'s', 1000u}};
    char *end = NULL;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno || end == text || text[0] < '0' || text[0] > '9' || n > 100000u)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (end[0] == units[i].letter && end[1] == 0) {
            *ms = n * units[i].ms;
            return true;
        }
    return false;
}

int sb_cmd_span(const char *text, uint64_t *ms, struct sb_err *err)
{
    if (strcmp(text, "0") == 0)
        *ms = 0;
    else if (!duration(text, ms))
        return sb_fail(err,
                       SB_E_USAGE,
                       "\"%s\" is no length of time: write 35d, 12h, 30m or 45s",
                       text);
    return 0;
}

int sb_cmd_when(const char *text, uint64_t now_ms, uint64_t *out, struct sb_err *err)
{
    char full[64];
    uint64_t span;
    int64_t at;
    if (duration(text, &span)) {
        *out = now_ms + span;
        return 0;
    }
    int n =
        snprintf(full, sizeof full, strlen(text) == 10 ? "%sT00:00:00Z" : "%s", text);
    if (n < 0 || (size_t)n >= sizeof full ||
        !sb_text_time_parse(sb_bytes_str(full), &at) || at < 0)
        return sb_fail(err,
                       SB_E_USAGE,
                       "\"%s\" is no moment: write 2027-12-31, "
                       "2027-12-31T08:00:00-06:00 or 365d",
                       text);
    *out = (uint64_t)at;
    return 0;
}

void sb_cmd_base64(struct sb_bytes b, struct sb_buf *out)
{
    size_t n = sodium_base64_encoded_len(b.n, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(n);
    if (!text) {
        out->failed = SB_E_MEMORY;
        return;
    }
    sodium_bin2base64(text, n, b.p, b.n, sodium_base64_VARIANT_ORIGINAL);
    sb_buf_str(out, text);
    free(text);
}

static int decode(struct sb_bytes text, size_t max, struct sb_buf *out)
{
    size_t n = 0;
    const char *end = NULL;
    uint8_t *bin = malloc(text.n + 1);
    if (!bin)
        return SB_E_MEMORY;
    int bad = sodium_base642bin(bin,
                                text.n + 1,
                                (const char *)text.p,
                                text.n,
                                " \r\n\t",
                                &n,
                                &end,
                                sodium_base64_VARIANT_ORIGINAL);
    bad = bad || n == 0 || n > max || end != (const char *)text.p + text.n;
    if (!bad)
        sb_buf_put(out, bin, n);
    sodium_memzero(bin, text.n + 1);
    free(bin);
    return bad ? SB_E_INPUT : out->failed;
}

int sb_cmd_unbase64(const char *text,
                    size_t max,
                    struct sb_buf *out,
                    struct sb_err *err)
{
    struct sb_buf file = {0};
    struct sb_bytes from = sb_bytes_str(text);
    int rc = 0;
    if (text[0] == '@') {
        rc = sb_file_read(text + 1, 2 * max + 64, &file, err);
        if (rc != 0)
            return rc;
        from = sb_buf_bytes(&file);
    }
    rc = decode(from, max, out);
    sb_buf_free(&file);
    if (rc == SB_E_INPUT)
        return sb_fail(err, rc, "this is not the base64 text that was printed");
    return rc == 0 ? 0 : sb_fail(err, rc, "out of memory");
}

void sb_cmd_fingerprint(const uint8_t hash[SB_HASH], char out[72])
{
    char hex[2 * SB_HASH + 1];
    sb_hex(hex, hash, SB_HASH);
    for (size_t i = 0; i < 8; i++) {
        memcpy(out + 9 * i, hex + 8 * i, 8);
        out[9 * i + 8] = i < 7 ? ' ' : '\0';
    }
}
