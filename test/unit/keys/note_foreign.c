/* keys.note_foreign: notes and keys of logs that are not ours, real ones among them. */
#include "keys/cosign.h"
#include "keys/note_form.h"
#include "test/unit/keys/fixture.h"

#define DASH SB_NOTE_DASH

/* The checksum database of Go: its key's name is not its origin. */
static const char go_key[] =
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
static const char go_note[] =
    "go.sum database "
    "tree\n19254946\nh9eoRKj4A/u1agb0ArWU744FdzF7o/QztgC64L2t81M=\n\n" DASH
    "sum.golang.org "
    "Az3grvvtPUIwSm8opaNwI5N/xULaFZ0ecAWzWKqGSBGFNwg8tntSSgJui9xh4e/70QazZqhdO1n6bsR2E"
    "ABgWXeQTwc=\n";

/* The example of C2SP tlog-cosignature. Its keys are not published. */
static const char c2sp_note[] =
    "example.com/behind-the-sofa\n20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" DASH
    "example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+"
    "xeMcTOAYQ8=\n" DASH "witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5n"
    "No0xUe+mbIUBkBIfZ+qnA==\n";

static int open_note(struct sb_bytes note, struct sb_checkpoint *c)
{
    struct sb_note_key k;
    struct sb_err err = {0};
    assert_int_equal(sb_note_key_read(go_key, &k, NULL), 0);
    int rc = sb_note_open(note, &k, c, &err);
    assert_int_equal(rc, err.code);
    return rc;
}

static void a_note_of_a_public_log_opens(void **state)
{
    (void)state;
    struct sb_checkpoint c;
    assert_int_equal(open_note(sb_bytes_str(go_note), &c), 0);
    assert_string_equal(c.origin, "go.sum database tree");
    assert_int_equal(c.size, 19254946);
    assert_hex(c.root,
               "87d7a844a8f803fbb56a06f402b594ef8e0577317ba3f433b600bae0bdadf353");
}

static void a_changed_note_is_refused(void **state)
{
    (void)state;
    struct sb_checkpoint c;
    for (size_t bit = 0; bit < 8 * (sizeof go_note - 1); bit++) {
        char note[sizeof go_note];
        memcpy(note, go_note, sizeof go_note);
        note[bit / 8] = (char)(note[bit / 8] ^ (char)(1u << bit % 8));
        assert_int_equal(open_note(sb_bytes(note, sizeof go_note - 1), &c), SB_E_NOTE);
    }
    for (size_t n = 0; n < sizeof go_note - 1; n++)
        assert_int_equal(open_note(sb_bytes(go_note, n), &c), SB_E_NOTE);
}

static void the_example_of_the_specification_has_its_parts(void **state)
{
    (void)state;
    struct sb_bytes text;
    struct sb_bytes lines = {0};
    struct sb_bytes line;
    struct sb_note_sig sig = {0};
    uint8_t blob[SB_NOTE_BLOB];
    const uint8_t time[8] = {0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb};
    assert_true(sb_note_split(sb_bytes_str(c2sp_note), &text, &lines));
    assert_int_equal(text.p[text.n - 1], '\n');
    assert_true(sb_note_line(&lines, &line) && sb_note_sig_read(line, &sig));
    assert_true(sb_bytes_is(sig.name, "example.com/behind-the-sofa"));
    assert_true(sb_note_bytes(blob, SB_NOTE_ID + SB_SIG, sig.blob));
    assert_true(sb_note_line(&lines, &line) && sb_note_sig_read(line, &sig));
    assert_true(sb_bytes_is(sig.name, "witness.example.com/w1"));
    assert_true(sb_note_bytes(blob, SB_NOTE_BLOB, sig.blob));
    assert_memory_equal(blob + SB_NOTE_ID, time, sizeof time);
    assert_int_equal(lines.n, 0);
}

struct log { /* one of ours, that speaks as others do */
    struct world *w;
    struct sb_note_key key;
    struct sb_buf note;
};

static void sign(struct log *l, const char *text)
{
    struct sb_vault_key k;
    uint8_t blob[SB_NOTE_ID + SB_SIG];
    assert_true(sb_vault_newest(l->w->broker, SB_USE_LOG, &k));
    assert_int_equal(
        sb_vault_sign_raw(
            l->w->broker, k.key_id, sb_bytes_str(text), blob + SB_NOTE_ID, NULL),
        0);
    sb_note_id(blob, sb_bytes_str(l->key.name), SB_NOTE_LOG, k.pk);
    sb_buf_reset(&l->note);
    sb_buf_str(&l->note, text);
    sb_buf_byte(&l->note, '\n');
    sb_note_sig_write(sb_bytes_str(l->key.name), sb_bytes(blob, sizeof blob), &l->note);
}

static int setup(void **state)
{
    struct log *l = calloc(1, sizeof *l);
    char line[256];
    assert_non_null(l);
    l->w = world_new();
    sb_note_vkey("log.example/1", l->w->anchor.log_pk, line);
    assert_int_equal(sb_note_key_read(line, &l->key, NULL), 0);
    assert_string_equal(l->key.name, "log.example/1");
    assert_int_equal(l->key.type, 1);
    *state = l;
    return 0;
}

