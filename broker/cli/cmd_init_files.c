/* Purpose: the files of a new exchange, staged beside the folder and renamed.
 * Invariant: vaults are 0600 and the folder 0700 before anything stands in it.
 */
#include "broker/cli/cmd_init.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRESHNESS_MS (7u * SB_DAY_MS)
#define KEEP_MS (35u * SB_DAY_MS)

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Absent, or an empty folder. */
static int folder_is_free(const char *path, struct sb_err *err)
{
    struct dirent *e;
    DIR *d = opendir(path);
    int used = 0;
    if (!d && errno == ENOENT)
        return 0;
    if (!d)
        return sb_fail_os(err, errno, "%s", path);
    while ((e = readdir(d)) != NULL)
        used += !is_dot(e->d_name);
    (void)closedir(d);
    if (used)
        return sb_fail(err,
                       SB_E_EXISTS,
                       "%s is not empty: init makes a new folder and changes none",
                       path);
    return 0;
}

int sb_init_stage(struct sb_init *in, struct sb_err *err)
{
    size_t n = strlen(in->folder);
    while (n > 1 && in->folder[n - 1] == '/')
        n--;
    if (n > SB_PATH_TEXT - 64)
        return sb_fail(err, SB_E_LIMIT, "a path of more than %d bytes", SB_PATH_TEXT);
    int rc = folder_is_free(in->folder, err);
    if (rc != 0 || sb_cli_dry_run(in->cli))
        return rc;
    (void)snprintf(in->stage, sizeof in->stage, "%.*s.new-XXXXXX", (int)n, in->folder);
    if (!mkdtemp(in->stage)) {
        rc = sb_fail_os(err, errno, "cannot make a folder beside %s", in->folder);
        in->stage[0] = 0;
    }
    return rc;
}

static int by_key_id(const void *a, const void *b)
{
    return memcmp(((const struct sb_dir_root *)a)->key_id,
                  ((const struct sb_dir_root *)b)->key_id,
                  SB_KEY_ID);
}

static void fill(const struct sb_init *in, struct sb_directory *d)
{
    d->exchange = sb_bytes_str(in->anchor.exchange);
    memcpy(d->nonce, in->anchor.nonce, SB_NONCE);
    d->version = 1;
    d->issued = in->now;
    d->expires = in->now + in->valid_ms;
    d->threshold = in->anchor.threshold;
    d->n_roots = in->anchor.n_roots;
    for (size_t i = 0; i < d->n_roots; i++) {
        memcpy(d->roots[i].pk, in->anchor.roots[i].pk, SB_PK);
        sb_key_id(d->roots[i].key_id, sb_bytes_str(SB_USE_ROOT), d->roots[i].pk);
        d->roots[i].holder = sb_bytes_str(in->anchor.roots[i].holder);
    }
    qsort(d->roots, d->n_roots, sizeof *d->roots, by_key_id);
    memcpy(d->curve_pk, in->anchor.curve_pk, SB_PK);
    memcpy(d->log_pk, in->anchor.log_pk, SB_PK);
    d->address = sb_bytes_str(in->anchor.address);
    d->generation = 1;
    d->freshness = FRESHNESS_MS;
    d->keep = KEEP_MS;
}

static int sign(const struct sb_init *in,
                struct sb_bytes body,
                struct sb_buf *out,
                struct sb_err *err)
{
    struct sb_buf next = {0};
    int rc = 0;
    sb_record_write(out, body, NULL, 0);
    for (size_t i = 0; rc == 0 && i < in->n_roots; i++) {
        struct sb_vault_key key;
        if (!sb_vault_newest(in->roots[i], SB_USE_ROOT, &key))
            return sb_fail(err, SB_E_NO_KEY, "a root vault without a root key");
        sb_buf_reset(&next);
        rc = sb_sign_add(
            &in->exchange, in->roots[i], key.key_id, sb_buf_bytes(out), &next, err);
        if (rc == 0) {
            struct sb_buf old = *out;
            *out = next;
            next = old;
        }
    }
    sb_buf_free(&next);
    return rc;
}

int sb_init_directory(struct sb_init *in, struct sb_buf *out, struct sb_err *err)
{
    struct sb_dir_root roots[SB_ROOTS_MAX];
    struct sb_directory d = {.roots = roots};
    struct sb_buf body = {0};
    fill(in, &d);
    int rc = sb_cmd_manifest_hash(&in->manifest, d.catalogue, err);
    if (rc != 0)
        return rc;
    sb_directory_write(&d, &body);
    rc = sb_buf_check(&body, err);
    if (rc == 0)
        rc = sign(in, sb_buf_bytes(&body), out, err);
    sb_buf_free(&body);
    return rc;
}

/* The trust must take what we are about to hand out. */
static int check(const struct sb_init *in, struct sb_bytes record, struct sb_err *err)
{
    struct sb_trust *trust = NULL;
    int rc = sb_trust_new(&trust, &in->anchor, err);
    if (rc == 0)
        rc = sb_trust_add(trust, record, err);
    sb_trust_free(trust);
    return rc;
}

static int put(const struct sb_init *in,
               const char *name,
               struct sb_bytes content,
               struct sb_err *err)
{
    char path[SB_PATH_TEXT + 64];
    (void)snprintf(path, sizeof path, "%s/%s", in->stage, name);
    return sb_cmd_write(path, content, false, err);
}

static int put_rest(const struct sb_init *in, struct sb_err *err)
{
    char path[SB_PATH_TEXT + 64];
    struct sb_buf text = {0};
    (void)snprintf(path, sizeof path, "%s/anchor.json", in->stage);
    int rc = sb_anchor_write(path, &in->anchor, err);
    (void)snprintf(path, sizeof path, "%s/broker.vault", in->stage);
    if (rc == 0)
        rc = sb_vault_save(in->broker, path, sb_bytes(NULL, 0), false, err);
    if (rc == 0)
        rc = sb_cmd_manifest_record(&in->manifest, &text, err);
    if (rc == 0)
        rc = put(in, "catalogue.sbc", sb_buf_bytes(&text), err);
    sb_buf_reset(&text);
    if (rc == 0) {
        sb_init_yaml(in, &text);
        rc = sb_buf_check(&text, err);
    }
    if (rc == 0)
        rc = put(in, "broker.yaml", sb_buf_bytes(&text), err);
    sb_buf_free(&text);
    return rc;
}

int sb_init_write(struct sb_init *in, struct sb_err *err)
{
    struct sb_buf directory = {0};
    int rc = sb_init_directory(in, &directory, err);
    if (rc == 0)
        rc = check(in, sb_buf_bytes(&directory), err);
    if (rc == 0 && !sb_cli_dry_run(in->cli))
        rc = put(in, "directory-1.sbd", sb_buf_bytes(&directory), err);
    sb_buf_free(&directory);
    if (rc == 0 && !sb_cli_dry_run(in->cli))
        rc = put_rest(in, err);
    return rc;
}

int sb_init_finish(struct sb_init *in, struct sb_err *err)
{
    if (!in->stage[0])
        return 0;
    if (rename(in->stage, in->folder) != 0)
        return sb_fail_os(err, errno, "cannot give %s its name", in->folder);
    in->stage[0] = 0;
    return sb_file_keep_name(in->folder, err);
}

void sb_init_abandon(struct sb_init *in)
{
    struct dirent *e;
    DIR *d = in->stage[0] ? opendir(in->stage) : NULL;
    while (d && (e = readdir(d)) != NULL)
        if (!is_dot(e->d_name))
            (void)unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        (void)closedir(d);
    if (in->stage[0])
        (void)rmdir(in->stage);
    in->stage[0] = 0;
}
