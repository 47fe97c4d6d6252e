/* Purpose: `sacbe status` of an adapter: what it publishes, from where, what it reads;
 * and of a witness: what it has seen. */
#include "broker/cli/cmd_status.h"

/* Who speaks with whom: ours, the broker's, and what both speak. */
static void put_versions(const struct sb_cli *cli, const struct sb_value *map)
{
    struct sb_out *out = sb_cli_out(cli);
    sb_out_bytes(out, "version", sb_tr(cli, "Version"), sb_cmd_text(map, "version"));
    sb_out_bytes(out,
                 "broker_version",
                 sb_tr(cli, "Version of the broker"),
                 sb_cmd_text(map, "broker_version"));
    sb_out_int(
        out, "revision", sb_tr(cli, "Protocol revision"), sb_cmd_int(map, "revision"));
}

/* A table of an answer's array; `keys` are its columns' too. Texts and numbers. */
static void table(const struct sb_cli *cli,
                  const struct sb_value *map,
                  const char *name,
                  const struct sb_out_column *columns,
                  size_t n_columns)
{
    struct sb_out *out = sb_cli_out(cli);
    size_t n;
    const struct sb_value *rows = sb_cmd_items(map, name, &n);
    if (n == 0)
        return;
    sb_out_table(out, name, columns, n_columns);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < n_columns; c++) {
            const struct sb_value *v = sb_value_get(&rows[i], columns[c].key);
            if (v && v->type == SB_INT)
                sb_out_cell_int(out, v->as.i);
            else
                sb_out_cell_bytes(out, sb_cmd_text(&rows[i], columns[c].key));
        }
    sb_out_end(out);
}

/* What it knows of the journal, as every institution is a witness. */
static void put_witness(const struct sb_cli *cli, const struct sb_value *witness)
{
    struct sb_out *out = sb_cli_out(cli);
    if (!witness)
        return;
    sb_out_int(out, "final", sb_tr(cli, "Final at"), sb_cmd_int(witness, "final"));
    sb_out_int(out, "quorum", sb_tr(cli, "Quorum"), sb_cmd_int(witness, "quorum"));
    sb_out_bool(out, "cosigns", sb_tr(cli, "Cosigns"), sb_cmd_true(witness, "cosigns"));
    sb_out_bool(out,
                "contradicted",
                sb_tr(cli, "Contradiction found"),
                sb_cmd_true(witness, "contradicted"));
}

void sb_status_adapter(const struct sb_cli *cli, const struct sb_value *map)
{
    static const struct sb_out_column streams[] = {{"stream", "PUBLISHES", false},
                                                   {"sealed", "SEALED", true},
                                                   {"stored", "STORED", true},
                                                   {"proved", "PROVED", true},
                                                   {"final", "FINAL", true},
                                                   {"in_flight", "IN FLIGHT", true},
                                                   {"claim", "CLAIM", true},
                                                   {"epoch", "EPOCH", true},
                                                   {"held_ms", "HELD, MS", true}};
    static const struct sb_out_column sources[] = {{"source", "SOURCE", false},
                                                   {"published", "PUBLISHED", true},
                                                   {"quarantined", "QUARANTINED", true},
                                                   {"trouble", "TROUBLE", false}};
    static const struct sb_out_column readings[] = {
        {"stream", "READS", false},
        {"seq", "EVENT", true},
        {"head", "HEAD", true},
        {"applied", "APPLIED", true},
        {"quarantined", "QUARANTINED", true},
        {"trouble", "TROUBLE", false}};
    static const struct {
        const char *key;
        const char *label;
    } numbers[] = {{"generation", "Generation"},
                   {"checkpoint", "Checkpoint at"},
                   {"directory", "Directory"},
                   {"quarantine_out", "In quarantine, out"},
                   {"quarantine_in", "In quarantine, in"}};
    struct sb_out *out = sb_cli_out(cli);
    put_versions(cli, map);
    sb_out_bytes(out, "address", sb_tr(cli, "Address"), sb_cmd_text(map, "address"));
    sb_out_bool(
        out, "connected", sb_tr(cli, "Connected"), sb_cmd_true(map, "connected"));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sb_out_int(out,
                   numbers[i].key,
                   sb_tr(cli, numbers[i].label),
                   sb_cmd_int(map, numbers[i].key));
    put_witness(cli, sb_value_get(map, "witness"));
    table(cli, map, "streams", streams, 9);
    table(cli, map, "sources", sources, 4);
    table(cli, map, "readings", readings, 6);
}

