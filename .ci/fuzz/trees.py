"""Damaged trees for `rung verify`: a few whole ones are packaged once; each seed breaks a file or three of one of them."""

import pathlib
import random
import shutil
import subprocess

import mutate

KINDS = [
    ("fmp4", ["package", "{clip}", "--ladder", "{ladder}"]),
    ("ts", ["package", "{clip}", "--ladder", "{ladder}", "--segments", "ts"]),
    ("parts", ["split", "{clip}", "--part-size", "64KiB"]),
]
TEXT = (".m3u8", ".json", ".mpd", ".vtt")
WORDS = [
    b"9223372036854775807", b"-1", b"0", b"NaN", b"1e999", b"..", b"/", b"\"", b",", b"\n", b"\x00", b"\xff\xfe", b"#EXTINF:0,",
    b"#EXT-X-BYTERANGE:99999999999@99999999999", b"#EXT-X-MAP:URI=\"\"", b"#EXT-X-KEY:METHOD=AES-128", b"#EXT-X-DISCONTINUITY",
    b"\"fragments\": [[", b"<MPD>", b"&#x110000;", b"99:59:59.999 --> 00:00:00.000",
]


def make(binary, clip, ladder, folder):
    """The whole trees, by kind."""
    made = {}
    for kind, arguments in KINDS:
        tree = folder / f"whole-{kind}"
        filled = [part.format(clip=clip, ladder=ladder) for part in arguments]
        subprocess.run([binary, *filled, "--into", str(tree), "--id", "fuzz", "--quiet"], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        shutil.rmtree(tree / ".rung", ignore_errors=True)
        made[kind] = tree
    return made


def text(rng, data):
    """A document with lines and words moved, doubled, lost or made absurd."""
    lines = data.split(b"\n")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        way = rng.randrange(5)
        if way == 0:
            lines.insert(at, lines[rng.randrange(len(lines))])
        elif way == 1 and len(lines) > 1:
            del lines[at]
        elif way == 2:
            cut = rng.randint(0, len(lines[at]))
            lines[at] = lines[at][:cut] + rng.choice(WORDS) + lines[at][cut:]
        elif way == 3:
            lines[at] = bytes(rng.choice(b"0123456789") if byte in b"0123456789" and rng.random() < 0.5 else byte for byte in lines[at])
        else:
            lines[at] = rng.choice(WORDS)
    return b"\n".join(lines)


def broken(seed, trees, folder):
    """A tree of that seed; the same one for the same whole trees."""
    rng = random.Random(seed)
    whole = trees[rng.choice(sorted(trees))]
    tree = folder / "broken"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(whole, tree)
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    others = [path.read_bytes() for path in rng.sample(files, min(3, len(files)))]
    for path in rng.sample(files, min(len(files), rng.randint(1, 3))):
        data = path.read_bytes()
        if path.suffix in TEXT and rng.random() < 0.8:
            path.write_bytes(text(rng, data))
        elif rng.random() < 0.1:
            path.unlink()
        else:
            path.write_bytes(mutate.mutate(rng.getrandbits(40), data, others))
    return tree, ["--deep"] if rng.random() < 0.1 else []


def judge(code, said, printed):
    """What is wrong with an end; None when nothing is: a report with its last line, and 0 or 1."""
    if "AddressSanitizer" in said:
        return "sanitizer"
    if code is None:
        return "hang: it was not done in time"
    if code not in (0, 1):
        return f"exit {code}"
    last = printed.strip().splitlines()[-1] if printed.strip() else ""
    return None if last.startswith("checked ") else f"mute: the report ends with \"{last[:80]}\" and says {said.strip()[:200]}"


def self_test(clip):
    data = pathlib.Path(clip).read_bytes()
    rng = random.Random(1)
    assert sum(text(rng, b"#EXTM3U\n#EXTINF:6.0,\na.ts\n") != b"#EXTM3U\n#EXTINF:6.0,\na.ts\n" for _ in range(100)) > 80
    assert mutate.mutate(3, data, [data]) == mutate.mutate(3, data, [data])
    report = "checked 1 playlists, 2 segments, 3 bytes: 0 errors, 0 warnings\n"
    for code, said, printed, expected in [
        (0, "", report, None), (1, "", "error X\n" + report, None), (1, "rung: killed", "", "mute"), (-6, "", report, "exit -6"),
        (None, "", "", "hang"), (1, "==1==ERROR: AddressSanitizer: x", report, "sanitizer"), (75, "", report, "exit 75"),
    ]:
        found = judge(code, said, printed)
        assert (found or "").startswith(expected or "") and bool(found) == bool(expected), (code, said, found)
