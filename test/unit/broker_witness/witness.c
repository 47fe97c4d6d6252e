/* broker.witness: what was seen survives, nothing is cosigned before it is on disk, and
 * what makes a note final. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test/unit/broker_witness/logbook.h"

#define HOUR 3600000u

static uint64_t size_seen(struct logbook *b, struct sb_witness *w)
{
    return sb_witness_seen(w, b->world->trust).size;
}

/* 1 and the line verified over `note`, or what sb_witness_cosign said. */
static int cosign(struct logbook *b, struct sb_witness *w, uint64_t now, uint64_t size)
{
    struct sb_buf line = {0};
    struct sb_vault_key key;
    uint64_t time_s = 0;
    int rc = sb_witness_cosign(w, b->world->trust, now, HOUR, &line, NULL);
    if (rc == 1) {
        assert_true(
            sb_vault_newest(b->world->members[PNC].vault, SB_USE_WITNESS, &key));
        assert_int_equal(sb_cosign_check(logbook_note(b, size),
                                         sb_buf_bytes(&line),
                                         "sns/witness/pnc",
                                         key.pk,
                                         &time_s,
                                         NULL),
                         0);
        assert_int_equal(time_s, now / 1000);
    } else {
        assert_int_equal(line.n, 0);
    }
    sb_buf_free(&line);
    return rc;
}

static void what_was_seen_survives_a_restart(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    uint64_t before = 0;
    assert_int_equal(size_seen(b, w), 0);
    assert_int_equal(sb_witness_note(w).n, 0);
    for (uint64_t size = 1; size < 40; size += 1 + size % 5) {
        assert_int_equal(logbook_take(b, w, size, before), 0);
        sb_witness_close(w);
        w = logbook_witness(b);
        assert_int_equal(size_seen(b, w), size);
        assert_true(sb_bytes_eq(sb_witness_note(w), logbook_note(b, size)));
        before = size;
    }
    sb_witness_close(w);
    logbook_free(b);
}

static void nothing_is_cosigned_before_it_is_on_disk(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    char *away = sb_arena_str(b->arena, "%s/away", b->folder);
    assert_int_equal(logbook_take(b, w, 5, 0), 0);
    assert_int_equal(rename(b->dir, away), 0); /* now nothing can be written */
    assert_int_equal(logbook_take(b, w, 9, 5), SB_E_IO);
    assert_int_equal(size_seen(b, w), 5);
    assert_int_equal(cosign(b, w, NOW, 5), 1); /* what is on disk, not what came */
    assert_int_equal(rename(away, b->dir), 0);
    assert_int_equal(logbook_take(b, w, 9, 5), 0);
    assert_int_equal(cosign(b, w, NOW, 9), 1);
    sb_witness_close(w);
    logbook_free(b);
}

static void an_unchanged_tree_is_cosigned_again_each_hour(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    assert_int_equal(cosign(b, w, NOW, 5), 0); /* nothing seen */
    assert_int_equal(logbook_take(b, w, 5, 0), 0);
    assert_int_equal(cosign(b, w, NOW, 5), 1);
    assert_int_equal(cosign(b, w, NOW + 1, 5), 0);
    assert_int_equal(cosign(b, w, NOW + HOUR - 1, 5), 0);
    assert_int_equal(cosign(b, w, NOW + HOUR, 5), 1);
    assert_int_equal(cosign(b, w, NOW, 5), 1); /* the clock had been ahead */
    assert_int_equal(cosign(b, w, NOW, 5), 0);
    assert_int_equal(logbook_take(b, w, 6, 5), 0);
    assert_int_equal(cosign(b, w, NOW + HOUR + 1, 6), 1);
    sb_witness_close(w);
    logbook_free(b);
}

