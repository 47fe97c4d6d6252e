/* Purpose: directories in words: what one says, and what changed between two.
 * Not for: judging them; cmd_dir.c and keys/trust.h do. */
#include "broker/cli/cmd_directory.h"

#include "schemas/record/grant.h"

void sb_directory_tell(const struct sb_cli *cli, const struct sb_cmd_dir *d)
{
    struct sb_out *out = sb_cli_out(cli);
    const struct sb_directory *b = &d->body;
    char text[72];
    sb_out_bytes(out, "exchange", sb_tr(cli, "Exchange"), b->exchange);
    sb_out_int(out, "version", sb_tr(cli, "Version"), (int64_t)b->version);
    sb_out_bool(out, "signed", sb_tr(cli, "Signed"), d->is_signed);
    sb_out_int(out, "signatures", sb_tr(cli, "Signatures"), (int64_t)d->good);
    sb_out_int(out, "threshold", sb_tr(cli, "Threshold"), (int64_t)b->threshold);
    sb_out_time(out, "issued", sb_tr(cli, "Issued"), b->issued);
    sb_out_time(out, "expires", sb_tr(cli, "Expires"), b->expires);
    sb_out_bytes(out, "address", sb_tr(cli, "Address"), b->address);
    sb_out_int(out, "generation", sb_tr(cli, "Generation"), (int64_t)b->generation);
    sb_out_int(out, "quorum", sb_tr(cli, "Quorum"), (int64_t)b->quorum);
    sb_out_int(out, "n_members", sb_tr(cli, "Members"), (int64_t)b->n_members);
    sb_out_int(out, "n_grants", sb_tr(cli, "Grants"), (int64_t)b->n_grants);
    sb_cmd_fingerprint(b->catalogue, text);
    sb_out_text(out, "catalogue", sb_tr(cli, "Catalogue"), text);
    sb_cmd_fingerprint(d->hash, text);
    sb_out_text(out, "fingerprint", sb_tr(cli, "Fingerprint"), text);
}

void sb_directory_tell_roots(const struct sb_cli *cli, const struct sb_cmd_dir *d)
{
    static const struct sb_out_column columns[] = {{"holder", "HOLDER", false},
                                                   {"key_id", "KEY ID", false},
                                                   {"signed", "SIGNED", false}};
    struct sb_out *out = sb_cli_out(cli);
    sb_out_table(out, "roots", columns, 3);
    for (size_t i = 0; i < d->body.n_roots; i++) {
        const struct sb_dir_root *r = &d->body.roots[i];
        char hex[2 * SB_KEY_ID + 1];
        sb_hex(hex, r->key_id, SB_KEY_ID);
        sb_out_cell_bytes(out, r->holder);
        sb_out_cell_text(out, hex);
        sb_out_cell_bool(
            out,
            sb_verify_record(&d->exchange, &d->file.record, r->key_id, r->pk, NULL) ==
                0);
    }
    sb_out_end(out);
}

int sb_directory_tell_members(const struct sb_cli *cli,
                              const struct sb_cmd_dir *d,
                              struct sb_err *err)
{
    static const struct sb_out_column columns[] = {{"code", "CODE", false},
                                                   {"name", "NAME", false},
                                                   {"status", "STATUS", false},
                                                   {"cards", "CARDS", true},
                                                   {"witness", "WITNESS", false},
                                                   {"until", "UNTIL", false}};
    struct sb_out *out = sb_cli_out(cli);
    int rc = 0;
    sb_out_table(out, "members", columns, 6);
    for (size_t i = 0; rc == 0 && i < d->body.n_members; i++) {
        const struct sb_dir_member *m = &d->body.members[i];
        struct sb_card card;
        rc = sb_cmd_card(m, d->arena, &card, err);
        if (rc != 0)
            break;
        const struct sb_card_key *sign = sb_card_key(&card, SB_USE_SIGN);
        sb_out_cell_bytes(out, m->code);
        sb_out_cell_bytes(out, card.name);
        sb_out_cell_bytes(out, m->status);
        sb_out_cell_int(out, (int64_t)m->n_cards);
        sb_out_cell_bool(out, sb_card_key(&card, SB_USE_WITNESS) != NULL);
        sb_out_cell_time(out, sign ? sign->not_after : 0);
    }
    sb_out_end(out);
    return rc;
}

struct changes {
    struct sb_out *out;
    size_t n;
};

static void
change(struct changes *c, const char *what, struct sb_bytes name, struct sb_bytes how)
{
    sb_out_cell_text(c->out, what);
    sb_out_cell_bytes(c->out, name);
    sb_out_cell_bytes(c->out, how);
    c->n++;
}

