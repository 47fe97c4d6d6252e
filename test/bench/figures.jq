# The figures of a run: medians and spread over the rounds, for each piece of work and
# each case. Input: what run.sh gathers, {machine, size, runs}. Output: `figures`, one
# object, of which report.jq makes tables and plot.sh plots.

def median:
  sort | if length == 0 then null
         elif length % 2 == 1 then .[(length - 1) / 2]
         else (.[length / 2 - 1] + .[length / 2]) / 2 end;

# of a list of runs: the median, the least and the most of a figure
def spread(f):
  map(f) | map(select(. != null)) | {median: median, min: min, max: max};

def over($a; $b):
  if $a == null or $b == null or $b == 0 then null else $a / $b end;

# the runs of a key, grouped by case in the order of their first run
def by_case($runs; $key):
  $runs | map(select(.key == $key and (.failed | not)))
  | . as $all
  | reduce .[].case as $c ([]; if index([$c]) then . else . + [$c] end)
  | map(. as $case | {case: $case, runs: ($all | map(select(.case == $case)))});

# what one case did at one piece of work
def summed:
  .case as $case | .runs as $runs | {
    case: $case,
    fsync: ($runs[0].fsync // "-"),
    rounds: ($runs | length),
    connections: $runs[0].readers,
    events: ($runs | map(.events // 0) | add),
    lost: ($runs | map(.lost // 0) | add),
    acked_s: ($runs | spread(.acked_s)),
    delivered_s: ($runs | spread(.delivered_s)),
    ack_p50: ($runs | spread(.ack_ms.p50)), ack_p99: ($runs | spread(.ack_ms.p99)),
    ack_max: ($runs | spread(.ack_ms.max)),
    delivery_p50: ($runs | spread(.delivery_ms.p50)),
    delivery_p99: ($runs | spread(.delivery_ms.p99)),
    delivery_max: ($runs | spread(.delivery_ms.max)),
    server_us: ($runs | spread(.server.cpu_us)),
    publisher_us: ($runs | spread(.publisher.cpu_us)),
    reader_us: ($runs | spread(.reader.cpu_us)),
    publisher_mb: ($runs | spread(.publisher.rss_mb)),
    reader_mb: ($runs | spread(.reader.rss_mb)),
    before_mb: ($runs | spread(.server.rss_mb.before)),
    end_mb: ($runs | spread(.server.rss_mb.end)),
    peak_mb: ($runs | spread(.server.rss_mb.peak)),
    written: ($runs | spread(.server.written_per_byte)),
    bytes_s: ($runs | spread(over(.bytes; .seconds))),
    first_tenth: ($runs | spread(.tenths_s[0])),
    last_tenth: ($runs | spread(.tenths_s[9])),
    tenths_s: [range(10) as $t | ($runs | map(.tenths_s[$t]) | map(select(. != null)) | median)]
  };

def figures:
  .runs as $runs
  | ($runs | map(.key) | unique) as $keys
  | {
      machine: .machine, size: .size,
      lost: ($runs | map(.lost // 0) | add // 0),
      failed: ($runs | map(select(.failed)) | length),
      work: ($keys | map(select(test("^(disk|curve)-") | not)
             | {(.): (. as $k | by_case($runs; $k) | map(summed))}) | add // {}),
      limits: ($keys | map(select(test("^(disk|curve)-")) | . as $k
               | {($k): ($runs | map(select(.key == $k and (.failed | not)))
                         | {a_second: spread(.a_second), mb_s: spread(.mb_s)})}) | add // {})
    };

# the figures of one case at one piece of work; null where it was not measured
def at($case; $key): (.work[$key] // []) | map(select(.case == $case)) | .[0];
