# The tables that run.sh prints. Input: what it gathers. Output: text.
include "figures";

def shown:
  if . == null then "-"
  elif . >= 10000 then (. / 1000 | . * 10 | round / 10 | tostring) + "k"
  elif . >= 100 then round | tostring
  elif . >= 10 then . * 10 | round / 10 | tostring
  else . * 100 | round / 100 | tostring end;

# median (least-most)
def spreaded:
  if .median == null then "-"
  elif .min == .max then .median | shown
  else "\(.median | shown) (\(.min | shown)-\(.max | shown))" end;

def times: if . == null then "-" else shown + "x" end;

# rows of texts, the first the heads: columns as wide as they need
def table:
  . as $rows
  | ($rows | transpose | map(map(length) | max)) as $wide
  | $rows | map(. as $row | [range($row | length) as $i
      | $row[$i] as $t | (" " * ($wide[$i] - ($t | length)) // "") as $gap
      | if $i == 0 then $t + $gap else $gap + $t end] | join("  ")) | join("\n");

def section($title; rows): [rows] | if length < 2 then empty else "\n" + $title + "\n" + table end;

def against($figures; $key; f):
  . as $case | over(($figures | at("sacbe"; $key) | f); ($figures | at($case; $key) | f));

def rows_of($figures; $key): ($figures.work[$key] // [])[];

def saturated($f; $key; $title):
  section($title;
    ["", "fsync", "delivered/s", "acked/s", "Sacbe is", "CPU us server", "publisher", "reader",
     "written/byte", "peak MB server", "publisher", "reader"],
    (rows_of($f; $key) | [.case, .fsync, (.delivered_s | spreaded), (.acked_s | spreaded),
      (.case | against($f; "saturated"; .delivered_s.median)
             | if $key == "saturated" then times else "-" end),
      (.server_us.median | shown), (.publisher_us.median | shown), (.reader_us.median | shown),
      (.written.median | shown), (.peak_mb.median | shown), (.publisher_mb.median | shown),
      (.reader_mb.median | shown)]));

def paced($f; $key):
  section("Paced, \($key[6:]) events a second: ms since an event was due";
    ["", "fsync", "ack p50", "p99", "max", "delivery p50", "p99", "max", "Sacbe's p50 is", "p99",
     "reached/s"],
    (rows_of($f; $key) | [.case, .fsync, (.ack_p50 | spreaded), (.ack_p99 | spreaded),
      (.ack_max.max | shown), (.delivery_p50 | spreaded), (.delivery_p99 | spreaded),
      (.delivery_max.max | shown),
      (.case | against($f; $key; .delivery_p50.median) | times),
      (.case | against($f; $key; .delivery_p99.median) | times),
      (.delivered_s.median | shown)]));

def fanout($f):
  section("8 readers, each of which gets every event; against 1";
    ["", "fsync", "events/s to each", "Sacbe is", "server CPU us", "of 1 reader", "times"],
    (rows_of($f; "fanout-8") | ((.case as $c | $f | at($c; "saturated")).server_us.median) as $one
      | [.case, .fsync, (.delivered_s | spreaded),
         (.case | against($f; "fanout-8"; .delivered_s.median) | times),
         (.server_us.median | shown), ($one | shown), (over(.server_us.median; $one) | times)]));

def catchup($f):
  section("Catch-up: a reader begins when all is stored";
    ["", "events", "delivered/s", "Sacbe is", "against live"],
    (rows_of($f; "catchup") | ((.case as $c | $f | at($c; "saturated")).delivered_s.median) as $live
      | [.case, (.events / .rounds | shown), (.delivered_s | spreaded),
         (.case | against($f; "catchup"; .delivered_s.median) | times),
         (over(.delivered_s.median; $live) | times)]));

def idle($f):
  section("Memory with nothing to do: MB of the server";
    ["", "fresh", "connected", "KB for each"],
    (rows_of($f; "idle")
      | [.case, (.before_mb | spreaded), (.end_mb | spreaded),
         (over((.end_mb.median - .before_mb.median) * 1000; .connections) | shown)]));

def growth($f):
  section("Growth: events a second of each tenth";
    ["", "events", "first", "tenth", "tenth/first", "peak MB"],
    (rows_of($f; "growth") | [.case, (.events / .rounds | shown), (.first_tenth | spreaded),
      (.last_tenth | spreaded), (over(.last_tenth.median; .first_tenth.median) | times),
      (.peak_mb.median | shown)]));

def limits($f):
  ($f | at("sacbe"; "saturated")) as $s
  | ($s.bytes_s.median // null) as $bytes
  | section("Limits of this machine, and the share that Sacbe reaches when saturated";
    ["", "a second", "MB/s", "share"],
    ($f.limits | to_entries[] | [.key, (.value.a_second | spreaded), (.value.mb_s | spreaded),
      (if .key | startswith("disk-") then over($bytes / 1e6; .value.mb_s.median)
       elif .key == "curve-512" then over($s.delivered_s.median; .value.a_second.median)
       else over($bytes / 1e6; .value.mb_s.median) end
       | if . == null then "-" else (. * 100 | shown) + " %" end)]));

def yes_no($what; $asked; $is; $good):
  [$what, (if $is == null then "-" else $asked end), ($is | if . == null then "not measured" else shown end),
   (if $is == null then "-" elif $good then "yes" else "no" end)];
def at_least($what; $limit; $is): yes_no($what; "\($limit) or more"; $is; $is >= $limit);
def at_most($what; $limit; $is): yes_no($what; "\($limit | shown) or less"; $is; $is <= $limit);

def ratio($f; $case; $key): $case | against($f; $key; .delivered_s.median);

def asked($f):
  ($f | at("sacbe"; "saturated")) as $live | ($f | at("sacbe"; "paced-1000")) as $paced
  | ($f | at("sacbe"; "growth")) as $growth | ($f | at("sacbe"; "fanout-8")) as $fan
  | section("Asked by the issue";
    ["", "asked", "measured", ""],
    at_least("1 delivered/s against Redis, one connection"; 2; ratio($f; "redis"; "saturated")),
    at_least("1 against RabbitMQ, quorum queue"; 4; ratio($f; "rabbit"; "saturated")),
    at_least("1 against NATS JetStream (no fsync)"; 1.2; ratio($f; "nats"; "saturated")),
    at_least("1 against PostgreSQL COPY of 500"; 0.8; ratio($f; "postgres-copy"; "saturated")),
    at_least("1 towards PostgreSQL COPY of 2000"; 1;
      over($live.delivered_s.median; ($f | at("postgres-copy"; "saturated-2000") | .delivered_s.median))),
    (("insert", "notify") as $how | ($f | at("postgres-" + $how; "paced-1000")) as $pg
      | (if $how == "insert" then "polled every ms" else "woken by NOTIFY" end) as $wake
      | at_most("2 delivery p50 ms; PostgreSQL " + $wake; $pg.delivery_p50.median // 0;
          if $pg then $paced.delivery_p50.median else null end),
        at_most("2 delivery p99 ms; the same"; $pg.delivery_p99.median // 0;
          if $pg then $paced.delivery_p99.median else null end),
        at_most("2 ack p50 ms; twice the same"; ($pg.ack_p50.median // 0) * 2;
          if $pg then $paced.ack_p50.median else null end)),
    at_least("3 tenth of the growth against the first"; 0.9;
      over($growth.last_tenth.median; $growth.first_tenth.median)),
    at_least("3 catch-up against live"; 2;
      over(($f | at("sacbe"; "catchup") | .delivered_s.median); $live.delivered_s.median)),
    at_most("3 broker CPU of 8 readers against 1"; 3;
      over($fan.server_us.median; $live.server_us.median)),
    at_most("4 broker MB, fresh"; 16; $live.before_mb.median),
    at_most("4 broker MB, idle adapters connected"; 64; ($f | at("sacbe"; "idle") | .end_mb.median)),
    at_most("4 peak after growth against saturated"; 1.1;
      over($growth.peak_mb.median; $live.peak_mb.median)),
    at_most("5 bytes written per byte of PUBLISH frame"; 2.2; $live.written.median));

def report:
  figures as $f | $f.machine as $m
  | "\($m.cores) cores (\($m.cpu)), \($m.memory_mb) MB, Linux \($m.kernel), \($m.filesystem); commit \($m.commit), \($m.date), \($m.seconds) s, \($f.size)",
    ($m.versions | to_entries | map("\(.key) \(.value)") | join(", ")),
    "Median (least-most) of the rounds; \"Sacbe is\": Sacbe's median over the other's.",
    saturated($f; "saturated"; "Saturated"),
    saturated($f; "saturated-2000"; "Saturated, batches of 2000"),
    paced($f; "paced-1000"), paced($f; "paced-20000"),
    fanout($f), catchup($f), idle($f), growth($f), limits($f), asked($f),
    "\nLost events: \($f.lost). Runs that failed: \($f.failed).";
