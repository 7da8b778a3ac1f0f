# SPDX-License-Identifier: MIT
"""A file to a .gz file, with two threads."""
import os
import shutil
import statistics
import subprocess

from measure import Failed, missing, ratio

TITLE = "A file with wd compress -a gzip, two threads"

# Level, the peer whose size it is compared with, the codec at its limit.
MATCHES = (
    (2, "igzip -1 -T 2", 0.55, ("isal", 2, 524288)),
    (6, "pigz -6 -p 2", 0.5, ("libdeflate", 6, 2097152)),
)
PEERS = (
    ("igzip -1 -T 2", "igzip", "isal", "igzip -1 -T 2 -k -f -o {out} {in}"),
    ("igzip -2 -T 2", "igzip", "isal", "igzip -2 -T 2 -k -f -o {out} {in}"),
    ("pigz -1 -p 2", "pigz", "pigz", "pigz -1 -p 2 -k -c {in} >{out}"),
    ("pigz -6 -p 2", "pigz", "pigz", "pigz -6 -p 2 -k -c {in} >{out}"),
    ("gzip -1", "gzip", "gzip", "gzip -1 -c {in} >{out}"),
    ("gzip -6", "gzip", "gzip", "gzip -6 -c {in} >{out}"),
)


class Racer:
    """One command that makes a .gz file of the input."""

    def __init__(self, bench, name, line):
        self.bench = bench
        self.name = name
        self.out = os.path.join(bench.room, name.replace(" ", "") + ".gz")
        self.line = line.replace("{in}", bench.input).replace("{out}",
                                                              self.out)
        self.seconds = []
        self.size = 0

    def run(self):
        if os.path.exists(self.out):
            os.unlink(self.out)
        _, seconds = self.bench.command(["sh", "-c", "exec " + self.line])
        self.seconds.append(seconds)
        self.size = os.path.getsize(self.out)

    def check(self):
        if subprocess.run(["gzip", "-t", self.out], check=False).returncode:
            raise Failed(f"gzip -t refuses the output of {self.name}")


def ours(bench):
    for level in (2, 6):
        yield Racer(bench, f"wd -{level}",
                    f"{bench.wd} compress -a gzip -l {level} -j 2 -q -f "
                    "-o {out} {in}")


def limits(bench):
    """The codec alone, in memory: seconds and bytes for each level."""
    found = {}
    for level, _, _, (codec, codec_level, block) in MATCHES:
        cases = bench.program("limit", bench.input, codec, codec_level, block,
                              1)
        found[level] = (cases["seconds"][0], cases["bytes"][0])
    return found


def measure(bench):
    rows, racers = [], {r.name: r for r in ours(bench)}
    for name, tool, package, line in PEERS:
        skip = missing(tool, package)
        if skip:
            rows.append(skip)
        else:
            racers[name] = Racer(bench, name, line)

    alone = {level: [] for level, *_ in MATCHES}
    slow = ("gzip -6",)
    for turn in range(bench.rounds):
        for racer in racers.values():
            if racer.name not in slow or turn < 3:
                racer.run()
        for level, (seconds, _) in limits(bench).items():
            alone[level].append(seconds)
    for racer in racers.values():
        racer.check()

    for level, peer, most, _ in MATCHES:
        mine = racers[f"wd -{level}"]
        for racer in racers.values():
            if racer.name.startswith("wd"):
                continue
            row = ratio(f"level {level}, time", racer.name, mine.seconds,
                        racer.seconds,
                        most=most if racer.name == peer else None)
            row["size"] = mine.size / racer.size
            row["note"] = f"{row['size']:.3f} of its size"
            if racer.name == peer:
                row["aim"] += ", not larger"
                row["met"] = row["met"] and row["size"] <= 1
                rows.append(ratio(
                    "the codec alone in two threads, nothing written, time",
                    peer, alone[level], racer.seconds,
                    note=f"the limit of level {level}"))
            rows.append(row)
        rows.append(ratio(f"level {level}, time", "the codec alone",
                          mine.seconds, alone[level]))
    for racer in racers.values():
        os.unlink(racer.out)
    return rows
