"""Publishing: a tree of 1,700 objects into `rclone serve s3` on this machine, beside `rclone copy` to the same server.

The server is another process and is not measured; each round starts it anew over an empty folder, and has both go
first in turn. Nothing is checked by either but what it checks by itself.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import time

from measure import Unmeasured, measured, output, spread
from sections import mb, table

OBJECTS = 1700
KEYS = ("AKBENCH", "bench-secret")
TYPES = {"m4s": "video/iso.segment", "m3u8": "application/vnd.apple.mpegurl"}
CACHE = {"m4s": "public, max-age=31536000, immutable", "m3u8": "public, max-age=60, s-maxage=300"}


def tree(root, total):
    """A tree of one asset as Rung would write it, with noise for media: five renditions, a playlist each."""
    chance, objects = random.Random(1), []
    segments = OBJECTS - 7
    for number in range(segments):
        rung = number % 5
        add(root, objects, f"packaged/big/hls/r{rung}/seg-0a1b2c3d-{number // 5:05}.m4s",
            chance.randbytes(int(total / segments * (0.4 + 0.3 * rung))))
    for rung in range(5):
        lines = "".join(f"#EXTINF:6.0,\nseg-0a1b2c3d-{number:05}.m4s\n" for number in range(segments // 5))
        add(root, objects, f"packaged/big/hls/r{rung}/index.m3u8", ("#EXTM3U\n" + lines).encode())
    add(root, objects, "packaged/big/hls/master.m3u8", b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nr0/index.m3u8\n")
    document = {"schema": 1, "id": "big", "source": {"name": "big.mp4", "bytes": 1, "sha256": "0" * 64}, "ladder": {},
                "made_by": {"tool": "rung", "version": "0", "libraries": {}}, "objects": objects}
    with open(os.path.join(root, "packaged/big/asset.json"), "w", encoding="ascii") as file:
        json.dump(document, file)
    return sum(item["bytes"] for item in objects)


def add(root, objects, key, data):
    path, ending = os.path.join(root, key), key.rpartition(".")[2]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    objects.append({"key": key, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(),
                    "content_type": TYPES[ending], "cache_control": CACHE[ending]})


class Server:
    """`rclone serve s3` over a fresh folder with one bucket; ends with the block."""

    def __init__(self, rclone, folder):
        self.rclone, self.folder = rclone, folder

    def __enter__(self):
        os.makedirs(os.path.join(self.folder, "bench"))
        log = open(self.folder + ".log", "wb")
        self.process = subprocess.Popen(
            [self.rclone, "serve", "s3", "--config", "/dev/null", "--addr", "127.0.0.1:0", "--auth-key", ",".join(KEYS),
             self.folder], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(200):
            time.sleep(0.1)
            with open(self.folder + ".log", encoding="utf-8", errors="replace") as file:
                said = file.read()
            if "[http://" in said:
                self.endpoint = "http://" + said.split("[http://")[1].split("/")[0]
                return self
        self.__exit__()
        raise Unmeasured("rclone serve s3 did not start")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            # It finishes uploads of its own first, and has none.
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def commands(rung, rclone, root, endpoint):
    remote = (f":s3,provider=Other,access_key_id={KEYS[0]},secret_access_key={KEYS[1]},endpoint='{endpoint}',"
              "force_path_style=true:bench/p")
    return {
        "rung publish": [rung, "publish", root, "--to", "s3://bench/p", "--endpoint", endpoint, "--quiet"],
        "rclone copy": [rclone, "copy", "--config", "/dev/null", "--transfers", "8", "--checkers", "8",
                        os.path.join(root, "packaged"), remote + "/packaged"],
    }


def publishing(bench, gigabytes):
    options = bench.options
    rclone = output(str(options.root / ".ci/rclone")).strip()
    if not rclone:
        raise Unmeasured("there is no rclone (.ci/rclone says why)")
    os.environ.update({"AWS_ACCESS_KEY_ID": KEYS[0], "AWS_SECRET_ACCESS_KEY": KEYS[1], "NO_PROXY": "127.0.0.1"})
    os.environ.pop("AWS_PROFILE", None)
    root = os.path.join(bench.folder, "publish-tree")
    total = tree(root, gigabytes * 1e9)
    print(f"\n## Publishing {OBJECTS} objects, {mb(total)} MB, to rclone serve s3\n")
    costs = {"rung publish": [], "rclone copy": []}
    for number in range(options.runs):
        for name in sorted(costs, reverse=number % 2 == 0):
            shutil.rmtree(os.path.join(root, ".rung"), ignore_errors=True)
            with Server(rclone, os.path.join(bench.folder, f"served-{number}-{name.split()[0]}")) as server:
                command = commands(options.rung, rclone, root, server.endpoint)[name]
                costs[name].append(measured(command, log=os.path.join(bench.folder, "publish.log"), timeout=600))
                held = sum(len(files) for _, _, files in os.walk(os.path.join(server.folder, "bench")))
                if held != OBJECTS:
                    raise Unmeasured(f"{name} left {held} objects instead of {OBJECTS}")
            os.sync()
    rows = [[name, spread([run.wall for run in runs], 1), spread([run.cpu for run in runs], 1),
             mb(max(run.peak for run in runs)),
             spread([one.wall / other.wall for one, other in zip(runs, costs["rclone copy"])])]
            for name, runs in costs.items()]
    table(["command", "wall s", "CPU s", "peak MB", "wall / rclone"], rows)
    shutil.rmtree(root, ignore_errors=True)
