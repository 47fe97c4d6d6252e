/* A payload and its sections by class: what stands between the catalogue and the seal.
 *
 * Publishing: the whole payload is validated, split and packed. Receiving: the sections
 * that we hold are unpacked, put together and validated as far as they go. A refusal
 * says where by a JSON pointer and never quotes a value. Not here: keys. */
#ifndef ADAPTERS_ENGINE_SECTIONS_H
#define ADAPTERS_ENGINE_SECTIONS_H

#include "schemas/catalog/class.h"
#include "schemas/pack/value.h"

#define SB_FAULT_POINTER 256u

struct sb_catalog;
struct sb_event_type;

struct sb_type_facts { /* of one event type; lives as long as its catalogue */
    const struct sb_event_type *type;
    struct sb_bytes name;
    uint64_t version;
    unsigned classes; /* bits of enum sb_class */
    uint64_t priority;
};

/* SB_E_UNKNOWN_TYPE when the catalogue does not have it. */
SB_CHECK int sb_type_facts(const struct sb_catalog *catalog,
                           struct sb_bytes name,
                           struct sb_type_facts *out,
                           struct sb_err *err);

struct sb_sections { /* packed plaintexts by class; p NULL: none */
    struct sb_bytes plain[SB_CLASS_COUNT];
};

/* SB_E_INVALID and the like: the payload breaks the catalogue, `pointer` says where. */
SB_CHECK int sb_sections_make(const struct sb_type_facts *type,
                              const struct sb_value *payload,
                              struct sb_arena *arena,
                              struct sb_sections *out,
                              char pointer[SB_FAULT_POINTER],
                              struct sb_err *err);
/* The payload as far as the sections show it. `version`: what the event's header says.
 * Texts borrow from the sections. */
SB_CHECK int sb_sections_join(const struct sb_type_facts *type,
                              uint64_t version,
                              const struct sb_sections *in,
                              struct sb_arena *arena,
                              struct sb_value *out,
                              char pointer[SB_FAULT_POINTER],
                              struct sb_err *err);

/* Classes as a mask and as names in text order (at most SB_CLASS_COUNT). */
size_t sb_class_names(unsigned classes, struct sb_bytes out[SB_CLASS_COUNT]);
unsigned sb_class_mask(const struct sb_bytes *names, size_t n);

#endif
