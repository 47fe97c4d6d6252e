/* Purpose: `sacbe audit check-inclusion` and `check-consistency`: one RFC 6962 proof
 * from a JSON text, judged.
 * Invariant: a proof that does not hold is a "no"; only a text that is not such a JSON
 * document is an error. Source of the form: the test data of transparency-dev/merkle;
 * its verdicts are kept too: nothing follows from an empty tree, and equal sizes ask
 * for equal roots only.
 * Not for: trees of ours on disk; `audit verify` reads those. */
#include "broker/cli/cmd_audit.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "keys/proof.h"

#define JSON_MAX (1024u * 1024u)
#define PROOF_MAX 4096u /* nodes; more are refused as no proof */

/* Integers in JSON go to 2^64-1 here, jansson's to 2^63-1. So every integer of the text
 * is replaced by its place in this list before jansson reads the text. */
struct numbers {
    struct sb_bytes *items;
    size_t n;
};

struct document {
    struct sb_buf text;
    struct numbers numbers;
    json_t *root;
};

struct hashes { /* the proof: n nodes; `odd` when one is not 32 bytes long */
    uint8_t (*nodes)[SB_HASH];
    size_t n;
    bool odd;
};

static bool of_number(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' ||
           c == 'E';
}

/* Decimal digits without a leading zero. */
static bool is_integer(struct sb_bytes t)
{
    size_t i = 0;
    while (i < t.n && t.p[i] >= '0' && t.p[i] <= '9')
        i++;
    return i == t.n && (t.n == 1 || (t.n > 1 && t.p[0] != '0'));
}

static int keep(struct numbers *all, struct sb_bytes number, struct sb_buf *out)
{
    struct sb_bytes *more = realloc(all->items, (all->n + 1) * sizeof *more);
    if (!more)
        return SB_E_MEMORY;
    all->items = more;
    sb_buf_printf(out, "%zu", all->n);
    more[all->n++] = number;
    return 0;
}

static int number_out(struct sb_bytes text, struct numbers *all, struct sb_buf *out)
{
    bool quoted = false;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < text.n;) {
        size_t n = 1;
        if (quoted) {
            n = text.p[i] == '\\' && i + 1 < text.n ? 2 : 1;
        } else {
            while (of_number(text.p[i]) && i + n < text.n && of_number(text.p[i + n]))
                n++;
        }
        if (text.p[i] == '"')
            quoted = !quoted;
        if (!quoted && is_integer(sb_bytes(text.p + i, n)))
            rc = keep(all, sb_bytes(text.p + i, n), out);
        else
            sb_buf_put(out, text.p + i, n);
        i += n;
    }
    return rc ? rc : out->failed;
}

static void close_document(struct document *d)
{
    json_decref(d->root);
    free(d->numbers.items);
    sb_buf_free(&d->text);
}

static int open_document(const char *path, struct document *out, struct sb_err *err)
{
    struct document d = {.root = NULL};
    struct sb_buf replaced = {0};
    json_error_t why;
    bool piped = strcmp(path, "-") == 0;
    const char *from = piped ? "/dev/stdin" : path;
    int rc = sb_cmd_ends(from, err);
    if (rc == 0)
        rc = sb_file_read(from, JSON_MAX, &d.text, err);
    if (rc != 0)
        return rc;
    rc = number_out(sb_buf_bytes(&d.text), &d.numbers, &replaced);
    if (rc != 0)
        rc = sb_fail(err, rc, "out of memory");
    if (rc == 0) {
        d.root = json_loadb(
            (const char *)replaced.p, replaced.n, JSON_REJECT_DUPLICATES, &why);
        if (!json_is_object(d.root))
            rc = sb_fail(err,
                         SB_E_INPUT,
                         d.root ? "%s: this is not a JSON object%s%s"
                                : "%s: this is not JSON%s%s",
                         piped ? "standard input" : path,
                         d.root || d.text.n == 0 ? "" : ": ",
                         d.root || d.text.n == 0 ? "" : why.text);
    }
    sb_buf_free(&replaced);
    if (rc != 0)
        close_document(&d);
    else
        *out = d;
    return rc;
}

static const json_t *member(const struct document *d, const char *name)
{
    return json_object_get(d->root, name);
}

static int get_number(const struct document *d,
                      const char *name,
                      uint64_t *out,
                      struct sb_err *err)
{
    const json_t *v = member(d, name);
    json_int_t place = json_is_integer(v) ? json_integer_value(v) : -1;
    char digits[24];
    char *end = NULL;
    if (place < 0 || (size_t)place >= d->numbers.n ||
        d->numbers.items[place].n >= sizeof digits)
        return sb_fail(
            err, SB_E_INPUT, "\"%s\" wants a whole number from 0 to 2^64-1", name);
    struct sb_bytes text = d->numbers.items[place];
    memcpy(digits, text.p, text.n);
    digits[text.n] = '\0';
    errno = 0;
    unsigned long long n = strtoull(digits, &end, 10);
    if (errno != 0 || *end != '\0')
        return sb_fail(err, SB_E_INPUT, "\"%s\" is above 2^64-1", name);
    *out = n;
    return 0;
}

/* Bytes of a base64 text; null is no bytes. */
static int
decode(const json_t *v, const char *name, struct sb_buf *out, struct sb_err *err)
{
    size_t n = json_string_length(v);
    size_t bin_n = 0;
    if (json_is_null(v))
        return 0;
    uint8_t *bin = json_is_string(v) ? malloc(n + 1) : NULL;
    if (json_is_string(v) && !bin)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    bool good = bin && sodium_base642bin(bin,
                                         n + 1,
                                         json_string_value(v),
                                         n,
                                         NULL,
                                         &bin_n,
                                         NULL,
                                         sodium_base64_VARIANT_ORIGINAL) == 0;
    if (good)
        sb_buf_put(out, bin, bin_n);
    free(bin);
    if (!good)
        return sb_fail(err, SB_E_INPUT, "\"%s\" wants base64 text", name);
    return sb_buf_check(out, err);
}

