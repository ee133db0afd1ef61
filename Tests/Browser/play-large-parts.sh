#!/bin/sh
# Plays three parts of more than 200 MB each in headless Chromium with the player of README.md: makes a source of about
# 800 MB (a clip repeated without encoding), splits it with RUNG, and has play-parts.py play it from the start,
# across each boundary and after a seek. Needs ffmpeg and chromium, and 2 GB in the temporary folder.
#
#     play-large-parts.sh RUNG
set -eu
rung=${1:?usage: play-large-parts.sh RUNG}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# 12 s at 40 Mbit/s, most of it filler, which is as large as any film and easy to decode.
ffmpeg -nostdin -v error -f lavfi -i "testsrc2=size=640x360:rate=30" -f lavfi -i "sine=frequency=440:sample_rate=48000" \
  -t 12 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 60 -b:v 40M -minrate 40M -maxrate 40M -bufsize 20M \
  -x264-params nal-hrd=cbr -c:a aac "$work/clip.mp4"
bytes=$(stat -c %s "$work/clip.mp4")
ffmpeg -nostdin -v error -stream_loop $((780000000 / bytes - 1)) -i "$work/clip.mp4" -c copy "$work/film.mp4"
"$rung" split "$work/film.mp4" --into "$work/tree" --id film --quiet >/dev/null
manifest=$work/tree/packaged/film/parts/manifest.json
python3 - "$manifest" <<'END'
import json, sys
parts = json.load(open(sys.argv[1]))
large = [part for part in parts if part["bytes"] > 200_000_000]
print(f"{len(parts)} parts, {len(large)} of more than 200 MB: {[part['bytes'] for part in parts]}")
sys.exit(len(large) < 3)
END
"$here/play-parts.py" "$manifest"
