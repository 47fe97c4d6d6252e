/* Purpose: change inputs as chance wants it. Not a search: libFuzzer does that. */
#include "test/fuzz/mutate.h"

uint32_t mutate_draw(struct mutator *m, size_t below)
{
    m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
    return below ? (uint32_t)((m->seed >> 33) % below) : 0;
}

/* A piece of one of the pool. */
static struct sb_bytes piece(struct mutator *m)
{
    struct sb_bytes b = sb_buf_bytes(&m->pool[mutate_draw(m, m->n_pool)]);
    size_t from = mutate_draw(m, b.n + 1);
    size_t most = b.n - from < 64 ? b.n - from : 64;
    return most ? sb_bytes(b.p + from, mutate_draw(m, most + 1)) : sb_bytes(NULL, 0);
}

static void change(struct mutator *m, struct sb_buf *out)
{
    static const uint8_t edges[] = {
        0, 1, 0x7f, 0x80, 0xc0, 0xc4, 0xdc, 0xdd, 0xfe, 0xff};
    struct sb_bytes p;
    switch (mutate_draw(m, 5)) {
    case 0:
        sb_buf_byte(out, (uint8_t)mutate_draw(m, 256));
        break;
    case 1:
        sb_buf_byte(out, edges[mutate_draw(m, sizeof edges)]);
        break;
    case 2:
        p = piece(m);
        sb_buf_put(out, p.p, p.n);
        break;
    case 3: /* the last bytes again */
        if (out->n > 0) {
            uint8_t last[16];
            size_t n = 1 + mutate_draw(m, out->n < 16 ? out->n : 16);
            memcpy(last, out->p + out->n - n, n);
            sb_buf_put(out, last, n);
        }
        break;
    default: /* one bit of the last byte */
        if (out->n > 0)
            out->p[out->n - 1] ^= (uint8_t)(1u << mutate_draw(m, 8));
        break;
    }
}

void mutate(struct mutator *m, struct sb_bytes from, size_t longest, struct sb_buf *out)
{
    size_t at = 0;
    sb_buf_reset(out);
    for (uint32_t cuts = 1 + mutate_draw(m, 4); cuts > 0; cuts--) {
        size_t to = at + mutate_draw(m, from.n - at + 1);
        sb_buf_put(out, from.p + at, to - at);
        change(m, out);
        at = to + mutate_draw(m, 3) * mutate_draw(m, 5);
        if (at > from.n)
            at = from.n;
    }
    if (at < from.n && mutate_draw(m, 16) != 0)
        sb_buf_put(out, from.p + at, from.n - at);
    if (out->n > longest)
        out->n = longest;
}
