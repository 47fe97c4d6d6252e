/* Purpose: what stands between a card and its place in a directory.
 * Invariant: the file that is kept holds a hash of the answer, never the
 * answer. */
#include "broker/cli/cmd_enrol.h"

#include <errno.h>
#include <jansson.h>
#include <unistd.h>

/* SB_E_KEY_REUSED when any card of `m` names this public key. */
static int key_in_member(const struct sb_dir_member *m,
                         const uint8_t pk[SB_PK],
                         struct sb_arena *arena,
                         struct sb_err *err)
{
    for (size_t i = 0; i < m->n_cards; i++) {
        struct sb_record record;
        struct sb_card card;
        int rc = sb_record_read(m->cards[i], &record, err);
        if (rc == 0)
            rc = sb_card_read(record.body, arena, &card, err);
        if (rc != 0)
            return rc;
        for (size_t k = 0; k < card.n_keys; k++)
            if (memcmp(card.keys[k].pk, pk, SB_PK) == 0)
                return sb_fail(err,
                               SB_E_KEY_REUSED,
                               "a key of this card is or was a key of %.*s: make new "
                               "ones (sacbe identity new)",
                               SB_FMT(m->code));
    }
    return 0;
}

static int
key_is_new(const struct sb_cmd_dir *d, const uint8_t pk[SB_PK], struct sb_err *err)
{
    bool taken = memcmp(d->body.curve_pk, pk, SB_PK) == 0 ||
                 memcmp(d->body.log_pk, pk, SB_PK) == 0;
    for (size_t i = 0; i < d->body.n_roots; i++)
        taken = taken || memcmp(d->body.roots[i].pk, pk, SB_PK) == 0;
    if (taken)
        return sb_fail(err,
                       SB_E_KEY_REUSED,
                       "a key of this card is one of the broker's or of a root");
    for (size_t i = 0; i < d->body.n_members; i++) {
        int rc = key_in_member(&d->body.members[i], pk, d->arena, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int sb_enrol_read(struct sb_cmd_dir *d,
                  const struct sb_record *record,
                  struct sb_enrol_card *out,
                  struct sb_err *err)
{
    struct sb_enrol_card e = {.record = record};
    int rc = sb_card_read(record->body, d->arena, &e.card, err);
    if (rc == 0)
        rc = sb_card_check(&d->exchange, record, &e.card, NULL, NULL, err);
    if (rc == 0)
        rc = sb_record_hash(e.hash, record->body, err);
    if (rc != 0)
        return rc;
    if (sb_cmd_member(&d->body, e.card.code))
        return sb_fail(err,
                       SB_E_EXISTS,
                       "%.*s is a member of this exchange already",
                       SB_FMT(e.card.code));
    for (size_t k = 0; k < e.card.n_keys; k++) {
        for (size_t j = 0; j < k; j++)
            if (memcmp(e.card.keys[j].pk, e.card.keys[k].pk, SB_PK) == 0)
                return sb_fail(err, SB_E_KEY_REUSED, "the card uses one key twice");
        rc = key_is_new(d, e.card.keys[k].pk, err);
        if (rc != 0)
            return rc;
    }
    *out = e;
    return 0;
}

static int kept_path(const char *directory,
                     const struct sb_enrol_card *card,
                     char out[SB_PATH_TEXT],
                     struct sb_err *err)
{
    char name[SB_CODE_MAX + 16];
    (void)snprintf(name, sizeof name, "enrol-%.*s.json", SB_FMT(card->card.code));
    return sb_cmd_beside(directory, name, out, err);
}

int sb_enrol_keep(const char *directory,
                  const struct sb_enrol_card *card,
                  const uint8_t expected[SB_HASH],
                  struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    char hash[2 * SB_HASH + 1];
    char answer[2 * SB_HASH + 1];
    struct sb_buf text = {0};
    sb_hex(hash, card->hash, SB_HASH);
    sb_hex(answer, expected, SB_HASH);
    sb_buf_printf(&text, "{\"card\": \"%s\", \"expected\": \"%s\"}\n", hash, answer);
    int rc = sb_buf_check(&text, err);
    if (rc == 0)
        rc = kept_path(directory, card, path, err);
    if (rc == 0)
        rc = sb_file_write(path, sb_buf_bytes(&text), 0600, err);
    sb_buf_free(&text);
    return rc;
}

static bool take_hash(const json_t *root, const char *key, uint8_t out[SB_HASH])
{
    const char *hex = json_string_value(json_object_get(root, key));
    return hex && sb_unhex(out, SB_HASH, sb_bytes_str(hex));
}

int sb_enrol_answered(const char *directory,
                      const struct sb_enrol_card *card,
                      struct sb_bytes answer,
                      struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    uint8_t hash[SB_HASH];
    uint8_t expected[SB_HASH];
    int rc = kept_path(directory, card, path, err);
    if (rc != 0)
        return rc;
    if (access(path, F_OK) != 0)
        return sb_fail(err,
                       SB_E_NOT_FOUND,
                       "%.*s was not challenged (there is no %s): run this without "
                       "--answer first",
                       SB_FMT(card->card.code),
                       path);
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    bool whole = take_hash(root, "card", hash) && take_hash(root, "expected", expected);
    json_decref(root);
    if (!whole)
        return sb_fail(err, SB_E_INPUT, "%s is damaged: challenge again", path);
    if (memcmp(hash, card->hash, SB_HASH) != 0)
        return sb_fail(err, SB_E_CHALLENGE, "another card was challenged than this");
    if (answer.n != SB_CHALLENGE || !sb_challenge_right(expected, answer.p))
        return sb_fail(err,
                       SB_E_CHALLENGE,
                       "the answer is wrong: whoever gave it does not hold the keys "
                       "of this card, or answered another challenge");
    return 0;
}

int sb_enrol_forget(const char *directory,
                    const struct sb_enrol_card *card,
                    struct sb_err *err)
{
    char path[SB_PATH_TEXT];
    int rc = kept_path(directory, card, path, err);
    if (rc == 0 && unlink(path) != 0 && errno != ENOENT)
        rc = sb_fail_os(err, errno, "%s", path);
    return rc;
}

int sb_enrol_add(struct sb_cmd_dir *d,
                 const struct sb_enrol_card *card,
                 struct sb_err *err)
{
    size_t n = d->body.n_members;
    size_t at = 0;
    struct sb_dir_member *list = sb_arena_alloc(d->arena, n + 1, sizeof *list);
    struct sb_bytes *cards = sb_arena_alloc(d->arena, 1, sizeof *cards);
    if (!list || !cards)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    if (n == SB_MEMBERS_MAX)
        return sb_fail(
            err, SB_E_LIMIT, "an exchange has at most %u members", SB_MEMBERS_MAX);
    while (at < n && sb_bytes_cmp(d->body.members[at].code, card->card.code) < 0)
        at++;
    for (size_t i = 0; i < n; i++)
        list[i < at ? i : i + 1] = d->body.members[i];
    cards[0] = card->record->raw;
    list[at] = (struct sb_dir_member){.code = card->card.code,
                                      .status = sb_bytes_str("active"),
                                      .cards = cards,
                                      .n_cards = 1};
    d->body.members = list;
    d->body.n_members = n + 1;
    return 0;
}