static int teardown(void **state)
{
    struct log *l = *state;
    sb_buf_free(&l->note);
    world_free(l->w);
    free(l);
    return 0;
}

#define ROOT_LINE "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

static void extension_lines_are_signed_text(void **state)
{
    struct log *l = *state;
    struct sb_checkpoint c;
    sign(l, "log.example/1\n7\n" ROOT_LINE "Timestamp: 12\nmore \xc3\xa9\n");
    assert_int_equal(sb_note_open(sb_buf_bytes(&l->note), &l->key, &c, NULL), 0);
    assert_int_equal(c.size, 7);
    struct sb_err err;
    assert_int_equal(
        sb_checkpoint_open(sb_buf_bytes(&l->note), l->w->anchor.log_pk, &c, &err),
        SB_E_NOTE);
    l->note.p[70] ^= 1;
    assert_int_equal(sb_note_open(sb_buf_bytes(&l->note), &l->key, &c, &err),
                     SB_E_NOTE);
}

static void odd_texts_are_refused_though_signed(void **state)
{
    struct log *l = *state;
    struct sb_checkpoint c;
    struct sb_err err;
    static const char *const texts[] = {"log\n07\n" ROOT_LINE,
                                        "log\n-7\n" ROOT_LINE,
                                        "log\n18446744073709551616\n" ROOT_LINE,
                                        "log\n7\nAAEC\n",
                                        "log\n7\n" ROOT_LINE "a\tb\n",
                                        "log\n7\n" ROOT_LINE "\xff\n",
                                        "\n7\n" ROOT_LINE,
                                        "log\n7\n",
                                        "log\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        sign(l, texts[i]);
        assert_int_equal(sb_note_open(sb_buf_bytes(&l->note), &l->key, &c, &err),
                         SB_E_NOTE);
    }
    sign(l, "log\n18446744073709551615\n" ROOT_LINE);
    assert_int_equal(sb_note_open(sb_buf_bytes(&l->note), &l->key, &c, &err), 0);
    assert_true(c.size == UINT64_MAX);
    l->key.type = SB_NOTE_WITNESS;
    assert_int_equal(sb_note_open(sb_buf_bytes(&l->note), &l->key, &c, &err),
                     SB_E_NOTE);
}

static void a_long_origin_is_cut_between_characters(void **state)
{
    struct log *l = *state;
    struct sb_checkpoint c;
    char text[512] = "x";
    for (size_t i = 1; i < 201; i += 2) {
        text[i] = '\xc3';
        text[i + 1] = '\xa9';
    }
    memcpy(text + 201, "\n7\n" ROOT_LINE, sizeof "\n7\n" ROOT_LINE);
    sign(l, text);
    assert_int_equal(sb_note_open(sb_buf_bytes(&l->note), &l->key, &c, NULL), 0);
    size_t n = strlen(c.origin);
    assert_int_equal(n, sizeof c.origin - 1);
    assert_int_equal(n % 2, 1);
    assert_memory_equal(c.origin, text, n);
}

static void odd_keys_are_refused(void **state)
{
    (void)state;
    struct sb_note_key k;
    struct sb_err err;
    static const struct {
        const char *line;
        int code;
    } rows[] = {
        {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 0},
        {"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 0},
        {"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
         SB_E_NOTE},
        {"PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
         SB_E_NOTE},
        {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TX",
         SB_E_NOTE},
        {"PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
         SB_E_NOTE},
        {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
         SB_E_NOTE},
        {"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
         SB_E_NOTE},
        {"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", SB_E_NOTE},
        {"PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
         SB_E_NOTE},
        {"PeterNeumann+c74f20a3", SB_E_NOTE},
        {"PeterNeumann", SB_E_NOTE},
        {"", SB_E_NOTE},
        {"a+b", SB_E_NOTE},
        {"a+00000000+", SB_E_NOTE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(sb_note_key_read(rows[i].line, &k, &err), rows[i].code);
}

static void points_of_low_order_are_no_keys(void **state)
{
    (void)state;
    struct sb_note_key k;
    struct sb_err err;
    char line[256];
    const uint8_t zeros[SB_PK] = {0};
    sb_note_vkey("log.example", zeros, line);
    assert_int_equal(sb_note_key_read(line, &k, &err), SB_E_BAD_KEY);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_of_a_public_log_opens),
        cmocka_unit_test(a_changed_note_is_refused),
        cmocka_unit_test(the_example_of_the_specification_has_its_parts),
        LOG_TEST(extension_lines_are_signed_text),
        LOG_TEST(odd_texts_are_refused_though_signed),
        LOG_TEST(a_long_origin_is_cut_between_characters),
        cmocka_unit_test(odd_keys_are_refused),
        cmocka_unit_test(points_of_low_order_are_no_keys),
    };
    if (sb_keys_init(NULL) != 0)
        return 1;
    return cmocka_run_group_tests_name("keys.note_foreign", tests, NULL, NULL);
}
