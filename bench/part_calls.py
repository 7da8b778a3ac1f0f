# SPDX-License-Identifier: MIT
"""System calls on the data path."""
import os
import re

from measure import missing

TITLE = "System calls for each operation (strace -f -c)"
TOTAL = re.compile(r"^100\.00\s.*?(\d+)\s+(?:\d+\s+)?total$", re.MULTILINE)

RUNS = (
    ("no-op, inline, burst 1", ["noop", "--burst", 1], 0),
    ("no-op, inline, burst 32", ["noop", "--burst", 32], 0),
    ("no-op, inline, shared by threads", ["noop", "--shared"], 0),
    ("deflate of 64 KiB, inline", ["deflate"], 0),
    ("no-op, one busy worker, 64 in flight",
     ["noop", "--mode", "workers", "--depth", 64, "--burst", 32], 0),
    ("no-op, one busy worker, 64 in flight, shared queue",
     ["noop", "--mode", "workers", "--depth", 64, "--burst", 32, "--shared"],
     0),
    ("deflate of 64 KiB, one busy worker, 8 in flight",
     ["deflate", "--mode", "workers", "--depth", 8], None),
)


def traced(bench, args, seconds):
    """System calls and operations of one run."""
    path = os.path.join(bench.room, "strace")
    command = [bench.wd, "bench", *map(str, args), "--seconds", str(seconds),
               "--json"]
    import json
    output, _ = bench.command(["strace", "-f", "-c", "-o", path, *command])
    with open(path, encoding="utf-8") as file:
        found = TOTAL.search(file.read())
    os.unlink(path)
    return int(found[1]), json.loads(output)["ops"]


def measure(bench):
    skip = missing("strace", "strace")
    if skip:
        return [skip]
    short, long = (0.1, 0.4) if bench.quick else (0.5, 2.5)
    rows = []
    for what, args, aim in RUNS:
        # What a run needs to begin and to end is in both.
        few, few_ops = traced(bench, args, short)
        many, many_ops = traced(bench, args, long)
        calls = max(many - few, 0) / max(many_ops - few_ops, 1)
        rows.append({"what": what, "calls": calls,
                     "operations": many_ops - few_ops,
                     **({"aim": "0", "met": round(calls, 4) == 0}
                        if aim is not None else {})})
    return rows
