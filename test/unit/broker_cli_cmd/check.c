/* Purpose: proofs as JSON: every verdict, every form, integers to 2^64-1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/cli/cmd_audit.h"
#include "keys/proof.h"
#include "said.h"

#define LEAVES 20u
#define MAX_U64 "18446744073709551615"
#define ONE "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0="

static const struct sb_cli_command commands[] = {{.verb = "check-inclusion",
                                                  .summary = "inclusion",
                                                  .args = "FILE|-",
                                                  .args_min = 1,
                                                  .args_max = 1,
                                                  .run = sb_audit_run_inclusion},
                                                 {.verb = "check-consistency",
                                                  .summary = "consistency",
                                                  .args = "FILE|-",
                                                  .args_min = 1,
                                                  .args_max = 1,
                                                  .run = sb_audit_run_consistency},
                                                 {.run = NULL}};
static const struct sb_cli_family family = {"audit", "proofs", commands, NULL};
static const struct sb_cli_family *const families[] = {&family, NULL};

static uint8_t leaves[LEAVES][SB_HASH];

static int setup(void **state)
{
    struct sb_err err = {0};
    (void)state;
    for (size_t i = 0; i < LEAVES; i++)
        sb_tree_leaf(leaves[i], sb_bytes(&i, 1));
    return sb_keys_init(&err);
}

static int
node(void *ctx, unsigned level, uint64_t pos, uint8_t out[SB_HASH], struct sb_err *err)
{
    struct sb_tree t = {.size = 0};
    (void)ctx;
    (void)err;
    for (uint64_t i = pos << level; i < (pos + 1) << level; i++)
        sb_tree_append(&t, leaves[i]);
    sb_tree_root(&t, out);
    return 0;
}

static void root_of(uint64_t size, uint8_t out[SB_HASH])
{
    struct sb_tree t = {.size = 0};
    for (uint64_t i = 0; i < size; i++)
        sb_tree_append(&t, leaves[i]);
    sb_tree_root(&t, out);
}

static void put(struct sb_buf *to, const uint8_t *hash)
{
    sb_buf_byte(to, '"');
    sb_cmd_base64(sb_bytes(hash, SB_HASH), to);
    sb_buf_byte(to, '"');
}

static void put_path(struct sb_buf *to, const struct sb_path *p)
{
    sb_buf_str(to, ", \"proof\": ");
    if (p->n == 0) {
        sb_buf_str(to, "null}");
        return;
    }
    for (size_t i = 0; i < p->n; i++) {
        sb_buf_str(to, i ? "," : "[");
        put(to, p->nodes[i]);
    }
    sb_buf_str(to, "]}");
}

static int ask(const char *verb, const char *json)
{
    static struct said s;
    char line[64];
    snprintf(line, sizeof line, "audit %s -", verb);
    said_run(&s, families, line, json);
    return s.status;
}

static int ask_inclusion(uint64_t index, uint64_t size, uint64_t leaf)
{
    struct sb_path path = {.n = 0};
    struct sb_err err = {0};
    struct sb_buf json = {0};
    uint8_t root[SB_HASH];
    root_of(size, root);
    assert_int_equal(sb_proof_inclusion(index, size, node, NULL, &path, &err), 0);
    sb_buf_printf(&json,
                  "{\"leafIdx\": %llu, \"treeSize\": %llu, \"desc\": \"7\\\" x 8\", "
                  "\"wantErr\": false, \"root\": ",
                  (unsigned long long)index,
                  (unsigned long long)size);
    put(&json, root);
    sb_buf_str(&json, ", \"leafHash\": ");
    put(&json, leaves[leaf]);
    put_path(&json, &path);
    sb_buf_byte(&json, 0);
    int status = ask("check-inclusion", (const char *)json.p);
    sb_buf_free(&json);
    return status;
}

static void inclusion_is_judged(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= LEAVES; size += 3)
        for (uint64_t i = 0; i < size; i++) {
            assert_int_equal(ask_inclusion(i, size, i), 0);
            assert_int_equal(ask_inclusion(i, size, (i + 1) % LEAVES), 1);
        }
}

static int ask_consistency(uint64_t size1, uint64_t size2, uint64_t root1_of)
{
    struct sb_path path = {.n = 0};
    struct sb_err err = {0};
    struct sb_buf json = {0};
    uint8_t root[SB_HASH];
    assert_int_equal(sb_proof_consistency(size1, size2, node, NULL, &path, &err), 0);
    sb_buf_printf(&json,
                  "{\"size1\":%llu,\"size2\":%llu,\"root1\":",
                  (unsigned long long)size1,
                  (unsigned long long)size2);
    root_of(root1_of, root);
    put(&json, root);
    sb_buf_str(&json, ",\"root2\":");
    root_of(size2, root);
    put(&json, root);
    put_path(&json, &path);
    sb_buf_byte(&json, 0);
    int status = ask("check-consistency", (const char *)json.p);
    sb_buf_free(&json);
    return status;
}

static void consistency_is_judged(void **state)
{
    (void)state;
    for (uint64_t a = 1; a < LEAVES; a += 2)
        for (uint64_t b = a; b <= LEAVES; b += 3) {
            assert_int_equal(ask_consistency(a, b, a), 0);
            assert_int_equal(ask_consistency(a, b, a + 1), 1);
        }
}

static void refusals_are_no_errors(void **state)
{
    static const char *const bodies[] = {
        /* huge numbers, exact */
        "{\"leafIdx\":" MAX_U64 ",\"treeSize\":" MAX_U64 ",\"root\":\"" ONE
        "\",\"leafHash\":\"" ONE "\",\"proof\":null}",
        /* index above the size */
        "{\"leafIdx\":1,\"treeSize\":1,\"root\":\"" ONE "\",\"leafHash\":\"" ONE
        "\",\"proof\":[]}",
        /* lengths */
        "{\"leafIdx\":0,\"treeSize\":1,\"root\":\"\",\"leafHash\":\"" ONE
        "\",\"proof\":[]}",
        "{\"leafIndex\":0,\"treeSize\":0,\"root\":\"" ONE
        "\",\"leafHash\":null,\"proof\":[]}",
        "{\"leafIdx\":0,\"treeSize\":1,\"root\":\"" ONE "\",\"leafHash\":\"" ONE
        "\",\"proof\":[\"\"]}"};
    (void)state;
    assert_int_equal(ask("check-inclusion",
                         "{\"leafIdx\":0,\"treeSize\":1,\"root\":\"" ONE
                         "\",\"leafHash\":\"" ONE "\",\"proof\":null}"),
                     0);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_int_equal(ask("check-inclusion", bodies[i]), 1);
}

