/* Purpose: explanations in English, codes 600 to 699: the journal and what proves it.
 * Invariant: rows rise by number and end by 0. */
#include "broker/cli/explain_rows.h"

const struct sb_explain sb_explain_en_journal[] = {
    {601,
     "A journal entry is wrong",
     "An entry's record, kind or time does not give the leaf in the tree: it was "
     "changed or damaged.",
     "Stop the broker, keep the file, restore a backup, and tell the witnesses from "
     "which index on."},
    {602,
     "A ciphertext is wrong or missing",
     "A ciphertext does not match its hash, or is missing without a prune record.",
     "Restore it from a backup, or let the publisher send it again."},
    {603,
     "The tree is wrong",
     "A stored node of the journal's tree does not follow from the nodes below it.",
     "Stop the broker, keep the file, and restore a backup."},
    {604,
     "A page of the journal is damaged",
     "A page of the SQLite file cannot be read as what it should be.",
     "Keep the file, check the disk, restore a backup."},
    {605,
     "Another root than expected",
     "The journal's tree does not give the root that you hold.",
     "Keep both; one of them is a forged or a lost history."},
    {606,
     "The journal is too short",
     "It has fewer entries than a checkpoint that you hold says.",
     "Entries were lost or removed: keep the checkpoint and restore a backup."},
    {607,
     "A checkpoint does not hold",
     "A stored checkpoint's signature or root does not fit the journal.",
     "Keep the file and compare with what the witnesses hold."},
    {608,
     "Another generation",
     "The journal is of another generation than the directory names.",
     "Start the broker with the right journal, or let the authority open the new "
     "generation."},
    {609,
     "The journal is in use",
     "Another process has the journal open for writing.",
     "Stop the other broker; two must never write one journal."},
    {610,
     "The journal's order is broken",
     "Indexes, times or a stream's numbers do not rise as they must.",
     "Stop the broker, keep the file, and restore a backup."},
    {611,
     "Two histories of one journal",
     "The broker signed two trees that contradict each other. Both signed notes are "
     "kept as evidence.",
     "Stop relying on this broker; give both notes to the authority and compare them "
     "with what the other witnesses hold."},
    {612,
     "The trees are not consistent",
     "The proof does not show that the smaller tree is the beginning of the larger "
     "one.",
     "Fetch the proof again; if it fails again, keep both checkpoints: history was "
     "rewritten, or one of them is forged."},
    {613,
     "Not in the tree",
     "The path does not lead from this entry to the root of the checkpoint.",
     "Ask for the proof again; if it fails again, the entry is not in that history, or "
     "was changed."},
    {614,
     "The witnesses are not enough",
     "Fewer witnesses cosigned than the directory's policy asks for, so the checkpoint "
     "is not final.",
     "Wait, or see with `sacbe status` which witness is silent; an older checkpoint "
     "may be final."},
    {615,
     "A cosignature is wrong",
     "A line of a known witness does not fit the note, its key or its name.",
     "It counts for nothing; ask that witness for its own copy of the checkpoint."},
    {616,
     "Something is missing without a record",
     "A ciphertext is gone, and no prune record or withdrawal in the journal explains "
     "it.",
     "It is a loss or a removal: ask for it from the archive, a reader or the "
     "publisher, and report it."},
    {617,
     "A tile is wrong",
     "A file of the hash tree is missing, is cut, or does not follow from the files "
     "below it.",
     "Take the bundle again; if it stays, keep it: the folder does not show the tree "
     "of its checkpoint."},
    {618,
     "Not a whole bundle",
     "A file of the bundle is missing, cut or too long, or the folder holds something "
     "else.",
     "Run `sacbe journal export` again into the same folder, or into an empty one."},
    {619,
     "The policy does not allow it",
     "The directory's retention does not permit that ciphertexts of this age go, or "
     "keeps them for ever.",
     "See `sacbe directory show`; the authority changes it with `sacbe directory "
     "policy`."},
    {620,
     "A stored batch is not proved",
     "The broker answered that it stored a batch, but did not prove it to its "
     "publisher in time.",
     "Keep the outbox; see `sacbe status` of adapter and broker, and ask the operator "
     "why no checkpoint covers it."},
    {621,
     "Part of a stream is withheld",
     "The publisher signed that its stream goes further than what the broker delivers "
     "to this reader.",
     "Compare `sacbe status` with the publisher and call the operator; keep the signed "
     "heads."},
    {622,
     "A receipt is late, missing or wrong",
     "A reader's signed receipt does not cover what it received, or came after the "
     "time that was expected.",
     "See `sacbe lag` and that reader's adapter; the institution itself must explain "
     "it."},
    {623,
     "The roots cannot be used",
     "The file of roots is not as it is published, or these roots did not sign the "
     "first directory.",
     "Take the roots from the official publication, never from the bundle; `sacbe "
     "directory show --roots` prints them."},
    {624,
     "Withdrawn",
     "The publisher took this event back; its ciphertext is gone, its signature and "
     "its place remain.",
     "The reason stands in the journal's withdrawal; readers must have deleted it and "
     "signed so."},
    {625,
     "Not a proof file",
     "The file is not a proof of one event, is damaged, or holds more or less than it "
     "must.",
     "Ask the institution for it again: `sacbe event prove STREAM@SEQ -o FILE`."},
    {626,
     "It cannot be disclosed",
     "This institution does not hold the key of that class for this event, or the "
     "disclosure does not fit its record.",
     "Name a class that it may read; a disclosure needs --order with the text of the "
     "order."},
    {627,
     "Pruned",
     "The ciphertext was removed under a journaled prune record; signatures and hashes "
     "still hold.",
     "Look for it in the archive that was made before, if its content is needed."},
    {628,
     "A fork",
     "Two different batches continue the same batch of a stream; or a claim or a "
     "receipt names a tree that this journal never had: the broker refuses it.",
     "Keep both batches: the institution was copied, or signed twice. Ask it which "
     "claim is its own. After a refusal, compare the checkpoints: either the "
     "institution was shown another journal, or it says what is not so."},
    {629,
     "Not a whole backup",
     "A backup of the journal is damaged, or not what its own note says.",
     "Take another copy; 'sacbe journal verify FILE' tells where it is damaged."},
    {0, NULL, NULL, NULL}};