static void who_is_no_witness_signs_nothing(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = NULL;
    struct sb_vault *other = b->world->members[IGM].vault;
    assert_int_equal(sb_witness_open(&w, b->dir, sb_bytes_str("pnc"), NULL, NULL), 0);
    assert_int_equal(logbook_take(b, w, 5, 0), 0);
    assert_int_equal(cosign(b, w, NOW, 5), 0);
    sb_witness_close(w);
    assert_int_equal(sb_witness_open(&w, b->dir, sb_bytes_str("pnc"), other, NULL), 0);
    assert_int_equal(cosign(b, w, NOW, 5), 0);
    sb_witness_close(w);
    assert_int_equal(sb_witness_open(&w, b->dir, sb_bytes_str("xyz"), other, NULL), 0);
    assert_int_equal(cosign(b, w, NOW, 5), 0);
    sb_witness_close(w);
    logbook_free(b);
}

static void unasked_notes_never_move_what_was_seen(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(2);
    struct sb_witness *w = logbook_witness(b);
    assert_int_equal(logbook_take(b, w, 6, 0), 0);
    assert_int_equal(logbook_take(b, w, 12, 0), 0);
    assert_int_equal(logbook_take(b, w, 3, 0), 0);
    assert_int_equal(logbook_take(b, w, 12, 4), 0); /* a proof from elsewhere */
    assert_int_equal(size_seen(b, w), 6);
    struct sb_bytes note = logbook_note(b, 6);
    struct sb_bytes more = logbook_cosigned(b, note, IGM, NOW / 1000);
    assert_int_equal(sb_witness_take(w, b->world->trust, more, 0, NULL, 0, NOW, NULL),
                     0);
    assert_true(sb_bytes_eq(sb_witness_note(w), more));
    assert_int_equal(sb_witness_take(w, b->world->trust, note, 0, NULL, 0, NOW, NULL),
                     0);
    assert_true(sb_bytes_eq(sb_witness_note(w), more)); /* fewer change nothing */
    sb_witness_close(w);
    w = logbook_witness(b);
    assert_int_equal(size_seen(b, w), 6);
    assert_true(sb_bytes_eq(sb_witness_note(w), more));
    sb_witness_close(w);
    logbook_free(b);
}

static void a_new_generation_starts_anew_in_its_own_file(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    assert_int_equal(logbook_take(b, w, 20, 0), 0);
    struct sb_bytes old = logbook_note(b, 20);
    logbook_generation(b, 20);
    assert_int_equal(size_seen(b, w), 0);
    assert_int_equal(sb_witness_take(w, b->world->trust, old, 20, NULL, 0, NOW, NULL),
                     SB_E_NOTE);
    assert_int_equal(logbook_take(b, w, 3, 0), 0);
    assert_int_equal(cosign(b, w, NOW, 3), 1);
    sb_witness_close(w);
    w = logbook_witness(b);
    assert_int_equal(size_seen(b, w), 3);
    assert_true(sb_bytes_eq(logbook_file(b, "seen-1"), old));
    assert_true(sb_bytes_eq(logbook_file(b, "seen-2"), logbook_note(b, 3)));
    sb_witness_close(w);
    logbook_free(b);
}

static void write_seen(struct logbook *b, struct sb_bytes content)
{
    char *path = sb_arena_str(b->arena, "%s/seen-1", b->dir);
    assert_int_equal(sb_file_write(path, content, 0600, NULL), 0);
}

static void a_damaged_file_is_no_beginning(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    struct sb_bytes vault = sb_bytes_str("pnc");
    assert_int_equal(logbook_take(b, w, 5, 0), 0);
    sb_witness_close(w);
    struct sb_bytes good = logbook_file(b, "seen-1");
    write_seen(b, sb_bytes_str(""));
    assert_int_equal(sb_witness_open(&w, b->dir, vault, NULL, NULL), SB_E_NOTE);
    write_seen(b, sb_bytes_str("sns/journal/2\n5\n"));
    assert_int_equal(sb_witness_open(&w, b->dir, vault, NULL, NULL), SB_E_NOTE);
    for (size_t i = sizeof "sns/journal/1"; i < good.n; i++) {
        uint8_t *bad = sb_arena_alloc(b->arena, good.n, 1);
        memcpy(bad, good.p, good.n);
        bad[i] ^= 1;
        write_seen(b, sb_bytes(bad, good.n));
        w = logbook_witness(b);
        assert_int_equal(size_seen(b, w), 0);
        assert_int_equal(logbook_take(b, w, 9, 0), SB_E_NOTE);
        assert_int_equal(cosign(b, w, NOW, 9), SB_E_NOTE);
        sb_witness_close(w);
        assert_true(sb_bytes_eq(logbook_file(b, "seen-1"), sb_bytes(bad, good.n)));
    }
    logbook_free(b);
}

