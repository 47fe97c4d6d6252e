#!/bin/sh
# flow.bench: run.sh with Sacbe alone and next to no load: every piece of work is done,
# nothing is lost, every figure is there. How fast is not judged.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d "${TMPDIR:-/tmp}/sacbe-flow-bench-XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' HUP INT TERM
sh "$here/run.sh" --peers none --tiny --json "$folder/all.json" --out "$folder/out" \
    >"$folder/text" 2>"$folder/progress" || {
    cat "$folder/progress" "$folder/text" >&2
    exit 1
}

# holds WHAT FILTER: which must be true of the file
holds() {
    jq -e "$2" "$folder/all.json" >/dev/null || {
        echo "FAILED: $1" >&2
        jq -c '.runs[]' "$folder/all.json" >&2
        exit 1
    }
    echo "ok  $1"
}
holds "each piece of work was done, and each limit measured" '[.runs[].key] | sort == ([
    "saturated", "paced-1000", "paced-20000", "fanout-8", "catchup", "idle", "growth",
    "disk-append-4096", "disk-append-65536", "disk-overwrite-4096",
    "disk-overwrite-65536", "curve-512", "curve-65536"] | sort)'
holds "no event is lost, no run failed" 'all(.runs[]; .lost == 0 and (.failed | not))'
holds "the machine is described" '.machine
    | ([.cores, .memory_mb, .seconds] | all(type == "number")) and
      ([.kernel, .commit, .date, .filesystem] | all(type == "string"))'
holds "each run says its round and what the server cost" '[.runs[] | select(.case == "sacbe")
    | .round, (.server | .cpu_s, .write_bytes, .rss_mb.before, .rss_mb.end, .rss_mb.peak)]
    | all(type == "number")'
holds "rates, latencies, CPU and memory of each process" '[.runs[]
    | select(.case == "sacbe" and .key != "idle")
    | .events, .delivered_s, (.ack_ms, .delivery_ms | .p50, .p99, .max), .bytes,
      (.publisher, .reader | .cpu_us, .rss_mb), .server.cpu_us, .server.written_per_byte]
    | all(type == "number")'
holds "events were acknowledged and delivered" 'all(.runs[] | select(.key == "saturated");
    .acked_s > 0 and .delivered_s > 0 and .events > 0)'
holds "growth tells each tenth" 'all(.runs[] | select(.key == "growth");
    (.tenths_s | length) == 10)'
grep -q '^Lost events: 0' "$folder/text" || {
    echo "FAILED: the report has no last line" >&2
    exit 1
}
echo "ok  the report reads"
