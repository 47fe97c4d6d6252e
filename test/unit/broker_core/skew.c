/* broker.core.skew: programs of two releases in one session: what each may say, what
 * ends it, what does not. The client of every other test of the core speaks revision
 * 1: its HELLO says nothing of revisions. */
#include <stdio.h>

#include "test/unit/broker_core/sim.h"

static void read_header(const char *cmd, struct sb_bytes header, int expected)
{
    static const uint8_t none[SB_SESSION];
    struct sb_arena *arena = sb_arena_new(0);
    struct sb_frames f = {.n = 4};
    struct sb_message m;
    f.f[0] = sb_bytes_str("SB1");
    f.f[1] = sb_bytes_str(cmd);
    f.f[2] = sb_bytes(none, sizeof none);
    f.f[3] = header;
    assert_int_equal(sb_message_read(&f, arena, &m, NULL), expected);
    sb_arena_free(arena);
}

#define HEADER(text) sb_bytes((const uint8_t *)(text), sizeof(text) - 1)
#define HELLO                                                                          \
    "\xa3pnc\xa7"                                                                      \
    "adapter\xa5"                                                                      \
    "0.1.0\x07"
#define WELCOME                                                                        \
    "\x02\x03\xce\x00\x04\x00\x00\xce\x00\x08\x00\x00\x05\xc4\x20"                     \
    "0123456789abcdef0123456789abcdef\x90"

/* As the release of revision 1 wrote them: these bytes never change. */
static void the_release_before_is_read_and_written(void **state)
{
    (void)state;
    static const struct sb_bytes hello = {(const uint8_t *)"\x94" HELLO,
                                          sizeof "\x94" HELLO - 1};
    static const struct sb_bytes welcome = {(const uint8_t *)"\x97" WELCOME,
                                            sizeof "\x97" WELCOME - 1};
    struct sb_buf out = {0};
    struct sb_frames f;
    struct sb_message m = {.cmd = SB_CMD_HELLO};
    m.as.hello.institution = sb_bytes_str("pnc");
    m.as.hello.role = sb_bytes_str("adapter");
    m.as.hello.version = sb_bytes_str("0.1.0");
    m.as.hello.directory_version = 7;
    assert_int_equal(sb_message_write(&m, &out, &f, NULL), 0);
    assert_true(sb_bytes_eq(f.f[3], hello));
    read_header("HELLO", hello, 0);
    m = (struct sb_message){.cmd = SB_CMD_WELCOME};
    m.as.welcome.generation = 2;
    m.as.welcome.directory_version = 3;
    m.as.welcome.event_max = SB_EVENT_MAX;
    m.as.welcome.batch_max = SB_BATCH_MAX;
    m.as.welcome.tree_size = 5;
    memcpy(m.as.welcome.root, "0123456789abcdef0123456789abcdef", SB_HASH);
    sb_buf_reset(&out);
    assert_int_equal(sb_message_write(&m, &out, &f, NULL), 0);
    assert_true(sb_bytes_eq(f.f[3], welcome));
    read_header("WELCOME", welcome, 0);
    sb_buf_free(&out);
}

static void only_hello_is_open_at_its_end(void **state)
{
    (void)state;
    read_header("HELLO", HEADER("\x96" HELLO "\x01\x02"), 0);
    read_header("HELLO", HEADER("\x98" HELLO "\x02\x03\x92\x01\x02\xa1x"), 0);
    read_header("HELLO",
                HEADER("\x93"
                       "\xa3pnc\xa7"
                       "adapter\xa5"
                       "0.1.0"),
                SB_E_RANGE);
    read_header("HELLO", HEADER("\x95" HELLO "\x01"), SB_E_ARITY);
    read_header("HELLO", HEADER("\x96" HELLO "\x01\x01"), SB_E_RANGE); /* 4 say that */
    read_header("HELLO", HEADER("\x96" HELLO "\x00\x02"), SB_E_RANGE);
    read_header("HELLO", HEADER("\x96" HELLO "\x03\x02"), SB_E_RANGE);
    read_header("HELLO", HEADER("\x97" HELLO "\x02\x03\xcc\x05"), SB_E_NOT_CANONICAL);
    read_header("WELCOME",
                HEADER("\x9a" WELCOME "\x02\x05\xa5"
                       "0.4.0"),
                0);
    read_header("WELCOME",
                HEADER("\x9a" WELCOME "\x01\x05\xa5"
                       "0.4.0"),
                SB_E_RANGE);
    read_header("WELCOME",
                HEADER("\x9a" WELCOME "\x03\x05\xa5"
                       "0.4.0"),
                SB_E_RANGE);
    read_header("WELCOME", HEADER("\x98" WELCOME "\x02"), SB_E_ARITY);
    read_header("WELCOME", HEADER("\x99" WELCOME "\x02\x02"), SB_E_ARITY);
    read_header("STORED", HEADER("\x96\xa0\xa0\xc4\x00\x01\x01\x01"), SB_E_ARITY);
}

