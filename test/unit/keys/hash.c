/* keys.hash: tags, keys and trees against values from another implementation. */
#include "test/unit/keys/fixture.h"

static void tag_is_the_personalisation(void **state)
{
    (void)state;
    uint8_t out[SB_HASH];
    sb_hash(out, "sacbe/ct/1", sb_bytes_str("abc"));
    assert_hex(out, "4f9d6c811fef1e87384c6a631bcd3ce34154aeaf2a39f52e6c59cfbc645b6884");
    sb_hash(out, "sacbe/12345678/1", sb_bytes(NULL, 0));
    assert_hex(out, "7b2c66720ea3f7265949067adf2f38ead73c33cbf5917dc75e3a5397e801086c");
}

static void pieces_and_keys_hash_as_one(void **state)
{
    (void)state;
    uint8_t out[SB_HASH];
    uint8_t key[32];
    struct sb_hasher h;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    sb_hasher_init_keyed(&h, "sacbe/ec/1", key);
    sb_hasher_put(&h, sb_bytes_str("core"));
    sb_hasher_put(&h, sb_bytes(NULL, 0));
    sb_hasher_put(&h, sb_bytes_str("publica"));
    sb_hasher_end(&h, out);
    assert_hex(out, "df91b68891ca3b1116bd024665aa0ad0830b1813a400d694f11a42273ca476d6");
}

static void sha256_of_nothing(void **state)
{
    (void)state;
    uint8_t out[SB_HASH];
    sb_sha256(out, sb_bytes(NULL, 0));
    assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void record_hashes_under_its_own_tag(void **state)
{
    (void)state;
    uint8_t out[SB_HASH];
    uint8_t keep[SB_HASH];
    struct sb_err err;
    const uint8_t body[] = "\x92\xabsacbe/x.y/1\x07";
    assert_int_equal(sb_record_hash(out, sb_bytes(body, sizeof body - 1), &err), 0);
    assert_hex(out, "cd890ca743851d7d636d479813a96df4222e25503b15f18c24e45ffd43e8fb13");
    memcpy(keep, out, SB_HASH);
    const char *bad[] = {"", "\x07", "\x91\xa0", "\x91\xb1sacbe/123456789/1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(sb_record_hash(out, sb_bytes_str(bad[i]), &err), SB_E_TAG);
    assert_memory_equal(out, keep, SB_HASH);
}

static void items_root_has_the_rfc_shape(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *root;
    } want[] = {
        {1, "c2168374706a513c7441172a205895db670ee2f2e8356818c1c5c48662247313"},
        {2, "e06033d6ed7944904d0a5d3c185311c58162a2420c5dce443ffc17189580e36c"},
        {3, "c5693344f3d35fe60627fb616a1a757d498a6b2e2c27ccb9579d9dcdc3835f6a"},
        {5, "2299aa4b1c656b0ca695a633c8bc7b1efc83acf4435d15664bf4033d3f8c2bfc"},
        {6, "4080e1709b5aa5e845a8113532654761aa5f5b02702c08c4e9ab679eafa89de4"},
        {7, "dbaf9f135fa374ef7ab26faa2c7dd389a89bd8845e3ea8206a2bc4292b12ad0c"},
        {8, "d8d81a30e86a07203946949b18731faad112b766d8d8789c27f6d737eef5b9bf"},
        {100, "06b5c57b7fe1c6c0b3b2acc93a286adbec2a28e248f5f5a935d0491b02e73d1e"},
        {255, "a279c1138d85d445086d165d71309ce022e41ad230794385ee3ea47e04f156ec"},
        {256, "c4efcf1f292c91744b16b438b472e57a634cd05f962760e0a8b1b2bfe9ade003"},
    };
    uint8_t data[256];
    uint8_t root[SB_HASH];
    struct sb_bytes items[256];
    for (size_t i = 0; i < 256; i++) {
        data[i] = (uint8_t)i;
        items[i] = sb_bytes(data, i); /* the bytes 0 to i - 1 */
    }
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        sb_items_root(root, items, want[i].n);
        assert_hex(root, want[i].root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tag_is_the_personalisation),
        cmocka_unit_test(pieces_and_keys_hash_as_one),
        cmocka_unit_test(sha256_of_nothing),
        cmocka_unit_test(record_hashes_under_its_own_tag),
        cmocka_unit_test(items_root_has_the_rfc_shape),
    };
    if (sb_keys_init(NULL) != 0)
        return 1;
    return cmocka_run_group_tests_name("keys.hash", tests, NULL, NULL);
}
