/* keys.disclose: an event key opens one section of one event and nothing else. */
#include "keys/secrets.h"
#include "test/unit/keys/fixture.h"

static const char *const names[] = {"confidencial", "interna", "publica", NULL};
static const char *const plains[] = {"secret", "for the institutions", "for all"};

#define EVENTS 3
#define CLASSES 3

struct event {
    struct sb_buf item;
    struct sb_buf cts;
    size_t sizes[SB_CLASSES];
    struct sb_item decoded;
};

struct scene {
    struct sb_arena *arena;
    struct sb_secrets *secrets;
    struct event events[EVENTS]; /* two of an epoch, one of another */
};

static void seal(const struct sb_secrets *secrets, struct event *e, uint64_t seq)
{
    struct sb_section sections[CLASSES];
    struct sb_event event = {.stream = sb_bytes_str("pnc/comun.alerta"),
                             .epoch_no = 4,
                             .seq = seq,
                             .schema_version = 1};
    for (size_t i = 0; i < CLASSES; i++)
        sections[i] =
            (struct sb_section){sb_bytes_str(names[i]), sb_bytes_str(plains[i])};
    assert_int_equal(
        sb_event_seal(secrets, &event, sections, &e->item, &e->cts, e->sizes, NULL), 0);
    assert_int_equal(sb_item_read(sb_buf_bytes(&e->item), &e->decoded, NULL), 0);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->arena = sb_arena_new(0);
    assert_non_null(s->arena);
    struct sb_codes classes = codes_of(s->arena, names);
    assert_int_equal(sb_secrets_new(&s->secrets, &classes, NULL), 0);
    seal(s->secrets, &s->events[0], 258);
    seal(s->secrets, &s->events[1], 259);
    struct sb_secrets *others = NULL;
    assert_int_equal(sb_secrets_new(&others, &classes, NULL), 0);
    seal(others, &s->events[2], 258);
    sb_secrets_free(others);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < EVENTS; i++) {
        sb_buf_free(&s->events[i].item);
        sb_buf_free(&s->events[i].cts);
    }
    sb_secrets_free(s->secrets);
    sb_arena_free(s->arena);
    free(s);
    return 0;
}

static struct sb_bytes ct_of(const struct event *e, size_t class_index)
{
    size_t at = 0;
    for (size_t i = 0; i < class_index; i++)
        at += e->sizes[i];
    return sb_bytes(e->cts.p + at, e->sizes[class_index]);
}

static int open_with(const uint8_t *ek,
                     const struct event *e,
                     size_t class_index,
                     struct sb_buf *plain)
{
    struct sb_err err = {0};
    int rc = sb_event_open_key(
        ek, &e->decoded, class_index, ct_of(e, class_index), plain, &err);
    assert_int_equal(rc, err.code);
    return rc;
}

static void a_key_opens_its_section_alone(void **state)
{
    struct scene *s = *state;
    uint8_t ek[SB_EVENT_KEY];
    struct sb_buf plain = {0};
    for (size_t own = 0; own < CLASSES; own++) {
        assert_int_equal(
            sb_event_key(s->secrets, sb_bytes_str(names[own]), 258, ek, NULL), 0);
        for (size_t i = 0; i < EVENTS; i++)
            for (size_t c = 0; c < CLASSES; c++) {
                bool is_its = i == 0 && c == own;
                sb_buf_reset(&plain);
                assert_int_equal(open_with(ek, &s->events[i], c, &plain),
                                 is_its ? 0 : SB_E_DISCLOSE);
                assert_true(sb_bytes_is(sb_buf_bytes(&plain), is_its ? plains[c] : ""));
            }
    }
    sb_buf_free(&plain);
}

static void a_changed_key_or_ciphertext_opens_nothing(void **state)
{
    struct scene *s = *state;
    struct event *e = &s->events[0];
    uint8_t ek[SB_EVENT_KEY];
    struct sb_buf plain = {0};
    assert_int_equal(sb_event_key(s->secrets, sb_bytes_str("interna"), 258, ek, NULL),
                     0);
    for (size_t i = 0; i < 8 * sizeof ek; i++) {
        ek[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(open_with(ek, e, 1, &plain), SB_E_DISCLOSE);
        ek[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    e->cts.p[e->sizes[0]] ^= 1;
    assert_int_equal(open_with(ek, e, 1, &plain), SB_E_OPEN_FAILED);
    sb_hash(e->decoded.ct_hash[1], "sacbe/ct/1", ct_of(e, 1)); /* a publisher's lie */
    assert_int_equal(open_with(ek, e, 1, &plain), SB_E_OPEN_FAILED);
    assert_int_equal(plain.n, 0);
    sb_buf_free(&plain);
}

static void what_is_not_there_is_told(void **state)
{
    struct scene *s = *state;
    uint8_t ek[SB_EVENT_KEY] = {0};
    struct sb_err err;
    struct sb_buf plain = {0};
    struct sb_buf small = {.limit = 8};
    const struct event *e = &s->events[0];
    assert_int_equal(sb_event_key(s->secrets, sb_bytes_str("otra"), 258, ek, &err),
                     SB_E_NO_SECRET);
    assert_int_equal(
        sb_event_open_key(ek, &e->decoded, CLASSES, ct_of(e, 0), &plain, &err),
        SB_E_ARGUMENT);
    assert_int_equal(sb_event_key(s->secrets, sb_bytes_str("publica"), 258, ek, NULL),
                     0);
    assert_int_equal(open_with(ek, e, 2, &small), SB_E_LIMIT);
    sb_buf_free(&plain);
    sb_buf_free(&small);
}

#define DISCLOSE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISCLOSE_TEST(a_key_opens_its_section_alone),
        DISCLOSE_TEST(a_changed_key_or_ciphertext_opens_nothing),
        DISCLOSE_TEST(what_is_not_there_is_told),
    };
    if (sb_keys_init(NULL) != 0)
        return 1;
    return cmocka_run_group_tests_name("keys.disclose", tests, NULL, NULL);
}
