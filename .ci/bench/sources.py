#!/usr/bin/env python3
"""Makes the benchmark's synthetic sources at 1080p30: camera, animation, screen and sports.

They are drawn, not filmed: each has the statistics of its kind (1/f texture and grain, flat colour, still text,
fast pans), none has a real scene's variety. Pass SOURCE= to the benchmark for real pictures.
Stills are rendered once and windows move over them, so that 20 s take about as long to make as to encode.
"""

import argparse
import os
import tempfile

from canvas import ffmpeg
from drawn import animation, screen
from filmed import camera, sports
from graph import RATE

# Rate factors of the sources' own encoding: near what phones record and editors upload (15 to 25 Mbit/s where there
# is grain or motion), so that decoding costs what it does in practice.
FACTORS = {"camera": 21, "animation": 14, "screen": 14, "sports": 20}
KINDS = {"camera": camera, "animation": animation, "screen": screen, "sports": sports}


def make(kind, seconds, out, size=(1920, 1080)):
    """Makes one source as H.264 that is costly to decode like a camera's, with tone and noise as its sound."""
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-still-", dir=os.path.dirname(os.path.abspath(out))) as folder:
        graph, shown = KINDS[kind](folder, seconds)
        count = graph.inputs.count("-i")
        shown = graph.chain(f"{shown}scale={size[0]}:{size[1]}:flags=bicubic")
        mono = "aformat=sample_fmts=fltp:channel_layouts=mono"
        sound = (f"sine=frequency=330:sample_rate=48000,volume=0.3,{mono}[tone];"
                 f"anoisesrc=color=pink:amplitude=0.15:seed=5:sample_rate=48000,{mono}[hiss];"
                 f"[tone][hiss]amerge=inputs=2,aformat=channel_layouts=stereo[sound]")
        part = out + ".part.mp4"
        ffmpeg(*graph.inputs, "-filter_complex", ";".join(graph.chains) + ";" + sound, "-map", shown, "-map", "[sound]",
               "-frames:v", int(seconds * RATE), "-t", seconds, "-r", RATE,
               "-c:v", "libx264", "-preset", "veryfast", "-crf", FACTORS[kind], "-g", RATE * 2, "-pix_fmt", "yuv420p",
               "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
               "-c:a", "aac", "-b:a", "160k", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", part)
        os.replace(part, out)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kinds", default=",".join(KINDS))
    options = parser.parse_args()
    unknown = set(options.kinds.split(",")) - set(KINDS)
    if unknown:
        parser.error(f"no kind is called {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    for kind in options.kinds.split(","):
        print(make(kind, options.seconds, os.path.join(options.folder, kind + ".mp4")), flush=True)


if __name__ == "__main__":
    main()
