"""Stills for the benchmark's synthetic sources: flat drawing in Python, texture by the ffmpeg command.

Everything random comes from seeded generators, so that the same call gives the same bytes.
"""

import math
import random
import subprocess

from measure import Unmeasured


class Canvas:
    """A picture being drawn: RGBA pixels in, a PAM file out. Spans are filled whole, which keeps it quick."""

    def __init__(self, width, height, colour=(0, 0, 0, 0)):
        self.width, self.height = width, height
        self.pixels = bytearray(rgba(colour) * (width * height))

    def span(self, y, left, right, colour):
        y, left, right = int(y), max(0, int(left)), min(self.width, int(right))
        if 0 <= y < self.height and right > left:
            at = (y * self.width + left) * 4
            self.pixels[at : at + (right - left) * 4] = rgba(colour) * (right - left)

    def rectangle(self, x, y, width, height, colour):
        for row in range(int(y), int(y + height)):
            self.span(row, x, x + width, colour)

    def ellipse(self, cx, cy, rx, ry, colour, tilt=0.0):
        """A sheared ellipse; `tilt` moves each row sideways, which is quicker than turning it."""
        for row in range(int(cy - ry), int(cy + ry) + 1):
            part = 1 - ((row - cy) / ry) ** 2
            if part > 0:
                half, shift = rx * math.sqrt(part), tilt * (row - cy)
                self.span(row, cx + shift - half, cx + shift + half, colour)

    def gradient(self, top, bottom, first=0, last=None):
        last = self.height if last is None else last
        for row in range(first, last):
            part = (row - first) / max(1, last - first)
            self.span(row, 0, self.width, mix(top, bottom, part))

    def below(self, outline, colour):
        """Fills each column below `outline` (one height per column)."""
        value = rgba(colour)
        for x, top in enumerate(outline[: self.width]):
            start = (max(0, int(top)) * self.width + x) * 4
            rows = self.height - max(0, int(top))
            for channel in range(4):
                self.pixels[start + channel :: self.width * 4] = bytes([value[channel]]) * rows

    def write(self, path):
        header = f"P7\nWIDTH {self.width}\nHEIGHT {self.height}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
        with open(path, "wb") as file:
            file.write(header.encode() + self.pixels)
        return path


def rgba(colour):
    return bytes(colour) if len(colour) == 4 else bytes((*colour, 255))


def mix(one, other, part):
    return tuple(int(a + (b - a) * part) for a, b in zip(one, other))


def ridge(width, base, height, seed, roughness=0.55):
    """An outline like hills: octaves of sines with random phases, one number per column."""
    chance = random.Random(seed)
    waves, amplitude, period = [], height, width * 0.7
    while period > 6:
        waves.append((amplitude, 2 * math.pi / period, chance.random() * 6.3))
        amplitude, period = amplitude * roughness, period * 0.47
    return [base + sum(a * math.sin(f * x + p) for a, f, p in waves) for x in range(width)]


def leaves(canvas, area, count, sizes, palette, seed, last_only=False):
    """Overlapping ellipses with many small and few large ones: the occlusions of natural pictures."""
    chance = random.Random(seed)
    left, top, width, height = area
    small, large = sizes
    for _ in range(count):
        # The cube law of natural occlusion sizes, inverted from a uniform number.
        u = chance.random()
        radius = 1 / math.sqrt(u / large**2 + (1 - u) / small**2)
        shade = 0.55 + 0.6 * chance.random()
        colour = tuple(min(255, int(c * shade)) for c in chance.choice(palette))
        x, y = left + chance.random() * width, top + chance.random() * height
        flat = 0.35 + 0.65 * chance.random()
        canvas.ellipse(x, y, radius, max(1.0, radius * flat), colour, chance.uniform(-0.8, 0.8))


def ffmpeg(*arguments):
    """Runs the ffmpeg command quietly; a failure is told with its last lines."""
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unmeasured(f"ffmpeg failed: {done.stderr.strip()[-600:]}")


def textured(drawing, out, folder, seed, gain=1.0, finest=1, decay=0.9, blur=0.0):
    """Lays natural (1/f) texture over a drawn still: octaves of noise from `finest` to 256 pixels.

    Equal energy in each octave is what photographs have; `decay` below 1 weakens the finer ones like a lens.
    """
    chance = random.Random(seed)
    width, height = drawing.width, drawing.height
    inputs, chains, weights, cell, index = [], [], [], 256, 1
    weight = 1.0
    while cell >= finest:
        w, h = max(2, width // cell), max(2, height // cell)
        path = f"{folder}/octave-{cell}.yuv"
        with open(path, "wb") as file:
            file.write(chance.randbytes(w * h * 3))
        inputs += ["-f", "rawvideo", "-pixel_format", "yuv444p", "-video_size", f"{w}x{h}", "-i", path]
        chains.append(f"[{index}]scale={width}:{height}:flags=bicubic[o{index}]")
        weights.append(f"{weight:.4f}")
        weight, cell, index = weight * decay, cell // 2, index + 1
    names = "".join(f"[o{n}]" for n in range(1, index))
    # Averaging many octaves shrinks their contrast; the look-up gives it back.
    strength = gain * math.sqrt(len(weights)) * 0.42
    graph = ";".join(chains) + (
        f";{names}mix=inputs={len(weights)}:weights={' '.join(weights)},"
        f"lutyuv=y=128+(val-128)*{strength}:u=128+(val-128)*{strength * 0.14}:v=128+(val-128)*{strength * 0.14}[t];"
        f"[0]format=yuva444p,split[d][m];[m]alphaextract[a];[d]format=yuv444p[p];"
        f"[p][t]blend=all_mode=grainmerge{f',gblur=sigma={blur}' if blur else ''}[b];"
        f"[b][a]alphamerge,format=rgba"
    )
    plain = drawing.write(f"{folder}/drawing.pam")
    ffmpeg("-i", plain, *inputs, "-filter_complex", graph, "-frames:v", 1, "-update", 1, out)
    return out
