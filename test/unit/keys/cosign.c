/* keys.cosign: cosignatures of witnesses over our checkpoints, and what is none. */
#include "keys/cosign.h"

#include <stdio.h>

#include "keys/note_form.h"
#include "test/unit/keys/fixture.h"

#define T0 1700000000u

struct scene {
    struct world *w;
    struct sb_buf note;
    struct sb_vault_key keys[MEMBERS];
    char names[MEMBERS][SB_NOTE_NAME_MAX + 1];
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    struct sb_checkpoint c = {.origin = "sns/journal/1", .size = 258, .root = {5}};
    assert_non_null(s);
    s->w = world_new();
    assert_int_equal(sb_checkpoint_sign(s->w->broker, &c, &s->note, NULL), 0);
    for (size_t i = 0; i < MEMBERS; i++) {
        const struct member *m = &s->w->members[i];
        assert_true(sb_vault_newest(m->vault, SB_USE_WITNESS, &s->keys[i]));
        sb_witness_name(s->names[i], sb_bytes_str("sns"), sb_bytes_str(m->code));
    }
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    sb_buf_free(&s->note);
    world_free(s->w);
    free(s);
    return 0;
}

static void cosign(struct scene *s, size_t member, uint64_t t, struct sb_buf *line)
{
    sb_buf_reset(line);
    assert_int_equal(sb_cosign(s->w->members[member].vault,
                               s->keys[member].key_id,
                               s->names[member],
                               sb_buf_bytes(&s->note),
                               t,
                               line,
                               NULL),
                     0);
}

/* The cosignature of a member is added to the scene's note. */
static void add(struct scene *s, size_t member, uint64_t t)
{
    struct sb_buf line = {0};
    struct sb_buf more = {0};
    cosign(s, member, t, &line);
    assert_int_equal(
        sb_cosign_add(sb_buf_bytes(&s->note), sb_buf_bytes(&line), &more, NULL), 0);
    sb_buf_free(&s->note);
    sb_buf_free(&line);
    s->note = more;
}

static int check(struct scene *s, struct sb_bytes line, size_t member, uint64_t *t)
{
    struct sb_err err = {0};
    int rc = sb_cosign_check(
        sb_buf_bytes(&s->note), line, s->names[member], s->keys[member].pk, t, &err);
    assert_int_equal(rc, err.code);
    return rc;
}

static size_t lines_of(struct sb_bytes note)
{
    size_t n = 0;
    for (size_t i = 0; i < note.n; i++)
        n += note.p[i] == '\n';
    return n - 4; /* three of text, an empty one */
}

static void a_cosignature_comes_back(void **state)
{
    struct scene *s = *state;
    struct sb_buf line = {0};
    uint64_t t = 0;
    cosign(s, PNC, T0, &line);
    assert_string_equal(s->names[PNC], "sns/witness/pnc");
    assert_int_equal(check(s, sb_buf_bytes(&line), PNC, &t), 0);
    assert_int_equal(t, T0);
    sb_buf_free(&line);
}

static void another_name_key_note_or_time_is_refused(void **state)
{
    struct scene *s = *state;
    struct sb_checkpoint c = {.origin = "sns/journal/1", .size = 259, .root = {5}};
    struct sb_buf line = {0};
    struct sb_buf broken = {0};
    uint64_t t = 77;
    cosign(s, PNC, T0, &line);
    struct sb_bytes good = sb_buf_bytes(&line);
    assert_int_equal(check(s, good, IGM, &t), SB_E_COSIGNATURE);
    s->keys[PNC] = s->keys[IGM];
    assert_int_equal(check(s, good, PNC, &t), SB_E_COSIGNATURE);
    assert_true(
        sb_vault_newest(s->w->members[PNC].vault, SB_USE_WITNESS, &s->keys[PNC]));
    for (size_t i = 0; i < good.n; i++) { /* bits of name, id, time, signature */
        sb_buf_reset(&broken);
        sb_buf_put(&broken, good.p, good.n);
        broken.p[i] ^= 1;
        assert_int_equal(check(s, sb_buf_bytes(&broken), PNC, &t), SB_E_COSIGNATURE);
        assert_int_equal(check(s, sb_bytes(good.p, i), PNC, &t), SB_E_COSIGNATURE);
    }
    sb_buf_reset(&broken);
    sb_buf_put(&broken, good.p, good.n);
    sb_buf_put(&broken, good.p, good.n);
    assert_int_equal(check(s, sb_buf_bytes(&broken), PNC, &t), SB_E_COSIGNATURE);
    sb_buf_reset(&s->note);
    assert_int_equal(check(s, good, PNC, &t), SB_E_NOTE);
    assert_int_equal(sb_checkpoint_sign(s->w->broker, &c, &s->note, NULL), 0);
    assert_int_equal(check(s, good, PNC, &t), SB_E_COSIGNATURE);
    assert_int_equal(t, 77);
    sb_buf_free(&line);
    sb_buf_free(&broken);
}

