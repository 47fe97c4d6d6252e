/* Purpose: the language of the user, and English to Spanish by table.
 * Not for: messages of errors, which are English in every log and report. */
#include "broker/cli/tr.h"

#include <stdlib.h>
#include <string.h>

enum sb_lang sb_lang_parse(const char *name)
{
    bool es = name && strncmp(name, "es", 2) == 0 &&
              (name[2] == '\0' || name[2] == '_' || name[2] == '-' || name[2] == '.' ||
               name[2] == '@');
    return es ? SB_LANG_ES : SB_LANG_EN;
}

enum sb_lang sb_lang_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return sb_lang_parse(value);
    }
    return SB_LANG_EN;
}

static const char *find(const struct sb_tr_row *table, const char *en)
{
    for (; table && table->en; table++)
        if (strcmp(table->en, en) == 0)
            return table->es;
    return NULL;
}

const char *sb_tr_find(enum sb_lang lang, const struct sb_tr_row *table, const char *en)
{
    if (lang == SB_LANG_EN)
        return en;
    const char *es = find(table, en);
    if (!es)
        es = find(sb_tr_framework, en);
    return es ? es : en;
}
