/* Purpose: what commands ask of the catalogue about one event type. */
#include "broker/cli/cmd_types.h"

#include "broker/host/installed.h"
#include "schemas/catalog/catalog.h"

static int check(const struct sb_event_type *type,
                 const struct sb_bytes *classes,
                 size_t n,
                 struct sb_err *err)
{
    for (size_t i = 0; i < n; i++) {
        enum sb_class c;
        if (!sb_class_parse(classes[i], &c))
            return sb_fail(err,
                           SB_E_GRANT_FORM,
                           "\"%.*s\" is no class: publica, interna, confidencial, "
                           "reservada",
                           SB_FMT(classes[i]));
        if (!(type->classes & SB_CLASS_BIT(c)))
            return sb_fail(err,
                           SB_E_GRANT_FORM,
                           "type %s has no field of class %.*s",
                           type->name,
                           SB_FMT(classes[i]));
    }
    return 0;
}

int sb_cmd_check_classes(const char *folder,
                         struct sb_bytes type,
                         const struct sb_bytes *classes,
                         size_t n,
                         struct sb_err *err)
{
    struct sb_catalog *catalog = NULL;
    char found[SB_FOLDER_TEXT];
    int rc = sb_catalog_load(&catalog, sb_installed_catalogue(folder, found), err);
    if (rc != 0)
        return rc;
    const struct sb_event_type *t = sb_catalog_type(catalog, type);
    if (t)
        rc = check(t, classes, n, err);
    else
        rc = sb_fail(err,
                     SB_E_UNKNOWN_TYPE,
                     "the catalogue has no type %.*s (sacbe catalog list)",
                     SB_FMT(type));
    sb_catalog_free(catalog);
    return rc;
}
