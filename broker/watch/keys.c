/* Purpose: whom the witness is, and to whom it speaks.
 * Invariant: the vault is the configured institution's.
 * Not: what it has seen (broker/witness). */
#include "broker/watch/watch_impl.h"

#include <stdio.h>

int sb_watch_load_keys(struct sb_watch *w, struct sb_err *err)
{
    const struct sb_config *c = w->config->config;
    struct sb_vault_key key;
    w->institution = sb_config_text(c, "institution");
    w->state = sb_config_text(c, "state");
    int rc = sb_vault_open(&w->vault,
                           sb_config_text(c, "vault"),
                           sb_bytes(w->config->passphrase, w->config->passphrase_n),
                           err);
    if (rc)
        return rc;
    struct sb_bytes owner = sb_vault_code(w->vault);
    if (!sb_bytes_is(owner, w->institution))
        return sb_config_fail(c,
                              "vault",
                              SB_E_IDENTITY,
                              err,
                              "the vault is that of \"%.*s\", not of \"%s\"",
                              SB_FMT(owner),
                              w->institution);
    if (!sb_vault_newest(w->vault, SB_USE_WITNESS, &key))
        return sb_config_fail(c,
                              "vault",
                              SB_E_NO_KEY,
                              err,
                              "the vault has no witness key (sacbe identity new "
                              "--witness makes one)");
    rc = sb_anchor_read(sb_config_text(c, "anchor"), &w->anchor, err);
    return rc ? rc : sb_trust_new(&w->trust, &w->anchor, err);
}

void sb_watch_free_keys(struct sb_watch *w)
{
    sb_trust_free(w->trust);
    sb_vault_free(w->vault);
}

/* The newest directory says where the broker is; before the first, the anchor. */
int sb_watch_connect(struct sb_watch *w, struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(w->trust);
    const char *configured = sb_config_text(w->config->config, "broker");
    struct sb_bytes address = sb_bytes_str(w->anchor.address);
    memcpy(w->server_pk, w->anchor.curve_pk, SB_PK);
    if (dir) {
        memcpy(w->server_pk, sb_dir_body(dir)->curve_pk, SB_PK);
        address = sb_dir_body(dir)->address;
    }
    if (configured)
        address = sb_bytes_str(configured);
    snprintf(w->address, sizeof w->address, "%.*s", SB_FMT(address));
    struct sb_client_config config = {.address = w->address,
                                      .server_pk = w->server_pk,
                                      .institution = w->institution,
                                      .role = "witness",
                                      .vault = w->vault,
                                      .exchange = sb_trust_exchange(w->trust)};
    int rc = sb_client_open(&w->client, &config, err);
    if (!rc && dir)
        sb_client_directory(w->client, sb_dir_body(dir)->version);
    return rc;
}

int sb_watch_key(const struct sb_watch *w, uint64_t now_ms, struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(w->trust);
    struct sb_witness_keys keys = {0};
    if (!dir)
        return sb_fail(err, SB_E_NO_KEY, "no directory is held yet");
    struct sb_arena *arena = sb_arena_new(0);
    if (!arena)
        return sb_fail(err, SB_E_MEMORY, "witness");
    int rc = sb_dir_witnesses(dir, now_ms, arena, &keys, err);
    bool ours = false;
    for (size_t i = 0; !rc && i < keys.n; i++)
        ours = ours || (sb_bytes_is(keys.items[i].institution, w->institution) &&
                        sb_vault_has(w->vault, keys.items[i].key_id));
    sb_arena_free(arena);
    if (rc || ours)
        return rc;
    return sb_fail(err,
                   SB_E_NO_KEY,
                   "directory %llu lists no witness key of %s that this vault holds "
                   "(a card with it has to be enrolled: sacbe card show)",
                   (unsigned long long)sb_dir_body(dir)->version,
                   w->institution);
}
