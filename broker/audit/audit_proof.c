/* Purpose: a proof file: one event, from its item up to a signed tree.
 * Invariant: every hash between the item and the note is recomputed, and every
 * signature judged by the directories in the file, which begin at the auditor's roots.
 */
#include "broker/audit/audit_proof.h"
#include "broker/audit/audit_bundle.h"
#include "broker/audit/audit_dirs.h"
#include "broker/audit/audit_rights.h"
#include "broker/audit/audit_tree.h"

#include "schemas/base/text.h"

static void
fault(struct sb_audit *a, enum sb_audit_part part, int code, const char *what)
{
    audit_say(a, part, SB_AUDIT_FAILED, code, "%s", what);
}

static int
directories(struct sb_audit *a, const struct sb_proof_file *f, struct sb_err *err)
{
    for (size_t i = 0; i < f->n_directories; i++) {
        int rc = audit_add_directory(a, f->directories[i], err);
        if (rc < 0)
            return rc;
    }
    if (a->trust)
        return 0;
    a->facts.asked[SB_AUDIT_ROOTS] = a->facts.asked[SB_AUDIT_DIRECTORIES] = true;
    fault(a,
          SB_AUDIT_DIRECTORIES,
          SB_E_DIR_CHAIN,
          "there is no directory that holds: nobody's rights can be judged");
    return 0;
}

/* The generation is the note's; some directory must know it. */
static void check_origin(struct sb_audit *a, const struct sb_checkpoint *c)
{
    const struct sb_dir *d = sb_trust_newest(a->trust);
    for (; d; d = sb_trust_version(a->trust, sb_dir_body(d)->version - 1)) {
        const struct sb_directory *b = sb_dir_body(d);
        char origin[SB_ORIGIN];
        sb_checkpoint_origin(origin, b->exchange, b->generation);
        if (strcmp(origin, c->origin) != 0)
            continue;
        if (b->generation > 1)
            a->opened_ms = b->issued; /* of the first such one at last */
        memcpy(a->facts.origin, c->origin, sizeof c->origin);
    }
    if (a->facts.origin[0] == 0)
        fault(a,
              SB_AUDIT_CHECKPOINT,
              SB_E_NOTE,
              "the checkpoint is of a journal that no directory here names");
}

static int checkpoint(struct sb_audit *a, struct audit_proof *p, struct sb_err *err)
{
    struct sb_err why = {0};
    int rc = audit_open_note(a, p->file.note, &p->note, &why);
    if (rc != 0)
        return audit_judge(a, SB_AUDIT_CHECKPOINT, rc, &why, err);
    p->noted = true;
    a->facts.size = p->note.size;
    memcpy(a->facts.root, p->note.root, SB_HASH);
    check_origin(a, &p->note);
    const struct sb_dir *newest = sb_trust_newest(a->trust);
    uint64_t stored_ms = p->batch_entry.leaf.stored_ms;
    uint64_t now_ms = stored_ms;
    if (sb_dir_body(newest)->issued > now_ms)
        now_ms = sb_dir_body(newest)->issued;
    rc = audit_quorum(a, newest, p->file.note, now_ms, stored_ms, err);
    return rc == 0 ? audit_since(a, err) : rc;
}

static void place(struct sb_audit *a,
                  const struct audit_proof *p,
                  const struct sb_proof_place *at,
                  const char *what)
{
    uint8_t hash[SB_HASH];
    sb_tree_leaf(hash, at->leaf);
    if (p->noted &&
        !sb_proof_included(
            hash, at->index, p->note.size, at->path, at->n_path, p->note.root))
        audit_say(a,
                  SB_AUDIT_TREE,
                  SB_AUDIT_FAILED,
                  SB_E_INCLUSION,
                  "the %s is not in the checkpoint's tree at the place that is said",
                  what);
}

/* Leaf and record of one of the two entries; both are raw here. */
static int entry(struct sb_audit *a,
                 const struct sb_proof_place *at,
                 struct sb_bytes record,
                 struct sb_bundle_entry *raw,
                 struct audit_entry *out,
                 struct sb_err *err)
{
    struct sb_err why = {0};
    *raw = (struct sb_bundle_entry){
        .index = at->index, .leaf = at->leaf, .inside = true, .record = record};
    a->at = at->index;
    a->at_entry = true;
    int rc = audit_decode(raw, out, &why);
    return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
}

static int decode(struct sb_audit *a, struct audit_proof *p, struct sb_err *err)
{
    struct sb_err why = {0};
    struct audit_stream *s = &p->stream;
    const struct sb_proof_file *f = &p->file;
    int rc = entry(a, &f->epoch_place, f->epoch, &p->epoch_raw, &p->epoch_entry, err);
    if (rc == 0) {
        rc = sb_epoch_read(p->epoch_entry.record.body, a->names, &s->epoch, &why);
        rc = audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    }
    if (rc == 0)
        rc = entry(a, &f->place, f->batch, &p->batch_raw, &p->batch_entry, err);
    if (rc != 0)
        return rc;
    rc = sb_batch_read(p->batch_entry.record.body, &p->batch, &why);
    if (rc == 0)
        rc = sb_item_read(f->item, &p->item, &why);
    if (rc == 0 && (p->batch_entry.leaf.kind != SB_KIND_BATCH ||
                    p->epoch_entry.leaf.kind != SB_KIND_EPOCH))
        rc = sb_fail(&why, SB_E_TAG, "the proof's entries are no batch and epoch");
    s->name = f->stream;
    if (rc == 0 && !sb_text_stream_parts(s->name, &s->institution, &s->type, NULL))
        rc = sb_fail(&why, SB_E_CODE_FORM, "the proof is of no stream");
    s->epoch_no = s->epoch.core.epoch_no;
    memcpy(s->epoch_hash, p->epoch_entry.hash, SB_HASH);
    return audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
}

