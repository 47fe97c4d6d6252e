/* Where files of the installation are. */
#ifndef BROKER_HOST_INSTALLED_H
#define BROKER_HOST_INSTALLED_H

#define SB_FOLDER_TEXT 4096

/* The folder of the catalogue: `given`, else the installed one, where this program was
 * configured to find it or, moved as a whole, beside its own bin. May use `out`. */
const char *sb_installed_catalogue(const char *given, char out[SB_FOLDER_TEXT]);

#endif
