/* A small catalogue in a temporary folder: one type with all four classes, nested
 * arrays, calidad, a code list and two crosswalks. */
#ifndef TEST_UNIT_SCHEMAS_CATALOG_FOLDER_H
#define TEST_UNIT_SCHEMAS_CATALOG_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "schemas/catalog/catalog.h"
#include "schemas/catalog/json.h"

#define INDEX                                                                          \
    "{\"edition\":\"e1\",\"schemas\":[\"comunes.json\"],"                              \
    "\"types\":[{\"type\":\"a.hecho\",\"version\":1,\"schema\":\"hecho.json\"}],"      \
    "\"codes\":[{\"name\":\"lugares\",\"file\":\"lugares.csv\"}],"                     \
    "\"crosswalks\":[{\"name\":\"dos\",\"file\":\"dos.csv\"}]}"

#define COMMON                                                                         \
    "{\"$id\":\"https://x.example/comunes\",\"required\":[\"operacion\","              \
    "\"id_local\"],\"$defs\":{\"operacion\":{\"enum\":[\"alta\",\"correccion\","       \
    "\"anulacion\"]},\"motivo\":{\"enum\":[\"no_registrado\",\"reservado\"]}}}"

#define NEEDS(f)                                                                       \
    "{\"anyOf\":[{\"required\":[\"" f "\"]},{\"required\":[\"calidad\"],"              \
    "\"properties\":{\"calidad\":{\"required\":[\"" f "\"]}}}]}"

#define REASONS                                                                        \
    "\"calidad\":{\"type\":\"object\",\"additionalProperties\":{\"$ref\":"             \
    "\"https://x.example/comunes#/$defs/motivo\"}}"

#define TYPE                                                                           \
    "{\"$id\":\"https://x.example/hecho\",\"title\":\"Hecho\",\"type\":\"object\","    \
    "\"x-clase\":\"publica\",\"x-prioridad\":3,\"properties\":{"                       \
    "\"operacion\":{\"$ref\":\"comunes#/$defs/operacion\"},"                           \
    "\"id_local\":{\"type\":\"string\"},"                                              \
    "\"lugar\":{\"type\":\"string\",\"x-codigos\":\"lugares\"},"                       \
    "\"cuando\":{\"type\":\"string\",\"format\":\"date\"},"                            \
    "\"zona\":{\"type\":\"integer\",\"x-clase\":\"interna\",\"x-unidad\":\"u\"},"      \
    "\"placas\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"                  \
    "\"x-clase\":\"reservada\"},"                                                      \
    "\"autor\":{\"type\":\"object\",\"x-clase\":\"confidencial\",\"properties\":{"     \
    "\"nombre\":{\"type\":\"string\"},\"edad\":{\"type\":\"integer\",\"x-clase\":"     \
    "\"interna\"}}},"                                                                  \
    "\"personas\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{" \
    "\"sexo\":{\"type\":\"string\",\"x-clase\":\"interna\"},"                          \
    "\"dano\":{\"type\":\"integer\",\"x-clase\":\"confidencial\"},"                    \
    "\"pie\":{\"type\":\"boolean\"}," REASONS "},"                                     \
    "\"required\":[\"pie\"],\"additionalProperties\":false,"                           \
    "\"dependentRequired\":{\"sexo\":[\"dano\"]},\"allOf\":[" NEEDS(                   \
        "sexo") "]}}," REASONS "},"                                                    \
                "\"additionalProperties\":false,\"allOf\":[{\"$ref\":\"comunes\"}],"   \
                "\"if\":{\"properties\":{\"operacion\":{\"enum\":[\"alta\","           \
                "\"correccion\"]}}},"                                                  \
                "\"then\":{\"allOf\":[" NEEDS("lugar") "," NEEDS("zona") "]}}"

#define CODES                                                                          \
    "codigo,nombre,desde,hasta,fuente,edicion,extra\n"                                 \
    "02,\"El Progreso, \"\"La\"\"\",2020-01-01,,INE,2002,\n"                           \
    "01,Guatemala,,,INE,2002,x\n7,Siete,,,INE,2002,\n"

#define WALK                                                                           \
    "de_depto,de_muni,a,fuente,edicion\n"                                              \
    "Quich\xc3\xa9,Nebaj,1413,INE,1\n"                                                 \
    "Guatemala,  Santa   Catarina,0108,INE,1\n"                                        \
    "Pet\xc3\xa9n,Flores,1701,INE,1\nPeten,FLORES,1702,INE,1\n"

static const char *const file_names[] = {
    "catalog.json", "comunes.json", "hecho.json", "lugares.csv", "dos.csv"};
static const char *const file_texts[] = {INDEX, COMMON, TYPE, CODES, WALK};

static inline void folder_write(const char *folder, const char *name, const char *text)
{
    char path[128];
    struct sb_err err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (sb_file_write(path, sb_bytes_str(text), 0600, &err) != 0)
        abort();
}

/* Makes the folder; `folder` holds "/tmp/....XXXXXX". */
static inline void folder_make(char *folder)
{
    if (!mkdtemp(folder))
        abort();
    for (size_t i = 0; i < 5; i++)
        folder_write(folder, file_names[i], file_texts[i]);
}

static inline void folder_drop(const char *folder)
{
    char path[128];
    for (size_t i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, file_names[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* As the file's text with the first `from` replaced by `to`; caller frees. */
static inline char *replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    size_t room = strlen(text) + strlen(to) + 1;
    char *out = malloc(room);
    if (!at || !out)
        abort();
    snprintf(out, room, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

#endif
