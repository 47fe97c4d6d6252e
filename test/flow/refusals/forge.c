/* Purpose: what a bought authority would do: give an institution a grant that its
 * publisher never signed, in a directory that the root did sign.
 *
 *   forge ROOT_VAULT PASSPHRASE_FILE ANCHOR PUBLISHER READER OUT RUN_DIR DIRECTORY...
 *
 * Directories in order; OUT is the next version, which is also given to the broker of
 * RUN_DIR past the checks of `sacbe directory publish`. The grant is signed by the
 * root's key instead of the publisher's. Prints the broker's answer: "refused SB-417".
 * Not: `sacbe directory sign`, which refuses to sign such a thing. */
#include <stdio.h>
#include <stdlib.h>

#include "broker/host/clock.h"
#include "broker/io/admin.h"
#include "test/flow/refusals/records.h"

#define TYPE "interior.hecho_transito"
#define DAY_MS 86400000u
#define ANSWER_MS 60000

struct forger {
    struct sb_anchor anchor;
    struct sb_vault *root;
    struct sb_vault_key key;
    struct sb_trust *trust;
    struct sb_arena *arena;
};

static void open_root(struct forger *f, const char *vault, const char *passphrase)
{
    struct sb_err err = {0};
    struct sb_buf text = {0};
    must(sb_file_read(passphrase, SB_KIB, &text, &err), &err);
    size_t n = text.n && text.p[text.n - 1] == '\n' ? text.n - 1 : text.n;
    must(sb_vault_open(&f->root, vault, sb_bytes(text.p, n), &err), &err);
    sb_buf_free(&text);
    if (!sb_vault_newest(f->root, SB_USE_ROOT, &f->key))
        must(sb_fail(&err, SB_E_NO_KEY, "%s has no root", vault), &err);
}

static void open_trust(struct forger *f, const char *anchor, char **files, int n)
{
    struct sb_err err = {0};
    must(sb_anchor_read(anchor, &f->anchor, &err), &err);
    must(sb_trust_new(&f->trust, &f->anchor, &err), &err);
    for (int i = 0; i < n; i++) {
        struct sb_buf record = {0};
        must(sb_file_read(files[i], SB_DIRECTORY_MAX, &record, &err), &err);
        must(sb_trust_add(f->trust, sb_buf_bytes(&record), &err), &err);
        sb_buf_free(&record);
    }
}

static void sign(const struct forger *f, struct sb_bytes body, struct sb_buf *out)
{
    struct sb_err err = {0};
    must(sb_sign_record(
             sb_trust_exchange(f->trust), f->root, f->key.key_id, body, out, &err),
         &err);
}

static void make_grant(struct forger *f,
                       const char *publisher,
                       const char *reader,
                       struct sb_buf *out)
{
    struct sb_err err = {0};
    struct sb_buf body = {0};
    struct sb_card_key key;
    uint64_t now = sb_clock_now_ms();
    struct sb_bytes classes[] = {sb_bytes_str("confidencial"), sb_bytes_str("publica")};
    struct sb_grant g = {.id = sb_bytes_str("forged"),
                         .publisher = sb_bytes_str(publisher),
                         .type = sb_bytes_str(TYPE),
                         .reader = sb_bytes_str(reader),
                         .classes = {classes, 2},
                         .basis = sb_bytes_str("none"),
                         .not_before = now - DAY_MS,
                         .not_after = now + DAY_MS};
    must(sb_dir_key(
             sb_trust_newest(f->trust), g.reader, SB_USE_SIGN, NULL, now, &key, &err),
         &err);
    sb_key_id(g.reader_sign_key_id, sb_bytes_str(SB_USE_SIGN), key.pk);
    sb_grant_write(&g, &body);
    sign(f, sb_buf_bytes(&body), out);
    sb_buf_free(&body);
}

static void make_directory(struct forger *f, struct sb_bytes grant, struct sb_buf *out)
{
    const struct sb_dir *newest = sb_trust_newest(f->trust);
    struct sb_directory next = *sb_dir_body(newest);
    struct sb_bytes *grants =
        sb_arena_alloc(f->arena, next.n_grants + 1, sizeof *grants);
    struct sb_buf body = {0};
    size_t at = 0;
    if (!grants)
        abort();
    while (at < next.n_grants && sb_bytes_cmp(next.grants[at], grant) < 0)
        at++;
    for (size_t i = 0; i < next.n_grants; i++)
        grants[i < at ? i : i + 1] = next.grants[i];
    grants[at] = grant;
    next.grants = grants;
    next.n_grants++;
    next.version++;
    next.issued = sb_clock_now_ms();
    memcpy(next.prev_hash, sb_dir_hash(newest), SB_HASH);
    sb_directory_write(&next, &body);
    sign(f, sb_buf_bytes(&body), out);
    sb_buf_free(&body);
}

static void publish(struct forger *f, const char *run_dir, struct sb_bytes record)
{
    struct sb_err err = {0};
    struct sb_value answer;
    int rc = sb_admin_call(
        run_dir, "publish-directory", &record, 1, ANSWER_MS, f->arena, &answer, &err);
    if (rc == 0)
        printf("taken\n");
    else
        printf("refused SB-%d\n", sb_code_number(rc));
}

int main(int argc, char **argv)
{
    struct forger f = {.arena = sb_arena_new(0)};
    struct sb_err err = {0};
    struct sb_buf grant = {0};
    struct sb_buf directory = {0};
    if (argc < 9) {
        fprintf(stderr, "forge: see the head of forge.c\n");
        return 2;
    }
    must(sb_keys_init(&err), &err);
    open_root(&f, argv[1], argv[2]);
    open_trust(&f, argv[3], argv + 8, argc - 8);
    make_grant(&f, argv[4], argv[5], &grant);
    make_directory(&f, sb_buf_bytes(&grant), &directory);
    must(sb_file_write(argv[6], sb_buf_bytes(&directory), 0644, &err), &err);
    publish(&f, argv[7], sb_buf_bytes(&directory));
    sb_buf_free(&grant);
    sb_buf_free(&directory);
    sb_trust_free(f.trust);
    sb_vault_free(f.root);
    sb_arena_free(f.arena);
    return 0;
}
