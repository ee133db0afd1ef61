#!/bin/bash
# Times `rung package` against the ffmpeg command making the same five rungs (one process, one preset), in turn, RUNS
# times (default 3), and prints the ratios of each pair with their least, middle and largest. It compares time and
# memory only: bytes are printed so that nobody reads a ratio without them, and quality is not measured.
#
#   SOURCE=FILE   what to package (default: a clip of SECONDS_OF_CLIP=20 made here)
#   RUNS=3        pairs of runs          PRESET=veryfast  ffmpeg's preset
#
# It never fails a build: what goes wrong is said, and the exit code is 0.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
runs=${RUNS:-3} preset=${PRESET:-veryfast}
work=.build/bench
rung=$PWD/.build/release/rung
source=${SOURCE:-}
give_up() { echo "bench: $*"; exit 0; }

echo "bench: needs ffmpeg, $rung and an otherwise idle machine; takes about $runs × 2 runs"
command -v ffmpeg >/dev/null || give_up "no ffmpeg here"
[ -x "$rung" ] || give_up "no $rung; make build"
mkdir -p "$work"
if [ -z "$source" ]; then
  source=$work/clip-${SECONDS_OF_CLIP:=20}.mp4
  [ -s "$source" ] || .ci/make-clip "$source" "$SECONDS_OF_CLIP" || give_up "the clip could not be made"
fi
[ -r "$source" ] || give_up "cannot read $source"

# measure NAME COMMAND…: wall and CPU seconds into $work/NAME.time.
measure() {
  local name=$1; shift
  sync
  TIMEFORMAT='%R %U %S'
  { time "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null; } 2>"$work/$name.time" ||
    { tail -n 3 "$work/$name.err"; give_up "$name failed"; }
}

peer() {
  local graph="[0:v]split=5" outputs=() n=0 rung height rate
  for n in 0 1 2 3 4; do graph+="[s$n]"; done
  n=0
  for rung in 240:400 360:800 480:1400 720:2800 1080:5000; do
    height=${rung%:*} rate=${rung#*:}
    graph+=";[s$n]scale=-2:$height[v$n]"
    outputs+=(-map "[v$n]" -c:v libx264 -preset "$preset" -b:v "${rate}k" -maxrate "$((rate * 107 / 100))k"
      -bufsize "$((rate * 3 / 2))k" -force_key_frames 'expr:gte(t,n_forced*2)' -sc_threshold 0
      -f hls -hls_time 6 -hls_playlist_type vod -hls_segment_type fmp4 -hls_fmp4_init_filename "$height.mp4"
      -hls_segment_filename "$work/peer/$height-%05d.m4s" "$work/peer/$height.m3u8")
    n=$((n + 1))
  done
  ffmpeg -nostdin -v error -y -i "$source" -filter_complex "$graph" "${outputs[@]}" \
    -map '0:a?' -c:a aac -b:a 128k -f hls -hls_time 6 -hls_playlist_type vod -hls_segment_type fmp4 \
    -hls_fmp4_init_filename audio.mp4 -hls_segment_filename "$work/peer/audio-%05d.m4s" "$work/peer/audio.m3u8"
}

: >"$work/ratios"
printf '%-4s %12s %12s %14s %12s %12s %14s\n' run 'rung wall s' 'CPU s' bytes 'ffmpeg wall s' 'CPU s' bytes
for ((run = 1; run <= runs; run++)); do
  rm -rf "$work/tree" "$work/peer"; mkdir -p "$work/peer"
  measure rung "$rung" package "$source" --into "$work/tree" --rate-control fixed
  measure peer peer
  read -r rung_wall rung_user rung_system <"$work/rung.time"
  read -r peer_wall peer_user peer_system <"$work/peer.time"
  awk -v run="$run" -v a="$rung_wall" -v b="$rung_user" -v c="$rung_system" \
    -v d="$peer_wall" -v e="$peer_user" -v f="$peer_system" \
    -v x="$(du -sb "$work/tree/packaged" | cut -f 1)" -v y="$(du -sb "$work/peer" | cut -f 1)" \
    -v ratios="$work/ratios" 'BEGIN {
      printf "%-4d %12.2f %12.2f %14d %12.2f %12.2f %14d\n", run, a, b + c, x, d, e + f, y
      printf "%f %f %f\n", a / d, (b + c) / (e + f), x / y >> ratios }'
done

echo
echo "rung / ffmpeg ($preset), $runs pairs:"
for column in 1:wall 2:CPU 3:bytes; do
  cut -d ' ' -f "${column%:*}" "$work/ratios" | sort -n | awk -v name="${column#*:}" '
    { v[NR] = $1 }
    END { printf "  %-6s least %.2f   middle %.2f   largest %.2f\n", name, v[1], v[int((NR + 1) / 2)], v[NR] }'
done
