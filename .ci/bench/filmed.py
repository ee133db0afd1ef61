"""The sources that imitate a camera: handheld scenes, and fast pans over a field."""

import os
import random

from canvas import Canvas, ffmpeg, leaves, ridge, textured
from graph import HEIGHT, RATE, WIDTH, Graph, still

LEAF = [(86, 112, 58), (120, 138, 70), (58, 84, 44), (150, 140, 84), (98, 78, 52), (176, 160, 120)]
TOWN = [(150, 120, 100), (110, 104, 110), (190, 176, 150), (84, 90, 104), (170, 96, 76), (214, 206, 190)]


def blob(folder, name, size, palette, seed, gain=1.0):
    """A textured object with a soft shadow under it."""
    body = Canvas(size, size)
    reach = size * 0.36
    body.ellipse(size * 0.47, size * 0.45, reach, reach * 0.8, palette[0])
    inner = Canvas(size, size)
    leaves(inner, (0, 0, size, size), 260, (4, size / 8), palette, seed)
    for at in range(3, len(body.pixels), 4):
        if body.pixels[at]:
            body.pixels[at - 3 : at] = inner.pixels[at - 3 : at] if inner.pixels[at] else body.pixels[at - 3 : at]
    top, under = still(folder, name + "-top"), Canvas(size, size)
    textured(body, top, folder, seed, gain)
    under.ellipse(size * 0.53, size * 0.56, reach, reach * 0.75, (0, 0, 0, 120))
    shadow = under.write(os.path.join(folder, "shadow.pam"))
    graph = f"[0]gblur=sigma={size / 24}[s];[1]format=rgba,gblur=sigma=1.1[t];[s][t]overlay=format=rgb,format=rgba"
    ffmpeg("-i", shadow, "-i", top, "-filter_complex", graph, "-frames:v", 1, still(folder, name))
    return still(folder, name)


def landscape(folder, index, seed):
    """Sky, hills and foliage: one of the camera's scenes."""
    picture = Canvas(2880, 1620, (90, 100, 110))
    picture.gradient((104, 142, 190), (206, 212, 214), 0, 900)
    picture.below(ridge(2880, 620, 90, seed), (112, 124, 132))
    picture.below(ridge(2880, 760, 70, seed + 1), (84, 98, 82))
    picture.below(ridge(2880, 900, 40, seed + 2), (96, 104, 66))
    leaves(picture, (0, 880, 2880, 760), 9000, (5, 110), LEAF, seed + 3)
    leaves(picture, (0, 860, 2880, 60), 160, (6, 30), LEAF, seed + 4)
    return textured(picture, still(folder, f"scene-{index}"), folder, seed, gain=0.55, decay=0.88, blur=0.7)


def street(folder, index, seed):
    """House fronts with windows: straight edges for the camera."""
    chance, picture = random.Random(seed), Canvas(2880, 1620, (120, 118, 116))
    picture.gradient((150, 170, 200), (220, 218, 210), 0, 500)
    x = -40
    while x < 2880:
        width, top = chance.randint(260, 520), chance.randint(120, 520)
        wall = tuple(int(c * chance.uniform(0.7, 1.0)) for c in chance.choice(TOWN))
        picture.rectangle(x, top, width, 1620 - top, wall)
        for wy in range(top + 50, 1240, chance.randint(120, 170)):
            for wx in range(x + 30, x + width - 70, chance.randint(80, 120)):
                glass = chance.randint(20, 110)
                picture.rectangle(wx - 5, wy - 5, 58, 92, tuple(min(255, c + 30) for c in wall))
                picture.rectangle(wx, wy, 48, 82, (glass, glass + 6, glass + 16))
        x += width
    picture.gradient((96, 94, 92), (70, 68, 70), 1250)
    leaves(picture, (0, 1150, 2880, 160), 700, (4, 60), LEAF, seed + 1)
    return textured(picture, still(folder, f"scene-{index}"), folder, seed, gain=0.5, decay=0.88, blur=0.7)


