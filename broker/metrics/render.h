/* A daemon's answers as Prometheus' text exposition format 0.0.4. Pure. Source:
 * https://prometheus.io/docs/instrumenting/exposition_formats/ */
#ifndef BROKER_METRICS_RENDER_H
#define BROKER_METRICS_RENDER_H

#include "broker/metrics/metric.h"

#define SB_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define SB_METRICS_MAX (64u * 1024u * 1024u) /* bytes of one answer */

/* `status`: the answer to that verb; `lag`: of a broker, else NULL. Appends; what is
 * missing or of another type is left out. SB_E_MEMORY, SB_E_LIMIT. */
SB_CHECK int sb_metrics_render(const struct sb_value *status,
                               const struct sb_value *lag,
                               struct sb_buf *out,
                               struct sb_err *err);

#endif
