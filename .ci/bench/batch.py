"""What a batch costs: small mixed uploads against a shell loop of ffmpeg, an inbox in which nothing changed, and a
ledger of a million assets."""

import json
import os
import random
import shlex
import shutil
import sqlite3
import subprocess
import time

from measure import Unmeasured, measured, spread
from sections import table

# Width, height, seconds, share of the uploads.
KINDS = [(360, 640, 4, 30), (640, 360, 3, 25), (1280, 720, 3, 20), (320, 240, 6, 15), (720, 1280, 2, 10)]
UNCHANGED = 10_000
ASSETS = 1_000_000


def uploads(folder, count):
    """Clips as phones and screens send them, the same for every run; every tenth is silent."""
    dice = random.Random(7)
    kinds = [kind[:3] for kind in KINDS for _ in range(kind[3])]
    for number in range(count):
        width, height, seconds = dice.choice(kinds)
        source = dice.choice(["testsrc2", "mandelbrot", "life=ratio=0.4:mold=10"])
        joint = ":" if "=" in source else "="
        command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                   f"{source}{joint}size={width}x{height}:rate=30", "-f", "lavfi", "-i", f"sine=frequency={200 + number}",
                   "-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p"]
        command += ["-an"] if number % 10 == 9 else ["-c:a", "aac"]
        subprocess.run([*command, os.path.join(folder, f"upload-{number:03}.mp4")], check=True)


