/* Purpose: what a replay into a database or onto an exchange says at its end; Spanish.
 * Invariant: codes, places and JSON pointers; never a value of an event. */
#include "adapters/cli/replaying.h"

static void tell_reasons(const struct sb_replaying *p)
{
    static const struct sb_out_column columns[] = {{"code", "CODE", false},
                                                   {"reason", "REASON", false},
                                                   {"pointer", "FIELD", false},
                                                   {"events", "EVENTS", true},
                                                   {"first", "FIRST", false}};
    struct sb_out *out = sb_cli_out(p->cli);
    if (p->n_reasons == 0)
        return;
    sb_out_table(out, "refusals", columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < p->n_reasons; i++) {
        const struct sb_refusals *r = &p->reasons[i];
        char code[16];
        (void)snprintf(code, sizeof code, "SB-%d", sb_code_number(r->code));
        sb_out_cell_text(out, code);
        sb_out_cell_text(out, sb_code_name(r->code));
        sb_out_cell_text(out, r->pointer[0] ? r->pointer : NULL);
        sb_out_cell_int(out, (int64_t)r->events);
        sb_out_cell_text(out, r->first);
    }
    sb_out_end(out);
}

int sb_replaying_tell(const struct sb_replaying *p, const char *key, const char *what)
{
    struct sb_cli *cli = p->cli;
    struct sb_out *out = sb_cli_out(cli);
    sb_out_text(out, key, sb_tr(cli, "Into"), what);
    sb_out_int(out, "events", sb_tr(cli, "Events"), (int64_t)p->events);
    sb_out_int(out, "before", sb_tr(cli, "Put away before"), (int64_t)p->before);
    sb_out_int(out, "taken", sb_tr(cli, "Taken"), (int64_t)p->taken);
    sb_out_int(out, "refused", sb_tr(cli, "Refused"), (int64_t)p->refused);
    sb_out_int(out, "closed", sb_tr(cli, "Without data"), (int64_t)p->closed);
    sb_out_int(out, "unwanted", sb_tr(cli, "Of other types"), (int64_t)p->unwanted);
    sb_out_int(out,
               "taken_in_all",
               sb_tr(cli, "Taken, all runs"),
               (int64_t)(p->start.taken + p->taken));
    sb_out_int(out,
               "refused_in_all",
               sb_tr(cli, "Refused, all runs"),
               (int64_t)(p->start.refused + p->refused));
    tell_reasons(p);
    if (sb_cli_dry_run(cli))
        sb_out_note(out, "%s", sb_tr(cli, "A dry run: nothing was changed."));
    return p->refused ? SB_EXIT_NO : SB_EXIT_YES;
}

const struct sb_tr_row sb_replay_spanish[] = {
    {"Print the events as CloudEvents, or put them into a database or onto another "
     "exchange",
     "Imprime los eventos como CloudEvents, o los pone en una base de datos o en otro "
     "intercambio"},
    {"a database with the tables of the sinks; goes on where it was",
     "una base de datos con las tablas de los destinos; sigue donde quedó"},
    {"a sink file, one per type; with --into",
     "un archivo de destino, uno por tipo; con --into"},
    {"the stopped adapter of another exchange (adapter.yaml) that publishes them",
     "el adaptador detenido de otro intercambio (adapter.yaml) que los publica"},
    {"replay", "reproducir"},
    {"Passphrase of the vault: ", "Contraseña del almacén: "},
    {"Into", "Hacia"},
    {"Events", "Eventos"},
    {"Put away before", "Puestos antes"},
    {"Taken", "Tomados"},
    {"Refused", "Rechazados"},
    {"Without data", "Sin datos"},
    {"Of other types", "De otros tipos"},
    {"Taken, all runs", "Tomados en total"},
    {"Refused, all runs", "Rechazados en total"},
    {"CODE", "CÓDIGO"},
    {"REASON", "MOTIVO"},
    {"FIELD", "CAMPO"},
    {"EVENTS", "EVENTOS"},
    {"FIRST", "PRIMERO"},
    {"A dry run: nothing was changed.", "Prueba: no se cambió nada."},
    {"Start the adapter: it publishes what was sealed.",
     "Arranque el adaptador: publica lo que quedó sellado."},
    {NULL, NULL}};