static void equal_sizes_ask_for_equal_roots(void **state)
{
    (void)state;
    assert_int_equal(ask("check-consistency",
                         "{\"size1\":" MAX_U64 ",\"size2\":" MAX_U64 ",\"root1\":\"" ONE
                         "\",\"root2\":\"" ONE "\",\"proof\":null}"),
                     0);
    assert_int_equal(ask("check-consistency",
                         "{\"size1\":18446744073709551614,\"size2\":" MAX_U64
                         ",\"root1\":\"" ONE "\",\"root2\":\"" ONE
                         "\",\"proof\":null}"),
                     1);
    assert_int_equal(ask("check-consistency",
                         "{\"size1\":0,\"size2\":0,\"root1\":\"ZG9uJ3Q=\","
                         "\"root2\":\"ZG9uJ3Q=\",\"proof\":[]}"),
                     0);
    assert_int_equal(ask("check-consistency",
                         "{\"size1\":0,\"size2\":1,\"root1\":\"" ONE
                         "\",\"root2\":\"" ONE "\",\"proof\":[]}"),
                     1);
    assert_int_equal(ask("check-consistency",
                         "{\"size1\":2,\"size2\":1,\"root1\":\"" ONE
                         "\",\"root2\":\"" ONE "\",\"proof\":[]}"),
                     1);
}

static void other_texts_are_errors(void **state)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{",
        "7",
        "{\"leafIdx\":0}",
        ("{\"leafIdx\":\"0\",\"treeSize\":1,\"root\":\"\",\"leafHash\":\"\","
         "\"proof\":[]}"),
        "{\"leafIdx\":0.0,\"treeSize\":1,\"root\":\"\",\"leafHash\":\"\",\"proof\":[]}",
        "{\"leafIdx\":-1,\"treeSize\":1,\"root\":\"\",\"leafHash\":\"\",\"proof\":[]}",
        "{\"leafIdx\":01,\"treeSize\":1,\"root\":\"\",\"leafHash\":\"\",\"proof\":[]}",
        ("{\"leafIdx\":18446744073709551616,\"treeSize\":1,\"root\":\"\",\"leafHash\":"
         "\"\",\"proof\":[]}"),
        "{\"leafIdx\":0,\"treeSize\":1,\"root\":5,\"leafHash\":\"\",\"proof\":[]}",
        "{\"leafIdx\":0,\"treeSize\":1,\"root\":\"!\",\"leafHash\":\"\",\"proof\":[]}",
        "{\"leafIdx\":0,\"treeSize\":1,\"root\":\"QQ\",\"leafHash\":\"\",\"proof\":[]}",
        "{\"leafIdx\":0,\"treeSize\":1,\"root\":\"\",\"leafHash\":\"\",\"proof\":{}}",
        "{\"leafIdx\":0,\"treeSize\":1,\"root\":\"\",\"leafHash\":\"\",\"proof\":[1]}",
        "{\"leafIdx\":0,\"treeSize\":1,\"root\":\"\",\"leafHash\":\"\"}",
        ("{\"leafIdx\":0,\"treeSize\":1,\"root\":\"\",\"leafHash\":\"\",\"proof\":[]} "
         "7")};
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        if (ask("check-inclusion", bodies[i]) != 2)
            fail_msg("taken: %s", bodies[i]);
    assert_int_equal(ask("check-consistency", bodies[5]), 2);
}

static void files_are_read_too(void **state)
{
    static struct said s;
    (void)state;
    said_run(&s, families, "audit check-inclusion /no/such/file", NULL);
    assert_int_equal(s.status, 2);
    said_run(&s, families, "audit check-inclusion - --json", "{}");
    assert_int_equal(s.status, 2);
    said_has(s.out, "SB-802");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inclusion_is_judged),
        cmocka_unit_test(consistency_is_judged),
        cmocka_unit_test(refusals_are_no_errors),
        cmocka_unit_test(equal_sizes_ask_for_equal_roots),
        cmocka_unit_test(other_texts_are_errors),
        cmocka_unit_test(files_are_read_too),
    };
    return cmocka_run_group_tests_name("broker.cli.check", tests, setup, NULL);
}
