/* event-prove: one event with all that a stranger needs to check it; with an order, the
 * key of one section too, and that only after the act stands in the journal. */
#include <sodium.h>
#include <stdlib.h>

#include "adapters/engine/disclose.h"
#include "adapters/engine/task_fetch.h"
#include "adapters/engine/task.h"
#include "adapters/engine/value_list.h"
#include "broker/bundle/proof_file.h"

struct prove {
    struct sb_task task;
    struct sb_prove_wish wish;
    struct sb_proof_file proof; /* from the arena */
    bool asked;
    bool fetched; /* the act has been sent */
    uint64_t again_mono;
    struct sb_fetched_keys keys;
    struct sb_buf act;
    uint8_t act_hash[SB_HASH];
};

static void base64(struct sb_bytes in, struct sb_buf *out)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < in.n; i += 3) {
        uint32_t v = (uint32_t)in.p[i] << 16;
        v |= i + 1 < in.n ? (uint32_t)in.p[i + 1] << 8 : 0;
        v |= i + 2 < in.n ? in.p[i + 2] : 0;
        sb_buf_byte(out, (uint8_t)digits[v >> 18]);
        sb_buf_byte(out, (uint8_t)digits[v >> 12 & 63]);
        sb_buf_byte(out, (uint8_t)(i + 1 < in.n ? digits[v >> 6 & 63] : '='));
        sb_buf_byte(out, (uint8_t)(i + 2 < in.n ? digits[v & 63] : '='));
    }
}

/* The answer: {file: base64}. */
static int finish(struct prove *p, struct sb_err *err)
{
    struct sb_buf file = {.limit = SB_PROOF_FILE_MAX};
    struct sb_buf text = {.limit = SB_ADMIN_TEXT_MAX};
    struct sb_list l = {.arena = p->task.arena};
    sb_proof_file_write(&p->proof, &file);
    int rc = sb_buf_check(&file, err);
    if (!rc) {
        base64(sb_buf_bytes(&file), &text);
        rc = sb_buf_check(&text, err);
    }
    if (!rc) {
        p->task.value = (struct sb_value){.type = SB_MAP};
        sb_list_bytes(&l, &p->task.value, "file", sb_buf_bytes(&text));
        rc = sb_list_check(&l, err);
    }
    sb_buf_free(&file);
    sb_buf_free(&text);
    return rc ? rc : 1;
}
