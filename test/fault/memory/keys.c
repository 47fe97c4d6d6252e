/* fault.memory.keys: vaults, cards, directories, epochs, events, notes without memory.
 * A vault's file is the old one or the new one; a trust has what it had. */
#include <stdio.h>
#include <unistd.h>

#include "keys/cosign.h"
#include "test/fault/memory/exhaust.h"
#include "test/unit/keys/fixture.h"

static const char *const classes_text[] = {"interna", "publica", NULL};

struct place {
    struct world *w;
    char path[64];
    struct sb_trust *trust;
    struct sb_buf next; /* a good directory */
    struct sb_arena *arena;
    struct sb_codes classes;
};

static int run_vault(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_vault *v = NULL;
    struct sb_vault *back = NULL;
    int rc = sb_vault_new(&v, sb_bytes_str("pnc"), err);
    if (rc == 0)
        rc = sb_vault_add(v, SB_USE_SIGN, NOW, NULL, err);
    if (rc == 0)
        rc = sb_vault_add(v, SB_USE_SEAL, NOW, NULL, err);
    if (rc == 0)
        rc = sb_vault_save(v, p->path, sb_bytes(NULL, 0), true, err);
    if (rc == 0)
        rc = sb_vault_open(&back, p->path, sb_bytes(NULL, 0), err);
    if (rc == 0 && sb_vault_count(back) != 2)
        rc = sb_fail(err, SB_E_INTERNAL, "another vault");
    sb_vault_free(v);
    sb_vault_free(back);
    return rc;
}

static void judge_vault(void *ctx, int rc)
{
    struct place *p = ctx;
    struct sb_vault *back = NULL;
    (void)rc;
    if (access(p->path, F_OK) == 0)
        assert_int_equal(sb_vault_open(&back, p->path, sb_bytes(NULL, 0), NULL), 0);
    sb_vault_free(back);
}

static void vaults(void **state)
{
    struct place *p = *state;
    struct exhaust_scenario s = {
        .name = "vault", .run = run_vault, .judge = judge_vault};
    unlink(p->path);
    exhaust_each(&s, p);
}

static int run_anchor(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_anchor a;
    int rc = sb_anchor_write(p->path, &p->w->anchor, err);
    return rc ? rc : sb_anchor_read(p->path, &a, err);
}

static void anchors(void **state)
{
    struct exhaust_scenario s = {.name = "anchor", .run = run_anchor};
    exhaust_each(&s, *state);
}

static int run_card(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    const struct sb_vault *v = p->w->members[PNC].vault;
    struct sb_buf card = {0};
    struct sb_buf next = {0};
    int rc = sb_card_first(&p->w->x, v, sb_bytes_str("A name"), NOW, YEAR, &card, err);
    if (rc == 0)
        rc = sb_card_next(&p->w->x, v, sb_buf_bytes(&card), NOW + 1, YEAR, &next, err);
    sb_buf_free(&card);
    sb_buf_free(&next);
    return rc;
}

static void cards(void **state)
{
    struct exhaust_scenario s = {.name = "card", .run = run_card};
    exhaust_each(&s, *state);
}

static void begin_trust(void *ctx)
{
    struct place *p = ctx;
    assert_int_equal(sb_trust_new(&p->trust, &p->w->anchor, NULL), 0);
    assert_int_equal(
        sb_trust_add(p->trust, sb_dir_record(sb_trust_newest(p->w->trust)), NULL), 0);
}

static int run_trust(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_readers readers;
    struct sb_trust *other = NULL;
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "no arena");
    int rc = sb_trust_add(p->trust, sb_buf_bytes(&p->next), err);
    if (rc == 0)
        rc = sb_dir_readers(sb_trust_newest(p->trust),
                            sb_bytes_str("pnc"),
                            sb_bytes_str("comun.alerta"),
                            &p->classes,
                            NOW,
                            arena,
                            &readers,
                            err);
    if (rc == 0 && readers.n != 2)
        rc = sb_fail(err, SB_E_INTERNAL, "%zu readers", readers.n);
    if (rc == 0)
        rc = sb_trust_new(&other, &p->w->anchor, err);
    sb_trust_free(other);
    sb_arena_free(arena);
    return rc;
}

static void judge_trust(void *ctx, int rc)
{
    struct place *p = ctx;
    uint64_t version = sb_dir_body(sb_trust_newest(p->trust))->version;
    assert_true(version == 2 || (version == 1 && rc != 0));
    int again = sb_trust_add(p->trust, sb_buf_bytes(&p->next), NULL);
    assert_int_equal(again, 0);
}

static void end_trust(void *ctx)
{
    struct place *p = ctx;
    sb_trust_free(p->trust);
}

static void trusts(void **state)
{
    struct exhaust_scenario s = {.name = "trust",
                                 .begin = begin_trust,
                                 .run = run_trust,
                                 .judge = judge_trust,
                                 .end = end_trust};
    exhaust_each(&s, *state);
}

static int open_all(struct place *p,
                    const struct sb_buf *record,
                    struct sb_arena *arena,
                    struct sb_err *err)
{
    struct sb_record r;
    struct sb_epoch epoch;
    struct sb_secrets *opened = NULL;
    int rc = sb_record_read(sb_buf_bytes(record), &r, err);
    if (rc == 0)
        rc = sb_epoch_read(r.body, arena, &epoch, err);
    if (rc == 0)
        rc = sb_epoch_open(
            p->w->members[IGM].vault, &epoch, sb_bytes_str("igm"), &opened, err);
    sb_secrets_free(opened);
    return rc;
}

