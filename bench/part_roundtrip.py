# SPDX-License-Identifier: MIT
"""What it takes to have another thread do it."""
import statistics

from measure import merge, ratio

TITLE = "No-op, one worker: to the other thread and back"


def measure(bench):
    if len(bench.cpus) < 2:
        return [{"skip": "two threads need two processors"}]
    cases = {}
    for _ in range(bench.rounds):
        merge(cases, bench.program("roundtrip", 5))
    line = cases["line"]
    peer = "a cache line there and back"
    rows = [
        ratio("wd_send(), wd_recv_sync(), queue of one thread", peer,
              cases["single"], line, most=2),
        ratio("wd_send(), wd_recv_sync(), queue shared by threads", peer,
              cases["shared"], line),
    ]
    for case, what in (("single flow 32", "queue of one thread, bursts of 32"),
                       ("single flow 1", "queue of one thread, one by one"),
                       ("shared flow 32", "shared queue, bursts of 32")):
        trips = statistics.median(line) / statistics.median(cases[case])
        rows.append(ratio(f"an operation with 64 in flight, {what}", peer,
                          cases[case], line,
                          note=f"{trips:.1f} operations in its time"))
    return rows
