/* Purpose: seeds in memory or as files, and corpora. Not: what they mean. */
#include "test/fuzz/seeds.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/record/record.h"

void fuzz_seeds_keep(struct fuzz_seeds *s, struct sb_bytes bytes)
{
    struct sb_buf *all = realloc(s->all, (s->n + 1) * sizeof *all);
    fuzz_must(all != NULL, "memory");
    s->all = all;
    s->all[s->n] = (struct sb_buf){0};
    sb_buf_put(&s->all[s->n++], bytes.p, bytes.n);
}

void fuzz_seed(struct fuzz_seeds *to, const char *name, struct sb_bytes bytes)
{
    char path[1024];
    struct sb_err err = {0};
    if (!to->folder) {
        fuzz_seeds_keep(to, bytes);
        return;
    }
    snprintf(path, sizeof path, "%s/%s", to->folder, name);
    if (sb_file_write(path, bytes, 0644, &err) != 0)
        fuzz_must(false, err.text);
}

void fuzz_seed_signed(struct fuzz_seeds *to, const char *name, struct sb_bytes record)
{
    struct sb_record r;
    struct sb_buf b = {0};
    char body[64];
    sb_buf_byte(&b, 0);
    sb_buf_put(&b, record.p, record.n);
    fuzz_seed(to, name, sb_buf_bytes(&b));
    fuzz_must(sb_record_read(record, &r, NULL) == 0, "a record");
    sb_buf_reset(&b);
    sb_buf_byte(&b, 1);
    sb_buf_put(&b, r.body.p, r.body.n);
    snprintf(body, sizeof body, "%s-body", name);
    fuzz_seed(to, body, sb_buf_bytes(&b));
    sb_buf_free(&b);
}

void fuzz_seeds_read(struct fuzz_seeds *s, const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *e = NULL;
    if (!d && errno == ENOENT)
        return;
    fuzz_must(d != NULL, folder);
    while ((e = readdir(d)) != NULL) {
        char path[1024];
        struct sb_buf file = {0};
        struct sb_err err = {0};
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (sb_file_read(path, 16 * SB_MIB, &file, &err) != 0)
            fuzz_must(false, err.text);
        fuzz_seeds_keep(s, sb_buf_bytes(&file));
        sb_buf_free(&file);
    }
    (void)closedir(d);
}

void fuzz_seeds_free(struct fuzz_seeds *s)
{
    for (size_t i = 0; i < s->n; i++)
        sb_buf_free(&s->all[i]);
    free(s->all);
}
