/* Maps and lists for the admin socket. Texts are copied. */
#include "adapters/engine/value_list.h"

#include <stdarg.h>
#include <stdio.h>

#include "schemas/base/text.h"

void sb_list_put(struct sb_list *l,
                 struct sb_value *map,
                 const char *key,
                 struct sb_value v)
{
    if (!sb_value_set(map, sb_bytes_str(key), v, l->arena))
        l->failed = true;
}

void sb_list_bytes(struct sb_list *l,
                   struct sb_value *map,
                   const char *key,
                   struct sb_bytes v)
{
    struct sb_bytes copy = sb_arena_dup(l->arena, v);
    if (!copy.p)
        l->failed = true;
    if (!sb_text_valid(copy))
        copy = sb_bytes_str("?");
    sb_list_put(l, map, key, sb_value_text(copy));
}

void sb_list_text(struct sb_list *l,
                  struct sb_value *map,
                  const char *key,
                  const char *v)
{
    sb_list_bytes(l, map, key, sb_bytes_str(v));
}

void sb_list_count(struct sb_list *l, struct sb_value *map, const char *key, uint64_t v)
{
    sb_list_put(l, map, key, sb_value_int(v > INT64_MAX ? INT64_MAX : (int64_t)v));
}

void sb_list_truth(struct sb_list *l, struct sb_value *map, const char *key, bool v)
{
    sb_list_put(l, map, key, (struct sb_value){.type = SB_BOOL, .as.b = v});
}

void sb_list_push(struct sb_list *l, struct sb_value *array, struct sb_value v)
{
    if (!sb_value_push(array, v, l->arena))
        l->failed = true;
}

void sb_list_attention(struct sb_list *l,
                       struct sb_value *array,
                       const char *command,
                       const char *fmt,
                       ...)
{
    char text[SB_ERR_TEXT + 200];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct sb_value line = {.type = SB_MAP};
    sb_list_text(l, &line, "command", command);
    sb_list_text(l, &line, "text", text);
    sb_list_push(l, array, line);
}

int sb_list_check(const struct sb_list *l, struct sb_err *err)
{
    return l->failed ? sb_fail(err, SB_E_MEMORY, "out of memory") : 0;
}
