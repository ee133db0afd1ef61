"""What verifying costs: a five-rung tree of an hour, read once by `sha256sum` and once by `rung verify`, in turn.

The tree is a copied title of one minute, repeated; every rung is the same stream, so that what counts is bytes, segments and
fragments, and nothing is encoded. Both read from the page cache where the tree fits into memory.
"""

import os
import shutil
import subprocess

import copying
from measure import measured, output, spread
from sections import mb, table

RUNGS = 5
# Of each rung: five of them are what the default ladder's come to.
BYTES_A_SECOND = 280_000


def tree(bench, minutes, segments):
    """RUNGS copies of a copied title side by side, without an inventory of the whole; and one whole asset."""
    path = copying.source(os.path.join(bench.folder, "hour.mp4"), minutes * 60 * BYTES_A_SECOND)
    home = bench.fresh("verified-" + segments)
    for number in range(RUNGS):
        subprocess.run([bench.options.rung, "package", path, "--copy", "--segments", segments, "--into", home, "--id",
                        f"rung{number}", "--quiet"], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    os.remove(path)
    shutil.rmtree(os.path.join(home, ".rung"), ignore_errors=True)
    return home


def verifying(bench, minutes):
    print(f"\n## Verifying {RUNGS} renditions of {minutes:g} minutes\n")
    rows = []
    for segments in ("fmp4", "ts"):
        home = tree(bench, minutes, segments)
        size = int(output("du", "-sb", home).split()[0])
        ratios, costs = [], []
        for _ in range(bench.options.runs):
            hashed = measured(["sh", "-c", 'find "$1" -type f -exec sha256sum {} + >"$2"', "sh", home,
                               os.path.join(bench.folder, "sums.txt")])
            cost = measured([bench.options.rung, "verify", home], log=os.path.join(bench.folder, "verify.log"))
            ratios.append(cost.wall / hashed.wall)
            costs.append((hashed, cost))
        rows.append([segments, mb(size), spread([one.wall for one, _ in costs], 1), spread([two.wall for _, two in costs], 1),
                     spread([two.cpu for _, two in costs], 1), mb(max(two.peak for _, two in costs)), spread(ratios)])
        shutil.rmtree(home, ignore_errors=True)
    table(["segments", "MB", "sha256sum: wall s", "rung verify: wall s", "CPU s", "peak MB", "ratio"], rows)