static int get_bytes(const struct document *d,
                     const char *name,
                     struct sb_buf *out,
                     struct sb_err *err)
{
    const json_t *v = member(d, name);
    return v ? decode(v, name, out, err)
             : sb_fail(err, SB_E_INPUT, "there is no member \"%s\"", name);
}

static int get_proof(const struct document *d, struct hashes *out, struct sb_err *err)
{
    const json_t *v = member(d, "proof");
    size_t n = json_array_size(v);
    int rc = 0;
    if (!json_is_array(v) && !json_is_null(v))
        return sb_fail(err, SB_E_INPUT, "\"proof\" wants a list of hashes, or null");
    if (n == 0)
        return 0;
    out->odd = n > PROOF_MAX;
    out->nodes = calloc(n, sizeof *out->nodes);
    if (!out->nodes)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct sb_buf node = {0};
        rc = decode(json_array_get(v, i), "proof", &node, err);
        if (rc == 0 && node.n == SB_HASH)
            memcpy(out->nodes[out->n++], node.p, SB_HASH);
        else
            out->odd = true;
        sb_buf_free(&node);
    }
    return rc;
}

static int tell(const struct sb_cli *cli, bool accepted, const char *what)
{
    sb_out_bool(sb_cli_out(cli), "accepted", NULL, accepted);
    sb_out_result(sb_cli_out(cli), accepted ? SB_PASSED : SB_FAILED, "%s", what);
    return accepted ? SB_EXIT_YES : SB_EXIT_NO;
}

static int inclusion(const struct document *d, bool *accepted, struct sb_err *err)
{
    /* older test data has the longer name */
    bool older = !member(d, "leafIdx") && member(d, "leafIndex");
    const char *place = older ? "leafIndex" : "leafIdx";
    struct sb_buf root = {0};
    struct sb_buf leaf = {0};
    struct hashes proof = {.n = 0};
    uint64_t index = 0;
    uint64_t size = 0;
    int rc = get_number(d, place, &index, err);
    if (rc == 0)
        rc = get_number(d, "treeSize", &size, err);
    if (rc == 0)
        rc = get_bytes(d, "root", &root, err);
    if (rc == 0)
        rc = get_bytes(d, "leafHash", &leaf, err);
    if (rc == 0)
        rc = get_proof(d, &proof, err);
    if (rc == 0)
        *accepted = root.n == SB_HASH && leaf.n == SB_HASH && !proof.odd &&
                    sb_proof_included(leaf.p,
                                      index,
                                      size,
                                      (const uint8_t(*)[SB_HASH])proof.nodes,
                                      proof.n,
                                      root.p);
    free(proof.nodes);
    sb_buf_free(&leaf);
    sb_buf_free(&root);
    return rc;
}

static bool
holds(const uint64_t size[2], const struct sb_buf root[2], const struct hashes *proof)
{
    if (proof->odd)
        return false;
    if (size[0] == size[1])
        return proof->n == 0 &&
               sb_bytes_eq(sb_buf_bytes(&root[0]), sb_buf_bytes(&root[1]));
    return size[0] > 0 && root[0].n == SB_HASH && root[1].n == SB_HASH &&
           sb_proof_consistent(size[0],
                               root[0].p,
                               size[1],
                               root[1].p,
                               (const uint8_t(*)[SB_HASH])proof->nodes,
                               proof->n);
}

static int consistency(const struct document *d, bool *accepted, struct sb_err *err)
{
    struct sb_buf root[2] = {{0}, {0}};
    struct hashes proof = {.n = 0};
    uint64_t size[2] = {0, 0};
    int rc = get_number(d, "size1", &size[0], err);
    if (rc == 0)
        rc = get_number(d, "size2", &size[1], err);
    if (rc == 0)
        rc = get_bytes(d, "root1", &root[0], err);
    if (rc == 0)
        rc = get_bytes(d, "root2", &root[1], err);
    if (rc == 0)
        rc = get_proof(d, &proof, err);
    if (rc == 0)
        *accepted = holds(size, root, &proof);
    free(proof.nodes);
    sb_buf_free(&root[0]);
    sb_buf_free(&root[1]);
    return rc;
}

int sb_audit_run_inclusion(struct sb_cli *cli, struct sb_err *err)
{
    struct document d;
    bool accepted = false;
    int rc = open_document(sb_cli_arg(cli, 0), &d, err);
    if (rc != 0)
        return rc;
    rc = inclusion(&d, &accepted, err);
    close_document(&d);
    return rc != 0 ? rc
                   : tell(cli,
                          accepted,
                          accepted ? sb_tr(cli, "the leaf is in the tree")
                                   : sb_tr(cli, "the proof does not hold"));
}

int sb_audit_run_consistency(struct sb_cli *cli, struct sb_err *err)
{
    struct document d;
    bool accepted = false;
    int rc = open_document(sb_cli_arg(cli, 0), &d, err);
    if (rc != 0)
        return rc;
    rc = consistency(&d, &accepted, err);
    close_document(&d);
    return rc != 0
               ? rc
               : tell(cli,
                      accepted,
                      accepted ? sb_tr(cli, "the smaller tree begins the larger one")
                               : sb_tr(cli, "the proof does not hold"));
}
