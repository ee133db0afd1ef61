"""The sources that were never before a lens: flat animation, and a screen with text."""

import os
import random
import shutil
import subprocess

from canvas import Canvas, ffmpeg, ridge
from graph import HEIGHT, MARGIN_X, MARGIN_Y, RATE, WIDTH, Graph, still


def hill_layer(folder, name, base, colour, seed, trees=0):
    """One flat layer with its outline in ink; twice the picture's width."""
    layer, chance = Canvas(WIDTH * 2, HEIGHT), random.Random(seed)
    outline = ridge(WIDTH * 2, base, 60, seed, 0.42)
    for _ in range(trees):
        x = chance.randrange(60, WIDTH * 2 - 60)
        y = outline[x] - chance.randint(40, 110)
        size = chance.randint(34, 74)
        layer.rectangle(x - 7, y, 14, 160, (70, 44, 34))
        layer.ellipse(x, y, size + 5, size * 1.1 + 5, (24, 34, 30))
        layer.ellipse(x, y, size, size * 1.1, tuple(min(255, int(c * 1.15)) for c in colour))
        layer.ellipse(x - size / 4, y - size / 3, size / 2, size / 2, tuple(min(255, int(c * 1.35)) for c in colour))
    layer.below([value - 6 for value in outline], (24, 34, 30))
    layer.below(outline, colour)
    layer.write(os.path.join(folder, "layer.pam"))
    ffmpeg("-i", os.path.join(folder, "layer.pam"), "-vf", "gblur=sigma=0.6", still(folder, name))
    return still(folder, name)


def figure(folder, name, colour, size=320):
    """A cartoon figure: flat parts with ink around them."""
    body, middle, ink = Canvas(size, size), size / 2, (20, 18, 26)
    parts = [(0, 50, 78, 92, colour), (0, -62, 70, 66, (246, 206, 168)), (-26, -70, 17, 22, (255, 255, 255)),
             (26, -70, 17, 22, (255, 255, 255)), (-22, -68, 7, 9, ink), (30, -68, 7, 9, ink), (0, -34, 24, 9, (170, 50, 60))]
    for dx, dy, rx, ry, fill in parts:
        body.ellipse(middle + dx, middle + dy, rx + 5, ry + 5, ink)
        body.ellipse(middle + dx, middle + dy, rx, ry, fill)
    body.write(os.path.join(folder, "figure.pam"))
    ffmpeg("-i", os.path.join(folder, "figure.pam"), "-vf", "gblur=sigma=0.7", still(folder, name))
    return still(folder, name)


def animation(folder, seconds):
    """Layers of flat hills passing at different speeds, turning figures, two scenes."""
    graph, streams = Graph(), []
    figures = [figure(folder, f"figure-{n}", c) for n, c in enumerate([(214, 66, 58), (60, 110, 204), (240, 186, 60)])]
    for scene, tint in enumerate([(0, 0, 0), (60, -20, -40)]):
        colour = lambda *c: tuple(max(0, min(255, a + b)) for a, b in zip(c, tint))
        sky = Canvas(WIDTH, HEIGHT)
        sky.gradient(colour(70, 150, 226), colour(226, 236, 214))
        sky.ellipse(1400 - 800 * scene, 260, 110, 110, (255, 240, 170))
        sky.write(os.path.join(folder, f"sky-{scene}.pam"))
        stream = graph.still(os.path.join(folder, f"sky-{scene}.pam"))
        for depth, (base, c, trees) in enumerate([(560, (120, 170, 150), 40), (700, (86, 150, 96), 44), (880, (60, 120, 66), 24)]):
            layer = hill_layer(folder, f"layer-{scene}-{depth}", base, colour(*c), 5 + depth + 9 * scene, trees)
            speed = (1, 3, 7)[depth]
            stream = graph.sprite(stream, layer, f"-mod({speed}*n,{WIDTH})", "0")
        for n, path in enumerate(figures * 2):
            x = f"{60 + 290 * n}+{120 + 40 * scene}*sin(n/{28 + 6 * n})"
            stream = graph.sprite(stream, path, x, f"{500 + 60 * (n % 3)}-abs({140 - 20 * n}*sin(n/{11 + n}))", f"0.22*sin(n/{9 + 2 * n})")
        # A slow push of the whole picture, so that not all motion is by whole pixels.
        stream = graph.chain(f"{stream}scale={WIDTH + 2 * MARGIN_X}:{HEIGHT + 2 * MARGIN_Y}")
        streams.append(graph.window(stream, "0", "0", "0.003*sin(n/50)", "1-0.05*(1-cos(n/90))"))
    return graph, graph.chain(f"{graph.scenes(streams, seconds)}format=yuv420p")