static void only_witness_keys_and_real_times_cosign(void **state)
{
    struct scene *s = *state;
    struct sb_buf line = {0};
    struct sb_err err;
    struct sb_vault_key sign;
    const struct sb_vault *v = s->w->members[PNC].vault;
    struct sb_bytes note = sb_buf_bytes(&s->note);
    const uint8_t *id = s->keys[PNC].key_id;
    assert_true(sb_vault_newest(v, SB_USE_SIGN, &sign));
    assert_int_equal(sb_cosign(v, sign.key_id, "w", note, T0, &line, &err),
                     SB_E_NO_KEY);
    assert_int_equal(sb_cosign(v, s->keys[IGM].key_id, "w", note, T0, &line, &err),
                     SB_E_NO_KEY);
    assert_int_equal(sb_cosign(v, id, "w", note, 0, &line, &err), SB_E_ARGUMENT);
    assert_int_equal(sb_cosign(v, id, "w", note, UINT64_MAX, &line, &err),
                     SB_E_ARGUMENT);
    assert_int_equal(sb_cosign(v, id, "a b", note, T0, &line, &err), SB_E_ARGUMENT);
    assert_int_equal(sb_cosign(v, id, "", note, T0, &line, &err), SB_E_ARGUMENT);
    assert_int_equal(sb_cosign(v, id, "w", sb_bytes_str("x\n"), T0, &line, &err),
                     SB_E_NOTE);
    assert_int_equal(line.n, 0);
}

static void a_newer_line_replaces_the_older(void **state)
{
    struct scene *s = *state;
    struct sb_checkpoint c;
    struct sb_witness_keys keys;
    uint64_t times[MEMBERS];
    world_publish(s->w);
    const struct sb_dir *d = sb_trust_newest(s->w->trust);
    assert_int_equal(sb_dir_witnesses(d, NOW, s->w->arena, &keys, NULL), 0);
    assert_int_equal(keys.n, 3);
    assert_int_equal(sb_cosign_times(sb_buf_bytes(&s->note), &keys, times), 0);
    add(s, PNC, T0);
    add(s, IGM, T0 + 5);
    add(s, PNC, T0 + 9);
    assert_int_equal(lines_of(sb_buf_bytes(&s->note)), 3);
    assert_int_equal(sb_cosign_times(sb_buf_bytes(&s->note), &keys, times), 2);
    assert_int_equal(times[IGM], T0 + 5);
    assert_int_equal(times[PNC], T0 + 9);
    assert_int_equal(times[STCNS], 0);
    add(s, STCNS, T0 + 2);
    assert_int_equal(sb_cosign_times(sb_buf_bytes(&s->note), &keys, times), 3);
    assert_int_equal(
        sb_checkpoint_open(sb_buf_bytes(&s->note), s->w->anchor.log_pk, &c, NULL), 0);
    assert_int_equal(c.size, 258);
}

