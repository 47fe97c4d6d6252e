/* Purpose: which stream and numbers a journaled record speaks of; Spanish of
 * the family.
 */
#include "broker/cli/cmd_journal.h"

#include "schemas/record/entry.h"
#include "schemas/record/epoch.h"
#include "schemas/record/event.h"
#include "schemas/record/evidence.h"

static int batch(struct sb_bytes body, struct sb_journal_line *out, struct sb_err *err)
{
    struct sb_batch b;
    int rc = sb_batch_read(body, &b, err);
    if (rc == 0)
        *out =
            (struct sb_journal_line){b.stream, b.first_seq, b.first_seq + b.count - 1};
    return rc;
}

static int claim(struct sb_bytes body, struct sb_journal_line *out, struct sb_err *err)
{
    struct sb_claim c;
    int rc = sb_claim_read(body, &c, err);
    if (rc == 0)
        *out = (struct sb_journal_line){c.stream, c.claim_no, c.claim_no};
    return rc;
}

static int epoch(struct sb_bytes body,
                 struct sb_arena *arena,
                 struct sb_journal_line *out,
                 struct sb_err *err)
{
    struct sb_epoch e;
    int rc = sb_epoch_read(body, arena, &e, err);
    if (rc == 0)
        *out =
            (struct sb_journal_line){e.core.stream, e.core.epoch_no, e.core.epoch_no};
    return rc;
}

static int directory(struct sb_bytes body,
                     struct sb_arena *arena,
                     struct sb_journal_line *out,
                     struct sb_err *err)
{
    struct sb_directory d;
    int rc = sb_directory_read(body, arena, &d, err);
    if (rc == 0)
        *out = (struct sb_journal_line){.first = d.version, .last = d.version};
    return rc;
}

static int reject(struct sb_bytes body, struct sb_journal_line *out, struct sb_err *err)
{
    struct sb_reject r;
    int rc = sb_reject_read(body, &r, err);
    if (rc == 0)
        *out = (struct sb_journal_line){r.stream, r.seq, r.seq};
    return rc;
}

/* A prune speaks of entries below an index, a withdrawal of a stream's events. */
static int prune(struct sb_bytes body, struct sb_journal_line *out, struct sb_err *err)
{
    struct sb_prune p;
    struct sb_withdraw w;
    if (sb_bytes_is(sb_record_tag(body), "sacbe/withdraw/1")) {
        int rc = sb_withdraw_read(body, &w, err);
        if (rc == 0)
            *out = (struct sb_journal_line){w.stream, w.first_seq, w.last_seq};
        return rc;
    }
    int rc = sb_prune_read(body, &p, err);
    if (rc == 0)
        *out = (struct sb_journal_line){.first = 0, .last = p.below - 1};
    return rc;
}

static int act(struct sb_bytes body,
               struct sb_arena *arena,
               struct sb_journal_line *out,
               struct sb_err *err)
{
    struct sb_act a;
    int rc = sb_act_read(body, arena, &a, err);
    if (rc == 0)
        *out = (struct sb_journal_line){a.stream, a.first_seq, a.last_seq};
    return rc;
}

int sb_journal_describe(enum sb_kind kind,
                        struct sb_bytes raw,
                        struct sb_arena *arena,
                        struct sb_journal_line *out,
                        struct sb_err *err)
{
    struct sb_record record;
    *out = (struct sb_journal_line){0};
    int rc = sb_record_read(raw, &record, err);
    if (rc != 0)
        return rc;
    switch (kind) {
    case SB_KIND_BATCH:
        return batch(record.body, out, err);
    case SB_KIND_CLAIM:
        return claim(record.body, out, err);
    case SB_KIND_EPOCH:
        return epoch(record.body, arena, out, err);
    case SB_KIND_DIRECTORY:
        return directory(record.body, arena, out, err);
    case SB_KIND_REJECT:
        return reject(record.body, out, err);
    case SB_KIND_PRUNE:
        return prune(record.body, out, err);
    case SB_KIND_ACT:
        return act(record.body, arena, out, err);
    case SB_KIND_CATALOGUE:
    case SB_KIND_REGRANT:
    case SB_KIND_RECEIPT:
    case SB_KIND_HEADS:
    case SB_KIND_NOTICE:
        break;
    }
    return 0;
}

