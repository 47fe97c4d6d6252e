/* The samples of what the journal keeps besides streams and directories: entries and
 * the small signed statements. For samples.c's table. */
#ifndef TEST_UNIT_SCHEMAS_RECORD_SAMPLES_STATEMENTS_H
#define TEST_UNIT_SCHEMAS_RECORD_SAMPLES_STATEMENTS_H

#include "test/unit/schemas_record/samples.h"

void make_receipt(struct sb_buf *out);
void make_heads(struct sb_buf *out);
void make_reject(struct sb_buf *out);
void make_prune(struct sb_buf *out);
void make_withdraw(struct sb_buf *out);
void make_act(struct sb_buf *out);
void make_entry(struct sb_buf *out);
void make_catalogue(struct sb_buf *out);

int again_receipt(struct sb_bytes b,
                  struct sb_arena *a,
                  struct sb_buf *out,
                  struct sb_err *err);
int again_heads(struct sb_bytes b,
                struct sb_arena *a,
                struct sb_buf *out,
                struct sb_err *err);
int again_reject(struct sb_bytes b,
                 struct sb_arena *a,
                 struct sb_buf *out,
                 struct sb_err *err);
int again_prune(struct sb_bytes b,
                struct sb_arena *a,
                struct sb_buf *out,
                struct sb_err *err);
int again_withdraw(struct sb_bytes b,
                   struct sb_arena *a,
                   struct sb_buf *out,
                   struct sb_err *err);
int again_act(struct sb_bytes b,
              struct sb_arena *a,
              struct sb_buf *out,
              struct sb_err *err);
int again_entry(struct sb_bytes b,
                struct sb_arena *a,
                struct sb_buf *out,
                struct sb_err *err);
int again_catalogue(struct sb_bytes b,
                    struct sb_arena *a,
                    struct sb_buf *out,
                    struct sb_err *err);

#endif