WORDS = ("return let value guard else func index for while frame segment packet rate buffer total limit error "
         "string count first last append write read open close chunk stream level table entry offset").split()


def code_lines(count, seed):
    """Lines that look like a program."""
    chance, depth, lines = random.Random(seed), 0, []
    for _ in range(count):
        depth = max(0, min(6, depth + chance.choice((-1, 0, 0, 0, 1))))
        words = [chance.choice(WORDS) for _ in range(chance.randint(0, 9))]
        lines.append("    " * depth + " ".join(words) + (chance.choice(" {( ,;") if words else ""))
    return lines


def font():
    """A monospaced font of this machine, or nil."""
    if not shutil.which("fc-match"):
        return None
    found = subprocess.run(["fc-match", "-f", "%{file}", "monospace"], capture_output=True, text=True).stdout
    return found if os.path.exists(found) and "'" not in found and ":" not in found else None


def block_text(page, lines, left, pitch, colour):
    """Letters from an alphabet of our own 5x7 marks, where no font is installed."""
    marks = {}
    for row, line in enumerate(lines):
        for column, letter in enumerate(line):
            if letter == " ":
                continue
            bits = marks.setdefault(letter, random.Random(ord(letter)).getrandbits(35))
            for bit in range(35):
                if bits >> bit & 1:
                    page.rectangle(left + column * 12 + bit % 5 * 2, 8 + row * pitch + bit // 5 * 2, 2, 2, colour)


def text_page(folder, name, lines, width, height, paper, ink, pitch=27):
    """A still of text on paper, by the machine's font where there is one."""
    page, path, found = Canvas(width, height, paper), os.path.join(folder, name), font()
    if not found:
        block_text(page, lines, 24, pitch, ink)
    page.write(path + ".pam")
    if not found:
        return path + ".pam"
    with open(path + ".txt", "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    draw = (f"drawtext=fontfile='{found}':textfile='{path}.txt':expansion=none:fontsize=20:x=24:y=8:line_spacing={pitch - 23}"
            f":fontcolor=0x{bytes(ink).hex()}")
    ffmpeg("-i", path + ".pam", "-vf", draw, "-frames:v", 1, still(folder, name))
    return still(folder, name)


def screen(folder, seconds):
    """An editor in which a line is typed, a page that is scrolled now and then, a pointer."""
    graph, paper, dark = Graph(), (250, 250, 248), (30, 32, 40)
    desk = Canvas(WIDTH, HEIGHT, (52, 60, 78))
    desk.rectangle(0, 0, WIDTH, 34, (226, 228, 232))
    desk.rectangle(26, 56, 920, 34, (70, 74, 86))
    desk.rectangle(974, 56, 920, 34, (206, 208, 214))
    stream = graph.still(desk.write(os.path.join(folder, "desk.pam")))
    editor = graph.still(text_page(folder, "editor", code_lines(36, 4), 920, 970, dark, (206, 214, 220)))
    stream = graph.chain(f"{stream}{editor}overlay=26:90")
    page = graph.still(text_page(folder, "page", code_lines(400, 9), 920, 8192, paper, (36, 36, 40)))
    # Every five seconds the page is scrolled for a second, 8 pixels a frame.
    scrolled = f"8*({RATE}*floor(n/150)+min({RATE},mod(n,150)))"
    page = graph.chain(f"{page}crop=920:970:x=0:y='mod({scrolled},7200)'")
    stream = graph.chain(f"{stream}{page}overlay=974:90")
    typed = graph.still(text_page(folder, "typed", ["let answer = segments.reduce(0) { $0 + $1.bytes }  // whole file"],
                                  800, 30, dark, (240, 200, 120)))
    cover = graph.still(Canvas(800, 30, dark).write(os.path.join(folder, "cover.pam")))
    # The cover slides off the line one letter at a time.
    line = graph.chain(f"{typed}{cover}overlay=x='24+12*floor(mod(n,260)/4)':y=0:eval=frame")
    stream = graph.chain(f"{stream}{line}overlay=26:520")
    pointer = Canvas(16, 24)
    for row in range(24):
        pointer.span(row, 0, min(row * 0.66 + 1, 16 - max(0, row - 16) * 2), (12, 12, 12, 255))
    path = pointer.write(os.path.join(folder, "pointer.pam"))
    stream = graph.sprite(stream, path, "1300+400*sin(min(60,mod(n,200))/38)", "500+200*sin(min(60,mod(n,200))/29)")
    return graph, graph.chain(f"{stream}format=yuv420p")
