/* fuzz.trust: a directory offered to a trust that holds one. What is taken is the next
 * version, or the one that is held; a dry run judges alike; a refusal changes nothing.
 */
#include "test/fuzz/fuzz.h"
#include "test/unit/keys/fixture.h"

static struct world *world;
static struct sb_buf next; /* a good directory 2 */

static void begin(void)
{
    static const char *const classes[] = {"interna", "publica", NULL};
    fuzz_random(1);
    world = world_new();
    world_grant(world,
                (struct grant_choice){"g1", PNC, IGM, classes, NOW, NOW + YEAR},
                world->members[PNC].vault);
    world_publish(world);
    world->dir.quorum = 1;
    world_sign(world, (struct roots_choice){0, 3, 2}, 3, &next);
}

static void end(void)
{
    sb_buf_free(&next);
    world_free(world);
}

/* Questions that a trust must stand whatever its directory says. */
static void ask(const struct sb_trust *t)
{
    const struct sb_dir *d = sb_trust_newest(t);
    const struct sb_directory *body = sb_dir_body(d);
    struct sb_card_key key;
    struct sb_err err = {0};
    fuzz_must(body->version >= 1 && body->threshold > 0, "it has roots");
    for (size_t i = 0; i < body->n_members; i++)
        fuzz_judged(
            sb_dir_key(d, body->members[i].code, SB_USE_SEAL, NULL, NOW, &key, &err),
            &err);
    for (size_t i = 0; i < body->n_grants; i++)
        fuzz_must(sb_dir_grant(d, i)->classes.n > 0, "a grant shows something");
}

static void judge(struct sb_bytes in)
{
    struct sb_trust *t = NULL;
    struct sb_err err = {0};
    fuzz_must(sb_trust_new(&t, &world->anchor, NULL) == 0, "a trust");
    int first = sb_trust_add(t, in, &err);
    fuzz_judged(first, &err);
    if (first == 0)
        ask(t);
    fuzz_must(first == 0 || !sb_trust_newest(t), "a refusal changes nothing");
    sb_trust_free(t);
    const struct sb_dir *before = sb_trust_newest(world->trust);
    fuzz_must(sb_trust_new(&t, &world->anchor, NULL) == 0 &&
                  sb_trust_add(t, sb_dir_record(before), NULL) == 0,
              "a trust with directory 1");
    int dry = sb_trust_check(t, in, NULL);
    int rc = sb_trust_add(t, in, &err);
    fuzz_judged(rc, &err);
    fuzz_must(rc == dry, "a dry run judges alike");
    uint64_t version = sb_dir_body(sb_trust_newest(t))->version;
    fuzz_must(version == 1 || (rc == 0 && version == 2), "versions rise by one");
    if (rc == 0)
        ask(t);
    sb_trust_free(t);
}

/* Two of three roots sign whatever it is. */
static void sign(struct sb_bytes body, struct sb_buf *out)
{
    sb_record_write(out, body, NULL, 0);
    for (size_t i = 0; i < 2; i++) {
        struct sb_vault_key k;
        struct sb_buf more = {0};
        fuzz_must(sb_vault_newest(world->roots[i], SB_USE_ROOT, &k), "a root key");
        if (sb_sign_add(
                &world->x, world->roots[i], k.key_id, sb_buf_bytes(out), &more, NULL) !=
            0) { /* no body of a record */
            sb_buf_free(&more);
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
    struct sb_buf b = {0};
    fuzz_seed_signed(to, "first", sb_dir_record(sb_trust_newest(world->trust)));
    fuzz_seed_signed(to, "second", sb_buf_bytes(&next));
    world_sign(world, (struct roots_choice){0, 3, 2}, 1, &b);
    fuzz_seed_signed(to, "one-root", sb_buf_bytes(&b));
    world_sign(world, (struct roots_choice){1, 3, 2}, 7, &b);
    fuzz_seed_signed(to, "new-roots", sb_buf_bytes(&b));
    sb_buf_free(&b);
}

const struct fuzz_target fuzz_target = {.name = "trust",
                                        .begin = begin,
                                        .one = one,
                                        .seeds = seeds,
                                        .end = end,
                                        .longest = 16384,
                                        .mutations = 1000};
