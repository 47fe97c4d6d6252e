/* Purpose: a bundle opened: what it says of itself.
 * Invariant: nothing is believed but the form of two small files.
 * Not here: its entries (bundle_read.c), the names in it (bundle_place.c). */
#include "broker/bundle/bundle_form.h"

#include <stdlib.h>
#include <unistd.h>

#include "broker/bundle/folder.h"

static int read_about(struct sb_bundle *b, struct sb_err *err)
{
    struct sb_bundle_about about;
    struct sb_checkpoint c = {0};
    int rc = sb_folder_read(
        b->dir, SB_BUNDLE_CHECKPOINT, SB_E_BUNDLE, SB_NOTE_MAX, &b->note, err);
    if (rc != 0)
        return rc;
    if (sb_checkpoint_text(sb_buf_bytes(&b->note), &c, NULL) != 0)
        return sb_fail(err,
                       SB_E_BUNDLE,
                       SB_BUNDLE_CHECKPOINT " is not the checkpoint of a journal");
    rc = sb_bundle_about_read(b->dir, SB_BUNDLE_JSON, &about, err);
    if (rc != 0)
        return rc;
    memcpy(b->exchange, about.exchange, sizeof b->exchange);
    b->info = (struct sb_bundle_info){
        .note = sb_buf_bytes(&b->note),
        .exchange = sb_bytes_str(b->exchange),
        .generation = about.generation,
        .size = c.size,
        .from = about.from < c.size ? about.from : c.size,
        .to = about.to < c.size ? about.to : c.size,
    };
    return 0;
}

int sb_bundle_open(struct sb_bundle **out, const char *dir, struct sb_err *err)
{
    struct sb_bundle *b = calloc(1, sizeof *b);
    if (!b)
        return sb_fail(err, SB_E_MEMORY, "no memory for a bundle");
    b->dir = -1;
    b->name = strdup(dir);
    int rc = b->name ? sb_folder_open(&b->dir, dir, err)
                     : sb_fail(err, SB_E_MEMORY, "no memory for a bundle");
    if (rc == 0)
        rc = read_about(b, err);
    if (rc != 0)
        sb_bundle_close(b);
    else
        *out = b;
    return rc;
}

void sb_bundle_close(struct sb_bundle *b)
{
    if (!b)
        return;
    if (b->dir >= 0)
        close(b->dir);
    sb_buf_free(&b->note);
    free(b->name);
    free(b);
}

const struct sb_bundle_info *sb_bundle_info(const struct sb_bundle *b)
{
    return &b->info;
}

bool sb_bundle_is_unfinished(const char *dir)
{
    int fd = -1;
    if (sb_folder_open(&fd, dir, NULL) != 0)
        return false;
    bool begun = sb_folder_has(fd, SB_BUNDLE_NEXT);
    bool held = sb_folder_has(fd, SB_BUNDLE_CHECKPOINT);
    close(fd);
    return begun && !held;
}
