/* fault.memory.witness: what a witness has seen, without memory: the tree that it saw
 * before or the one it was shown, never none; and its cosignature goes when there is
 * memory again. */
#include "test/fault/memory/exhaust.h"
#include "test/unit/broker_witness/logbook.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

struct place {
    struct logbook *book;
    struct sb_message first;  /* a note of 5 entries */
    struct sb_message second; /* of 9, proved from 5 */
    struct sb_message fork;   /* of 9, and another root */
    bool forks;
};

static struct sb_message note_of(struct logbook *b, uint64_t size, uint64_t from)
{
    struct sb_message m = {.cmd = SB_CMD_CHECKPOINT, .n_payload = 1};
    m.payload[0] = logbook_note(b, size);
    m.as.checkpoint.seen = from;
    if (from > 0 && from <= size) {
        struct sb_path *p = logbook_growth(b, from, size);
        m.as.checkpoint.path = (const uint8_t(*)[SB_HASH])p->nodes;
        m.as.checkpoint.n_path = p->n;
    }
    return m;
}

static void begin(void *ctx)
{
    struct place *p = ctx;
    char path[512];
    DIR *d = opendir(p->book->dir);
    const struct dirent *e = NULL;
    while (d && (e = readdir(d)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", p->book->dir, e->d_name);
        if (e->d_name[0] != '.')
            assert_int_equal(unlink(path), 0);
    }
    if (d)
        closedir(d);
}

/* 1: our cosignature went with the question. */
static int one(struct place *p,
               struct sb_round *r,
               const struct sb_message *checkpoint,
               struct sb_err *err)
{
    struct sb_round_answer answer;
    struct sb_message said;
    const struct sb_trust *trust = p->book->world->trust;
    int rc = sb_round_ask(r, trust, NULL, 0, &said, err);
    if (rc != 0)
        return rc;
    bool signs = sb_round_asked(r, 5000);
    rc = sb_round_take(r, trust, checkpoint, NOW, &answer, err);
    if (rc == 0 && !answer.proved)
        rc = sb_fail(err, SB_E_INTERNAL, "an answer that proves nothing");
    return rc == 0 ? signs : rc;
}

/* A witness's folder opened, both notes taken, and a COSIGN after each. */
static int run(void *ctx, struct sb_err *err)
{
    struct place *p = ctx;
    const struct member *m = &p->book->world->members[PNC];
    struct sb_witness *w = NULL;
    struct sb_round *r = NULL;
    int rc = sb_witness_open(&w, p->book->dir, sb_bytes_str("pnc"), m->vault, err);
    if (rc == 0)
        rc = sb_round_new(&r, w, SB_ROUND_AGAIN_MS, err);
    if (rc == 0) {
        sb_round_begin(r);
        rc = one(p, r, &p->first, err);
    }
    if (rc >= 0)
        rc = one(p, r, &p->second, err);
    if (rc == 0)
        rc = sb_fail(err, SB_E_INTERNAL, "the first tree was not cosigned");
    if (rc > 0 && p->forks) {
        rc = sb_round_take(
            r, p->book->world->trust, &p->fork, NOW, &(struct sb_round_answer){0}, err);
        bool told = rc == SB_E_SPLIT_VIEW && sb_witness_contradicted(w, NULL);
        if (told)
            rc = 0;
        else if (rc == 0)
            rc = sb_fail(err, SB_E_INTERNAL, "a fork that is not seen");
    }
    sb_round_free(r);
    sb_witness_close(w);
    return rc < 0 ? rc : 0;
}

/* What the folder says to the next process. */
static void judge(void *ctx, int rc)
{
    struct place *p = ctx;
    struct sb_witness *w = logbook_witness(p->book);
    const struct sb_trust *trust = p->book->world->trust;
    struct sb_buf line = {0};
    uint64_t size = sb_witness_seen(w, trust).size;
    bool forked = sb_witness_contradicted(w, NULL);
    assert_true(size == 9 || (rc != 0 && (size == 5 || size == 0)));
    assert_true(!forked || (p->forks && size == 9));
    assert_true(rc != 0 || forked == p->forks);
    if (!forked && size == 0)
        assert_int_equal(logbook_take(p->book, w, 5, 0), 0);
    if (!forked && size < 9)
        assert_int_equal(logbook_take(p->book, w, 9, 5), 0);
    assert_int_equal(sb_witness_cosign(w, trust, NOW, 1000, &line, NULL), !forked);
    sb_buf_free(&line);
    sb_witness_close(w);
}

static void a_witness(void **state)
{
    struct place p = {.book = logbook_new(2)};
    struct exhaust_scenario s = {
        .name = "witness", .begin = begin, .run = run, .judge = judge};
    struct exhaust_scenario split = {
        .name = "split view", .begin = begin, .run = run, .judge = judge};
    (void)state;
    p.first = note_of(p.book, 5, 0);
    p.second = note_of(p.book, 9, 5);
    exhaust_each(&s, &p);
    p.forks = true;
    p.book->history = 1;
    p.fork = note_of(p.book, 9, 9);
    p.book->history = 0;
    exhaust_each(&split, &p);
    logbook_free(p.book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_witness)};
    return cmocka_run_group_tests_name("fault.memory.witness", tests, NULL, NULL);
}