def camera(folder, seconds):
    """Handheld motion over four textured scenes, objects before them, exposure drift and sensor grain."""
    graph, streams = Graph(), []
    objects = [blob(folder, f"blob-{n}", 260 + 90 * n, (LEAF, TOWN, LEAF[::-1])[n], 40 + n) for n in range(3)]
    for index in range(4):
        make = street if index % 2 else landscape
        scene = graph.still(make(folder, index, 10 + index * 7))
        drift, phase = (1.1, -0.7, 0.5, -1.6)[index], index * 1.3
        x = f"420+{drift}*mod(n,260)+18*sin(n/23+{phase})+5*sin(n/7.3+{phase})+2*sin(n/2.9)"
        y = f"250+14*sin(n/31+{phase})+4*sin(n/8.1)+1.6*sin(n/3.3+{phase})"
        stream = graph.window(scene, x, y, f"0.004*sin(n/41+{phase})", f"1+0.008*sin(n/67+{phase})")
        stream = graph.sprite(stream, objects[index % 3], f"-200+{3.1 + index}*n", "560+30*sin(n/9)", "0.02*n")
        stream = graph.sprite(stream, objects[(index + 1) % 3], f"1700-{1.7 + index / 2}*n", "380+12*sin(n/5)", "sin(n/30)/5")
        streams.append(stream)
    shown = graph.scenes(streams, seconds)
    drift = "brightness='0.035*sin(t/2.1)':contrast='1+0.04*sin(t/3.7)':eval=frame"
    return graph, graph.chain(f"{shown}eq={drift},noise=alls=6:allf=t:all_seed=7,format=yuv420p")


def player(folder, name, colour, seed):
    """A small running figure with shadow."""
    body, chance = Canvas(96, 150), random.Random(seed)
    body.ellipse(52, 138, 38, 8, (10, 30, 10, 150))
    body.rectangle(36, 84, 9, 48, (30, 30, 40))
    body.rectangle(54, 80, 9, 50, (40, 40, 50))
    body.ellipse(49, 62, 19, 30, colour)
    leaves(body, (38, 44, 22, 34), 14, (2, 5), [colour], seed)
    body.ellipse(50, 24, 11, 13, (chance.randint(120, 220), 140, 110))
    body.write(os.path.join(folder, "player.pam"))
    ffmpeg("-i", os.path.join(folder, "player.pam"), "-vf", "gblur=sigma=0.9", still(folder, name))
    return still(folder, name)


def stadium(folder):
    """A field three screens wide: mown stripes, lines, boards and a crowd."""
    field = Canvas(6400, 1300, (74, 128, 58))
    for stripe in range(0, 6400, 400):
        field.rectangle(stripe, 400, 200, 900, (84, 142, 64))
    for x in (300, 3200, 6100):
        field.rectangle(x, 420, 10, 880, (228, 234, 224))
    field.rectangle(0, 470, 6400, 8, (228, 234, 224))
    crowd = [(200, 60, 50), (50, 70, 170), (220, 210, 200), (60, 50, 50), (200, 160, 130), (230, 190, 60)]
    field.rectangle(0, 0, 6400, 300, (70, 64, 66))
    leaves(field, (0, 0, 6400, 300), 16000, (4, 13), crowd, 3)
    for number, x in enumerate(range(0, 6400, 320)):
        field.rectangle(x, 306, 320, 92, (40 + 60 * (number % 3), 50, 150 - 40 * (number % 4)))
        leaves(field, (x + 20, 326, 280, 52), 26, (6, 18), [(240, 240, 240), (250, 220, 60)], number)
    return textured(field, still(folder, "field"), folder, 77, gain=0.55, decay=1.0, blur=0.6)


def sports(folder, seconds):
    """Pans that start and stop, blurred along their way while fast; players, a ball, light grain."""
    graph = Graph()
    # Two sines give rests and sweeps of up to about 40 pixels a frame.
    x = "(2100+1500*sin(n/62)+430*sin(n/21))"
    speed = f"abs(1500/62*cos(n/62)+430/21*cos(n/21))"
    stream = graph.window(graph.still(stadium(folder)), x, "90+16*sin(n/33)", cubic=False)
    kits = [(206, 40, 44), (240, 240, 244)]
    for number in range(8):
        path = player(folder, f"player-{number}", kits[number % 2], number)
        place = f"{1300 + 420 * number}+{260 + 30 * number}*sin(n/{27 + 5 * number}+{number})-{x}"
        stream = graph.sprite(stream, path, place, f"{430 + 57 * (number * 5 % 8)}+22*sin(n/{13 + number})+5*abs(sin(n/3))")
    ball = Canvas(24, 24)
    ball.ellipse(12, 12, 9, 9, (250, 250, 250))
    ball.write(os.path.join(folder, "ball.pam"))
    stream = graph.sprite(stream, os.path.join(folder, "ball.pam"), "960+880*sin(n/19)", "760-abs(420*sin(n/16))")
    timed = speed.replace("n/", f"t*{RATE}/")
    blurs = ",".join(
        f"gblur=sigma={sigma}:sigmaV=0.1:steps=1:enable='between({timed},{low},{high})'"
        for sigma, low, high in [(2, 8, 16), (4.5, 16, 28), (8, 28, 999)])
    return graph, graph.chain(f"{stream}{blurs},noise=alls=4:allf=t:all_seed=9,format=yuv420p")
