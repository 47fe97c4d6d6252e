/* fuzz.note: signed notes and cosignatures; after a byte 0xff a public key line. What
 * opens was signed by the key; a cosignature that is added is counted once. */
#include "keys/cosign.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/keys/fixture.h"

static struct world *world;
static struct sb_buf good; /* a note */
static struct sb_buf line; /* igm's cosignature of it */
static char witness[SB_NOTE_NAME_MAX + 1];
static struct sb_vault_key witness_key;

static void begin(void)
{
    struct sb_checkpoint c = {.size = 70000, .root = {1, 2, 3}};
    fuzz_random(3);
    world = world_new();
    sb_checkpoint_origin(c.origin, sb_bytes_str("sns"), 1);
    sb_witness_name(witness, sb_bytes_str("sns"), sb_bytes_str("igm"));
    fuzz_must(
        sb_checkpoint_sign(world->broker, &c, &good, NULL) == 0 &&
            sb_vault_newest(world->members[IGM].vault, SB_USE_WITNESS, &witness_key) &&
            sb_cosign(world->members[IGM].vault,
                      witness_key.key_id,
                      witness,
                      sb_buf_bytes(&good),
                      NOW / 1000,
                      &line,
                      NULL) == 0,
        "a note and its cosignature");
}

static void end(void)
{
    sb_buf_free(&good);
    sb_buf_free(&line);
    world_free(world);
}

static void as_note(struct sb_bytes note)
{
    struct sb_err err = {0};
    struct sb_checkpoint c = {0};
    struct sb_checkpoint text = {0};
    int said = sb_checkpoint_text(note, &text, &err);
    fuzz_judged(said, &err);
    int rc = sb_checkpoint_open(note, world->anchor.log_pk, &c, &err);
    fuzz_judged(rc, &err);
    fuzz_must(rc != 0 || (said == 0 && c.size == text.size &&
                          memcmp(c.root, text.root, SB_HASH) == 0 &&
                          strcmp(c.origin, text.origin) == 0),
              "what opens says what it says");
    fuzz_must(rc != 0 || c.size == 70000, "nobody else has the key");
}

static void as_line(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_buf with = {0};
    uint64_t time_s = 0;
    struct sb_witness_key k = {.institution = sb_bytes_str("igm")};
    struct sb_witness_keys keys = {&k, 1};
    memcpy(k.name, witness, sizeof k.name);
    memcpy(k.key_id, witness_key.key_id, SB_KEY_ID);
    memcpy(k.pk, witness_key.pk, SB_PK);
    int rc = sb_cosign_check(
        sb_buf_bytes(&good), in, witness, witness_key.pk, &time_s, &err);
    fuzz_judged(rc, &err);
    if (rc == 0) {
        fuzz_must(time_s == NOW / 1000, "nobody else has the key");
        fuzz_must(sb_cosign_add(sb_buf_bytes(&good), in, &with, &err) == 0, "added");
        fuzz_must(sb_cosign_times(sb_buf_bytes(&with), &keys, &time_s) == 1, "once");
        as_note(sb_buf_bytes(&with));
    }
    (void)sb_cosign_times(in, &keys, &time_s);
    sb_buf_free(&with);
}

static void as_foreign(struct sb_bytes note, struct sb_bytes vkey)
{
    struct sb_err err = {0};
    struct sb_note_key key;
    struct sb_checkpoint c;
    char text[512];
    size_t n = vkey.n < sizeof text - 1 ? vkey.n : sizeof text - 1;
    memcpy(text, vkey.n ? (const char *)vkey.p : "", n);
    text[n] = '\0';
    int rc = sb_note_key_read(text, &key, &err);
    fuzz_judged(rc, &err);
    if (rc == 0)
        fuzz_judged(sb_note_open(note, &key, &c, &err), &err);
}

static void one(struct sb_bytes in)
{
    struct sb_bytes note;
    struct sb_bytes vkey;
    fuzz_cut(in, &note, &vkey);
    as_note(note);
    as_line(note);
    as_foreign(note, vkey);
}

static void seeds(struct fuzz_seeds *to)
{
    char vkey[256];
    struct sb_buf b = {0};
    fuzz_seed(to, "note", sb_buf_bytes(&good));
    fuzz_seed(to, "line", sb_buf_bytes(&line));
    fuzz_must(sb_cosign_add(sb_buf_bytes(&good), sb_buf_bytes(&line), &b, NULL) == 0,
              "added");
    sb_buf_byte(&b, 0xff);
    sb_note_vkey("sns/journal/1", world->anchor.log_pk, vkey);
    sb_buf_str(&b, vkey);
    fuzz_seed(to, "foreign", sb_buf_bytes(&b));
    sb_buf_free(&b);
}

const struct fuzz_target fuzz_target = {.name = "note",
                                        .begin = begin,
                                        .one = one,
                                        .seeds = seeds,
                                        .end = end,
                                        .longest = 4096,
                                        .mutations = 10000};
