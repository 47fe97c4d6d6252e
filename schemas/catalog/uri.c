/* Purpose: RFC 3986 reference resolution and syntax.
 * Invariant: slices in, slices or a buffer out; nothing is read past a slice. */
#include "schemas/catalog/uri.h"

#include "schemas/catalog/format.h"

struct parts { /* p == NULL: absent */
    struct sb_bytes scheme;
    struct sb_bytes authority;
    struct sb_bytes path;
    struct sb_bytes query;
    struct sb_bytes fragment;
};

static bool alpha(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static struct sb_bytes from(struct sb_bytes s, size_t skip)
{
    return sb_bytes(s.p + skip, s.n - skip);
}

/* Index of the first byte that is one of `stops`, or s.n. */
static size_t until(struct sb_bytes s, const char *stops)
{
    size_t i = 0;
    while (i < s.n && !(s.p[i] && strchr(stops, s.p[i])))
        i++;
    return i;
}

static size_t scheme_length(struct sb_bytes s)
{
    if (s.n == 0 || !alpha(s.p[0]))
        return 0;
    for (size_t i = 1; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == ':')
            return i;
        if (!alpha(c) && !digit(c) && c != '+' && c != '-' && c != '.')
            return 0;
    }
    return 0;
}

static struct parts take_apart(struct sb_bytes s)
{
    struct parts p = {0};
    size_t n = scheme_length(s);
    if (n > 0) {
        p.scheme = sb_bytes(s.p, n);
        s = from(s, n + 1);
    }
    if (s.n >= 2 && s.p[0] == '/' && s.p[1] == '/') {
        s = from(s, 2);
        n = until(s, "/?#");
        p.authority = sb_bytes(s.p, n);
        s = from(s, n);
    }
    n = until(s, "?#");
    p.path = sb_bytes(s.p, n);
    s = from(s, n);
    if (s.n && s.p[0] == '?') {
        s = from(s, 1);
        n = until(s, "#");
        p.query = sb_bytes(s.p, n);
        s = from(s, n);
    }
    if (s.n)
        p.fragment = from(s, 1);
    return p;
}

/* Drops the last segment of out's path, which starts at `start`. */
static void up(struct sb_buf *out, size_t start)
{
    while (out->n > start && out->p[out->n - 1] != '/')
        out->n--;
    if (out->n > start)
        out->n--;
}

/* Appends `path` without its "." and ".." segments (section 5.2.4). */
static void put_path(struct sb_bytes path, struct sb_buf *out)
{
    size_t start = out->n;
    while (path.n) {
        size_t slash = path.p[0] == '/';
        size_t n = slash + until(from(path, slash), "/");
        struct sb_bytes name = sb_bytes(path.p + slash, n - slash);
        bool last = n == path.n;
        if (sb_bytes_is(name, "..")) {
            up(out, start);
        } else if (!sb_bytes_is(name, ".")) {
            sb_buf_put(out, path.p, n);
            path = from(path, n);
            continue;
        }
        if (last && slash)
            sb_buf_byte(out, '/');
        path = from(path, n);
    }
}

static void put_merged(const struct parts *b, struct sb_bytes ref, struct sb_buf *out)
{
    struct sb_buf path = {0};
    size_t keep = b->path.n;
    while (keep > 0 && b->path.p[keep - 1] != '/')
        keep--;
    if (b->authority.p && b->path.n == 0)
        sb_buf_byte(&path, '/');
    sb_buf_put(&path, b->path.p, keep);
    sb_buf_put(&path, ref.p, ref.n);
    if (path.failed && !out->failed)
        out->failed = path.failed;
    put_path(sb_buf_bytes(&path), out);
    sb_buf_free(&path);
}

static void put_part(struct sb_buf *out, const char *mark, struct sb_bytes part)
{
    if (!part.p)
        return;
    sb_buf_str(out, mark);
    sb_buf_put(out, part.p, part.n);
}

