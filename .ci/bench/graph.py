"""Filter graphs for the synthetic sources: windows that move over stills, objects over them, cuts."""

import os

RATE = 30
WIDTH, HEIGHT = 1920, 1080
MARGIN_X, MARGIN_Y = 48, 28


class Graph:
    """A filter graph being put together: stills in, one labelled stream out."""

    def __init__(self):
        self.inputs, self.chains, self.count = [], [], 0

    def still(self, path, pixels="yuv420p"):
        """A still that lasts for ever, converted once."""
        self.inputs += ["-framerate", str(RATE), "-i", path]
        number = self.inputs.count("-i") - 1
        return self.chain(f"[{number}]format={pixels},loop=loop=-1:size=1:start=0,setpts=N/({RATE}*TB)")

    def chain(self, text):
        self.count += 1
        self.chains.append(f"{text}[s{self.count}]")
        return f"[s{self.count}]"

    def window(self, stream, x, y, turn="0", zoom="1", cubic=True):
        """A 1080p window at a fractional place (expressions of the frame number `n`), turned and zoomed a little."""
        outer_w, outer_h = WIDTH + 2 * MARGIN_X, HEIGHT + 2 * MARGIN_Y
        cropped = f"crop={outer_w}:{outer_h}:x='2*floor(({x})/2)':y='2*floor(({y})/2)'"
        shift_y = on(f"(({y})-2*floor(({y})/2))")
        shift_x = on(f"(({x})-2*floor(({x})/2))")
        corners = []
        for index, (sx, sy) in enumerate([(-1, -1), (1, -1), (-1, 1), (1, 1)]):
            half_w, half_h = sx * outer_w / 2, sy * outer_h / 2
            t, z = on(turn), on(zoom)
            corners.append(f"x{index}='W/2+({half_w}-({half_h})*({t}))*({z})+{shift_x}'")
            corners.append(f"y{index}='H/2+({half_h}+({half_w})*({t}))*({z})+{shift_y}'")
        kind = "cubic" if cubic else "linear"
        moved = f"perspective={':'.join(corners)}:interpolation={kind}:sense=source:eval=frame"
        return self.chain(f"{stream}{cropped},{moved},crop={WIDTH}:{HEIGHT}")

    def sprite(self, stream, path, x, y, turn=None):
        """An object over `stream` at expressions of `n`, turning about its middle."""
        shape = self.still(path, "yuva420p")
        if turn:
            shape = self.chain(f"{shape}rotate=a='{turn}':c=none:ow=iw:oh=ih")
        return self.chain(f"{stream}{shape}overlay=x='{x}':y='{y}':eval=frame:shortest=0")

    def scenes(self, streams, seconds):
        """Cuts from one stream to the next, in equal shares."""
        share = seconds / len(streams)
        parts = [self.chain(f"{s}trim=duration={share:.3f},setpts=PTS-STARTPTS,setsar=1") for s in streams]
        return self.chain(f"{''.join(parts)}concat=n={len(parts)}:v=1:a=0")


def on(expression):
    """The perspective filter calls the frame number `on`; functions named with an n are left alone."""
    return expression.replace("sin(", "SI(").replace("min(", "MI(").replace("n", "on").replace(
        "SI(", "sin(").replace("MI(", "min(")


def still(folder, name):
    return os.path.join(folder, name + ".png")
