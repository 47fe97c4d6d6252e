/* fuzz.card: a card's record, as the first of an institution and as the one after a
 * good first; after a byte that is not 0, a body that the institution's keys sign. What
 * is accepted has a sign, a seal and a curve key. */
#include "keys/card.h"

#include "test/fuzz/fuzz.h"
#include "test/unit/keys/fixture.h"

static struct world *world;
static struct sb_arena *held;
static struct sb_record first_record;
static struct sb_card first;
static struct sb_buf second;

static void begin(void)
{
    struct member *m = NULL;
    fuzz_random(2);
    world = world_new();
    m = &world->members[PNC];
    held = sb_arena_new(0);
    fuzz_must(sb_record_read(sb_buf_bytes(&m->cards[0]), &first_record, NULL) == 0 &&
                  sb_card_read(first_record.body, held, &first, NULL) == 0 &&
                  sb_vault_add(m->vault, SB_USE_SIGN, NOW, NULL, NULL) == 0 &&
                  sb_card_next(&world->x,
                               m->vault,
                               sb_buf_bytes(&m->cards[0]),
                               NOW,
                               YEAR,
                               &second,
                               NULL) == 0,
              "two cards");
}

static void end(void)
{
    sb_buf_free(&second);
    sb_arena_free(held);
    world_free(world);
}

static void judge(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_record record;
    struct sb_card card;
    struct sb_arena *arena = sb_arena_new(SB_MIB);
    int rc = sb_record_read(in, &record, &err);
    if (rc == 0)
        rc = sb_card_read(record.body, arena, &card, &err);
    fuzz_judged(rc, &err);
    if (rc == 0) {
        int alone = sb_card_check(&world->x, &record, &card, NULL, NULL, &err);
        fuzz_judged(alone, &err);
        int after =
            sb_card_check(&world->x, &record, &card, &first_record, &first, &err);
        fuzz_judged(after, &err);
        fuzz_must(alone != 0 || card.card_no == 1, "the first is number 1");
        fuzz_must(after != 0 || card.card_no == 2, "the next is number 2");
        fuzz_must((alone != 0 && after != 0) || (sb_card_key(&card, SB_USE_SIGN) &&
                                                 sb_card_key(&card, SB_USE_SEAL) &&
                                                 sb_card_key(&card, SB_USE_CURVE)),
                  "an accepted card has its keys");
    }
    sb_arena_free(arena);
}

/* By every sign key of the vault. */
static void sign(struct sb_bytes body, struct sb_buf *out)
{
    const struct sb_vault *v = world->members[PNC].vault;
    sb_record_write(out, body, NULL, 0);
    for (size_t i = 0; i < sb_vault_count(v); i++) {
        struct sb_vault_key k = sb_vault_key_at(v, i);
        struct sb_buf more = {0};
        if (!sb_bytes_is(k.use, SB_USE_SIGN))
            continue;
        if (sb_sign_add(&world->x, v, k.key_id, sb_buf_bytes(out), &more, NULL) != 0) {
            sb_buf_free(&more); /* no body of a record */
            return;
        }
        sb_buf_free(out);
        *out = more;
    }
}

static void one(struct sb_bytes in)
{
    struct sb_buf record = {0};
    if (fuzz_byte(&in) == 0) {
        judge(in);
        return;
    }
    sign(in, &record);
    judge(sb_buf_bytes(&record));
    sb_buf_free(&record);
}

static void seeds(struct fuzz_seeds *to)
{
    fuzz_seed_signed(to, "first", sb_buf_bytes(&world->members[PNC].cards[0]));
    fuzz_seed_signed(to, "second", sb_buf_bytes(&second));
}

const struct fuzz_target fuzz_target = {.name = "card",
                                        .begin = begin,
                                        .one = one,
                                        .seeds = seeds,
                                        .end = end,
                                        .longest = 4096,
                                        .mutations = 10000};