void sb_status_witness(const struct sb_status *s)
{
    static const struct {
        const char *key;
        const char *label;
    } numbers[] = {{"generation", "Generation"},
                   {"directory", "Directory"},
                   {"checkpoint", "Checkpoint at"},
                   {"final", "Final at"},
                   {"quorum", "Quorum"}};
    struct sb_out *out = sb_cli_out(s->cli);
    int64_t cosigned = sb_cmd_int(s->map, "cosigned_ms");
    put_versions(s->cli, s->map);
    sb_out_bytes(
        out, "address", sb_tr(s->cli, "Address"), sb_cmd_text(s->map, "address"));
    sb_out_bool(
        out, "connected", sb_tr(s->cli, "Connected"), sb_cmd_true(s->map, "connected"));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sb_out_int(out,
                   numbers[i].key,
                   sb_tr(s->cli, numbers[i].label),
                   sb_cmd_int(s->map, numbers[i].key));
    if (cosigned)
        sb_out_time(
            out, "cosigned", sb_tr(s->cli, "Last cosignature"), (uint64_t)cosigned);
    else
        sb_out_text(out, "cosigned", sb_tr(s->cli, "Last cosignature"), NULL);
    sb_out_bool(out,
                "contradicted",
                sb_tr(s->cli, "Contradiction found"),
                sb_cmd_true(s->map, "contradicted"));
}

