"""The parts of the benchmark: each makes what it needs in a folder of its own and prints a table."""

import os
import shutil
import statistics
from dataclasses import dataclass

import ladder
from measure import Unmeasured, spread
from quality import bd_rate

# Rates around the ladder's, for the difference in rate at equal quality.
FACTORS = (0.7, 1.4)


@dataclass
class Bench:
    """What all parts share: the command line's choices, the judge of quality, the folder to work in."""

    options: object
    judge: object
    folder: str
    titles: dict

    def fresh(self, name):
        path = os.path.join(self.folder, name)
        shutil.rmtree(path, ignore_errors=True)
        return path

    def rung(self, source, name, steps=None, **more):
        more.setdefault("speed", self.options.speed)
        more.setdefault("workers", self.options.workers)
        return ladder.rung(self.options.rung, source, self.fresh(name), steps or self.options.steps, **more)

    def ffmpeg(self, source, name, targets, steps=None, **more):
        return ladder.ffmpeg(source, self.fresh(name), steps or self.options.steps, targets, self.options.preset, **more)

    def drop(self, *names):
        for name in names:
            self.fresh(name)

    def judged(self, made, source):
        top = max(made.values(), key=lambda rendition: rendition.width * rendition.height)
        return {name: self.judge.compare(rendition, source, (top.width, top.height), self.folder)
                for name, rendition in made.items()}