def loop(tree, home, preset):
    """The shell loop that makes the same: each asset's renditions, HLS over fMP4 with a master playlist. Which rungs a
    source gets and whether it has sound is written into it; `ffprobe` is what a loop would have to ask."""
    lines = ["set -e"]
    for name in sorted(os.listdir(os.path.join(tree, "packaged"))):
        with open(os.path.join(tree, "packaged", name, "asset.json")) as file:
            asset = json.load(file)
        video = [item for item in asset["renditions"] if item["kind"] == "video"]
        sound = any(item["kind"] == "audio" for item in asset["renditions"])
        source = os.path.join(os.path.dirname(tree), "inbox", asset["source"]["name"])
        parts = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source]
        split = f"[0:v]split={len(video)}" + "".join(f"[v{i}]" for i in range(len(video)))
        scale = ";".join(f"[v{i}]scale={item['width']}:{item['height']}[o{i}]" for i, item in enumerate(video))
        parts += ["-filter_complex", f"{split};{scale}"]
        streams = []
        for i, item in enumerate(video):
            rate = item["average_bitrate"]
            parts += ["-map", f"[o{i}]", f"-c:v:{i}", "libx264", f"-preset:v:{i}", preset, f"-b:v:{i}", str(rate),
                      f"-maxrate:v:{i}", str(item["planned_bitrate"] * 107 // 100),
                      f"-bufsize:v:{i}", str(item["planned_bitrate"] * 3 // 2)]
            streams.append(f"v:{i},agroup:a" if sound else f"v:{i}")
        if sound:
            parts += ["-map", "0:a:0", "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000"]
            streams.append("a:0,agroup:a")
        place = os.path.join(home, name)
        parts += ["-g", "60", "-keyint_min", "60", "-sc_threshold", "0", "-f", "hls", "-hls_time", "6",
                  "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-master_pl_name", "master.m3u8",
                  "-var_stream_map", " ".join(streams), f"{place}/%v/index.m3u8"]
        probe = shlex.join(["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", source])
        lines.append(f"mkdir -p {shlex.quote(place)}; cd {shlex.quote(place)}; {probe} > probe.json; {shlex.join(parts)}")
    return "\n".join(lines)


def small_uploads(bench, count):
    options = bench.options
    home = bench.fresh("batch")
    inbox = os.path.join(home, "inbox")
    os.makedirs(inbox)
    uploads(inbox, count)
    log = os.path.join(bench.folder, "batch.log")
    costs = {"rung batch": [], "ffmpeg in a loop": []}
    tree = os.path.join(home, "tree")
    for number in range(options.runs):
        shutil.rmtree(tree, ignore_errors=True)
        batch = [options.rung, "batch", inbox, "--into", tree, "--settle", "0s", "--quiet"]
        costs["rung batch"].append(measured(batch, log=log))
        ready = len(os.listdir(os.path.join(tree, "packaged")))
        if ready != count:
            raise Unmeasured(f"{ready} of {count} uploads became ready")
        peer = os.path.join(home, "peer")
        shutil.rmtree(peer, ignore_errors=True)
        costs["ffmpeg in a loop"].append(measured(["sh", "-c", loop(tree, peer, options.preset)], log=log))
    rows = []
    base = costs["ffmpeg in a loop"]
    for name, runs in costs.items():
        rows.append([name, spread([count * 60 / cost.wall for cost in runs]),
                     spread([other.wall / cost.wall for cost, other in zip(runs, base)]),
                     spread([other.cpu / cost.cpu for cost, other in zip(runs, base)])])
    print(f"{count} uploads of 2 to 6 s, 320x240 to 1280x720, ladder `default`, ffmpeg `{options.preset}`.\n")
    table(["what", "uploads a minute", "times as fast", "times less CPU"], rows)


def unchanged(bench):
    """An inbox of files that the ledger knows: a second run of a batch over it."""
    home = bench.fresh("unchanged")
    inbox, tree = os.path.join(home, "inbox"), os.path.join(home, "tree")
    os.makedirs(inbox)
    batch = [bench.options.rung, "batch", inbox, "--into", tree, "--quiet"]
    subprocess.run(batch, check=True)
    ledger = sqlite3.connect(os.path.join(tree, ".rung/ledger.sqlite"))
    paths = []
    for number in range(UNCHANGED):
        folder = os.path.join(os.path.realpath(inbox), f"user-{number % 100}")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f"clip-{number}.mp4")
        with open(path, "w") as file:
            file.write("x")
        # So that reading would show in the time of the last access, even on a file system that is sparing with it.
        os.utime(path, (1_000_000_000, 1_500_000_000))
        state = os.stat(path)
        name = f"clip-{number}-00000000"
        ledger.execute("INSERT INTO assets (id, source, bytes, status, published_at) VALUES (?, ?, 1, 'ready', 1)", (name, path))
        ledger.execute("INSERT INTO uploads (path, asset_id, stamp, state) VALUES (?, ?, ?, 'known')",
                       (path, name, f"1 {state.st_mtime_ns} {state.st_ino}"))
        paths.append(path)
    ledger.commit()
    ledger.close()
    subprocess.run(batch, check=True)
    times = []
    for _ in range(max(3, bench.options.runs)):
        began = time.monotonic()
        subprocess.run(batch, check=True)
        times.append(time.monotonic() - began)
    touched = sum(os.stat(path).st_atime != 1_000_000_000 for path in paths)
    with open(paths[0], "rb") as file:
        file.read()
    can_tell = os.stat(paths[0]).st_atime != 1_000_000_000
    said = f"{touched} of them were read" if can_tell else "this file system does not tell whether any was read"
    print(f"\nAn inbox of {UNCHANGED:,} files in which nothing changed: a run takes {spread([t * 1000 for t in times])} ms; {said}.")


def million(bench):
    home = bench.fresh("million")
    inbox, tree = os.path.join(home, "inbox"), os.path.join(home, "tree")
    os.makedirs(inbox)
    batch = [bench.options.rung, "batch", inbox, "--into", tree, "--quiet"]
    subprocess.run(batch, check=True)
    path = os.path.join(tree, ".rung/ledger.sqlite")
    ledger = sqlite3.connect(path)
    dice = random.Random(7)
    states = dice.choices(["waiting", "ready", "failed"], [30, 65, 5], k=ASSETS)
    ids = [f"upload-{number}-{number * 2654435761 % 2 ** 32:08x}" for number in range(ASSETS)]
    ledger.executemany(
        "INSERT INTO assets (id, source, bytes, sha256, status, manifest_key, failure_code, failure_reason) VALUES (?, ?, 1, ?, ?, ?, ?, ?)",
        ((ids[n], f"/var/uploads/{n}.mp4", f"{n:064x}", "queued" if state == "waiting" else state, f"packaged/{ids[n]}/hls/master.m3u8",
          "input" if state == "failed" else None, "no video" if state == "failed" else None) for n, state in enumerate(states)))
    job = {"waiting": "waiting", "ready": "done", "failed": "failed"}
    far = int(time.time()) + 6 * 3600 - 600
    ledger.executemany(
        "INSERT INTO jobs (asset_id, version, status, queued_at, ended_at, run_after, probe_ms, encode_ms, total_ms) VALUES (?, 1, ?, ?, ?, ?, 9, 900, 1000)",
        ((ids[n], job[state], n, n, far if state == "waiting" else None) for n, state in enumerate(states)))
    ledger.commit()
    ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.close()
    rows = []
    commands = {"rung batch, nothing to do yet": batch}
    if subprocess.run([bench.options.rung, "help", "status"], capture_output=True).returncode == 0:
        commands["rung status"] = [bench.options.rung, "status", tree]
        commands["rung status, one asset as JSON"] = [bench.options.rung, "status", tree, ids[ASSETS // 2], "--json"]
    for name, command in commands.items():
        times = []
        for _ in range(5):
            began = time.monotonic()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times.append((time.monotonic() - began) * 1000)
        rows.append([name, spread(times)])
    queries = {
        "picking the next job": "SELECT * FROM jobs j JOIN assets a ON a.id = j.asset_id WHERE j.status = 'queued' ORDER BY j.priority DESC, j.number LIMIT 1",
        "counts": "SELECT * FROM totals",
    }
    ledger = sqlite3.connect(path)
    ledger.execute("UPDATE jobs SET status = 'queued', run_after = NULL WHERE status = 'waiting'")
    ledger.commit()
    for name, query in queries.items():
        began = time.monotonic()
        ledger.execute(query).fetchall()
        rows.append([name, f"{(time.monotonic() - began) * 1000:.1f}"])
    ledger.close()
    print(f"\nA ledger of {ASSETS:,} assets, {os.path.getsize(path) / 1e6:.0f} MB:\n")
    table(["what", "ms"], rows)


def batches(bench, count):
    print("\n## Batches\n")
    small_uploads(bench, count)
    unchanged(bench)
    million(bench)
