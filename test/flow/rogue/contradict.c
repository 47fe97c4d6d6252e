/* Purpose: judge two saved notes as a court would: both signed by the log's key, each
 * the tree of the journal that it is said to be of, and no journal has both.
 *
 *   contradict ANCHOR DIRECTORY JOURNAL NOTE JOURNAL NOTE
 *
 * Exit 0: they contradict each other. The first journal is that of the first note.
 * Not: what a witness does, who has the notes and a proof, and no journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/journal/reader.h"
#include "broker/witness/witness.h"
#include "keys/anchor.h"
#include "keys/hash.h"
#include "keys/proof.h"
#include "keys/trust.h"

struct side {
    struct sb_journal_reader *journal;
    struct sb_checkpoint said;
};

static void must(int rc, const struct sb_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "contradict: %s\n", err->text);
    exit(2);
}

static void hold(bool it_holds, const char *what, const char *of)
{
    if (it_holds)
        return;
    fprintf(stderr, "contradict: %s: %s\n", of, what);
    exit(1);
}

static struct sb_trust *trust_of(const char *anchor_file, const char *directory_file)
{
    struct sb_err err = {0};
    struct sb_anchor anchor;
    struct sb_trust *trust = NULL;
    struct sb_buf record = {0};
    must(sb_anchor_read(anchor_file, &anchor, &err), &err);
    must(sb_trust_new(&trust, &anchor, &err), &err);
    must(sb_file_read(directory_file, SB_DIRECTORY_MAX, &record, &err), &err);
    must(sb_trust_add(trust, sb_buf_bytes(&record), &err), &err);
    sb_buf_free(&record);
    return trust;
}

static void root_of(const struct side *s, uint64_t size, uint8_t out[SB_HASH])
{
    struct sb_err err = {0};
    must(sb_proof_root(size, sb_journal_node, s->journal, out, &err), &err);
}

static struct side
open_side(const struct sb_trust *trust, const char *journal, const char *note)
{
    struct sb_err err = {0};
    struct sb_buf text = {0};
    struct side s = {.journal = NULL};
    uint64_t size = 0;
    uint8_t root[SB_HASH];
    must(sb_file_read(note, SB_NOTE_MAX, &text, &err), &err);
    must(sb_journal_reader_open(&s.journal, journal, &err), &err);
    must(sb_journal_reader_size(s.journal, &size, &err), &err);
    hold(sb_witness_read(trust, sb_buf_bytes(&text), &s.said, &err) == 0,
         "the log's key has not signed it",
         note);
    hold(s.said.size > 0 && s.said.size <= size, "it is of another journal", note);
    root_of(&s, s.said.size, root);
    hold(memcmp(root, s.said.root, SB_HASH) == 0, "it is of another journal", note);
    sb_buf_free(&text);
    return s;
}

int main(int argc, char **argv)
{
    struct sb_err err = {0};
    uint8_t of_a[SB_HASH];
    uint8_t of_b[SB_HASH];
    if (argc != 7) {
        fprintf(stderr, "contradict ANCHOR DIRECTORY JOURNAL NOTE JOURNAL NOTE\n");
        return 2;
    }
    must(sb_keys_init(&err), &err);
    struct sb_trust *trust = trust_of(argv[1], argv[2]);
    struct side a = open_side(trust, argv[3], argv[4]);
    struct side b = open_side(trust, argv[5], argv[6]);
    uint64_t both = a.said.size < b.said.size ? a.said.size : b.said.size;
    root_of(&a, both, of_a);
    root_of(&b, both, of_b);
    hold(memcmp(of_a, of_b, SB_HASH) != 0, "one grew into the other", argv[6]);
    printf("%llu and %llu entries signed: their first %llu differ\n",
           (unsigned long long)a.said.size,
           (unsigned long long)b.said.size,
           (unsigned long long)both);
    sb_journal_reader_close(a.journal);
    sb_journal_reader_close(b.journal);
    sb_trust_free(trust);
    return 0;
}
