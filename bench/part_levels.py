# SPDX-License-Identifier: MIT
"""The codecs by level, and where they cross."""
import os

TITLE = "Codecs by level, in one process on the same data"
PIECE = 512 << 10

# What the device does with a whole buffer, by level.
LEVELS = [(1, "isa-l", 1), (2, "isa-l", 2), (3, "libdeflate", 1)] + [
    (n, "libdeflate", n) for n in range(4, 13)]


def sample(bench):
    """Pieces from all over the input, as the slow levels are slow."""
    path = os.path.join(bench.room, "sample")
    pieces = 4 if bench.quick else 16
    size = os.path.getsize(bench.input)
    with open(bench.input, "rb") as source, open(path, "wb") as target:
        for i in range(pieces):
            source.seek(size // pieces * i)
            target.write(source.read(PIECE))
    return path


def table(bench, path, block):
    program = os.path.join(bench.build, "bench", "bench-levels")
    output, _ = bench.command([program, path, str(block),
                               "1" if bench.quick else "3"])
    rows = {}
    for line in output.splitlines()[2:]:
        codec, level, size, speed = line.split()
        rows[codec, int(level)] = (float(size), float(speed))
    return rows


def measure(bench):
    path = sample(bench)
    small, large = table(bench, path, 65536), table(bench, path, PIECE)
    os.unlink(path)
    level_of = {(codec, n): level for level, codec, n in LEVELS}
    rows = []
    for (codec, n), (size, speed) in small.items():
        rows.append({"codec": codec, "codec_level": n,
                     "level": level_of.get((codec, n)),
                     "size": size, "speed": speed,
                     "size_large": large[codec, n][0],
                     "speed_large": large[codec, n][1]})
    return rows