const struct sb_tr_row sb_status_spanish[] = {
    {"State of a daemon", "Estado de un servicio"},
    {"Show a daemon's state, what needs attention first",
     "Muestra el estado de un servicio, primero lo que pide atención"},
    {"one line for monitoring; exit 0 well, 1 broken, 3 needs a look",
     "una línea para el monitoreo; sale con 0 bien, 1 roto, 3 hay que mirar"},
    {"directory v%lld expired", "el directorio v%lld venció"},
    {"directory v%lld expires in %lld days", "el directorio v%lld vence en %lld días"},
    {"the daemon is stopping", "el servicio se está deteniendo"},
    {"%lld malformed messages since the start",
     "%lld mensajes mal formados desde el arranque"},
    {"There is no quorum: the broker's own signature is final.",
     "No hay quórum: la firma del propio nodo es definitiva."},
    {"witness %.*s has been silent for %s", "el testigo %.*s calla desde hace %s"},
    {"witness %.*s has not cosigned since the start",
     "el testigo %.*s no ha cofirmado desde el arranque"},
    {"no final checkpoint for %s: %zu of %zu witnesses, quorum %lld",
     "sin punto de control definitivo desde hace %s: %zu de %zu testigos, quórum %lld"},
    {"a witness holds a checkpoint that contradicts this journal",
     "un testigo tiene un punto de control que contradice este diario"},
    {"%zu/%zu, %s ago", "%zu/%zu, hace %s"},
    {"days until the journal's disk is full, at this growth",
     "días hasta que se llene el disco del diario, a este ritmo"},
    {"days until the disk of the outbox is full, at this growth",
     "días hasta que se llene el disco de la bandeja de salida, a este ritmo"},
    {"days until the disk of the database and its change log is full, at this growth",
     "días hasta que se llene el disco de la base y su bitácora, a este ritmo"},
    {"%.*s has used %lld %% of what it may have in the journal",
     "%.*s ha usado el %lld %% de lo que puede tener en el diario"},
    {"SHARE OF", "CUOTA DE"},
    {"EVENTS/S", "EVENTOS/S"},
    {"BYTES/S", "BYTES/S"},
    {"IN JOURNAL", "EN EL DIARIO"},
    {"SESSIONS", "SESIONES"},
    {"LIMIT", "LÍMITE"},
    {"OVER", "EXCESOS"},
    {"HELD, MS", "ESPERA, MS"},
    {"Journal, bytes", "Diario, bytes"},
    {"Growth of the journal, bytes a day", "Crecimiento del diario, bytes por día"},
    {"Days left on the journal's disk", "Días que quedan en el disco del diario"},
    {"Outbox and state, bytes", "Bandeja de salida y estado, bytes"},
    {"Days left on their disk", "Días que quedan en su disco"},
    {"Database and change log, bytes", "Base y bitácora, bytes"},
    {"Days left on its disk", "Días que quedan en su disco"},
    {"Memory, bytes", "Memoria, bytes"},
    {"Witnesses", "Testigos"},
    {"the directory has expired by this machine's clock: nothing of the members is "
     "stored (SB-412)",
     "el directorio venció según el reloj de esta máquina: no se guarda nada de los "
     "miembros (SB-412)"},
    {"the clock stands %lld s before the journal's newest entry (SB-110)",
     "el reloj está %lld s antes de la entrada más nueva del diario (SB-110)"},
    {"the journal's disk is full: nothing can be stored (SB-103)",
     "el disco del diario está lleno: no se puede guardar nada (SB-103)"},
    {"the journal's disk is nearly full, %lld MiB: publishers wait (SB-524)",
     "el disco del diario está casi lleno, %lld MiB: quien publica espera (SB-524)"},
    {"Disk free, bytes", "Disco libre, bytes"},
    {"Disk, bytes", "Disco, bytes"},
    {"Free in the journal, bytes", "Libre en el diario, bytes"},
    {"Disk nearly full", "Disco casi lleno"},
    {"Waits for room", "Espera espacio"},
    {"Reserve", "Reserva"},
    {"Backed up to", "Respaldado hasta"},
    {"Backup of", "Respaldo del"},
    {"Quorum", "Quórum"},
    {"Final at", "Definitivo en"},
    {"Final since", "Definitivo desde"},
    {"Pruned below", "Depurado debajo de"},
    {"WITNESS", "TESTIGO"},
    {"COSIGNED", "COFIRMÓ"},
    {"AT", "HORA"},
    {"SILENT", "CALLA"},
    {"Last cosignature", "Última cofirma"},
    {"Contradiction found", "Contradicción hallada"},
    {"%.*s: %zu matters need attention", "%.*s: %zu asuntos piden atención"},
    {"CONNECTED", "CONECTADA"},
    {"VERSION", "VERSIÓN"},
    {"REVISION", "REVISIÓN"},
    {"Version of the broker", "Versión del broker"},
    {"Protocol revision", "Revisión del protocolo"},
    {"SINCE", "DESDE"},
    {"DIRECTORY", "DIRECTORIO"},
    {"REFUSED", "RECHAZOS"},
    {"Entries", "Asientos"},
    {"On disk", "En disco"},
    {"Checkpoint at", "Punto de control"},
    {"Generation", "Generación"},
    {"Directory", "Directorio"},
    {"Members", "Miembros"},
    {"Grants", "Permisos"},
    {"Refused", "Rechazos"},
    {"Address", "Dirección"},
    {"Name", "Nombre"},
    {"State", "Estado"},
    {"Program", "Programa"},
    {"Time", "Hora"},
    {"Connected", "Conectado"},
    {"Version", "Versión"},
    {"In quarantine, out", "En cuarentena, salida"},
    {"In quarantine, in", "En cuarentena, entrada"},
    {"PUBLISHES", "PUBLICA"},
    {"SEALED", "SELLADOS"},
    {"STORED", "GUARDADOS"},
    {"PROVED", "PROBADOS"},
    {"FINAL", "DEFINITIVOS"},
    {"HEAD", "CABEZA"},
    {"Cosigns", "Cofirma"},
    {"IN FLIGHT", "EN CAMINO"},
    {"CLAIM", "TURNO"},
    {"EPOCH", "ÉPOCA"},
    {"SOURCE", "FUENTE"},
    {"PUBLISHED", "PUBLICADOS"},
    {"QUARANTINED", "CUARENTENA"},
    {"TROUBLE", "PROBLEMA"},
    {"READS", "LEE"},
    {"EVENT", "EVENTO"},
    {"APPLIED", "APLICADOS"},
    {NULL, NULL}};