static void false_and_foreign_lines_count_as_none(void **state)
{
    struct scene *s = *state;
    struct sb_witness_keys keys;
    struct sb_buf line = {0};
    uint64_t times[MEMBERS];
    world_publish(s->w);
    const struct sb_dir *d = sb_trust_newest(s->w->trust);
    assert_int_equal(sb_dir_witnesses(d, NOW, s->w->arena, &keys, NULL), 0);
    cosign(s, PNC, T0, &line);
    line.p[line.n - 10] ^= 1;
    sb_buf_put(&s->note, line.p, line.n);
    assert_int_equal(sb_cosign_times(sb_buf_bytes(&s->note), &keys, times), 0);
    cosign(s, PNC, T0, &line);
    sb_buf_put(&s->note, line.p, line.n);
    sb_buf_str(&s->note, SB_NOTE_DASH "witness.example AAAAAAAA\n");
    memcpy(s->names[IGM], "sns/witness/nobody", 19);
    cosign(s, IGM, T0, &line);
    sb_buf_put(&s->note, line.p, line.n);
    assert_int_equal(sb_cosign_times(sb_buf_bytes(&s->note), &keys, times), 1);
    assert_int_equal(times[PNC], T0);
    s->note.p[s->note.n - line.n - 300] ^= 1; /* whatever it hits: no crash, no more */
    assert_true(sb_cosign_times(sb_buf_bytes(&s->note), &keys, times) <= 1);
    assert_int_equal(sb_cosign_times(sb_bytes_str("no note"), &keys, times), 0);
    assert_int_equal(times[PNC], 0);
    sb_buf_free(&line);
}

static void what_is_added_is_a_line_of_a_note(void **state)
{
    struct scene *s = *state;
    struct sb_buf line = {0};
    struct sb_buf out = {0};
    struct sb_err err;
    struct sb_bytes note = sb_buf_bytes(&s->note);
    cosign(s, PNC, T0, &line);
    struct sb_bytes good = sb_buf_bytes(&line);
    struct sb_bytes cut = sb_bytes(good.p, good.n - 1);
    assert_int_equal(sb_cosign_add(note, cut, &out, &err), SB_E_COSIGNATURE);
    assert_int_equal(sb_cosign_add(note, sb_bytes_str("x\n"), &out, &err),
                     SB_E_COSIGNATURE);
    assert_int_equal(sb_cosign_add(sb_bytes_str("x\n"), good, &out, &err), SB_E_NOTE);
    assert_int_equal(sb_cosign_add(sb_bytes(note.p, note.n - 1), good, &out, &err),
                     SB_E_NOTE);
    assert_int_equal(
        sb_cosign_add(
            note, sb_bytes_str(SB_NOTE_DASH "sns/journal/1 AAAA\n"), &out, &err),
        SB_E_COSIGNATURE);
    assert_int_equal(out.n, 0);
    sb_buf_free(&line);
    sb_buf_free(&out);
}

static void a_note_has_room_for_every_witness(void **state)
{
    struct scene *s = *state;
    char code[SB_CODE_MAX + 1];
    char exchange[SB_CODE_MAX + 1];
    memset(exchange, 'x', SB_CODE_MAX);
    exchange[SB_CODE_MAX] = 0;
    struct sb_checkpoint c = {.size = UINT64_MAX};
    snprintf(c.origin, sizeof c.origin, "%s/journal/%llu", exchange, ~0ull);
    sb_buf_reset(&s->note);
    assert_int_equal(sb_checkpoint_sign(s->w->broker, &c, &s->note, NULL), 0);
    for (size_t i = 0; i < SB_WITNESSES_MAX; i++) {
        snprintf(code, sizeof code, "%064zu", i);
        sb_witness_name(s->names[PNC], sb_bytes_str(exchange), sb_bytes_str(code));
        add(s, PNC, T0 + i);
    }
    assert_int_equal(lines_of(sb_buf_bytes(&s->note)), 1 + SB_WITNESSES_MAX);
    assert_int_equal(
        sb_checkpoint_open(sb_buf_bytes(&s->note), s->w->anchor.log_pk, &c, NULL), 0);
}