static void members(struct changes *c,
                    const struct sb_directory *older,
                    const struct sb_directory *newer)
{
    for (size_t i = 0; i < newer->n_members; i++) {
        const struct sb_dir_member *now = &newer->members[i];
        const struct sb_dir_member *was = sb_cmd_member(older, now->code);
        if (!was)
            change(c, "member", now->code, sb_bytes_str("added"));
        else if (!sb_bytes_eq(was->status, now->status))
            change(c, "status", now->code, now->status);
        if (was && was->n_cards != now->n_cards)
            change(c, "card", now->code, sb_bytes_str("added"));
    }
    for (size_t i = 0; i < older->n_members; i++)
        if (!sb_cmd_member(newer, older->members[i].code))
            change(c, "member", older->members[i].code, sb_bytes_str("removed"));
}

static bool has_grant(const struct sb_directory *d, struct sb_bytes record)
{
    for (size_t i = 0; i < d->n_grants; i++)
        if (sb_bytes_eq(d->grants[i], record))
            return true;
    return false;
}

static int grants(struct changes *c,
                  const struct sb_cmd_dir *a,
                  const struct sb_cmd_dir *b,
                  struct sb_bytes how,
                  struct sb_err *err)
{
    for (size_t i = 0; i < b->body.n_grants; i++) {
        struct sb_record record;
        struct sb_grant g;
        if (has_grant(&a->body, b->body.grants[i]))
            continue;
        int rc = sb_record_read(b->body.grants[i], &record, err);
        if (rc == 0)
            rc = sb_grant_read(record.body, b->arena, &g, err);
        if (rc != 0)
            return rc;
        const char *text = sb_arena_str(b->arena,
                                        "%.*s %.*s/%.*s -> %.*s",
                                        SB_FMT(g.id),
                                        SB_FMT(g.publisher),
                                        SB_FMT(g.type),
                                        SB_FMT(g.reader));
        if (!text)
            return sb_fail(err, SB_E_MEMORY, "out of memory");
        change(c, "grant", sb_bytes_str(text), how);
    }
    return 0;
}

static void
settings(struct changes *c, const struct sb_directory *a, const struct sb_directory *b)
{
    if (!sb_bytes_eq(a->address, b->address))
        change(c, "broker", b->address, sb_bytes_str("moved"));
    if (memcmp(a->curve_pk, b->curve_pk, SB_PK) != 0)
        change(c, "broker", sb_bytes_str("curve key"), sb_bytes_str("changed"));
    if (memcmp(a->log_pk, b->log_pk, SB_PK) != 0)
        change(c, "broker", sb_bytes_str("log key"), sb_bytes_str("changed"));
    if (a->generation != b->generation)
        change(c, "broker", sb_bytes_str("generation"), sb_bytes_str("changed"));
    if (memcmp(a->catalogue, b->catalogue, SB_HASH) != 0)
        change(c, "catalogue", sb_bytes_str("manifest"), sb_bytes_str("changed"));
    if (a->quorum != b->quorum || a->freshness != b->freshness || a->keep != b->keep ||
        a->retention != b->retention)
        change(c, "policy", sb_bytes_str("values"), sb_bytes_str("changed"));
    bool same = a->threshold == b->threshold && a->n_roots == b->n_roots;
    for (size_t i = 0; same && i < a->n_roots; i++)
        same = memcmp(a->roots[i].key_id, b->roots[i].key_id, SB_KEY_ID) == 0;
    if (!same)
        change(c, "roots", sb_bytes_str("set"), sb_bytes_str("changed"));
}

int sb_directory_tell_changes(const struct sb_cli *cli,
                              const struct sb_cmd_dir *older,
                              const struct sb_cmd_dir *newer,
                              size_t *n,
                              struct sb_err *err)
{
    static const struct sb_out_column columns[] = {
        {"what", "WHAT", false}, {"name", "NAME", false}, {"change", "CHANGE", false}};
    struct changes c = {.out = sb_cli_out(cli)};
    sb_out_table(c.out, "changes", columns, 3);
    members(&c, &older->body, &newer->body);
    settings(&c, &older->body, &newer->body);
    int rc = grants(&c, older, newer, sb_bytes_str("added"), err);
    if (rc == 0)
        rc = grants(&c, newer, older, sb_bytes_str("removed"), err);
    sb_out_end(c.out);
    *n = c.n;
    return rc;
}

