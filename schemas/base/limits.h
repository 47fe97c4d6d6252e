/* Every maximum of Sacbe in one place. Sizes in bytes unless the name says otherwise.
 */
#ifndef SCHEMAS_BASE_LIMITS_H
#define SCHEMAS_BASE_LIMITS_H

#define SB_KIB 1024u
#define SB_MIB (1024u * 1024u)

/* FORMATS, "Encoding": codes, streams, nesting. */
#define SB_CODE_MAX 64u                        /* [a-z0-9_.-]{1,64} */
#define SB_STREAM_MAX (2u * SB_CODE_MAX + 22u) /* institution/type/n */
#define SB_ID_LOCAL_MAX 64u                    /* code points */
#define SB_DEPTH_MAX 16u
#define SB_NAME_MAX 200u   /* a holder's or member's display name */
#define SB_BASIS_MAX 2000u /* the legal text of a grant */

/* Events and batches. */
#define SB_EVENT_MAX (256u * SB_KIB) /* item and its ciphertexts */
#define SB_BATCH_MAX (512u * SB_KIB) /* items and ciphertexts of one batch */
#define SB_BATCH_EVENTS 256u
#define SB_BATCH_FLUSH (256u * SB_KIB)
#define SB_BATCH_LINGER_MS 5
#define SB_PAYLOAD_MAX (192u * SB_KIB) /* one section before padding */
#define SB_CLASSES 4u
#define SB_PAD_BLOCK 64u

/* Records. */
#define SB_RECORD_MAX (9u * SB_MIB) /* a directory and its signatures */
#define SB_DIRECTORY_MAX (8u * SB_MIB)
#define SB_SIGS_MAX 32u
#define SB_MEMBERS_MAX 1024u
#define SB_GRANTS_MAX 16384u
#define SB_CARDS_MAX 256u /* the chain of one member */
#define SB_CARD_KEYS_MAX 16u
#define SB_ROOTS_MAX 16u
#define SB_READERS_MAX 256u /* readers of one epoch */
#define SB_CATALOG_FILES_MAX 1024u

/* Epochs. */
#define SB_EPOCH_EVENTS (1u << 20)
#define SB_EPOCH_MS (24ull * 3600u * 1000u)

/* The bus. */
#define SB_FRAMES_MAX (4u + 1u + 2u)  /* protocol, command, session, header, payload */
#define SB_MESSAGE_MAX (10u * SB_MIB) /* one frame, a directory being the largest */
#define SB_SUBSCRIPTIONS_MAX 64u      /* of one session */
#define SB_OWN_STREAMS_MAX 1024u      /* of one institution */
#define SB_SUBSCRIPTION_TYPES 256u
#define SB_SUBSCRIPTION_CURSORS 4096u
#define SB_PROVE_MAX 256u       /* indices of one COSIGN */
#define SB_WITHDRAWALS_MAX 256u /* told with one batch */
#define SB_WITNESSES_MAX 256u   /* of one directory */
#define SB_CREDIT_ENTRIES_MAX 4096u
#define SB_CREDIT_BYTES_MAX (32u * SB_MIB)

/* Files that people write. */
#define SB_CONFIG_FILE_MAX (4u * SB_MIB)
#define SB_SCHEMA_FILE_MAX (4u * SB_MIB)

#endif
