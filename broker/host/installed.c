/* Purpose: an installation that was moved as a whole finds its own files.
 * Not: files that a configuration names. */
#include "broker/host/installed.h"

#include <stdio.h>
#include <unistd.h>

const char *sb_installed_catalogue(const char *given, char out[SB_FOLDER_TEXT])
{
    static const char installed[] = SB_DATADIR "/sns";
    char self[SB_FOLDER_TEXT - 64];
    if (given || access(installed, R_OK) == 0)
        return given ? given : installed;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    for (int up = 0; n > 0 && up < 2; up++)
        while (n > 0 && self[--n] != '/')
            ;
    if (n <= 0)
        return installed;
    (void)snprintf(out, SB_FOLDER_TEXT, "%.*s/share/sacbe/sns", (int)n, self);
    return access(out, R_OK) == 0 ? out : installed;
}