static int seal_one(const struct sb_secrets *secrets, struct sb_err *err)
{
    struct sb_event event = {.stream = sb_bytes_str("pnc/comun.alerta"),
                             .epoch_no = 1,
                             .seq = 1,
                             .schema_version = 1};
    struct sb_section sections[] = {{sb_bytes_str("interna"), sb_bytes_str("a secret")},
                                    {sb_bytes_str("publica"), sb_bytes_str("a text")}};
    struct sb_item decoded;
    struct sb_buf item = {0};
    struct sb_buf cts = {0};
    struct sb_buf plain = {0};
    size_t sizes[SB_CLASSES];
    int rc = sb_event_seal(secrets, &event, sections, &item, &cts, sizes, err);
    if (rc == 0)
        rc = sb_item_read(sb_buf_bytes(&item), &decoded, err);
    if (rc == 0)
        rc =
            sb_event_open(secrets, &decoded, 0, sb_bytes(cts.p, sizes[0]), &plain, err);
    if (rc == 0 && !sb_bytes_is(sb_buf_bytes(&plain), "a secret"))
        rc = sb_fail(err, SB_E_INTERNAL, "another text");
    sb_buf_free(&item);
    sb_buf_free(&cts);
    sb_buf_free(&plain);
    return rc;
}

static int make_epoch(struct place *p,
                      const struct sb_secrets *secrets,
                      struct sb_arena *arena,
                      struct sb_buf *out,
                      struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(p->w->trust);
    struct sb_readers readers;
    struct sb_epoch_core core = {.suite = SB_SUITE,
                                 .stream = sb_bytes_str("pnc/comun.alerta"),
                                 .claim_no = 1,
                                 .epoch_no = 1,
                                 .not_before = NOW,
                                 .not_after = NOW + DAY};
    memcpy(core.directory_hash, sb_dir_hash(dir), SB_HASH);
    int rc = sb_dir_readers(dir,
                            sb_bytes_str("pnc"),
                            sb_bytes_str("comun.alerta"),
                            &p->classes,
                            NOW,
                            arena,
                            &readers,
                            err);
    return rc ? rc
              : sb_epoch_make(&p->w->x,
                              p->w->members[PNC].vault,
                              &core,
                              &readers,
                              secrets,
                              out,
                              err);
}

static int run_epoch(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    struct sb_secrets *secrets = NULL;
    struct sb_buf record = {0};
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "no arena");
    int rc = sb_secrets_new(&secrets, &p->classes, err);
    if (rc == 0)
        rc = make_epoch(p, secrets, arena, &record, err);
    if (rc == 0)
        rc = open_all(p, &record, arena, err);
    if (rc == 0)
        rc = seal_one(secrets, err);
    sb_secrets_free(secrets);
    sb_buf_free(&record);
    sb_arena_free(arena);
    return rc;
}

static void epochs(void **state)
{
    struct exhaust_scenario s = {.name = "epoch", .run = run_epoch};
    exhaust_each(&s, *state);
}

static int run_note(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    const struct sb_vault *v = p->w->members[IGM].vault;
    struct sb_checkpoint c = {.size = 5, .root = {1}};
    struct sb_vault_key k;
    struct sb_buf note = {0};
    struct sb_buf line = {0};
    struct sb_buf with = {0};
    bool has = sb_vault_newest(v, SB_USE_WITNESS, &k);
    sb_checkpoint_origin(c.origin, sb_bytes_str("sns"), 1);
    int rc = has ? sb_checkpoint_sign(p->w->broker, &c, &note, err) : SB_E_NO_KEY;
    if (rc == 0)
        rc = sb_cosign(
            v, k.key_id, "sns/witness/igm", sb_buf_bytes(&note), 9, &line, err);
    if (rc == 0)
        rc = sb_cosign_add(sb_buf_bytes(&note), sb_buf_bytes(&line), &with, err);
    if (rc == 0)
        rc = sb_checkpoint_open(sb_buf_bytes(&with), p->w->anchor.log_pk, &c, err);
    sb_buf_free(&note);
    sb_buf_free(&line);
    sb_buf_free(&with);
    return rc;
}

static void notes(void **state)
{
    struct exhaust_scenario s = {.name = "note", .run = run_note};
    exhaust_each(&s, *state);
}

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->w = world_new();
    p->arena = sb_arena_new(0);
    p->classes = codes_of(p->arena, classes_text);
    snprintf(p->path, sizeof p->path, "/tmp/sacbe-memory-XXXXXX");
    int fd = mkstemp(p->path);
    assert_true(fd >= 0);
    close(fd);
    world_grant(p->w,
                (struct grant_choice){"g1", PNC, IGM, classes_text, NOW, NOW + YEAR},
                p->w->members[PNC].vault);
    world_publish(p->w);
    world_sign(p->w, (struct roots_choice){0, 3, 2}, 3, &p->next);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    unlink(p->path);
    world_free(p->w);
    sb_buf_free(&p->next);
    sb_arena_free(p->arena);
    free(p);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vaults, setup, teardown),
        cmocka_unit_test_setup_teardown(anchors, setup, teardown),
        cmocka_unit_test_setup_teardown(cards, setup, teardown),
        cmocka_unit_test_setup_teardown(trusts, setup, teardown),
        cmocka_unit_test_setup_teardown(epochs, setup, teardown),
        cmocka_unit_test_setup_teardown(notes, setup, teardown),
    };
    return cmocka_run_group_tests_name("fault.memory.keys", tests, NULL, NULL);
}
