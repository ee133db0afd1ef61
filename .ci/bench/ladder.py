"""Both sides of the comparison: one ladder made by Rung, and by the ffmpeg command in one process."""

import json
import os
import re
import subprocess
from dataclasses import dataclass, field, replace

from measure import Unmeasured, measured, output

GOP_SECONDS, SEGMENT_SECONDS, BUFFER_SECONDS = 2, 6, 1.5


@dataclass
class Step:
    """One rung of the ladder file: a box and its rates in bits per second."""

    name: str
    width: int
    height: int
    bitrate: int

    @property
    def peak(self):
        return self.bitrate * 107 // 100

    def scaled(self, factor):
        return replace(self, bitrate=int(self.bitrate * factor))


FULL = [Step("240p", 426, 240, 400_000), Step("360p", 640, 360, 800_000), Step("480p", 854, 480, 1_400_000),
        Step("720p", 1280, 720, 2_800_000), Step("1080p", 1920, 1080, 5_000_000)]
SMALL = [FULL[0], FULL[2]]
CLIP = [FULL[2], FULL[3]]


@dataclass
class Made:
    """One rendition as one file: its picture size, and the bytes and rate of its coded pictures."""

    name: str
    path: str
    width: int
    height: int
    bytes: int
    rate: float
    frame_rate: str


@dataclass
class Run:
    """What one side made, and at what cost."""

    cost: object
    made: dict = field(default_factory=dict)


def ladder_file(path, steps, rate_control, speed):
    """Writes a ladder file with these steps."""
    rungs = [{"name": s.name, "width": s.width, "height": s.height, "bitrate": s.bitrate, "max_bitrate": s.peak}
             for s in steps]
    ladder = {"name": "bench", "outputs": ["hls"], "segments": "fmp4", "addressing": "files",
              "segment_seconds": SEGMENT_SECONDS, "gop_seconds": GOP_SECONDS, "buffer_seconds": BUFFER_SECONDS,
              "rate_control": rate_control, "speed": speed, "rungs": rungs,
              "audio": [{"codec": "aac", "channels": 2, "bitrate": 128_000, "rate": 48_000}]}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(ladder, file, indent=2)
    return path


def rung(binary, source, folder, steps, rate_control="fixed", speed="balanced", workers=None, cores=None, keep=True):
    """Rung makes the ladder in a tree of its own, so that no earlier chunk is reused."""
    os.makedirs(folder)
    ladder = ladder_file(os.path.join(folder, "ladder.json"), steps, rate_control, speed)
    tree = os.path.join(folder, "tree")
    command = [binary, "package", source, "--into", tree, "--id", "bench", "--ladder", ladder,
               "--rate-control", rate_control, "--speed", speed]
    command += ["--workers", workers] if workers else []
    result = Run(measured(command, cores=cores, log=os.path.join(folder, "log")))
    if keep:
        base = os.path.join(tree, "packaged", "bench", "hls")
        for name in video_renditions(os.path.join(tree, "packaged", "bench", "asset.json"), base, steps):
            result.made[name] = join(name, os.path.join(base, name, "index.m3u8"), folder)
        if not result.made:
            raise Unmeasured(f"no video rendition under {base}")
    return result


