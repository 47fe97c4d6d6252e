/* Purpose: a YAML file as a tree, from libyaml's events.
 * Invariant: what is built is bounded by the file (no aliases), by SB_DEPTH_MAX and by
 * SB_YAML_ENTRIES_MAX; building never recurses.
 * Not for: meaning; config.c and the readers of mappings give that. */
#include "broker/host/yaml_form.h"

#include <yaml.h>

#include "schemas/base/limits.h"
#include "schemas/base/text.h"

/* What is open while the events come: maps and lists, and a map's waiting key. */
struct builder {
    struct sb_yaml *doc;
    struct sb_yaml_node *open[SB_DEPTH_MAX];
    size_t depth;
    const char *key;
    unsigned key_line;
    bool documents;
    size_t nodes;
    int fault; /* of place() */
};

static int fail_at(const struct sb_yaml *doc,
                   unsigned line,
                   int code,
                   struct sb_err *err,
                   const char *what)
{
    return sb_fail(err, code, "%s:%u: %s", doc->name, line, what);
}

static unsigned line_of(const yaml_event_t *e)
{
    return (unsigned)e->start_mark.line + 1;
}

static int memory(struct sb_err *err)
{
    return sb_fail(err, SB_E_MEMORY, "out of memory while reading YAML");
}

static struct sb_yaml_node *top(struct builder *b)
{
    return b->depth > 0 ? b->open[b->depth - 1] : NULL;
}

/* The map whose next key must come now; NULL: none does. */
static const struct sb_yaml_node *awaits_key(struct builder *b)
{
    const struct sb_yaml_node *at = top(b);
    return at && at->kind == SB_YAML_MAP && !b->key ? at : NULL;
}

static int take_key(struct builder *b,
                    const struct sb_yaml_node *map,
                    const yaml_event_t *e,
                    struct sb_err *err)
{
    const char *text = (const char *)e->data.scalar.value;
    unsigned line = line_of(e);
    if (strcmp(text, "<<") == 0)
        return fail_at(
            b->doc, line, SB_E_CONFIG_SYNTAX, err, "merge keys (<<) are refused");
    const struct sb_yaml_node *same = sb_yaml_get(map, text);
    if (same)
        return sb_fail(err,
                       SB_E_CONFIG_DUPLICATE,
                       "%s:%u: key \"%.64s\" stands twice (first in line %u)",
                       b->doc->name,
                       line,
                       text,
                       same->line);
    if (map->count >= SB_YAML_ENTRIES_MAX)
        return fail_at(b->doc, line, SB_E_LIMIT, err, "too many keys in one map");
    b->key = sb_arena_str(b->doc->arena, "%s", text);
    b->key_line = line;
    return b->key ? 0 : memory(err);
}

/* Puts a new node where the builder stands. NULL: b->fault says why not. */
static struct sb_yaml_node *place(struct builder *b,
                                  const yaml_event_t *e,
                                  enum sb_yaml_kind kind,
                                  struct sb_err *err)
{
    struct sb_yaml_node *n = NULL;
    if (awaits_key(b))
        b->fault = fail_at(
            b->doc, line_of(e), SB_E_CONFIG_SYNTAX, err, "a key must be a plain text");
    else if (++b->nodes > SB_YAML_NODES_MAX)
        b->fault = fail_at(b->doc, line_of(e), SB_E_LIMIT, err, "too many values");
    else if (!(n = sb_arena_alloc(b->doc->arena, 1, sizeof *n)))
        b->fault = memory(err);
    if (!n)
        return NULL;
    struct sb_yaml_node *parent = top(b);
    *n = (struct sb_yaml_node){.doc = b->doc, .kind = kind, .text = "", .key = b->key};
    n->line = b->key ? b->key_line : line_of(e);
    b->key = NULL;
    if (!parent) {
        b->doc->root = n;
    } else {
        if (parent->last)
            parent->last->next = n;
        else
            parent->first = n;
        parent->last = n;
        parent->count++;
    }
    return n;
}

static int take_scalar(struct builder *b, const yaml_event_t *e, struct sb_err *err)
{
    const char *text = (const char *)e->data.scalar.value;
    if (e->data.scalar.length != strlen(text))
        return fail_at(
            b->doc, line_of(e), SB_E_CONFIG_SYNTAX, err, "a NUL inside a text");
    const struct sb_yaml_node *map = awaits_key(b);
    if (map)
        return take_key(b, map, e, err);
    struct sb_yaml_node *n = place(b, e, SB_YAML_SCALAR, err);
    if (!n)
        return b->fault;
    n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    n->text = sb_arena_str(b->doc->arena, "%s", text);
    return n->text ? 0 : memory(err);
}