const struct sb_tr_row sb_journal_spanish[] = {
    {"The journal: what was sent, by whom", "El diario: qué se envió y quién lo hizo"},
    {"List entries of a journal, one line each",
     "Lista los asientos de un diario, uno por línea"},
    {"Check a journal: every byte, chain and signature; exit 1 on a fault",
     "Revisa un diario: cada byte, cadena y firma; sale con 1 si hay una "
     "falla"},
    {"Print the events as CloudEvents, one JSON document a line",
     "Imprime los eventos como CloudEvents, un documento JSON por línea"},
    {"only entries of this kind: directory, claim, epoch, batch ...",
     "solo asientos de esta clase: directory, claim, epoch, batch ..."},
    {"only this stream: institution/type", "solo este flujo: institución/tipo"},
    {"Write the journal as a bundle that an auditor takes away",
     "Escribe el diario como paquete que un auditor se lleva"},
    {"Remove old ciphertexts, under a record that explains their absence",
     "Quita textos cifrados viejos, con un asiento que explica su ausencia"},
    {"batches from here on: an index, a date, or 30d for thirty days ago",
     "lotes desde aquí: un índice, una fecha, o 30d por hace treinta días"},
    {"batches before this; the rest stays as hashes and headers",
     "lotes antes de esto; el resto queda como hashes y encabezados"},
    {"what was stored before: 1825d, or a date",
     "lo guardado antes de: 1825d, o una fecha"},
    {"writes a bundle of everything first, and audits it",
     "escribe antes un paquete de todo, y lo audita"},
    {"without a bundle: what goes is gone", "sin paquete: lo que se va, se pierde"},
    {"export", "exportar"},
    {"Bundle", "Paquete"},
    {"Entries in the tree", "Asientos en el árbol"},
    {"Written now", "Escritos ahora"},
    {"Files", "Archivos"},
    {"Cosignatures", "Cofirmas"},
    {"Final", "Definitivo"},
    {"Its checkpoint is not final yet: export again when the witnesses have cosigned.",
     "Su punto de control aún no es definitivo: exporte otra vez cuando los testigos "
     "hayan cofirmado."},
    {"Stored before", "Guardado antes de"},
    {"Entries below", "Asientos debajo de"},
    {"Entries that lose their texts", "Asientos que pierden sus textos"},
    {"give --archive DIR, or say --no-archive",
     "dé --archive DIR, o diga --no-archive"},
    {"Dry run: nothing was written or sent.", "Ensayo: no se escribió ni envió nada."},
    {"Nothing is as old as that: nothing is done.",
     "Nada es tan viejo: no se hace nada."},
    {"The record is journaled; the broker removes the texts while it works, also after "
     "a restart.",
     "El asiento está en el diario; el nodo quita los textos mientras trabaja, también "
     "tras reiniciar."},
    {"the first entry", "el primer asiento"},
    {"how many entries", "cuántos asientos"},
    {"what the tree of the first SIZE entries must be",
     "lo que debe ser el árbol de los primeros SIZE asientos"},
    {"the vault of the institution that reads", "la bóveda de la institución que lee"},
    {"only events of this type", "solo eventos de este tipo"},
    {"only streams of this institution", "solo flujos de esta institución"},
    {"No event is of that choice.", "Ningún evento cumple lo pedido."},
    {"the entry before which to stop", "el asiento antes del cual se detiene"},
    {"the first event's number in its stream",
     "el número del primer evento en su flujo"},
    {"the last event's number in its stream",
     "el número del último evento en su flujo"},
    {"only what was stored at this moment or later",
     "solo lo guardado en este momento o después"},
    {"only what was stored before this moment",
     "solo lo guardado antes de este momento"},
    {"anchor or published roots (else anchor.json beside FILE)",
     "ancla o raíces publicadas (si no, anchor.json junto a FILE)"},
    {"folder of a catalogue, in place of the journal's own",
     "carpeta de un catálogo, en lugar del que trae el diario"},
    {"Copy a journal whole, also while its broker runs; the copy is verified",
     "Copia un diario entero, también con su nodo en marcha; la copia se revisa"},
    {"Put a backup in the place of a lost journal, if it lacks nothing signed",
     "Pone un respaldo en lugar de un diario perdido, si no le falta nada firmado"},
    {"replaces an older backup of that name",
     "reemplaza un respaldo anterior de ese nombre"},
    {"a checkpoint that somebody saw: the backup must have all of it",
     "un punto de control que alguien vio: el respaldo debe tenerlo todo"},
    {"nobody outside can say how much was signed",
     "nadie de fuera puede decir cuánto se firmó"},
    {"puts a journal that is there aside, under another name",
     "aparta un diario que ya está, con otro nombre"},
    {"copy", "copia"},
    {"Backup", "Respaldo"},
    {"Journal", "Diario"},
    {"Signed up to", "Firmado hasta"},
    {"Generation", "Generación"},
    {"The broker's status will not show it: %s",
     "El estado del nodo no lo mostrará: %s"},
    {"--force puts it aside", "--force lo aparta"},
    {"Dry run: nothing was written.", "Ensayo: no se escribió nada."},
    {"Start the broker: it goes on from there.", "Arranque el nodo: sigue desde ahí."},
    {"only the backup itself says how much was signed: give --note FILE with what each "
     "witness saw last (witness/seen-N), or say --unwitnessed",
     "solo el propio respaldo dice cuánto se firmó: dé --note ARCHIVO con lo último "
     "que vio cada testigo (witness/seen-N), o diga --unwitnessed"},
    {"It must not go on: what was signed is missing in it, or another history was "
     "signed. Keep it; it can still be read: sacbe journal replay, export, verify.",
     "No debe seguir: le falta algo firmado, o se firmó otra historia. Guárdelo; aún "
     "se puede leer: sacbe journal replay, export, verify."},
    {"Look for a newer backup. Where there is none, open the next generation:",
     "Busque un respaldo más nuevo. Si no lo hay, abra la siguiente generación:"},
    {" 1. put away what is left of the journal: mkdir lost; mv journal.db* lost/",
     " 1. aparte lo que queda del diario: mkdir lost; mv journal.db* lost/"},
    {" 2. ask the witnesses for the newest checkpoint that they saw (witness/seen-N)",
     " 2. pida a los testigos el último punto de control que vieron (witness/seen-N)"},
    {" 5. name NEXT in broker.yaml; every directory stands beside it",
     " 5. nombre NEXT en broker.yaml; todos los directorios están a su lado"},
    {" 6. start the broker: publishers send again what they keep, readers go on",
     " 6. arranque el nodo: quienes publican reenvían lo que guardan, los lectores "
     "siguen"},
    {"In full: broker/README.md, \"After a lost journal\"; sacbe explain SB-606",
     "Completo: broker/README.md, \"After a lost journal\"; sacbe explain SB-606"},
    {"Entries", "Asientos"},
    {"Events", "Eventos"},
    {"Batches", "Lotes"},
    {"Withdrawn texts", "Textos retirados"},
    {"%llu texts withdrawn by their institutions",
     "%llu textos retirados por sus instituciones"},
    {"Pruned texts", "Textos podados"},
    {"Checkpoint at", "Punto de control"},
    {"Root", "Raíz"},
    {"verify", "revisión"},
    {"replay", "repaso"},
    {"tree of %llu entries, signed checkpoint at %llu",
     "árbol de %llu asientos, punto de control firmado en %llu"},
    {"consistent with what was expected", "concuerda con lo que se esperaba"},
    {"no signed checkpoint is left: that nothing was cut off at the end can only be "
     "told"
     " with --expect",
     "no queda ningún punto de control firmado: que no falte nada al final solo puede"
     " saberse con --expect"},
    {"%llu texts pruned; their signatures hold",
     "%llu textos podados; sus firmas valen"},
    {"%llu entries and %llu events checked. Not proven: truth at source; rows "
     "never "
     "captured.",
     "%llu asientos y %llu eventos revisados. No se prueba: la verdad en el "
     "origen; "
     "filas que nunca se capturaron."},
    {NULL, NULL}};