static void a_full_note_takes_no_more(void **state)
{
    struct scene *s = *state;
    struct sb_buf line = {0};
    struct sb_buf out = {0};
    while (s->note.n + 100 <= SB_NOTE_MAX)
        sb_buf_str(&s->note, SB_NOTE_DASH "witness.example AAAAAAAA\n");
    cosign(s, PNC, T0, &line);
    struct sb_err err;
    assert_int_equal(
        sb_cosign_add(sb_buf_bytes(&s->note), sb_buf_bytes(&line), &out, &err),
        SB_E_LIMIT);
    assert_int_equal(out.n, 0);
    sb_buf_free(&line);
    sb_buf_free(&out);
}

static void age_runs_from_the_quorum_th_newest(void **state)
{
    (void)state;
    const uint64_t times[] = {50, 0, 90, 70, 70, 0};
    const uint64_t want[] = {0, 90000, 70000, 70000, 50000, 0, 0};
    for (uint64_t q = 0; q < sizeof want / sizeof want[0]; q++)
        assert_int_equal(sb_cosign_fresh_ms(times, 6, q), want[q]);
    assert_int_equal(sb_cosign_fresh_ms(NULL, 0, 1), 0);
}

static void only_valid_keys_of_active_members_witness(void **state)
{
    struct scene *s = *state;
    struct world *w = s->w;
    struct sb_witness_keys keys;
    w->members[IGM].status = "suspended";
    memcpy(w->members[STCNS].keys[0].key_id, s->keys[STCNS].key_id, SB_KEY_ID);
    w->members[STCNS].keys[0].status = sb_bytes_str("revoked");
    w->members[STCNS].n_keys = 1;
    world_publish(w);
    const struct sb_dir *d = sb_trust_newest(w->trust);
    assert_int_equal(sb_dir_witnesses(d, NOW, w->arena, &keys, NULL), 0);
    assert_int_equal(keys.n, 1);
    assert_true(sb_bytes_is(keys.items[0].institution, "pnc"));
    assert_string_equal(keys.items[0].name, "sns/witness/pnc");
    assert_memory_equal(keys.items[0].pk, s->keys[PNC].pk, SB_PK);
    assert_memory_equal(keys.items[0].key_id, s->keys[PNC].key_id, SB_KEY_ID);
    assert_int_equal(sb_dir_witnesses(d, NOW + 2 * YEAR, w->arena, &keys, NULL), 0);
    assert_int_equal(keys.n, 0);
}

static void a_witness_has_a_public_key_line(void **state)
{
    struct scene *s = *state;
    char line[SB_NOTE_VKEY];
    char name[SB_NOTE_NAME_MAX + 1];
    struct sb_note_key key;
    sb_witness_vkey(s->names[IGM], s->keys[IGM].pk, line);
    assert_int_equal(strncmp(line, "sns/witness/igm+", 16), 0);
    assert_int_equal(sb_note_key_read(line, &key, NULL), 0);
    assert_int_equal(key.type, SB_NOTE_WITNESS);
    assert_string_equal(key.name, s->names[IGM]);
    assert_memory_equal(key.pk, s->keys[IGM].pk, SB_PK);
    memset(name, 'w', SB_NOTE_NAME_MAX);
    name[SB_NOTE_NAME_MAX] = 0;
    sb_witness_vkey(name, s->keys[IGM].pk, line);
    assert_int_equal(sb_note_key_read(line, &key, NULL), 0);
    assert_string_equal(key.name, name);
}

#define COSIGN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        COSIGN_TEST(a_cosignature_comes_back),
        COSIGN_TEST(another_name_key_note_or_time_is_refused),
        COSIGN_TEST(only_witness_keys_and_real_times_cosign),
        COSIGN_TEST(a_newer_line_replaces_the_older),
        COSIGN_TEST(false_and_foreign_lines_count_as_none),
        COSIGN_TEST(what_is_added_is_a_line_of_a_note),
        COSIGN_TEST(a_note_has_room_for_every_witness),
        COSIGN_TEST(a_full_note_takes_no_more),
        cmocka_unit_test(age_runs_from_the_quorum_th_newest),
        COSIGN_TEST(only_valid_keys_of_active_members_witness),
        COSIGN_TEST(a_witness_has_a_public_key_line),
    };
    return cmocka_run_group_tests_name("keys.cosign", tests, NULL, NULL);
}
