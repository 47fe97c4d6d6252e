/* Purpose: a batch's items against its signed root, its ciphertexts against the items.
 * Invariant: every byte of both lists is either hashed or has one canonical form; what
 * is not there is explained by a prune record or a withdrawal. */
#include "broker/journal/verify_form.h"

struct lists {                        /* the ciphertexts of a batch, class by class */
    struct sb_bytes *cts[SB_CLASSES]; /* NULL: pruned */
};

/* A msgpack array of exactly n bins; `u` stands at it. */
static struct sb_bytes *read_bins(struct sb_unpack *u, struct sb_arena *arena, size_t n)
{
    struct sb_bytes *bins = sb_arena_alloc(arena, n, sizeof *bins);
    if (!bins) {
        sb_unpack_fail(u, SB_E_MEMORY);
        return NULL;
    }
    sb_unpack_array(u, n, n);
    for (size_t i = 0; i < n; i++)
        bins[i] = sb_unpack_bin(u, SB_EVENT_MAX);
    return bins;
}

static int ct_fault(struct sb_err *err, const char *what, struct sb_bytes class_name)
{
    return sb_fail(err, SB_E_JOURNAL_CT, "%s %.*s", what, SB_FMT(class_name));
}

int sb_verify_next_ct(struct sb_verify *v, struct sb_err *err)
{
    int rc = sb_db_step(v->sql[SB_VERIFY_CT], err);
    v->more_cts = rc == 1;
    return rc < 0 ? rc : 0;
}

int sb_verify_no_cts(struct sb_verify *v, struct sb_err *err)
{
    uint64_t past = (v->index + 1) * SB_CT_PLACES;
    if (!v->more_cts || sb_db_int(v->sql[SB_VERIFY_CT], 0) >= past)
        return 0;
    return sb_fail(
        err, SB_E_JOURNAL_CT, "ciphertexts stand beside it that it does not name");
}

static bool is_zero(struct sb_bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] != 0)
            return false;
    return true;
}

/* One class's list in canonical form. Zeros stand after a list of which something was
 * withdrawn, and after no other. */
static bool read_list(struct sb_verify *v,
                      struct sb_bytes raw,
                      struct sb_bytes name,
                      size_t n,
                      struct sb_bytes **bins)
{
    struct sb_bytes list = sb_layout_ct(raw);
    struct sb_unpack u = sb_unpack(list);
    bool emptied = false;
    sb_unpack_array(&u, 2, 2);
    bool same = sb_bytes_eq(sb_unpack_code(&u), name);
    *bins = read_bins(&u, v->arena, n);
    if (!same || !*bins || sb_pack_scan(list, SB_PACK_RECORD, NULL) != 0 ||
        sb_unpack_end(&u, "ciphertexts", NULL) != 0)
        return false;
    for (size_t i = 0; i < n; i++)
        emptied = emptied || (*bins)[i].n == 0;
    return list.n == raw.n ||
           (emptied && is_zero(sb_bytes(raw.p + list.n, raw.n - list.n)));
}

/* Copies the ciphertexts of one class, which must be the next row. */
static int take_class(struct sb_verify *v,
                      size_t place,
                      struct sb_bytes name,
                      size_t n,
                      struct lists *out,
                      struct sb_err *err)
{
    sqlite3_stmt *st = v->sql[SB_VERIFY_CT];
    uint64_t id = v->index * SB_CT_PLACES + place;
    bool pruned = v->index < v->pruned_below;
    if (!v->more_cts || sb_db_int(st, 0) != id)
        return pruned ? 0 : ct_fault(err, "ciphertexts are missing: class", name);
    if (!sb_verify_types(st, "itb") || !sb_bytes_eq(sb_db_bytes(st, 1), name))
        return ct_fault(
            err, "ciphertexts of another class stand in the place of", name);
    struct sb_bytes raw = sb_arena_dup(v->arena, sb_db_bytes(st, 2));
    if (!raw.p)
        return sb_fail(err, SB_E_MEMORY, "no memory for ciphertexts");
    bool emptied = pruned && raw.n == 0; /* and not yet removed */
    if (!emptied && !read_list(v, raw, name, n, &out->cts[place]))
        return ct_fault(err, "the ciphertexts' list is damaged: class", name);
    return sb_verify_next_ct(v, err);
}

static int item_fault(struct sb_err *err,
                      int code,
                      const struct sb_event *event,
                      size_t c,
                      const char *what)
{
    return sb_fail(err,
                   code,
                   "%.*s@%llu: the ciphertext of class %.*s %s",
                   SB_FMT(event->stream),
                   (unsigned long long)event->seq,
                   SB_FMT(event->classes[c].name),
                   what);
}

/* One ciphertext, that of class `c`; an empty bin stands for one that was withdrawn. */
static int check_ct(struct sb_verify *v,
                    const struct sb_item *item,
                    size_t c,
                    const struct sb_bytes *ct,
                    struct sb_err *err)
{
    const struct sb_event *event = &item->event;
    bool withdrawn = sb_verify_is_withdrawn(v, event->stream, event->seq);
    uint8_t hash[SB_HASH];
    if (!ct || (withdrawn && ct->n == 0)) {
        uint64_t *count = withdrawn ? &v->facts.withdrawn : &v->facts.pruned;
        *count += 1;
        return 0;
    }
    if (withdrawn)
        return item_fault(
            err, SB_E_WITHDRAWN, event, c, "was withdrawn, and is still there");
    if (ct->n == 0)
        return item_fault(
            err, SB_E_JOURNAL_CT, event, c, "is gone, and no withdrawal says why");
    sb_hash(hash, "sacbe/ct/1", *ct);
    if (memcmp(hash, item->ct_hash[c], SB_HASH) != 0)
        return item_fault(
            err, SB_E_JOURNAL_CT, event, c, "is not the one that its item names");
    return 0;
}

static int check_item(struct sb_verify *v,
                      const struct lists *lists,
                      size_t i,
                      struct sb_bytes bytes,
                      struct sb_err *err)
{
    struct sb_item item;
    int rc = sb_item_read(bytes, &item, err);
    for (size_t c = 0; c < item.event.n_classes && rc == 0; c++)
        rc = check_ct(v, &item, c, lists->cts[c] ? &lists->cts[c][i] : NULL, err);
    return rc;
}

int sb_verify_batch(struct sb_verify *v,
                    const struct sb_batch *batch,
                    const struct sb_epoch *epoch,
                    struct sb_bytes items,
                    struct sb_err *err)
{
    struct lists lists = {0};
    struct sb_unpack u = sb_unpack(items);
    int rc = sb_pack_scan(items, SB_PACK_RECORD, err);
    if (rc != 0)
        return sb_err_wrap(err, rc, "items");
    struct sb_bytes *list = read_bins(&u, v->arena, batch->count);
    if (!list)
        return sb_fail(err, SB_E_MEMORY, "no memory for items");
    rc = sb_unpack_end(&u, "items", err);
    if (rc == 0)
        rc = sb_batch_joins(batch, epoch, list, batch->count, err);
    if (rc == 0 && epoch->n_classes > SB_CLASSES)
        rc = sb_fail(err, SB_E_JOURNAL_ENTRY, "its epoch has too many classes");
    for (size_t c = 0; rc == 0 && c < epoch->n_classes; c++)
        rc = take_class(v, c, epoch->classes[c].name, batch->count, &lists, err);
    for (size_t i = 0; rc == 0 && i < batch->count; i++)
        rc = check_item(v, &lists, i, list[i], err);
    return rc;
}