static void only_the_logs_own_notes_count(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(0);
    struct sb_witness *w = logbook_witness(b);
    struct sb_checkpoint c = {.origin = "sns/journal/1", .size = 5};
    struct sb_checkpoint other = {.origin = "otro/journal/1", .size = 5};
    struct sb_vault *forger = NULL;
    struct sb_buf note = {0};
    assert_int_equal(sb_vault_new(&forger, sb_bytes_str("broker"), NULL), 0);
    assert_int_equal(sb_vault_add(forger, SB_USE_LOG, NOW, NULL, NULL), 0);
    assert_int_equal(sb_checkpoint_sign(forger, &c, &note, NULL), 0);
    assert_int_equal(
        sb_witness_take(w, b->world->trust, sb_buf_bytes(&note), 0, NULL, 0, NOW, NULL),
        SB_E_NOTE);
    sb_buf_reset(&note);
    assert_int_equal(sb_checkpoint_sign(b->world->broker, &other, &note, NULL), 0);
    assert_int_equal(
        sb_witness_take(w, b->world->trust, sb_buf_bytes(&note), 0, NULL, 0, NOW, NULL),
        SB_E_NOTE);
    srand(17);
    for (int i = 0; i < 2000; i++) {
        struct sb_bytes good = logbook_note(b, 5);
        uint8_t *bad = sb_arena_alloc(b->arena, good.n, 1);
        memcpy(bad, good.p, good.n);
        size_t n = (size_t)rand() % good.n; /* always shorter */
        bad[(size_t)rand() % good.n] ^= (uint8_t)(1 + rand() % 255);
        assert_int_equal(
            sb_witness_take(
                w, b->world->trust, sb_bytes(bad, n), 0, NULL, 0, NOW, NULL),
            SB_E_NOTE);
        sb_arena_reset(b->arena);
    }
    assert_int_equal(size_seen(b, w), 0);
    sb_buf_free(&note);
    sb_vault_free(forger);
    sb_witness_close(w);
    logbook_free(b);
}

static void a_quorum_makes_a_note_final(void **state)
{
    (void)state;
    struct logbook *b = logbook_new(2);
    struct sb_final f;
    struct sb_bytes note = logbook_note(b, 5);
    uint64_t now_s = NOW / 1000;
    assert_int_equal(sb_witness_final(b->world->trust, note, NOW, &f, NULL), 0);
    assert_false(f.final);
    assert_int_equal(f.quorum, 2);
    note = logbook_cosigned(b, note, IGM, now_s - 50);
    assert_int_equal(sb_witness_final(b->world->trust, note, NOW, &f, NULL), 0);
    assert_false(f.final);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.fresh_ms, 0);
    note = logbook_cosigned(b, note, STCNS, now_s - 20);
    assert_int_equal(sb_witness_final(b->world->trust, note, NOW, &f, NULL), 0);
    assert_true(f.final);
    assert_int_equal(f.fresh_ms, (now_s - 50) * 1000);
    logbook_free(b);
    b = logbook_new(0);
    assert_int_equal(
        sb_witness_final(b->world->trust, logbook_note(b, 5), NOW, &f, NULL), 0);
    assert_true(f.final);
    assert_int_equal(f.fresh_ms, 0);
    logbook_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_seen_survives_a_restart),
        cmocka_unit_test(nothing_is_cosigned_before_it_is_on_disk),
        cmocka_unit_test(an_unchanged_tree_is_cosigned_again_each_hour),
        cmocka_unit_test(who_is_no_witness_signs_nothing),
        cmocka_unit_test(unasked_notes_never_move_what_was_seen),
        cmocka_unit_test(a_new_generation_starts_anew_in_its_own_file),
        cmocka_unit_test(a_damaged_file_is_no_beginning),
        cmocka_unit_test(only_the_logs_own_notes_count),
        cmocka_unit_test(a_quorum_makes_a_note_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
