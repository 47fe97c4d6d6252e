/* Purpose: anchor.json, what an institution is given to begin to trust.
 * Invariant: nothing but the known members, each once; keys that can be keys.
 * Source: RFC 8259; keys and nonce are hex. */
#include "keys/anchor.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/base/text.h"

#define ANCHOR_FORM "sacbe/anchor/1"
#define ANCHOR_FILE_MAX (64u * SB_KIB)
#define WORDS 8

static bool read_text(const json_t *o, const char *key, char *out, size_t size)
{
    const json_t *v = json_object_get(o, key);
    size_t n = json_string_length(v);
    if (!json_is_string(v) || n == 0 || n >= size || strlen(json_string_value(v)) != n)
        return false;
    memcpy(out, json_string_value(v), n + 1);
    return true;
}

static bool read_hex(const json_t *o, const char *key, uint8_t *out, size_t n)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) &&
           sb_unhex(out, n, sb_bytes(json_string_value(v), json_string_length(v)));
}

/* The first key of `o` that is not among `known` (NULL-terminated), or NULL. */
static const char *unknown_key(json_t *o, const char *const *known)
{
    for (void *i = json_object_iter(o); i; i = json_object_iter_next(o, i)) {
        size_t k = 0;
        while (known[k] && strcmp(known[k], json_object_iter_key(i)) != 0)
            k++;
        if (!known[k])
            return json_object_iter_key(i);
    }
    return NULL;
}

static int read_roots(const json_t *o, struct sb_anchor *a, struct sb_err *err)
{
    static const char *const known[] = {"key", "holder", NULL};
    const json_t *roots = json_object_get(o, "roots");
    a->n_roots = json_array_size(roots);
    if (a->n_roots == 0 || a->n_roots > SB_ROOTS_MAX)
        return sb_fail(
            err, SB_E_RANGE, "\"roots\" must name 1 to %u keys", SB_ROOTS_MAX);
    for (size_t i = 0; i < a->n_roots; i++) {
        json_t *r = json_array_get(roots, i);
        struct sb_anchor_root *to = &a->roots[i];
        const char *odd = unknown_key(r, known);
        if (odd)
            return sb_fail(
                err, SB_E_CONFIG_UNKNOWN_KEY, "roots: unknown key \"%s\"", odd);
        if (!read_hex(r, "key", to->pk, SB_PK) ||
            !read_text(r, "holder", to->holder, sizeof to->holder))
            return sb_fail(err, SB_E_TYPE, "root %zu needs a key and a holder", i + 1);
        if (!sb_pk_is_good(sb_bytes_str(SB_USE_ROOT), to->pk))
            return sb_fail(err, SB_E_BAD_KEY, "root %zu is not a usable key", i + 1);
        for (size_t j = 0; j < i; j++)
            if (memcmp(a->roots[j].pk, to->pk, SB_PK) == 0)
                return sb_fail(
                    err, SB_E_DUPLICATE, "root %zu stands there twice", i + 1);
    }
    json_int_t threshold = json_integer_value(json_object_get(o, "threshold"));
    if (threshold < 1 || (size_t)threshold > a->n_roots)
        return sb_fail(err,
                       SB_E_THRESHOLD,
                       "\"threshold\" must be a number from 1 to %zu",
                       a->n_roots);
    a->threshold = (uint64_t)threshold;
    return 0;
}

static int read_anchor(json_t *o, struct sb_anchor *a, struct sb_err *err)
{
    static const char *const known[] = {"form",
                                        "exchange",
                                        "nonce",
                                        "threshold",
                                        "roots",
                                        "curve_key",
                                        "log_key",
                                        "address",
                                        NULL};
    char form[sizeof ANCHOR_FORM];
    const char *odd = unknown_key(o, known);
    if (odd)
        return sb_fail(err, SB_E_CONFIG_UNKNOWN_KEY, "unknown key \"%s\"", odd);
    if (!read_text(o, "form", form, sizeof form) || strcmp(form, ANCHOR_FORM) != 0)
        return sb_fail(err, SB_E_TAG, "\"form\" must be \"%s\"", ANCHOR_FORM);
    if (!read_text(o, "exchange", a->exchange, sizeof a->exchange) ||
        !sb_text_is_code(sb_bytes_str(a->exchange)))
        return sb_fail(err, SB_E_CODE_FORM, "\"exchange\" must be a code");
    if (!read_hex(o, "nonce", a->nonce, SB_NONCE))
        return sb_fail(err, SB_E_TYPE, "\"nonce\" must be %d hex digits", 2 * SB_NONCE);
    if (!read_hex(o, "curve_key", a->curve_pk, SB_PK) ||
        !sb_pk_is_good(sb_bytes_str(SB_USE_CURVE), a->curve_pk))
        return sb_fail(err, SB_E_BAD_KEY, "\"curve_key\" is not a usable key");
    if (!read_hex(o, "log_key", a->log_pk, SB_PK) ||
        !sb_pk_is_good(sb_bytes_str(SB_USE_LOG), a->log_pk))
        return sb_fail(err, SB_E_BAD_KEY, "\"log_key\" is not a usable key");
    if (!read_text(o, "address", a->address, sizeof a->address))
        return sb_fail(err, SB_E_TYPE, "\"address\" must be a text");
    return read_roots(o, a, err);
}

