"""Damages media on purpose: the bytes of a clip and a seed in, other bytes out, always the same for the same seed.

Some changes know nothing of media (bits, ranges), others know how MP4, Matroska and MPEG-TS are built and lie where a
reader believes: sizes, counts, times, types, order."""
import random
import struct

ODD = [0, 1, 2, 3, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF]
CONTAINERS = {b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl", b"udta", b"mvex", b"moof", b"traf"}
# Matroska's elements that hold others, and the identifiers worth looking for.
MASTERS = {0x18538067, 0x1654AE6B, 0xAE, 0xE0, 0xE1, 0x1F43B675, 0xA0, 0x1C53BB6B, 0xBB, 0xB7, 0x114D9B74, 0x4DBB}
LARGEST = 8 << 20


def boxes(data, start=0, end=None):
    """(offset, size, type) of every MP4 box, containers before what they hold."""
    end = len(data) if end is None else end
    at = start
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if size == 0:
            size = end - at
        if size < 8 or at + size > end:
            return
        yield at, size, bytes(kind)
        if kind in CONTAINERS:
            yield from boxes(data, at + 8, at + size)
        at += size


def number(data, at, keepsMarker):
    """A variable-length number of EBML: value and length; None where there is none."""
    if at >= len(data) or data[at] == 0:
        return None
    length = 9 - data[at].bit_length()
    if at + length > len(data):
        return None
    value = int.from_bytes(data[at:at + length], "big")
    return (value if keepsMarker else value & ((1 << (7 * length)) - 1)), length


def elements(data, start=0, end=None):
    """(offset, offset of the size, length of the size, offset of the content, its length) of every EBML element."""
    end = len(data) if end is None else end
    at = start
    while at < end:
        name = number(data, at, True)
        size = name and number(data, at + name[1], False)
        if not size:
            return
        content = at + name[1] + size[1]
        length = min(size[0], end - content)
        yield at, at + name[1], size[1], content, max(0, length)
        if name[0] in MASTERS:
            yield from elements(data, content, content + length)
        at = content + length


def some_range(rng, data, most=4096):
    start = rng.randrange(len(data))
    return start, min(len(data), start + 1 + int(rng.random() ** 3 * most))


def flip(rng, data, others):
    for _ in range(rng.choice([1, 1, 2, 8, 64])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def odd_bytes(rng, data, others):
    at = rng.randrange(len(data))
    for offset in range(rng.choice([1, 2, 4, 8])):
        if at + offset < len(data):
            data[at + offset] = rng.choice([0, 0xFF, 0x7F, 0x80])


def truncate(rng, data, others):
    del data[rng.randrange(1, len(data)) if len(data) > 1 else 1:]


def cut(rng, data, others):
    start, end = some_range(rng, data)
    del data[start:end]


def repeat(rng, data, others):
    start, end = some_range(rng, data)
    data[end:end] = data[start:end] * rng.choice([1, 2, 50])


def noise(rng, data, others):
    at = rng.randrange(len(data))
    data[at:at] = rng.randbytes(rng.choice([1, 3, 16, 188, 1000]))


def swap(rng, data, others):
    (a, b), (c, d) = sorted([some_range(rng, data), some_range(rng, data)])
    if b <= c:
        data[a:d] = data[c:d] + data[b:c] + data[a:b]


def splice(rng, data, others):
    other = rng.choice(others)
    start, end = some_range(rng, other, 65536) if other else (0, 0)
    at = rng.randrange(len(data))
    data[at:at + rng.choice([0, end - start])] = other[start:end]


def box(rng, data, others):
    """One MP4 box: its size, its type, its numbers, its place."""
    found = list(boxes(data))
    if not found:
        return flip(rng, data, others)
    # Sample data is a box like others, and nothing to lie about.
    at, size, kind = rng.choice([box for box in found if box[2] != b"mdat"] or found)
    what = rng.choice(["size", "type", "number", "number", "number", "remove", "repeat", "move", "foreign"])
    if what == "size":
        struct.pack_into(">I", data, at, rng.choice(ODD + [size - 1, size + 1, size + 8, size * 2]) & 0xFFFFFFFF)
    elif what == "type":
        data[at + 4:at + 8] = rng.choice(found)[2]
    elif what == "number" and size >= 16:
        place = at + 8 + 4 * rng.randrange((size - 8) // 4)
        struct.pack_into(">I", data, place, rng.choice(ODD + [rng.getrandbits(32)]))
    elif what == "remove":
        del data[at:at + size]
    elif what == "repeat":
        data[at:at] = data[at:at + size] * rng.choice([1, 3, 40])
    elif what == "move":
        piece = data[at:at + size]
        del data[at:at + size]
        place = rng.choice(found)[0]
        data[place:place] = piece
    else:
        other = rng.choice(others)
        foreign = [box for box in boxes(other) if box[1] < 1 << 16]
        if foreign:
            start, length, _ = rng.choice(foreign)
            data[at:at + rng.choice([0, size])] = other[start:start + length]


def element(rng, data, others):
    """One Matroska element: its size, its content, its place."""
    found = list(elements(data)) if data[:4] == b"\x1aE\xdf\xa3" else []
    if not found:
        return flip(rng, data, others)
    at, size_at, size_length, content, length = rng.choice(found)
    what = rng.choice(["size", "unknown", "content", "content", "remove", "repeat"])
    if what == "size":
        data[size_at + size_length - 1] = rng.getrandbits(8)
    elif what == "unknown":
        data[size_at:size_at + size_length] = bytes([(1 << (8 - size_length)) | (0xFF >> size_length)]) + b"\xff" * (size_length - 1)
    elif what == "content" and length:
        for offset in range(min(length, rng.choice([1, 2, 8]))):
            data[content + offset] = rng.choice([0, 0xFF, 0x7F, 0x80, rng.getrandbits(8)])
    elif what == "remove":
        del data[at:content + length]
    else:
        data[at:at] = data[at:content + length][:65536] * rng.choice([1, 3, 40])


def packet(rng, data, others):
    """MPEG-TS packets: dropped, repeated, out of order, with another head or table."""
    if len(data) < 376 or data[0] != 0x47 or data[188] != 0x47:
        return flip(rng, data, others)
    count = len(data) // 188
    at = 188 * rng.randrange(count)
    what = rng.choice(["drop", "repeat", "move", "head", "table", "clock"])
    if what == "drop":
        del data[at:at + 188 * rng.choice([1, 1, 5, 50])]
    elif what == "repeat":
        data[at:at] = data[at:at + 188] * rng.choice([1, 16, 200])
    elif what == "move":
        piece = data[at:at + 188]
        del data[at:at + 188]
        place = 188 * rng.randrange(count)
        data[place:place] = piece
    elif what == "head":
        data[at + rng.randrange(1, 5)] ^= 1 << rng.randrange(8)
    else:
        # The first packets hold the tables; the bytes after a start code hold the times.
        at = 188 * rng.randrange(min(4, count)) if what == "table" else max(0, data.find(b"\x00\x00\x01\xe0", at))
        for _ in range(rng.choice([1, 4])):
            place = at + rng.randrange(4, 40)
            if place < len(data):
                data[place] = rng.getrandbits(8)


BLIND = [flip, flip, odd_bytes, truncate, cut, repeat, noise, swap, splice]


def mutate(seed, clip, others):
    """Other bytes for the clip's; `others` are clips to take pieces from."""
    rng = random.Random(seed)
    data = bytearray(clip)
    knowing = box if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free") else element if data[:1] == b"\x1a" else packet
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        if not data:
            break
        (knowing if rng.random() < 0.6 else rng.choice(BLIND))(rng, data, others)
        del data[LARGEST:]
    return bytes(data)
