/* Purpose: write msgpack by msgpack-c, whose packer always picks the shortest form.
 * The buffer keeps the first failure. */
#include "schemas/pack/pack.h"

#include <math.h>
#include <msgpack/pack.h>

static int put(void *data, const char *p, size_t n)
{
    sb_buf_put(data, p, n);
    return 0;
}

static msgpack_packer packer(struct sb_buf *b)
{
    msgpack_packer p;
    msgpack_packer_init(&p, b, put);
    return p;
}

void sb_pack_array(struct sb_buf *b, size_t n)
{
    msgpack_packer p = packer(b);
    msgpack_pack_array(&p, n);
}

void sb_pack_map(struct sb_buf *b, size_t n)
{
    msgpack_packer p = packer(b);
    msgpack_pack_map(&p, n);
}

void sb_pack_uint(struct sb_buf *b, uint64_t v)
{
    msgpack_packer p = packer(b);
    msgpack_pack_uint64(&p, v);
}

void sb_pack_int(struct sb_buf *b, int64_t v)
{
    msgpack_packer p = packer(b);
    msgpack_pack_int64(&p, v);
}

void sb_pack_double(struct sb_buf *b, double v)
{
    msgpack_packer p = packer(b);
    if (v >= -9223372036854775808.0 && v < 9223372036854775808.0 && v == trunc(v))
        msgpack_pack_int64(&p, (int64_t)v);
    else
        msgpack_pack_double(&p, v);
}

void sb_pack_bool(struct sb_buf *b, bool v)
{
    sb_buf_byte(b, v ? 0xc3 : 0xc2);
}

void sb_pack_nil(struct sb_buf *b)
{
    sb_buf_byte(b, 0xc0);
}

void sb_pack_str(struct sb_buf *b, struct sb_bytes s)
{
    msgpack_packer p = packer(b);
    msgpack_pack_str(&p, s.n);
    sb_buf_put(b, s.p, s.n);
}

void sb_pack_cstr(struct sb_buf *b, const char *s)
{
    sb_pack_str(b, sb_bytes_str(s));
}

void sb_pack_bin(struct sb_buf *b, struct sb_bytes s)
{
    msgpack_packer p = packer(b);
    msgpack_pack_bin(&p, s.n);
    sb_buf_put(b, s.p, s.n);
}
