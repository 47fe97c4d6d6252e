/* Signing in our own name, with a key that the others will accept. */
#include "adapters/engine/env.h"

bool sb_env_opened(const struct sb_env *env, uint64_t generation)
{
    const struct sb_dir *dir = sb_trust_newest(env->trust);
    return generation <= env->generation ||
           (dir && sb_dir_body(dir)->generation >= generation);
}

int sb_env_sign_key(const struct sb_env *env,
                    uint64_t now_ms,
                    uint8_t key_id[SB_KEY_ID],
                    struct sb_err *err)
{
    const struct sb_dir *dir = sb_trust_newest(env->trust);
    if (!dir)
        return sb_fail(err, SB_E_NOT_ENROLLED, "no directory has arrived yet");
    struct sb_card_key key;
    int rc = sb_dir_key(dir, env->institution, SB_USE_SIGN, NULL, now_ms, &key, err);
    if (rc)
        return sb_err_wrap(
            err,
            rc,
            "the directory (version %llu) has no usable sign key of %.*s",
            (unsigned long long)sb_dir_body(dir)->version,
            SB_FMT(env->institution));
    uint8_t id[SB_KEY_ID];
    sb_key_id(id, sb_bytes_str(SB_USE_SIGN), key.pk);
    if (!sb_vault_has(env->vault, id))
        return sb_fail(
            err,
            SB_E_NOT_ENROLLED,
            "the directory's sign key of %.*s is not in this vault: enrol the"
            " vault's card (sacbe card show)",
            SB_FMT(env->institution));
    memcpy(key_id, id, SB_KEY_ID);
    return 0;
}

int sb_env_sign(const struct sb_env *env,
                struct sb_bytes body,
                uint64_t now_ms,
                struct sb_buf *record,
                uint8_t hash[SB_HASH],
                struct sb_err *err)
{
    uint8_t key_id[SB_KEY_ID];
    int rc = sb_env_sign_key(env, now_ms, key_id, err);
    if (!rc)
        rc = sb_sign_record(
            sb_trust_exchange(env->trust), env->vault, key_id, body, record, err);
    if (!rc && hash)
        rc = sb_record_hash(hash, body, err);
    return rc;
}