def video_renditions(inventory, base, steps):
    """Names of the video renditions, from `asset.json`; where it does not say, those of the ladder that are there."""
    names = []
    try:
        with open(inventory, encoding="utf-8") as file:
            listed = json.load(file).get("renditions", [])
        names = [entry["name"] for entry in listed if entry.get("kind") == "video"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    names = names or [step.name for step in steps]
    return [name for name in names if os.path.exists(os.path.join(base, name, "index.m3u8"))]


def ffmpeg(source, folder, steps, targets, preset, cores=None, keep=True):
    """The ffmpeg command makes the same renditions in one process.

    `targets` are the renditions Rung made: sizes and achieved rates come from there, peaks from the ladder.
    """
    os.makedirs(folder)
    named = {step.name: step for step in steps}
    rate = frames_per_second(next(iter(targets.values())).frame_rate)
    gop, count = round(rate * GOP_SECONDS), len(targets)
    sound = bool(output("ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries", "stream=index",
                        "-of", "csv=p=0", source).strip())
    source_size = video_facts(source)[:2]
    split = f"[0:v]split={count}" + "".join(f"[i{n}]" for n in range(count))
    chains, options, streams = [], [], []
    for n, (name, made) in enumerate(targets.items()):
        same = (made.width, made.height) == source_size
        chains.append(f"[i{n}]" + ("null" if same else f"scale={made.width}:{made.height}:flags=bicubic") + f"[o{n}]")
        peak = named[name].peak if name in named else int(made.rate * 1.07)
        options += ["-map", f"[o{n}]", f"-b:v:{n}", int(made.rate), f"-maxrate:v:{n}", max(peak, int(made.rate)),
                    f"-bufsize:v:{n}", int(peak * BUFFER_SECONDS)]
        streams.append(f"v:{n}" + (",agroup:a" if sound else "") + f",name:{name}")
    if sound:
        options += ["-map", "0:a:0", "-c:a", "aac", "-b:a", 128_000, "-ar", 48_000, "-ac", 2]
        streams.append("a:0,agroup:a,name:audio")
    command = ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin", "-y", "-i", source, "-filter_complex",
               ";".join([split, *chains]), *options, "-c:v", "libx264", "-preset", preset, "-pix_fmt", "yuv420p",
               "-g", gop, "-keyint_min", gop, "-sc_threshold", 0, "-f", "hls", "-hls_time", SEGMENT_SECONDS,
               "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-hls_list_size", 0,
               "-hls_segment_filename", os.path.join(folder, "%v", "seg-%05d.m4s"),
               "-var_stream_map", " ".join(streams), os.path.join(folder, "%v", "index.m3u8")]
    result = Run(measured(command, cores=cores, log=os.path.join(folder, "log")))
    if keep:
        for name in targets:
            result.made[name] = join(name, os.path.join(folder, name, "index.m3u8"), folder)
    return result


def join(name, playlist, folder):
    """Init segment and segments of a playlist as one file, with what it holds."""
    out = os.path.join(folder, f"joined-{name}.mp4")
    base = os.path.dirname(playlist)
    with open(playlist, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    init = [re.search(r'URI="([^"]+)"', line).group(1) for line in lines if line.startswith("#EXT-X-MAP:")]
    with open(out, "wb") as joined:
        for part in [*init[:1], *(line for line in lines if line and not line.startswith("#"))]:
            with open(os.path.join(base, part), "rb") as piece:
                joined.write(piece.read())
    width, height, frame_rate = video_facts(out)
    sizes = output("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=size", "-of",
                   "csv=p=0", out).replace(",", "").split()
    if not sizes:
        raise Unmeasured(f"{playlist} holds no picture that ffprobe can read")
    total = sum(map(int, sizes))
    return Made(name, out, width, height, total, total * 8 * frames_per_second(frame_rate) / len(sizes), frame_rate)


def video_facts(path):
    """Width, height and frame rate of a file's first video stream."""
    text = output("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                  "stream=width,height,r_frame_rate", "-of", "json", str(path))
    try:
        stream = json.loads(text)["streams"][0]
        return stream["width"], stream["height"], stream["r_frame_rate"]
    except (ValueError, KeyError, IndexError):
        raise Unmeasured(f"ffprobe finds no video in {path}") from None


def duration(path):
    """Seconds, as the container says."""
    text = output("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path)).strip()
    try:
        return max(float(text), 0.001)
    except ValueError:
        raise Unmeasured(f"ffprobe finds no duration in {path}") from None


def frames_per_second(text):
    numerator, _, denominator = text.partition("/")
    return int(numerator) / int(denominator or 1)


def repeat(source, out, times):
    """The source played several times over, without encoding it again."""
    done = subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-y", "-stream_loop", str(times - 1), "-i", source,
                           "-c", "copy", out], capture_output=True, text=True)
    if done.returncode:
        raise Unmeasured(f"could not repeat {source}: {done.stderr.strip()[-200:]}")
    return out