static bool same_classes(const struct sb_event *event, const struct sb_epoch *epoch)
{
    bool same = event->n_classes == epoch->n_classes;
    for (size_t i = 0; same && i < event->n_classes; i++)
        same = sb_bytes_eq(event->classes[i].name, epoch->classes[i].name);
    return same;
}

/* The joins of FORMATS, "Batch", for the one item that is here. */
static void joins(struct sb_audit *a, const struct audit_proof *p)
{
    const struct sb_proof_file *f = &p->file;
    const struct sb_batch *b = &p->batch;
    const struct sb_epoch_core *core = &p->stream.epoch.core;
    const struct sb_event *event = &p->item.event;
    bool inside = f->seq >= b->first_seq && f->seq - b->first_seq < b->count;
    if (!sb_bytes_eq(b->stream, f->stream) || !sb_bytes_eq(core->stream, f->stream) ||
        !sb_bytes_eq(event->stream, f->stream) || event->seq != f->seq || !inside)
        fault(a,
              SB_AUDIT_STREAMS,
              SB_E_JOIN,
              "item, batch and epoch are not of the "
              "event that the proof names");
    if (memcmp(b->epoch_hash, p->epoch_entry.hash, SB_HASH) != 0 ||
        event->epoch_no != core->epoch_no || core->claim_no > b->claim_no ||
        p->epoch_raw.index >= p->batch_raw.index ||
        !same_classes(event, &p->stream.epoch))
        fault(a, SB_AUDIT_STREAMS, SB_E_JOIN, "the batch is not under this epoch");
    if (!inside || !sb_items_included(f->item,
                                      f->seq - b->first_seq,
                                      b->count,
                                      f->item_path,
                                      f->n_item_path,
                                      b->items_root))
        fault(a,
              SB_AUDIT_STREAMS,
              SB_E_ITEMS_ROOT,
              "the item is not in the batch that "
              "was signed");
}

static void count(struct sb_audit *a, const struct audit_proof *p)
{
    static const enum sb_audit_part asked[] = {SB_AUDIT_FORM,
                                               SB_AUDIT_TREE,
                                               SB_AUDIT_CHECKPOINT,
                                               SB_AUDIT_STREAMS,
                                               SB_AUDIT_RIGHTS};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        a->facts.asked[asked[i]] = true;
    a->facts.entries = 2;
    a->facts.batches = a->facts.events = a->facts.streams = 1;
    a->facts.first_ms = p->epoch_entry.leaf.stored_ms;
    a->facts.last_ms = p->batch_entry.leaf.stored_ms;
}

int audit_run_proof(struct sb_audit *a,
                    struct sb_bytes bytes,
                    struct audit_proof *p,
                    struct sb_err *err)
{
    struct sb_err why = {0};
    *p = (struct audit_proof){.noted = false};
    a->facts.asked[SB_AUDIT_FORM] = true;
    int rc = sb_proof_file_read(bytes, a->names, &p->file, &why);
    rc = audit_judge(a, SB_AUDIT_FORM, rc, &why, err);
    if (rc == 0)
        rc = decode(a, p, err);
    a->at_entry = false;
    if (rc == 0)
        rc = directories(a, &p->file, err);
    if (rc != 0)
        return rc;
    count(a, p);
    rc = checkpoint(a, p, err);
    if (rc < 0 || !a->trust)
        return rc < 0 ? rc : 1;
    a->at_entry = true;
    place(a, p, &p->file.epoch_place, "epoch");
    place(a, p, &p->file.place, "batch");
    joins(a, p);
    rc = audit_proof_rights(a, p, err);
    a->at_entry = false;
    if (rc == 0)
        rc = audit_proof_statements(a, p, err);
    if (rc == 0 && p->file.disclosed)
        rc = audit_disclosed(a, p, err);
    return rc < 0 ? rc : 0;
}

int sb_audit_proof(struct sb_bytes bytes,
                   const struct sb_audit_config *config,
                   struct sb_audit_facts *out,
                   struct sb_err *err)
{
    struct sb_audit a;
    struct audit_proof p;
    struct sb_err why = {0};
    int rc = audit_new(&a, NULL, config, &why);
    if (rc == 0)
        rc = audit_run_proof(&a, bytes, &p, &why);
    if (rc >= 0)
        *out = a.facts;
    else if (err)
        *err = why;
    audit_free(&a);
    return rc < 0 ? rc : 0;
}
