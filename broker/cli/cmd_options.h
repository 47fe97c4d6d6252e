/* Options that several families share, with their Spanish. */
#ifndef BROKER_CLI_CMD_OPTIONS_H
#define BROKER_CLI_CMD_OPTIONS_H

#define SB_OPTION_ANCHOR                                                               \
    {                                                                                  \
        .name = "anchor", .kind = SB_CLI_FILE, .value = "FILE",                        \
        .summary = "the exchange's anchor (else anchor.json beside the first file)"    \
    }
#define SB_OPTION_OUT(text)                                                            \
    {                                                                                  \
        .name = "out", .kind = SB_CLI_FILE, .letter = 'o', .required = true,           \
        .value = "FILE", .summary = (text)                                             \
    }
#define SB_OPTION_DIRECTORY                                                            \
    {                                                                                  \
        .name = "directory", .kind = SB_CLI_FILE, .letter = 'd', .required = true,     \
        .value = "FILE", .summary = "the directory to go on from, signed or a draft"   \
    }
#define SB_ROW_DIRECTORY                                                               \
    {                                                                                  \
        "the directory to go on from, signed or a draft",                              \
            "el directorio del que se parte, firmado o borrador"                       \
    }
#define SB_OPTION_CATALOGUE                                                            \
    {                                                                                  \
        .name = "catalogue", .kind = SB_CLI_FILE, .value = "DIR",                      \
        .summary = "folder of the catalogue (else the installed one)"                  \
    }
#define SB_ROW_CATALOGUE                                                               \
    {                                                                                  \
        "folder of the catalogue (else the installed one)",                            \
            "carpeta del catálogo (si no, el instalado)"                              \
    }
#define SB_ROW_ANCHOR                                                                  \
    {                                                                                  \
        "the exchange's anchor (else anchor.json beside the first file)",              \
            "el ancla del intercambio (si no, anchor.json junto al primer "            \
            "archivo)"                                                                 \
    }

#endif