void sb_uri_resolve(struct sb_bytes base, struct sb_bytes ref, struct sb_buf *out)
{
    struct parts r = take_apart(ref);
    struct parts b = take_apart(base);
    bool own = r.scheme.p != NULL;
    struct sb_bytes scheme = own ? r.scheme : b.scheme;
    if (scheme.p) {
        sb_buf_put(out, scheme.p, scheme.n);
        sb_buf_byte(out, ':');
    }
    own = own || r.authority.p;
    put_part(out, "//", own ? r.authority : b.authority);
    if (own || (r.path.n && r.path.p[0] == '/'))
        put_path(r.path, out);
    else if (r.path.n)
        put_merged(&b, r.path, out);
    else
        sb_buf_put(out, b.path.p, b.path.n);
    own = own || r.path.n || r.query.p;
    put_part(out, "?", own ? r.query : b.query);
    put_part(out, "#", r.fragment);
}

struct sb_bytes sb_uri_split(struct sb_bytes uri, struct sb_bytes *fragment)
{
    size_t n = until(uri, "#");
    if (fragment)
        *fragment = n < uri.n ? from(uri, n + 1) : sb_bytes(NULL, 0);
    return sb_bytes(uri.p, n);
}

bool sb_uri_decode(struct sb_bytes s, struct sb_buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t byte = s.p[i];
        if (byte == '%') {
            if (s.n - i < 3 || !sb_unhex(&byte, 1, sb_bytes(s.p + i + 1, 2)))
                return false;
            i += 2;
        }
        sb_buf_byte(out, byte);
    }
    return true;
}

/* Unreserved, sub-delims and escapes always; other ASCII only if in `extra`. */
static bool made_of(struct sb_bytes s, const char *extra, bool beyond_ascii)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        uint8_t byte;
        if (alpha(c) || digit(c) || (beyond_ascii && c >= 0x80))
            continue;
        if (c == '%') {
            if (s.n - i < 3 || !sb_unhex(&byte, 1, sb_bytes(s.p + i + 1, 2)))
                return false;
            i += 2;
        } else if (c == 0 || c >= 0x80 ||
                   (!strchr("-._~!$&'()*+,;=", c) && !strchr(extra, c))) {
            return false;
        }
    }
    return true;
}

static bool literal_host(struct sb_bytes host)
{
    if (host.n < 2 || host.p[host.n - 1] != ']')
        return false;
    struct sb_bytes in = sb_bytes(host.p + 1, host.n - 2);
    if (in.n && (in.p[0] == 'v' || in.p[0] == 'V'))
        return in.n > 2 && made_of(from(in, 1), ":", false);
    return sb_format_ipv6(in);
}

static bool authority_valid(struct sb_bytes s, bool beyond_ascii)
{
    size_t at = until(s, "@");
    if (at < s.n) {
        if (!made_of(sb_bytes(s.p, at), ":", beyond_ascii))
            return false;
        s = from(s, at + 1);
    }
    size_t host = s.n;
    while (host > 0 && digit(s.p[host - 1]))
        host--;
    host = host > 0 && s.p[host - 1] == ':' ? host - 1 : s.n;
    struct sb_bytes name = sb_bytes(s.p, host);
    if (name.n && name.p[0] == '[')
        return literal_host(name);
    return made_of(name, "", beyond_ascii);
}

bool sb_uri_valid(struct sb_bytes s, bool relative, bool beyond_ascii)
{
    struct parts p = take_apart(s);
    if (!p.scheme.p && !relative)
        return false;
    if (!p.scheme.p && !p.authority.p) { /* no colon in the first segment */
        size_t first = until(p.path, "/");
        if (memchr(p.path.n ? p.path.p : s.p, ':', first))
            return false;
    }
    if (p.authority.p && !authority_valid(p.authority, beyond_ascii))
        return false;
    return made_of(p.path, ":@/", beyond_ascii) &&
           made_of(p.query, ":@/?", beyond_ascii) &&
           made_of(p.fragment, ":@/?", beyond_ascii);
}