int sb_anchor_read(const char *path, struct sb_anchor *out, struct sb_err *err)
{
    struct sb_buf file = {0};
    json_error_t where;
    struct sb_anchor a = {0};
    int rc = sb_file_read(path, ANCHOR_FILE_MAX, &file, err);
    if (rc != 0)
        return rc;
    errno = 0;
    json_t *o =
        json_loadb((const char *)file.p, file.n, JSON_REJECT_DUPLICATES, &where);
    sb_buf_free(&file);
    if (!o && errno == ENOMEM) /* which jansson calls bad syntax */
        return sb_fail(err, SB_E_MEMORY, "%s: out of memory", path);
    if (!o)
        return sb_fail(err,
                       SB_E_CONFIG_SYNTAX,
                       "%s:%d: this is not JSON as an anchor must be: %s",
                       path,
                       where.line,
                       where.text);
    rc = read_anchor(o, &a, err);
    json_decref(o);
    if (rc != 0)
        return sb_err_wrap(err, rc, "%s", path);
    *out = a;
    return 0;
}

static json_t *hex_text(const uint8_t *p, size_t n)
{
    char text[2 * SB_PK + 1];
    sb_hex(text, p, n);
    return json_string(text);
}

static json_t *anchor_json(const struct sb_anchor *a)
{
    json_t *roots = json_array();
    for (size_t i = 0; i < a->n_roots; i++)
        json_array_append_new(roots,
                              json_pack("{s:o, s:s}",
                                        "key",
                                        hex_text(a->roots[i].pk, SB_PK),
                                        "holder",
                                        a->roots[i].holder));
    return json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:s}",
                     "form",
                     ANCHOR_FORM,
                     "exchange",
                     a->exchange,
                     "nonce",
                     hex_text(a->nonce, SB_NONCE),
                     "threshold",
                     (json_int_t)a->threshold,
                     "roots",
                     roots,
                     "curve_key",
                     hex_text(a->curve_pk, SB_PK),
                     "log_key",
                     hex_text(a->log_pk, SB_PK),
                     "address",
                     a->address);
}

int sb_anchor_write(const char *path, const struct sb_anchor *a, struct sb_err *err)
{
    json_t *o = anchor_json(a);
    char *text = o ? json_dumps(o, JSON_INDENT(2)) : NULL;
    struct sb_buf file = {0};
    json_decref(o);
    if (!text)
        return sb_fail(err, SB_E_MEMORY, "%s: the anchor cannot be written", path);
    sb_buf_str(&file, text);
    sb_buf_byte(&file, '\n');
    free(text);
    int rc = sb_buf_check(&file, err);
    if (rc == 0)
        rc = sb_file_write(path, sb_buf_bytes(&file), 0644, err);
    sb_buf_free(&file);
    return rc;
}

static void put_framed(struct sb_hasher *h, struct sb_bytes b)
{
    uint8_t size[8];
    sb_put_u64be(size, b.n);
    sb_hasher_put(h, sb_bytes(size, sizeof size));
    sb_hasher_put(h, b);
}

void sb_anchor_words(const struct sb_anchor *a, char out[128])
{
    struct sb_hasher h;
    uint8_t hash[SB_HASH];
    uint8_t number[8];
    sb_hasher_init(&h, "sacbe/words/1");
    put_framed(&h, sb_bytes_str(a->exchange));
    put_framed(&h, sb_bytes(a->nonce, SB_NONCE));
    sb_put_u64be(number, a->threshold);
    put_framed(&h, sb_bytes(number, sizeof number));
    for (size_t i = 0; i < a->n_roots; i++) {
        put_framed(&h, sb_bytes(a->roots[i].pk, SB_PK));
        put_framed(&h, sb_bytes_str(a->roots[i].holder));
    }
    put_framed(&h, sb_bytes(a->curve_pk, SB_PK));
    put_framed(&h, sb_bytes(a->log_pk, SB_PK));
    put_framed(&h, sb_bytes_str(a->address));
    sb_hasher_end(&h, hash);
    size_t at = 0;
    for (size_t i = 0; i < WORDS; i++) { /* 4 of 32 bytes each: next to no bias */
        uint32_t v = 0;
        for (size_t b = 0; b < 4; b++)
            v = v << 8 | hash[4 * i + b];
        int n =
            snprintf(out + at, 128 - at, i ? " %04u" : "%04u", (unsigned)(v % 10000u));
        at += (size_t)n;
    }
}
