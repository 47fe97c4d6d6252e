/* Purpose: prune records and withdrawals for the journal's tests, and where removed
 * bytes are looked for. */
#include "test/unit/broker_journal/book.h"

#include <stdio.h>

#include "schemas/record/evidence.h"

struct sb_append book_prune(struct book *b, uint64_t before, uint64_t below)
{
    struct sb_prune prune = {.before = before, .below = below, .time = b->ms};
    struct sb_buf body = {0};
    sb_prune_write(&prune, &body);
    return book_entry(b, b->broker, SB_USE_LOG, SB_KIND_PRUNE, &body);
}

struct sb_append book_withdraw(struct book *b, uint64_t first, uint64_t last)
{
    struct sb_withdraw withdraw = {.stream = sb_bytes_str(STREAM),
                                   .first_seq = first,
                                   .last_seq = last,
                                   .reason = sb_bytes_str("sent by mistake"),
                                   .time = b->ms};
    struct sb_buf body = {0};
    sb_withdraw_write(&withdraw, &body);
    return book_entry(b, b->pnc, SB_USE_SIGN, SB_KIND_PRUNE, &body);
}

struct sb_journal_facts book_verify(const struct book *b)
{
    struct sb_journal_facts facts = {0};
    struct sb_err err = {0};
    if (sb_journal_verify(b->path, NULL, NULL, NULL, &facts, &err) != 0)
        fail_msg("%s", err.text);
    return facts;
}

struct sb_bytes book_ct(const struct sb_append *batch, size_t place, size_t event)
{
    struct sb_unpack u = sb_unpack(batch->ct_raw[place]);
    struct sb_bytes bin = {0};
    sb_unpack_array(&u, 2, 2);
    (void)sb_unpack_code(&u);
    sb_unpack_array(&u, 1, SB_BATCH_EVENTS);
    for (size_t i = 0; i <= event; i++)
        bin = sb_unpack_bin(&u, SB_EVENT_MAX);
    assert_int_equal(u.failed, 0);
    return bin;
}

size_t book_count(const struct book *b, struct sb_bytes bytes)
{
    static const char *const files[] = {"", "-wal"};
    size_t found = 0;
    for (size_t i = 0; i < 2; i++) {
        struct sb_buf content = {0};
        char name[128];
        snprintf(name, sizeof name, "%s%s", b->path, files[i]);
        int rc = sb_file_read(name, 512u * SB_MIB, &content, NULL);
        if (rc == SB_E_NOT_FOUND)
            continue;
        assert_int_equal(rc, 0);
        const uint8_t *at = content.p;
        const uint8_t *end = content.p + content.n;
        while (at && (at = memmem(at, (size_t)(end - at), bytes.p, bytes.n)) != NULL) {
            found++;
            at++;
        }
        sb_buf_free(&content);
    }
    return found;
}