static int open_node(struct builder *b,
                     const yaml_event_t *e,
                     enum sb_yaml_kind kind,
                     struct sb_err *err)
{
    struct sb_yaml_node *n = place(b, e, kind, err);
    if (!n)
        return b->fault;
    if (b->depth == SB_DEPTH_MAX)
        return fail_at(b->doc, line_of(e), SB_E_DEPTH, err, "nested too deeply");
    b->open[b->depth++] = n;
    return 0;
}

/* Anchors and tags: the three kinds of event that may carry them. */
static bool decorated(const yaml_event_t *e)
{
    if (e->type == YAML_SCALAR_EVENT)
        return e->data.scalar.anchor || e->data.scalar.tag;
    if (e->type == YAML_SEQUENCE_START_EVENT)
        return e->data.sequence_start.anchor || e->data.sequence_start.tag;
    if (e->type == YAML_MAPPING_START_EVENT)
        return e->data.mapping_start.anchor || e->data.mapping_start.tag;
    return false;
}

static int take_document(struct builder *b, const yaml_event_t *e, struct sb_err *err)
{
    if (b->documents)
        return fail_at(b->doc,
                       line_of(e),
                       SB_E_CONFIG_SYNTAX,
                       err,
                       "a second document (one file holds one)");
    if (e->data.document_start.version_directive ||
        e->data.document_start.tag_directives.start !=
            e->data.document_start.tag_directives.end)
        return fail_at(
            b->doc, line_of(e), SB_E_CONFIG_SYNTAX, err, "directives (%) are refused");
    b->documents = true;
    return 0;
}

static int take(struct builder *b, const yaml_event_t *e, struct sb_err *err)
{
    if (e->type == YAML_ALIAS_EVENT || decorated(e))
        return fail_at(b->doc,
                       line_of(e),
                       SB_E_CONFIG_SYNTAX,
                       err,
                       "anchors (&), aliases (*) and tags (!) are refused: quote the "
                       "text, or write it out");
    if (e->type == YAML_DOCUMENT_START_EVENT)
        return take_document(b, e, err);
    if (e->type == YAML_SCALAR_EVENT)
        return take_scalar(b, e, err);
    if (e->type == YAML_MAPPING_START_EVENT)
        return open_node(b, e, SB_YAML_MAP, err);
    if (e->type == YAML_SEQUENCE_START_EVENT)
        return open_node(b, e, SB_YAML_LIST, err);
    if (e->type == YAML_MAPPING_END_EVENT || e->type == YAML_SEQUENCE_END_EVENT)
        b->depth--;
    return 0;
}

static int syntax(const struct sb_yaml *doc, const yaml_parser_t *p, struct sb_err *err)
{
    if (p->error == YAML_MEMORY_ERROR)
        return memory(err);
    unsigned line = (unsigned)p->problem_mark.line + 1;
    if (p->error == YAML_READER_ERROR)
        return sb_fail(err,
                       SB_E_CONFIG_SYNTAX,
                       "%s: byte %zu: %s",
                       doc->name,
                       p->problem_offset,
                       p->problem);
    return sb_fail(err,
                   SB_E_CONFIG_SYNTAX,
                   "%s:%u: %s%s%s",
                   doc->name,
                   line,
                   p->problem ? p->problem : "not YAML",
                   p->context ? " " : "",
                   p->context ? p->context : "");
}

int sb_yaml_build(struct sb_yaml *doc, struct sb_bytes text, struct sb_err *err)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return memory(err);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    /* an empty slice may have no pointer, which the parser takes for a mistake */
    yaml_parser_set_input_string(
        &parser, text.n ? text.p : (const uint8_t *)"", text.n);
    struct builder b = {.doc = doc};
    int rc = 0;
    bool more = true;
    while (rc == 0 && more) {
        yaml_event_t e;
        if (!yaml_parser_parse(&parser, &e)) {
            rc = syntax(doc, &parser, err);
            break;
        }
        more = e.type != YAML_STREAM_END_EVENT;
        rc = take(&b, &e, err);
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&parser);
    if (rc == 0 && !doc->root)
        rc = sb_fail(err, SB_E_CONFIG_SYNTAX, "%s: the file is empty", doc->name);
    return rc;
}