const struct sb_tr_row sb_directory_spanish[] = {
    {"The directory: members, keys and grants, signed by the roots",
     "El directorio: miembros, llaves y permisos, firmado por las raíces"},
    {"Show what a directory says", "Muestra lo que dice un directorio"},
    {"only the roots, as the text to publish; FILE may be an anchor.json",
     "solo las raíces, como texto para publicar; FILE puede ser un anchor.json"},
    {"Change the policy, in a draft", "Cambia la política, en un borrador"},
    {"Open a new journal after a lost one, in a draft",
     "Abre un diario nuevo tras perder uno, en un borrador"},
    {"cosignatures that make a checkpoint final; auto: more than half",
     "cofirmas que hacen definitivo un punto de control; auto: más de la mitad"},
    {"adapters stop when the last final checkpoint is older, as 7d",
     "los adaptadores paran si el último definitivo es más viejo, como 7d"},
    {"how long publishers keep what they sent, as 35d",
     "cuánto guardan los publicadores lo que enviaron, como 35d"},
    {"age at which texts may be pruned, as 1825d; 0: never",
     "edad a la que se pueden depurar los textos, como 1825d; 0: nunca"},
    {"the last final checkpoint of the journal before",
     "el último punto de control definitivo del diario anterior"},
    {"the draft to write", "el borrador que se escribe"},
    SB_ROW_DIRECTORY,
    {"Draft of version", "Borrador de la versión"},
    {"Witnesses", "Testigos"},
    {"Freshness", "Frescura"},
    {"Kept by publishers", "Lo guardan los publicadores"},
    {"Retention", "Retención"},
    {"Retention 0: texts stay for ever.", "Retención 0: los textos quedan siempre."},
    {"Adapters stop sealing when no checkpoint with this quorum is younger than the "
     "freshness: see that the witnesses run.",
     "Los adaptadores dejan de sellar cuando ningún punto de control con este quórum "
     "es más joven que la frescura: vea que los testigos funcionen."},
    {"Cosignatures", "Cofirmas"},
    {"Last tree", "Último árbol"},
    {"this checkpoint bears %zu of %llu cosignatures: look for one that is final in "
     "the folders of the witnesses",
     "este punto de control lleva %zu de %llu cofirmas: busque uno definitivo en las "
     "carpetas de los testigos"},
    {"This is the way on after a lost journal: the roots sign it, the broker starts "
     "with an empty journal and this directory, and the publishers refill it from "
     "what they keep. What was in the lost journal after this checkpoint is what they "
     "resend. Keep the old file, if any is left.",
     "Así se sigue tras perder un diario: las raíces lo firman, el nodo arranca con un "
     "diario vacío y este directorio, y los publicadores lo llenan otra vez con lo que "
     "guardan. Lo que hubo en el diario perdido después de este punto es lo que "
     "reenvían. Conserve el archivo viejo, si algo queda."},
    {"Next: sacbe directory sign, then publish.",
     "Sigue: sacbe directory sign, luego publish."},
    {"Compare two directories; exit 1 when they differ",
     "Compara dos directorios; sale con 1 si difieren"},
    {"Sign a draft with root vaults", "Firma un borrador con bóvedas raíz"},
    {"a root vault (one per --root)", "una bóveda raíz (una por cada --root)"},
    {"the signed directory (else the draft itself is replaced)",
     "el directorio firmado (si no, se reemplaza el borrador mismo)"},
    {"the directory before: shows what changes, and checks the chain",
     "el directorio anterior: muestra lo que cambia y revisa la cadena"},
    {"Check directories in the order of their versions",
     "Revisa directorios en el orden de sus versiones"},
    {"Give a signed directory to the broker", "Entrega al nodo un directorio firmado"},
    SB_ROW_ANCHOR,
    {"Exchange", "Intercambio"},
    {"Version", "Versión"},
    {"Signed", "Firmado"},
    {"Signatures", "Firmas"},
    {"Threshold", "Umbral"},
    {"Issued", "Emitido"},
    {"Expires", "Vence"},
    {"Address", "Dirección"},
    {"Generation", "Generación"},
    {"Quorum", "Quórum"},
    {"Members", "Miembros"},
    {"Grants", "Permisos"},
    {"Catalogue", "Catálogo"},
    {"Fingerprint", "Huella"},
    {"HOLDER", "TITULAR"},
    {"KEY ID", "LLAVE"},
    {"SIGNED", "FIRMÓ"},
    {"CODE", "CÓDIGO"},
    {"NAME", "NOMBRE"},
    {"STATUS", "ESTADO"},
    {"CARDS", "TARJETAS"},
    {"WITNESS", "TESTIGO"},
    {"UNTIL", "HASTA"},
    {"WHAT", "QUÉ"},
    {"CHANGE", "CAMBIO"},
    {"The directories are the same.", "Los directorios son iguales."},
    {"Signed: ready to publish.", "Firmado: listo para publicar."},
    {"Signatures are still missing.", "Todavía faltan firmas."},
    {"Dry run: nothing was written.", "Ensayo: no se escribió nada."},
    {"version %llu: signed by %zu roots, %zu members, %zu grants",
     "versión %llu: firmada por %zu raíces, %zu miembros, %zu permisos"},
    {"Not proven: that no newer directory exists.",
     "No se prueba: que no exista un directorio más nuevo."},
    {"The broker has journaled it.", "El nodo lo asentó en su diario."},
    {"Dry run: nothing was sent.", "Ensayo: no se envió nada."},
    {NULL, NULL}};
