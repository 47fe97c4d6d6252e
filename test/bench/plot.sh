#!/bin/sh
# Plots of what run.sh measured: one SVG for each piece of work. A bar is the median of
# the rounds, its line the spread. Usage: plot.sh BENCH_JSON FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
json=$1
folder=$2
data=$(mktemp -d "${TMPDIR:-/tmp}/sacbe-plot-XXXXXX")
trap 'rm -rf "$data"' EXIT

# select FILTER: its tab-separated lines, from the figures
select_lines() {
    jq -r -L "$here" 'include "figures"; figures as $f | '"$1"' | @tsv' "$json"
}

# plot NAME TITLE YLABEL more lines of gnuplot on standard input
plot() {
    {
        echo "set terminal svg size 840,420 dynamic font 'sans-serif,12' background 'white'"
        echo "set output '$folder/$1.svg'"
        echo "set title '$2' noenhanced"
        echo "set ylabel '$3' noenhanced"
        echo "set datafile separator '\t'"
        echo "set grid ytics lc rgb '#cccccc'"
        echo "set border 3; set tics nomirror; set yrange [0:*]"
        echo "set style fill solid 0.8; set boxwidth 0.7; set xtics noenhanced"
        cat
    } >"$data/$1.gp"
    gnuplot "$data/$1.gp"
}

# bars NAME TITLE YLABEL FILTER: lines of name, median, least, most
bars() {
    select_lines "$4" >"$data/$1"
    [ -s "$data/$1" ] || return 0
    plot "$1" "$2" "$3" <<GNUPLOT
unset key
set offsets 0.5, 0.5, 0, 0
plot '$data/$1' using 0:2:xtic(1) with boxes lc rgb '#3b7a9e', \
    '' using 0:2:3:4 with yerrorbars lc rgb '#222222' pt 0
GNUPLOT
}

# clusters NAME TITLE YLABEL STYLE FILTER FIRST SECOND THIRD: name and three figures
clusters() {
    select_lines "$5" >"$data/$1"
    [ -s "$data/$1" ] || return 0
    plot "$1" "$2" "$3" <<GNUPLOT
set style data histograms
set style histogram $4
set key top left
plot '$data/$1' using 2:xtic(1) title '$6' lc rgb '#3b7a9e', \
    '' using 3 title '$7' lc rgb '#c9803a', '' using 4 title '$8' lc rgb '#7d9e3b'
GNUPLOT
}

of() { # KEY FIGURE
    echo "(\$f.work[\"$1\"] // [])[] | [.case, .$2.median, .$2.min, .$2.max]"
}

bars saturated "Saturated: events delivered" "a second" "$(of saturated delivered_s)"
bars written "Saturated: bytes written to the disk" "for each byte that was sent" \
    "$(of saturated written)"
bars fanout-8 "8 readers: events delivered to each" "a second" "$(of fanout-8 delivered_s)"
bars catchup "Catch-up: stored events delivered" "a second" "$(of catchup delivered_s)"
bars idle "Memory of the server, idle clients connected" MB "$(of idle end_mb)"
bars limits-disk "Limits: blocks kept by fdatasync" "MB/s" \
    '$f.limits | to_entries[] | select(.key | startswith("disk-"))
     | [.key[5:], .value.mb_s.median, .value.mb_s.min, .value.mb_s.max]'
bars limits-curve "Limits: messages through CURVE" "MB/s" \
    '$f.limits | to_entries[] | select(.key | startswith("curve-"))
     | [.key, .value.mb_s.median, .value.mb_s.min, .value.mb_s.max]'
clusters cpu "Saturated: CPU of an event" us rowstacked \
    '($f.work.saturated // [])[]
     | [.case, .server_us.median, .publisher_us.median, .reader_us.median]' \
    server publisher reader
clusters memory "Saturated: peak memory" MB "clustered gap 1" \
    '($f.work.saturated // [])[]
     | [.case, .peak_mb.median, .publisher_mb.median, .reader_mb.median]' \
    server publisher reader
for rate in 1000 20000; do
    clusters "paced-$rate" "$rate events a second" "ms" "clustered gap 1" \
        "(\$f.work[\"paced-$rate\"] // [])[]
         | [.case, .ack_p50.median, .delivery_p50.median, .delivery_p99.median]" \
        "ack p50" "delivery p50" "delivery p99"
done

select_lines '[range(10)] as $tenths | ($f.work.growth // []) as $all
    | select($all | length > 0)
    | (["tenth"] + ($all | map(.case))),
      ($tenths[] as $t | [$t + 1] + ($all | map(.tenths_s[$t])))' >"$data/growth"
if [ -s "$data/growth" ]; then
    columns=$(head -n 1 "$data/growth" | awk -F '\t' '{ print NF }')
    plot growth "Growth: events stored, by tenth of the run" "a second" <<GNUPLOT
set key bottom left noenhanced
set xlabel 'tenth'
plot for [i=2:$columns] '$data/growth' using 1:i with linespoints lw 2 \
    title columnheader(i)
GNUPLOT
fi
