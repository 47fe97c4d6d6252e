/* Purpose: bundle.json, what a bundle says it is.
 * Invariant: what is read is byte for byte what would be written. */
#include "broker/bundle/bundle_form.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/bundle/folder.h"
#include "schemas/base/text.h"

#define FORMAT "sacbe/bundle/1"
#define ABOUT_MAX 4096u

int sb_bundle_about_write(const struct sb_bundle_about *about,
                          struct sb_buf *out,
                          struct sb_err *err)
{
    uint64_t to = about->to > INT64_MAX ? INT64_MAX : about->to;
    json_t *o = json_pack("{s:s, s:s, s:I, s:I, s:I}",
                          "format",
                          FORMAT,
                          "exchange",
                          about->exchange,
                          "generation",
                          (json_int_t)about->generation,
                          "from",
                          (json_int_t)about->from,
                          "to",
                          (json_int_t)to);
    char *text = o ? json_dumps(o, JSON_INDENT(2)) : NULL;
    json_decref(o);
    if (!text)
        return sb_fail(err, SB_E_MEMORY, "no memory for bundle.json");
    sb_buf_printf(out, "%s\n", text);
    free(text);
    return sb_buf_check(out, err);
}

static bool read_json(struct sb_bytes bytes, struct sb_bundle_about *out)
{
    const char *format = NULL;
    const char *exchange = NULL;
    json_int_t generation = 0;
    json_int_t from = 0;
    json_int_t to = 0;
    json_t *o =
        json_loadb((const char *)bytes.p, bytes.n, JSON_REJECT_DUPLICATES, NULL);
    bool good = o && json_unpack(o,
                                 "{s:s, s:s, s:I, s:I, s:I}",
                                 "format",
                                 &format,
                                 "exchange",
                                 &exchange,
                                 "generation",
                                 &generation,
                                 "from",
                                 &from,
                                 "to",
                                 &to) == 0;
    good = good && strcmp(format, FORMAT) == 0 &&
           sb_text_is_code(sb_bytes_str(exchange)) && generation > 0 && from >= 0 &&
           to >= from;
    if (good) {
        snprintf(out->exchange, sizeof out->exchange, "%s", exchange);
        out->generation = (uint64_t)generation;
        out->from = (uint64_t)from;
        out->to = to == INT64_MAX ? UINT64_MAX : (uint64_t)to;
    }
    json_decref(o);
    return good;
}

int sb_bundle_about_read(int dir,
                         const char *path,
                         struct sb_bundle_about *out,
                         struct sb_err *err)
{
    struct sb_buf bytes = {0};
    struct sb_buf again = {0};
    struct sb_bundle_about about = {0};
    int rc = sb_folder_read(dir, path, SB_E_BUNDLE, ABOUT_MAX, &bytes, err);
    if (rc == 0 && !read_json(sb_buf_bytes(&bytes), &about))
        rc = sb_fail(err, SB_E_BUNDLE, "%s is not what a bundle says of itself", path);
    if (rc == 0)
        rc = sb_bundle_about_write(&about, &again, err);
    if (rc == 0 && !sb_bytes_eq(sb_buf_bytes(&bytes), sb_buf_bytes(&again)))
        rc = sb_fail(err, SB_E_BUNDLE, "%s is not as an export writes it", path);
    sb_buf_free(&bytes);
    sb_buf_free(&again);
    if (rc == 0)
        *out = about;
    return rc;
}
