# SPDX-License-Identifier: MIT
"""How the parts measure: programs that take turns, medians, ratios."""
import json
import os
import shutil
import statistics
import subprocess
import time


class Failed(Exception):
    """Something of our own does not work: the run ends."""


class Bench:
    """One run: where the programs are, and how long it may take."""

    def __init__(self, build, quick, rounds):
        self.build = build
        self.quick = quick
        self.rounds = rounds or (3 if quick else 9)
        self.room = os.path.join(build, "bench")
        self.wd = os.path.join(build, "tools", "wd", "wd")
        os.makedirs(self.room, exist_ok=True)
        if not os.access(self.wd, os.X_OK):
            raise Failed(f"{self.wd} is not there: run make first")
        # Two processors for everybody, whoever takes more.
        self.cpus = sorted(os.sched_getaffinity(0))[:2]
        self._input = None

    @property
    def input(self):
        """The demo's file, made by it if it is not there."""
        if self._input:
            return self._input
        path = os.environ.get("FILE") or os.path.join(
            self.build, "demo", "input.tar")
        if not os.path.exists(path):
            subprocess.run(["tools/demo/run", self.build], check=True,
                           stdout=subprocess.DEVNULL)
        with open(path, "rb") as file:  # into the page cache
            while file.read(1 << 20):
                pass
        self._input = path
        return path

    def command(self, argv, **options):
        """Runs a command on two processors; its output and the seconds."""
        begun = time.perf_counter()
        done = subprocess.run(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, self.cpus),
            check=False, **options)
        seconds = time.perf_counter() - begun
        if done.returncode:
            raise Failed(f"'{' '.join(argv)}' failed:\n{done.stderr.strip()}")
        return done.stdout, seconds

    def program(self, name, *args):
        """Runs a program of this folder: its samples, by case."""
        path = os.path.join(self.build, "bench", f"bench-{name}")
        output, _ = self.command([path, *map(str, args)])
        return json.loads(output)["cases"]

    def wd_bench(self, *args):
        output, _ = self.command([self.wd, "bench", *map(str, args), "--json"])
        return json.loads(output)


def machine():
    """What the file of results says about the machine."""
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"processors": os.cpu_count(), "model": model,
            "busy": busy()}


def busy(seconds=1):
    """Which part of all processors others use now, from 0 to 1."""
    def read():
        with open("/proc/stat", encoding="utf-8") as file:
            times = list(map(int, file.readline().split()[1:9]))
        return sum(times), times[3] + times[4]

    total, idle = read()
    time.sleep(seconds)
    total_after, idle_after = read()
    return 1 - (idle_after - idle) / max(total_after - total, 1)


def missing(tool, package):
    """A row that says that a peer is not there, or None if it is."""
    if shutil.which(tool):
        return None
    return {"skip": f"{tool} is not installed (package {package})"}


def merge(into, cases):
    """Adds the samples of one more turn."""
    for name, samples in cases.items():
        into.setdefault(name, []).extend(samples)


def ratio(what, peer, ours, theirs, aim=None, most=None, least=None, note="",
          middle=statistics.median):
    """
    A row of a table: the medians' ratio beside what is aimed at. @middle: min
    or max for a peer that only tells the mean of a long run, which whatever
    else the machine does makes worse and never better; None for samples that
    belong together in pairs, as each pair worked on other data: the median of
    their ratios.
    """
    if middle:
        value = middle(ours) / middle(theirs)
    else:
        value = statistics.median(a / b for a, b in zip(ours, theirs))
    row = {"what": what, "peer": peer, "ratio": value, "note": note,
           "samples": {"ours": ours, "theirs": theirs},
           "spread": spread(ours, theirs)}
    if most is not None:
        row["aim"] = aim or f"at most {most:g}"
        row["met"] = value <= most
    if least is not None:
        row["aim"] = aim or f"at least {least:g}"
        row["met"] = value >= least
    return row


def spread(ours, theirs):
    """The quartiles of the ratios of the turns."""
    if len(ours) != len(theirs) or len(ours) < 4:
        return None
    pairs = sorted(a / b for a, b in zip(ours, theirs))
    return [pairs[len(pairs) // 4], pairs[-1 - len(pairs) // 4]]
