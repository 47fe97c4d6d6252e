/* Purpose: the bash completion, and the check that the tables are whole.
 * Invariant: nothing here is written twice; the tables are the only source. */
#include "broker/cli/pages.h"

#include <string.h>

#include "broker/cli/state.h"

static void put_words(const struct sb_cli_command *c, FILE *to)
{
    for (size_t i = 0; i < sb_cli_option_count(c); i++)
        fprintf(to, " --%s", c->options[i].name);
    for (size_t i = 0; sb_cli_common[i].name; i++)
        if (sb_cli_takes(c, i))
            fprintf(to, " --%s", sb_cli_common[i].name);
}

static void put_family(const struct sb_cli_family *f, FILE *to)
{
    char name[128];
    fprintf(to, "    \"%s\") words=\"", f->noun);
    const char *space = "";
    for (const struct sb_cli_command *c = f->commands; c->run; c++) {
        if (c->verb && !(c->flags & SB_CLI_HIDDEN)) {
            fprintf(to, "%s%s", space, c->verb);
            space = " ";
        } else if (!c->verb) {
            put_words(c, to);
            space = " ";
        }
    }
    fputs("\" ;;\n", to);
    for (const struct sb_cli_command *c = f->commands; c->run; c++) {
        if (!c->verb || (c->flags & SB_CLI_HIDDEN))
            continue;
        fprintf(to, "    \"%s\") words=\"", sb_cli_name(f, c, name));
        put_words(c, to);
        fputs("\" ;;\n", to);
    }
}

static void put_files(const struct sb_cli_family *const *families, FILE *to)
{
    fputs("  -c|--config|--passphrase-file", to);
    for (size_t f = 0; families[f]; f++)
        for (const struct sb_cli_command *c = families[f]->commands; c->run; c++)
            for (size_t i = 0; i < sb_cli_option_count(c); i++)
                if (c->options[i].kind == SB_CLI_FILE)
                    fprintf(to, "|--%s", c->options[i].name);
    fputs(")\n    COMPREPLY=($(compgen -f -- \"$cur\"))\n    return ;;\n", to);
}

void sb_cli_completion(const struct sb_cli_family *const *families, FILE *to)
{
    fputs("# bash completion of sacbe; made from its command tables\n"
          "_sacbe() {\n"
          "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
          "  local command=\"\" words=\"\" i\n"
          "  case \"$prev\" in\n"
          "  --lang) COMPREPLY=($(compgen -W \"en es\" -- \"$cur\")); return ;;\n",
          to);
    put_files(families, to);
    fputs("  esac\n"
          "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "    case \"${COMP_WORDS[i]}\" in\n"
          "    -c|--config|--lang|--passphrase-file) ((i++)) ;;\n"
          "    -*) ;;\n"
          "    *) command=\"${command:+$command }${COMP_WORDS[i]}\"\n"
          "       [[ $command == *\" \"* ]] && break ;;\n"
          "    esac\n"
          "  done\n"
          "  case \"$command\" in\n"
          "    \"\") words=\"",
          to);
    for (size_t i = 0; families[i]; i++)
        fprintf(to, "%s%s", i ? " " : "", families[i]->noun);
    fputs(" --help --version\" ;;\n", to);
    for (size_t i = 0; families[i]; i++)
        put_family(families[i], to);
    fputs("  esac\n"
          "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "  [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "}\n"
          "complete -F _sacbe sacbe\n",
          to);
}

static int check_text(const struct sb_cli_family *f,
                      const char *name,
                      const char *text,
                      struct sb_err *err)
{
    if (!text || !*text)
        return sb_fail(err, SB_E_STATE, "\"%s\": a summary is missing", name);
    if (sb_tr_find(SB_LANG_ES, f->spanish, text) == text)
        return sb_fail(err, SB_E_STATE, "\"%s\": no Spanish of \"%s\"", name, text);
    return 0;
}

static bool same_option(const struct sb_cli_option *a, const struct sb_cli_option *b)
{
    return strcmp(a->name, b->name) == 0 || (a->letter && a->letter == b->letter);
}

static int check_option(const struct sb_cli_family *f,
                        const struct sb_cli_command *c,
                        size_t i,
                        struct sb_err *err)
{
    char name[128];
    const struct sb_cli_option *o = &c->options[i];
    sb_cli_name(f, c, name);
    for (size_t k = 0; k < i; k++)
        if (same_option(&c->options[k], o))
            return sb_fail(err, SB_E_STATE, "\"%s\": --%s stands twice", name, o->name);
    for (size_t k = 0; sb_cli_common[k].name; k++)
        if (same_option(&sb_cli_common[k], o))
            return sb_fail(err, SB_E_STATE, "\"%s\": --%s is common", name, o->name);
    if (o->kind != SB_CLI_FLAG && !o->value)
        return sb_fail(err, SB_E_STATE, "\"%s\": --%s has no value", name, o->name);
    return check_text(f, name, o->summary, err);
}

static int check_command(const struct sb_cli_family *f,
                         const struct sb_cli_command *c,
                         struct sb_err *err)
{
    char name[128];
    char start[160];
    sb_cli_name(f, c, name);
    size_t n = (size_t)snprintf(start, sizeof start, "sacbe %s", name);
    bool example = c->example && strncmp(c->example, start, n) == 0 &&
                   (c->example[n] == '\0' || c->example[n] == ' ');
    if (!example)
        return sb_fail(err, SB_E_STATE, "\"%s\": no example that begins so", name);
    if ((c->args_max > 0) != (c->args != NULL) || c->args_min > c->args_max)
        return sb_fail(err, SB_E_STATE, "\"%s\": arguments do not agree", name);
    int rc = check_text(f, name, c->summary, err);
    for (size_t i = 0; rc == 0 && i < sb_cli_option_count(c); i++)
        rc = check_option(f, c, i, err);
    return rc;
}

int sb_cli_check_families(const struct sb_cli_family *const *families,
                          struct sb_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && families[i]; i++) {
        const struct sb_cli_family *f = families[i];
        for (size_t k = 0; k < i; k++)
            if (strcmp(families[k]->noun, f->noun) == 0)
                return sb_fail(err, SB_E_STATE, "\"%s\" stands twice", f->noun);
        rc = check_text(f, f->noun, f->summary, err);
        for (const struct sb_cli_command *c = f->commands; rc == 0 && c->run; c++)
            rc = check_command(f, c, err);
    }
    return rc;
}
