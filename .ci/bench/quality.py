"""How near a rendition is to its source: VMAF where it can be had, else SSIM; and BD-rate."""

import json
import math
import os
import re
import subprocess
import sys
from dataclasses import dataclass

from ladder import frames_per_second
from measure import Unmeasured


@dataclass
class Quality:
    """Of all frames looked at: mean, harmonic mean, and what 95 % of them reach."""

    mean: float
    harmonic: float
    low: float

    def __str__(self):
        return f"{self.mean:.2f} / {self.harmonic:.2f} / {self.low:.2f}"


class Judge:
    """Compares renditions with their source, by one metric for a whole run of the benchmark."""

    def __init__(self, venv, install=True, every=5):
        self.every = every
        self.ffmpeg, self.why = static_ffmpeg(venv, install)
        self.metric = "VMAF" if self.ffmpeg else "SSIM"

    def note(self):
        if self.ffmpeg:
            return f"VMAF v0.6.1 of every {ordinal(self.every)} frame, rendition and source scaled to the top rung by bicubic"
        return f"SSIM × 100 instead of VMAF ({self.why}), by the ffmpeg command, scaled to the top rung by bicubic"

    def compare(self, made, source, size, folder):
        """The quality of one rendition shown at `size`; frames are paired by their number."""
        rate = frames_per_second(made.frame_rate)
        fit = f"scale={size[0]}:{size[1]}:flags=bicubic,format=yuv420p,settb=1/1000,setpts=N/({rate}*TB)"
        log = f"{made.name}.log"
        last = (f"libvmaf=n_threads={os.cpu_count() or 1}:n_subsample={self.every}:log_fmt=json:log_path={log}" if self.ffmpeg
                else f"ssim=stats_file={log}")
        graph = f"[0:v]{fit}[a];[1:v]fps={made.frame_rate},{fit}[b];[a][b]{last}:shortest=1"
        command = [self.ffmpeg or "ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-i",
                   os.path.abspath(made.path), "-i", os.path.abspath(source), "-lavfi", graph, "-f", "null", "-"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise Unmeasured(f"{self.metric} of {made.name}: {(done.stderr.strip() or 'no output')[-300:]}")
        with open(os.path.join(folder, log), encoding="utf-8") as file:
            text = file.read()
        os.remove(os.path.join(folder, log))
        if self.ffmpeg:
            return pooled([frame["metrics"]["vmaf"] for frame in json.loads(text)["frames"]])
        return pooled([100 * float(value) for value in re.findall(r"All:([0-9.]+)", text)])


def pooled(values):
    if not values:
        raise Unmeasured("no frame was compared")
    # As libvmaf does it: 1 is added, so that a frame of nought does not end the harmonic mean.
    harmonic = len(values) / sum(1 / (1 + value) for value in values) - 1
    return Quality(sum(values) / len(values), harmonic, sorted(values)[int(0.05 * (len(values) - 1))])


def ordinal(number):
    return {1: "", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")


def static_ffmpeg(venv, install):
    """The static ffmpeg with libvmaf inside the Python package imageio-ffmpeg, in an environment to throw away."""
    python = os.path.join(venv, "bin", "python")
    where = [python, "-c", "import imageio_ffmpeg as i; print(i.get_ffmpeg_exe())"]
    if not run_quietly(where):
        if not install:
            return None, "it was not installed before, and a quick run does not fetch it"
        if run_quietly([sys.executable, "-m", "venv", venv]) is None:
            return None, "no virtual environment could be made"
        if run_quietly([python, "-m", "pip", "install", "--quiet", "imageio-ffmpeg"]) is None:
            return None, "imageio-ffmpeg could not be installed"
    path = (run_quietly(where) or "").strip()
    if not path or "libvmaf" not in (run_quietly([path, "-hide_banner", "-filters"]) or ""):
        return None, "the static ffmpeg has no libvmaf"
    return path, ""


def run_quietly(command):
    """Standard output, or nothing at all when the command failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def bd_rate(ours, theirs):
    """Bjøntegaard's difference in rate at equal quality, in per cent; below nought we need fewer bytes.

    Both are lists of (rate, quality). Between the points log rate is a monotone piecewise cubic of quality.
    """
    one, other = curve(ours), curve(theirs)
    low, high = max(one[0][0], other[0][0]), min(one[0][-1], other[0][-1])
    if high <= low:
        raise Unmeasured("the qualities of both sides do not overlap")
    steps = 400
    area = 0.0
    for index in range(steps):
        at = low + (high - low) * (index + 0.5) / steps
        area += value_at(one, at) - value_at(other, at)
    return (math.exp(area / steps) - 1) * 100


def curve(points):
    """Sorted knots, values and slopes (Fritsch and Carlson's, so that nothing overshoots)."""
    points = sorted((quality, math.log(rate)) for rate, quality in points)
    x, y = [p[0] for p in points], [p[1] for p in points]
    if len(x) < 3 or any(b - a < 1e-6 for a, b in zip(x, x[1:])) or any(b <= a for a, b in zip(y, y[1:])):
        raise Unmeasured("quality does not rise with the rate, or fewer than three rates")
    wide = [b - a for a, b in zip(x, x[1:])]
    tilt = [(y[i + 1] - y[i]) / wide[i] for i in range(len(wide))]
    slopes = [end_slope(wide[0], wide[1], tilt[0], tilt[1])]
    for i in range(1, len(wide)):
        before, after = 2 * wide[i] + wide[i - 1], wide[i] + 2 * wide[i - 1]
        slopes.append((before + after) / (before / tilt[i - 1] + after / tilt[i]))
    slopes.append(end_slope(wide[-1], wide[-2], tilt[-1], tilt[-2]))
    return x, y, slopes


def end_slope(near, far, tilt, next_tilt):
    slope = ((2 * near + far) * tilt - near * next_tilt) / (near + far)
    return max(0.0, min(slope, 3 * tilt))


def value_at(knots, at):
    x, y, slopes = knots
    i = max(0, min(len(x) - 2, sum(knot <= at for knot in x) - 1))
    wide = x[i + 1] - x[i]
    t = (at - x[i]) / wide
    return (y[i] * (1 + 2 * t) * (1 - t) ** 2 + slopes[i] * wide * t * (1 - t) ** 2
            + y[i + 1] * t * t * (3 - 2 * t) + slopes[i + 1] * wide * t * t * (t - 1))
