/* What the tests of the audit share: an exchange (test/unit/keys/fixture.h), its
 * journal as a forge's list of entries, and an audit that remembers its findings. pnc
 * publishes pnc/comun.alerta, which igm may read. Every step asserts. */
#ifndef TEST_UNIT_BROKER_AUDIT_SCENE_H
#define TEST_UNIT_BROKER_AUDIT_SCENE_H

#include "test/unit/broker_audit/forge.h"
#include "test/unit/keys/fixture.h"

#include "broker/audit/audit.h"
#include "schemas/record/evidence.h"

#define STREAM "pnc/comun.alerta"
#define FINDINGS 64

struct finding {
    enum sb_audit_part part;
    enum sb_audit_verdict verdict;
    int code;
    bool has_index;
    uint64_t index;
    char text[SB_ERR_TEXT];
};

struct scene {
    struct world *w;
    struct forge f;
    char folder[64];
    char dir[96]; /* of the bundle */
    uint64_t ms;  /* stored_ms of the next entry */
    uint64_t version;
    uint64_t claim_no;
    uint64_t epoch_no;
    uint64_t seq; /* last */
    uint8_t prev[SB_HASH];
    uint8_t epoch_hash[SB_HASH];
    struct sb_secrets *secrets;
    const struct sb_readers *readers; /* instead of those granted; NULL */
    const char *nivel;                /* of the events */
    struct sb_bytes catalogue;        /* record */
    struct finding found[FINDINGS];
    size_t n_found;
    struct sb_audit_facts facts;
};

/* Directory 1, the catalogue, directory 2 with a grant. */
struct scene *scene_new(void);
struct scene *scene_new_kept(uint64_t retention_ms);
void scene_free(struct scene *s);

/* Each adds an entry at the end. */
void scene_directory(struct scene *s); /* publishes world.dir */
void scene_claim(struct scene *s);
void scene_epoch(struct scene *s);
void scene_batch(struct scene *s, size_t events);
void scene_receipt(struct scene *s, size_t member);
void scene_heads(struct scene *s);
/* A record with this body by a vault's newest key of a use. */
void scene_record(struct scene *s,
                  enum sb_kind kind,
                  const struct sb_vault *v,
                  const char *use,
                  struct sb_buf *body);
void scene_withdraw(struct scene *s, uint64_t first, uint64_t last);
void scene_act(
    struct scene *s, size_t member, const char *act, uint64_t first, uint64_t last);
/* Batches stored before the newest entry; `below` them. */
void scene_prune(struct scene *s, uint64_t before, uint64_t below);
/* claim, epoch, batches of 3 and 1, receipt, heads, epoch, batches of 2 and 4, receipt:
 * entries 3 to 11, ten events. */
void scene_fill(struct scene *s);
#define CLAIM_AT 3u
#define EPOCH_AT 4u
#define BATCH_AT 5u   /* events 1 to 3 */
#define BATCH2_AT 6u  /* event 4 */
#define RECEIPT_AT 7u /* of igm, for event 4 */
#define HEADS_AT 8u
#define EPOCH2_AT 9u
#define BATCH3_AT 10u /* events 5 and 6 */
#define BATCH4_AT 11u /* events 7 to 10 */
#define RECEIPT2_AT 12u

/* Makes the body of an entry anew, signed by a vault's newest key of a use. */
void scene_resign(struct scene *s,
                  size_t at,
                  const struct sb_vault *v,
                  const char *use,
                  struct sb_buf *body);
/* Takes every ciphertext of a batch away, or (`seq` not 0) those of one event. */
void scene_drop_texts(struct scene *s, size_t at, size_t event);

/* Writes the bundle anew, audits it with these roots and options. */
struct sb_audit_config scene_config(struct scene *s);
enum sb_audit_verdict scene_audit(struct scene *s);
enum sb_audit_verdict scene_audit_with(struct scene *s, struct sb_audit_config *config);
/* Audits what is written. */
enum sb_audit_verdict scene_judge(struct scene *s,
                                  const struct sb_audit_config *config);
bool scene_found(const struct scene *s, enum sb_audit_part part, int code);
/* There is such a failure, and no part but this failed. */
void scene_failed(struct scene *s, enum sb_audit_part part, int code);
void scene_passed(struct scene *s);

#endif
