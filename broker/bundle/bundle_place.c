/* Purpose: which paths a bundle of a given size has.
 * Invariant: a path is known only in the one form in which it would be written. */
#include "broker/bundle/bundle_form.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Decimal of up to 20 digits, as a first reading; the caller writes it again. */
static bool read_decimal(const char **at, uint64_t *out)
{
    uint64_t v = 0;
    const char *p = *at;
    for (; is_digit(*p); p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    if (p == *at)
        return false;
    *at = p;
    *out = v;
    return true;
}

static bool read_number(const char **at, uint64_t *out)
{
    uint64_t n = 0;
    for (;;) {
        bool more = **at == 'x';
        const char *p = *at + (more ? 1 : 0);
        if (!is_digit(p[0]) || !is_digit(p[1]) || !is_digit(p[2]))
            return false;
        uint64_t group =
            (uint64_t)(100 * (p[0] - '0') + 10 * (p[1] - '0') + p[2] - '0');
        if (n > (UINT64_MAX - group) / 1000)
            return false;
        n = n * 1000 + group;
        *at = p + 3;
        if (!more)
            break;
        if (**at != '/')
            return false;
        ++*at;
    }
    *out = n;
    return true;
}

static enum sb_bundle_place place_of_block(
    const char *path, const char *at, const char *what, int level, uint64_t size)
{
    uint64_t n = 0;
    uint64_t width = SB_TILE_WIDTH;
    char again[SB_TILE_PATH];
    if (!read_number(&at, &n))
        return SB_PLACE_STRANGER;
    if (strncmp(at, ".p/", 3) == 0) {
        at += 3;
        if (!read_decimal(&at, &width) || width == 0 || width >= SB_TILE_WIDTH)
            return SB_PLACE_STRANGER;
    }
    sb_tile_path(again, what, level, n, (unsigned)width);
    if (*at != '\0' || strcmp(again, path) != 0)
        return SB_PLACE_STRANGER;
    unsigned need = sb_tile_width(size, level < 0 ? 0 : (unsigned)level, n);
    if (need == width)
        return SB_PLACE_NEEDED;
    if (need == 0 || (width > need && width < SB_TILE_WIDTH))
        return SB_PLACE_BEYOND;
    return SB_PLACE_SPARE;
}

static bool is_copy(const char *path)
{
    const char *version = SB_BUNDLE_DIRECTORIES "/";
    const char *hash = SB_BUNDLE_CATALOGUES "/";
    char again[64];
    uint64_t v = 0;
    uint8_t raw[SB_HASH];
    char hex[2 * SB_HASH + 1];
    if (strncmp(path, version, strlen(version)) == 0) {
        const char *at = path + strlen(version);
        if (!read_decimal(&at, &v))
            return false;
        snprintf(again, sizeof again, "%llu.sbd", (unsigned long long)v);
        return strcmp(path + strlen(version), again) == 0;
    }
    if (strncmp(path, hash, strlen(hash)) != 0)
        return false;
    const char *name = path + strlen(hash);
    if (strlen(name) != 2 * SB_HASH + 4 || strcmp(name + 2 * SB_HASH, ".sbc") != 0 ||
        !sb_unhex(raw, SB_HASH, sb_bytes(name, 2 * SB_HASH)))
        return false;
    sb_hex(hex, raw, SB_HASH);
    return strncmp(name, hex, 2 * SB_HASH) == 0;
}

enum sb_bundle_place sb_bundle_place(const char *path, uint64_t size)
{
    static const char *const whats[] = {SB_BUNDLE_RECORDS, SB_BUNDLE_TEXTS};
    static const char entries[] = "tile/entries/";
    static const char tile[] = "tile/";
    if (strcmp(path, SB_BUNDLE_CHECKPOINT) == 0 || strcmp(path, SB_BUNDLE_JSON) == 0)
        return SB_PLACE_NEEDED;
    if (is_copy(path))
        return SB_PLACE_COPY;
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(whats[i]);
        if (strncmp(path, whats[i], n) == 0 && path[n] == '/')
            return place_of_block(path, path + n + 1, whats[i], 0, size);
    }
    if (strncmp(path, entries, strlen(entries)) == 0)
        return place_of_block(
            path, path + strlen(entries), NULL, SB_TILE_ENTRIES, size);
    size_t n = strlen(tile);
    if (strncmp(path, tile, n) != 0 || path[n] < '0' ||
        path[n] >= '0' + (char)SB_TILE_LEVELS || path[n + 1] != '/')
        return SB_PLACE_STRANGER;
    return place_of_block(path, path + n + 2, NULL, path[n] - '0', size);
}
