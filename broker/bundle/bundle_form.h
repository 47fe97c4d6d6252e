/* What the files about bundles share. Private to this room. */
#ifndef BROKER_BUNDLE_BUNDLE_FORM_H
#define BROKER_BUNDLE_BUNDLE_FORM_H

#include "broker/bundle/bundle.h"
#include "broker/bundle/tiles_form.h"
#include "keys/note.h"

#define SB_BUNDLE_CHECKPOINT "checkpoint"
#define SB_BUNDLE_JSON "bundle.json"
#define SB_BUNDLE_NEXT "export.json" /* what an export that is at work will make */
#define SB_BUNDLE_DIRECTORIES "directories"
#define SB_BUNDLE_CATALOGUES "catalogues"
#define SB_BUNDLE_RECORDS "records"
#define SB_BUNDLE_TEXTS "texts"

#define SB_BUNDLE_LEAF_MAX 65535u
#define SB_BUNDLE_PAYLOAD_MAX (SB_BATCH_MAX + 64u * SB_KIB) /* items, texts of one */

struct sb_bundle {
    int dir;
    struct sb_buf note;
    char exchange[SB_CODE_MAX + 1];
    struct sb_bundle_info info;
    char *name; /* of the folder */
};

struct sb_bundle_about { /* bundle.json */
    char exchange[SB_CODE_MAX + 1];
    uint64_t generation;
    uint64_t from;
    uint64_t to; /* UINT64_MAX: the end */
};
SB_CHECK int sb_bundle_about_read(int dir,
                                  const char *path,
                                  struct sb_bundle_about *out,
                                  struct sb_err *err);
SB_CHECK int sb_bundle_about_write(const struct sb_bundle_about *about,
                                   struct sb_buf *out,
                                   struct sb_err *err);
enum sb_bundle_place {
    SB_PLACE_STRANGER = 0, /* no bundle has it */
    SB_PLACE_BEYOND,       /* only a bundle of a larger tree */
    SB_PLACE_NEEDED,       /* a bundle of this size has it */
    SB_PLACE_SPARE, /* a partial file that a larger one has replaced, or a whole one
                       beside the partial one */
    SB_PLACE_COPY,  /* of a directory or catalogue */
};
enum sb_bundle_place sb_bundle_place(const char *path, uint64_t size);

#endif
