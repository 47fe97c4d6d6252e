/* Finding a driver by name. Not here: what drivers do. */
#include "adapters/engine/driver.h"

int sb_driver_find(const struct sb_driver *const *drivers,
                   struct sb_bytes name,
                   const struct sb_driver **out,
                   struct sb_err *err)
{
    struct sb_buf names = {.limit = 200};
    for (size_t i = 0; drivers[i]; i++) {
        if (sb_bytes_is(name, drivers[i]->name)) {
            sb_buf_free(&names);
            *out = drivers[i];
            return 0;
        }
        sb_buf_printf(&names, "%s%s", i ? ", " : "", drivers[i]->name);
    }
    int rc = sb_fail(err,
                     SB_E_NOT_FOUND,
                     "driver \"%.*s\" is not built in; there are: %.*s",
                     SB_FMT(name),
                     SB_FMT(sb_buf_bytes(&names)));
    sb_buf_free(&names);
    return rc;
}