static void the_newest_in_common_is_chosen(void **state)
{
    (void)state;
    static const struct {
        struct sb_revisions a, b;
        uint64_t common;
    } rows[] = {{{1, 2}, {1, 2}, 2},
                {{1, 2}, {1, 1}, 1},
                {{1, 2}, {2, 3}, 2},
                {{1, 2}, {3, 4}, 0},
                {{2, 3}, {1, 1}, 0},
                {{4, 5}, {5, 6}, 5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(sb_revision_common(rows[i].a, rows[i].b), rows[i].common);
        assert_int_equal(sb_revision_common(rows[i].b, rows[i].a), rows[i].common);
    }
}

/* Frames of a peer of pnc, as they are. */
static void
send_raw(struct sim *s, const char *cmd, const uint8_t *session, struct sb_bytes header)
{
    static const uint8_t none[SB_SESSION];
    uint8_t random[SB_CHALLENGE_NONCE];
    struct sb_vault_key k;
    struct sb_input in = {.kind = SB_IN_MESSAGE};
    assert_true(sb_vault_newest(s->world->members[PNC].vault, SB_USE_CURVE, &k));
    randombytes_buf(random, sizeof random);
    in.as.message.peer = 1;
    in.as.message.curve_pk = k.pk;
    in.as.message.random = random;
    in.as.message.frames.n = 4;
    in.as.message.frames.f[0] = sb_bytes_str("SB1");
    in.as.message.frames.f[1] = sb_bytes_str(cmd);
    in.as.message.frames.f[2] = sb_bytes(session ? session : none, SB_SESSION);
    in.as.message.frames.f[3] = header;
    sim_step(s, &in);
}

/* From a HELLO on; the session, and WELCOME's revision. */
static uint64_t enter(struct sim *s, struct sb_bytes hello, uint8_t session[SB_SESSION])
{
    const struct sb_vault *v = s->world->members[PNC].vault;
    struct sb_vault_key sign;
    struct sb_vault_key curve;
    uint8_t said[2 * SB_PK + SB_CHALLENGE_NONCE];
    send_raw(s, "HELLO", NULL, hello);
    struct sim_mail *mail = sim_take(s, 1);
    assert_int_equal(mail->m.cmd, SB_CMD_CHALLENGE);
    assert_true(sb_vault_newest(v, SB_USE_SIGN, &sign));
    assert_true(sb_vault_newest(v, SB_USE_CURVE, &curve));
    memcpy(said, s->world->anchor.curve_pk, SB_PK);
    memcpy(said + SB_PK, curve.pk, SB_PK);
    memcpy(said + 2 * SB_PK, mail->m.as.challenge.nonce, SB_CHALLENGE_NONCE);
    sim_mail_free(mail);
    struct sb_message prove = {.cmd = SB_CMD_PROVE};
    memcpy(prove.as.prove.key_id, sign.key_id, SB_KEY_ID);
    assert_int_equal(sb_sign_bytes(&s->world->x,
                                   v,
                                   sign.key_id,
                                   "sacbe/prove/1",
                                   sb_bytes(said, sizeof said),
                                   prove.as.prove.sig,
                                   NULL),
                     0);
    sim_send(s, 1, PNC, &prove);
    mail = sim_take(s, 1);
    assert_int_equal(mail->m.cmd, SB_CMD_WELCOME);
    memcpy(session, mail->m.session, SB_SESSION);
    uint64_t revision = mail->m.as.welcome.revision;
    if (revision > 1)
        assert_true(sb_bytes_is(mail->m.as.welcome.version, SB_VERSION));
    sim_mail_free(mail);
    while ((mail = sim_take(s, 1)) != NULL) /* directories */
        sim_mail_free(mail);
    return revision;
}

static void each_session_has_its_revision(void **state)
{
    (void)state;
    const struct {
        struct sb_bytes hello;
        uint64_t revision;
    } rows[] = {{HEADER("\x94" HELLO), 1},
                {HEADER("\x96" HELLO "\x01\x02"), 2},
                {HEADER("\x98" HELLO "\x02\x03\x92\x01\x02\xa1x"), 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim *s = sim_new();
        struct sb_arena *arena = sb_arena_new(0);
        struct sb_core_status st;
        uint8_t session[SB_SESSION];
        assert_int_equal(enter(s, rows[i].hello, session), rows[i].revision);
        assert_int_equal(sb_core_report(s->core, s->now, arena, &st, NULL), 0);
        assert_int_equal(st.n_sessions, 1);
        assert_true(sb_bytes_is(st.sessions[0].version, "0.1.0"));
        assert_int_equal(st.sessions[0].revision, rows[i].revision);
        sb_arena_free(arena);
        sim_free(s);
    }
}

static void more_than_a_release_apart_is_refused(void **state)
{
    (void)state;
    struct sim *s = sim_new();
    send_raw(s, "HELLO", NULL, HEADER("\x97" HELLO "\x03\x04\xa1x"));
    struct sim_mail *mail = sim_take(s, 1);
    assert_int_equal(mail->m.cmd, SB_CMD_REFUSED);
    assert_int_equal(mail->m.as.refused.code, sb_code_number(SB_E_VERSION_SKEW));
    assert_int_equal(mail->m.as.refused.expected, sb_revisions.newest);
    assert_true(s->dropped[1]);
    assert_int_equal(s->last_log, SB_E_VERSION_SKEW);
    sim_mail_free(mail);
    sim_free(s);
}

/* Whether a command that nobody knows ended the session. */
static bool ends(struct sb_bytes hello, const char *cmd, struct sb_bytes header)
{
    struct sim *s = sim_new();
    struct sb_message ping = {.cmd = SB_CMD_PING};
    uint8_t session[SB_SESSION];
    (void)enter(s, hello, session);
    send_raw(s, cmd, session, header);
    bool dropped = s->dropped[1];
    struct sim_mail *mail = sim_take(s, 1);
    assert_int_equal(mail != NULL, dropped); /* REFUSED */
    sim_mail_free(mail);
    memcpy(ping.session, session, SB_SESSION);
    sim_send(s, 1, PNC, &ping);
    mail = sim_take(s, 1);
    assert_int_equal(mail->m.cmd, dropped ? SB_CMD_WHO : SB_CMD_PONG);
    sim_mail_free(mail);
    sim_free(s);
    return dropped;
}

static void an_unknown_command_of_a_later_release_ends_nothing(void **state)
{
    (void)state;
    struct sb_bytes newer = HEADER("\x96" HELLO "\x02\x03");
    struct sb_bytes equal = HEADER("\x96" HELLO "\x01\x02");
    struct sb_bytes older = HEADER("\x94" HELLO);
    struct sb_bytes empty = HEADER("\x90");
    assert_false(ends(newer, "PREFER", empty));
    assert_true(ends(newer, "prefer", empty)); /* none of any release */
    assert_true(ends(newer, "", empty));
    assert_true(ends(newer, "PREFERPREFERPREFE", empty));
    assert_true(ends(newer, "PREFER", HEADER("\xcc\x05")));
    assert_true(ends(newer, "PING", HEADER("\x91\x01"))); /* exactly of its revision */
    assert_true(ends(newer, "WELCOME", empty));
    assert_true(ends(equal, "PREFER", empty));
    assert_true(ends(older, "PREFER", empty));
}

static void it_must_be_said_in_the_session(void **state)
{
    (void)state;
    static const uint8_t other[SB_SESSION] = {9};
    struct sim *s = sim_new();
    uint8_t session[SB_SESSION];
    (void)enter(s, HEADER("\x96" HELLO "\x02\x03"), session);
    send_raw(s, "PREFER", other, HEADER("\x90"));
    assert_true(s->dropped[1]);
    sim_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_release_before_is_read_and_written),
        cmocka_unit_test(only_hello_is_open_at_its_end),
        cmocka_unit_test(the_newest_in_common_is_chosen),
        cmocka_unit_test(each_session_has_its_revision),
        cmocka_unit_test(more_than_a_release_apart_is_refused),
        cmocka_unit_test(an_unknown_command_of_a_later_release_ends_nothing),
        cmocka_unit_test(it_must_be_said_in_the_session),
    };
    return cmocka_run_group_tests_name("broker.core.skew", tests, NULL, NULL);
}
