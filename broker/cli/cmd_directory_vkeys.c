/* Purpose: `sacbe directory show --vkeys`: the public keys of the log and of its
 * witnesses, as public tools for transparency logs read them.
 * Invariant: only of a directory that its roots signed. Source: C2SP signed-note. */
#include "broker/cli/cmd_directory.h"

#include "broker/host/clock.h"
#include "keys/cosign.h"

struct key_line {
    char key[SB_NOTE_VKEY];
    const char *use;
    struct sb_bytes institution; /* empty: the log */
};

static void tell_json(struct sb_out *out, const struct key_line *lines, size_t n)
{
    static const struct sb_out_column columns[] = {
        {"use", "", false}, {"institution", "", false}, {"vkey", "", false}};
    sb_out_table(out, "vkeys", columns, 3);
    for (size_t i = 0; i < n; i++) {
        sb_out_cell_text(out, lines[i].use);
        if (lines[i].institution.n > 0)
            sb_out_cell_bytes(out, lines[i].institution);
        else
            sb_out_cell_text(out, NULL);
        sb_out_cell_text(out, lines[i].key);
    }
    sb_out_end(out);
}

static int
print(const struct sb_cli *cli, const struct sb_cmd_dir *d, struct sb_err *err)
{
    struct sb_out *out = sb_cli_out(cli);
    struct sb_witness_keys keys = {0};
    char origin[SB_ORIGIN];
    int rc = sb_dir_witnesses(
        sb_trust_newest(d->trust), sb_clock_now_ms(), d->arena, &keys, err);
    if (rc != 0)
        return rc;
    struct key_line *lines = sb_arena_alloc(d->arena, keys.n + 1, sizeof *lines);
    if (!lines)
        return sb_fail(err, SB_E_MEMORY, "out of memory");
    lines[0] = (struct key_line){.use = SB_USE_LOG};
    sb_checkpoint_origin(origin, d->body.exchange, d->body.generation);
    sb_note_vkey(origin, d->body.log_pk, lines[0].key);
    for (size_t i = 0; i < keys.n; i++) {
        const struct sb_witness_key *k = &keys.items[i];
        lines[i + 1] =
            (struct key_line){.use = SB_USE_WITNESS, .institution = k->institution};
        sb_witness_vkey(k->name, k->pk, lines[i + 1].key);
    }
    if (sb_out_format(out) == SB_OUT_JSON) {
        tell_json(out, lines, keys.n + 1);
        return 0;
    }
    for (size_t i = 0; i <= keys.n; i++)
        sb_out_line(out, sb_bytes_str(lines[i].key));
    return 0;
}

int sb_directory_print_vkeys(struct sb_cli *cli, struct sb_err *err)
{
    struct sb_cmd_dir d;
    int rc = sb_cmd_dir_signed(cli, sb_cli_arg(cli, 0), &d, err);
    if (rc != 0)
        return rc;
    rc = print(cli, &d, err);
    sb_cmd_dir_close(&d);
    return rc == 0 ? SB_EXIT_YES : rc;
}
