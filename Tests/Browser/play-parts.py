#!/usr/bin/env python3
"""Plays a parts manifest with the player of README.md in headless Chromium, or an HLS playlist with Chromium's own.

    play-parts.py MANIFEST|PLAYLIST [--root DIR] [--seconds N] [--timeout N]

Plays from the start, across every part boundary (from half of --seconds before each) and, after a seek, at 70 %. Exit
0: every stretch played; 1: one did not, and a line says which; 2: the check itself could not run (77: no Chromium
here).
"""
import argparse
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
README = os.path.join(HERE, "..", "..", "README.md")

TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t", ".m4s": "video/iso.segment", ".mp4": "video/mp4",
}

PAGE = """<!doctype html><meta charset="utf-8"><video muted playsinline></video><script type="module">
import { play } from "/player.js";
const video = document.querySelector("video");
const say = (result) => fetch("/result", { method: "POST", body: JSON.stringify(result) });
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const spans = () => [...Array(video.buffered.length).keys()].map((i) =>
  `${video.buffered.start(i).toFixed(3)} to ${video.buffered.end(i).toFixed(3)}`).join(", ") || "nothing";
addEventListener("unhandledrejection", (event) => say({ problem: String(event.reason) }));
addEventListener("error", (event) => say({ problem: event.message }));
const patience = %(patience)s, stretches = %(stretches)s, seconds = %(seconds)s, played = [];
try {
  const address = %(manifest)s;
  if (address.endsWith(".m3u8")) video.src = address;
  else play(video, address).catch((error) => say({ problem: String(error) }));
  const opened = Date.now();
  while (!video.src || video.readyState < 2) {
    if (Date.now() - opened > patience * 1000) throw new Error(`nothing is shown; ${spans()} in the buffer`);
    await wait(50);
  }
  for (const start of stretches ?? [0, video.duration * 0.7]) {
    if (start > 0) video.currentTime = start;
    video.play().catch((error) => say({ problem: String(error), played }));
    const began = Date.now();
    while (video.currentTime < Math.min(start + seconds, video.duration - 0.2)) {
      if (video.error) throw new Error(video.error.message);
      if (Date.now() - began > (seconds + patience) * 1000)
        throw new Error(`from ${start} it stands at ${video.currentTime}, ${spans()} in the buffer`);
      await wait(100);
    }
    let most = 0;
    for (let i = 0; i < video.buffered.length; i++) most += video.buffered.end(i) - video.buffered.start(i);
    const frames = video.getVideoPlaybackQuality().totalVideoFrames;
    played.push({ start, to: video.currentTime, buffered: most, frames });
  }
  await say({ played, duration: video.duration, width: video.videoWidth });
} catch (error) {
  await say({ problem: String(error), played });
}
</script>"""


class Server(http.server.SimpleHTTPRequestHandler):
    """Files with ranges, the page, the player, and a place for the result."""

    protocol_version = "HTTP/1.1"

    def __init__(self, page, player, done, *arguments, **keywords):
        self.page, self.player, self.done = page, player, done
        super().__init__(*arguments, **keywords)

    def log_message(self, *_):
        pass

    def body(self, data, kind, status=200, extra=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in extra:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.done["event"].is_set():
            self.done["result"] = json.loads(data)
            self.done["event"].set()
        self.body(b"", "text/plain")

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/page.html":
            return self.body(self.page.encode(), "text/html")
        if path == "/player.js":
            return self.body(self.player.encode(), "text/javascript")
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return super().do_GET()
        first, last = int(wanted[1]), int(wanted[2] or 1 << 62)
        path = self.translate_path(self.path)
        try:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(first)
                data = file.read(min(last, size - 1) - first + 1)
        except OSError:
            return self.body(b"", "text/plain", 404)
        span = f"bytes {first}-{first + len(data) - 1}/{size}"
        kind = TYPES.get(os.path.splitext(path)[1], "application/octet-stream")
        self.body(data, kind, 206, [("Content-Range", span)])


def player():
    text = open(README, encoding="utf-8").read()
    return re.search(r"<!-- player -->\n```js\n(.*?)```", text, re.S)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest")
    parser.add_argument("--root", help="the folder that is served as / (default: that of the manifest)")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--patience", type=float, default=15, help="seconds that a stretch may take longer")
    parser.add_argument("--timeout", type=float, default=300)
    options = parser.parse_args()
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        print("play-parts: no Chromium on this machine")
        return 77
    root = os.path.abspath(options.root or os.path.dirname(options.manifest))
    end = stretches = None
    if not options.manifest.endswith(".m3u8"):
        parts = json.load(open(options.manifest))
        end = parts[-1]["start"] + parts[-1]["duration"]
        stretches = [0] + [max(0, part["start"] - options.seconds / 2) for part in parts[1:]] + [end * 0.7]
    page = PAGE % {
        "stretches": json.dumps(stretches), "seconds": options.seconds, "patience": options.patience,
        "manifest": json.dumps("/" + os.path.relpath(os.path.abspath(options.manifest), root)),
    }
    done = {"event": threading.Event(), "result": None}
    handler = functools.partial(Server, page, player(), done, directory=root)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    # The browser drops requests that a seek made useless.
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio",
             "--autoplay-policy=no-user-gesture-required", f"--user-data-dir={profile}",
             f"http://127.0.0.1:{server.server_port}/page.html"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            done["event"].wait(options.timeout)
        finally:
            process.terminate()
            process.wait(20)
            server.shutdown()
    result = done["result"]
    if result is None:
        print(f"PROBLEM: the page said nothing for {options.timeout:.0f} s")
        return 1
    for stretch in result.get("played", []):
        print(f"played {stretch['start']:.3f} to {stretch['to']:.3f} s, {stretch['frames']} frames so far, "
              f"{stretch['buffered']:.1f} s in the buffer")
    if "problem" in result:
        print("PROBLEM: " + result["problem"])
        return 1
    if not result["width"]:
        print("PROBLEM: no picture was shown")
        return 1
    if end is not None and abs(result["duration"] - end) > 0.1:
        print(f"PROBLEM: it lasts {result['duration']:.3f} s, expected {end:.3f}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