def table(heads, rows):
    """A markdown table; all columns but the first are numbers."""
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    print("\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]), flush=True)


def mb(count):
    return f"{count / 1e6:.0f}"


def attempt(name, work, *arguments):
    """Runs one part; what cannot be measured is said and the rest goes on."""
    try:
        return work(*arguments)
    except (Unmeasured, OSError, ValueError, KeyError, AttributeError, IndexError) as failure:
        print(f"\n{name} could not be measured: {failure}", flush=True)
        return None


def side_by_side(bench):
    """Rung and ffmpeg in turn; prices first, then what was had for them."""
    options = bench.options
    print(f"\n## Rung `--speed {options.speed} --rate-control fixed` against one ffmpeg process, `{options.preset}`\n")
    results = {}
    for title, source in bench.titles.items():
        done = attempt(title, alternate, bench, title, source)
        if done:
            results[title] = done
    if not results:
        return
    print("Ratios Rung / ffmpeg: median (least to most).\n")
    table(["title", "wall", "CPU", "peak memory", "Rung: wall s", "CPU s", "MB", "ffmpeg: wall s", "CPU s", "MB"],
          [price_row(title, pairs) for title, (pairs, _, _) in results.items()])
    for title, (pairs, renditions, source) in results.items():
        attempt(f"{title}: quality", pictures, bench, title, source, *renditions)


def alternate(bench, title, source):
    """A B A B; the first pair's files are kept for their quality."""
    pairs, first = [], None
    for number in range(bench.options.runs):
        keep = number == 0
        ours = bench.rung(source, f"{title}-rung-{number}", keep=keep)
        first = first or (ours.made, {})
        theirs = bench.ffmpeg(source, f"{title}-ffmpeg-{number}", first[0], keep=keep)
        first[1].update(theirs.made)
        pairs.append((ours.cost, theirs.cost))
        if not keep:
            bench.drop(f"{title}-rung-{number}", f"{title}-ffmpeg-{number}")
    return pairs, first, source


def price_row(title, pairs):
    ratio = lambda key: spread([getattr(a, key) / max(getattr(b, key), 1e-9) for a, b in pairs])
    middle = lambda side, key: statistics.median(getattr(pair[side], key) for pair in pairs)
    cells = [title, ratio("wall"), ratio("cpu"), ratio("peak")]
    for side in (0, 1):
        cells += [f"{middle(side, 'wall'):.1f}", f"{middle(side, 'cpu'):.1f}", mb(middle(side, "peak"))]
    return cells


def pictures(bench, title, source, ours, theirs):
    """Bytes and quality of each rendition; where bytes differ by more than 1 %, BD-rate decides."""
    metric = bench.judge.metric
    our_quality, their_quality = bench.judged(ours, source), bench.judged(theirs, source)
    apart = {name: 100 * (ours[name].bytes / theirs[name].bytes - 1) for name in ours}
    wanted = bench.options.bd or (not (bench.options.quick or bench.options.no_bd) and any(abs(value) > 1 for value in apart.values()))
    rates = attempt(f"{title}: BD-rate", rate_differences, bench, title, source,
                    ours, theirs, our_quality, their_quality) if wanted else None
    heads = ["rung", "Rung kbit/s", "ffmpeg kbit/s", "bytes %", f"Rung {metric} mean / harmonic / 5 %",
             f"ffmpeg {metric} mean / harmonic / 5 %", "mean difference"]
    rows = []
    for name in ours:
        row = [name, f"{ours[name].rate / 1000:.0f}", f"{theirs[name].rate / 1000:.0f}", f"{apart[name]:+.2f}",
               our_quality[name], their_quality[name], f"{our_quality[name].mean - their_quality[name].mean:+.2f}"]
        rows.append(row + ([rates[name]] if rates else []))
    print(f"\n### {title}\n")
    table(heads + (["BD-rate %"] if rates else []), rows)
    bench.drop(f"{title}-rung-0", f"{title}-ffmpeg-0")


def rate_differences(bench, title, source, ours, theirs, our_quality, their_quality):
    """BD-rate of each rendition over three rates; the middle one is there already."""
    points = {name: ([(ours[name].rate, our_quality[name].mean)], [(theirs[name].rate, their_quality[name].mean)])
              for name in ours}
    for factor in FACTORS:
        steps = [step.scaled(factor) for step in bench.options.steps]
        a = bench.rung(source, f"{title}-bd-rung", steps)
        b = bench.ffmpeg(source, f"{title}-bd-ffmpeg", a.made, steps)
        for side, run in enumerate((a, b)):
            for name, quality in bench.judged(run.made, source).items():
                if name in points:
                    points[name][side].append((run.made[name].rate, quality.mean))
        bench.drop(f"{title}-bd-rung", f"{title}-bd-ffmpeg")
    found = {}
    for name, (mine, other) in points.items():
        try:
            found[name] = f"{bd_rate(mine, other):+.1f}"
        except Unmeasured as failure:
            found[name] = f"none: {failure}"
    return found


def capped(bench):
    """What `capped` saves against `fixed`, and what it keeps, on titles from easy to hard."""
    print("\n## `--rate-control capped` against `fixed`\n")
    metric, rows = bench.judge.metric, []
    order = ["screen", "animation", "camera", "sports"]
    grade = {"screen": "easy", "animation": "middle", "camera": "hard", "sports": "hard"}
    for title in sorted(bench.titles, key=lambda name: order.index(name) if name in order else 9):
        source = bench.titles[title]
        try:
            fixed = bench.rung(source, "fixed").made
            easy = bench.rung(source, "capped", rate_control="capped").made
            one, other = bench.judged(fixed, source), bench.judged(easy, source)
        except Unmeasured as failure:
            rows.append([f"{title}: {failure}"] + ["-"] * 6)
            continue
        for name in fixed:
            if name not in easy:
                rows.append([f"{title} {name}", f"{fixed[name].rate / 1000:.0f}", "dropped", "-", one[name], "-", "-"])
                continue
            rows.append([f"{title} ({grade.get(title, 'given')}) {name}", f"{fixed[name].rate / 1000:.0f}",
                         f"{easy[name].rate / 1000:.0f}", f"{100 * (1 - easy[name].bytes / fixed[name].bytes):.1f}",
                         one[name], other[name], f"{other[name].mean - one[name].mean:+.2f}"])
        bench.drop("fixed", "capped")
    table(["title and rung", "fixed kbit/s", "capped kbit/s", "bytes saved %", f"fixed {metric}", f"capped {metric}",
           "mean difference"], rows)


def memory(bench):
    """Peak memory by workers and by length, against ffmpeg's."""
    print("\n## Peak memory of the whole tree\n")
    title, source = next(iter(bench.titles.items()))
    longer = ladder.repeat(source, os.path.join(bench.folder, "twice.mp4"), 2)
    first = bench.rung(source, "memory", workers=1)
    base = bench.ffmpeg(source, "memory-ffmpeg", first.made, keep=False).cost.peak
    rows = [[f"ffmpeg, {bench.options.preset}", mb(base), "1.00"],
            ["Rung, 1 worker", mb(first.cost.peak), f"{first.cost.peak / base:.2f}"]]
    for workers, path, words in [(2, source, "2 workers"), (1, longer, "1 worker, twice the length"),
                                 (2, longer, "2 workers, twice the length")]:
        peak = bench.rung(path, "memory", workers=workers, keep=False).cost.peak
        rows.append([f"Rung, {words}", mb(peak), f"{peak / base:.2f}"])
    bench.drop("memory", "memory-ffmpeg")
    os.remove(longer)
    print(f"Title: {title}.\n")
    table(["what", "MB", "ratio to ffmpeg"], rows)


def scaling(bench):
    """One worker on one core against two workers on two, pinned, in turn."""
    print("\n## Two workers against one\n")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise Unmeasured("this machine gives us one core only")
    title, source = next(iter(bench.titles.items()))
    ratios, walls = [], ([], [])
    for _ in range(bench.options.runs):
        one = bench.rung(source, "scaling", workers=1, cores={cores[0]}, keep=False).cost
        two = bench.rung(source, "scaling", workers=2, cores=set(cores[:2]), keep=False).cost
        ratios.append(one.wall / two.wall)
        walls[0].append(one.wall)
        walls[1].append(two.wall)
    bench.drop("scaling")
    table(["title", "1 worker, 1 core: wall s", "2 workers, 2 cores: wall s", "times as fast"],
          [[title, spread(walls[0], 1), spread(walls[1], 1), spread(ratios)]])


def long(bench):
    """The cost of a minute in a title of one minute, of 30 and of 60."""
    print("\n## Cost of a minute, by length\n")
    title, source = next(iter(bench.titles.items()))
    rows, base, length = [], None, ladder.duration(source)
    for aim in (1, 30, 60):
        times = max(1, round(aim * 60 / length))
        minutes = times * length / 60
        path = ladder.repeat(source, os.path.join(bench.folder, "long.mp4"), times)
        cost = bench.rung(path, "long", keep=False).cost
        os.remove(path)
        base = base or cost
        rows.append([f"{title}, {minutes:.1f} min", f"{cost.wall / minutes:.1f}", f"{cost.cpu / minutes:.1f}",
                     f"{cost.cpu / minutes / base.cpu:.3f}", mb(cost.peak)])
        bench.drop("long")
    table(["title", "wall s a minute", "CPU s a minute", "CPU ratio to the first", "peak MB"], rows)


def clip(bench, source):
    """A clip of 6 s at 720p, to 480p and 720p: what an upload of one scene waits for."""
    print("\n## 6 s of 720p to 480p + 720p\n")
    pairs, first = [], None
    for _ in range(max(5, bench.options.runs)):
        ours = bench.rung(source, "clip-rung", ladder.CLIP, keep=first is None)
        first = first or ours.made
        theirs = bench.ffmpeg(source, "clip-ffmpeg", first, ladder.CLIP, keep=False)
        pairs.append((ours.cost, theirs.cost))
    bench.drop("clip-rung", "clip-ffmpeg")
    table(["title", "wall", "CPU", "peak memory", "Rung: wall s", "CPU s", "MB", "ffmpeg: wall s", "CPU s", "MB"],
          [price_row("clip", pairs)])
