# SPDX-License-Identifier: MIT
"""Deflate level 1 in blocks of 64 KiB."""
import re

from measure import merge, missing, ratio

TITLE = "Deflate level 1, blocks of 64 KiB"
COMPRESS_PERF = "dpdk-test-compress-perf"
ROW = re.compile(r"^\s+\d+\s+1\s+(\d+)\s+[\d.]+\s+([\d.]+)\s+[\d.]+\s*$",
                 re.MULTILINE)


def compress_isal(bench):
    """DPDK's driver for ISA-L: Gbit/s."""
    output, _ = bench.command([
        COMPRESS_PERF, "--no-huge", "-m", "1024", "--no-pci",
        "--vdev=compress_isal", "-l", ",".join(map(str, bench.cpus)), "--",
        "--driver-name", "compress_isal", "--input-file", bench.input,
        "--ptest", "throughput", "--operation", "comp",
        "--seg-sz", "16384", "--compress-level", "1",
        "--num-iter", "2" if bench.quick else "5",
        "--extended-input-sz", "33554432", "--huffman-enc", "dynamic",
        "--max-num-sgl-segs", "4", "--pool-sz", "2048", "--burst-sz", "32"])
    found = ROW.search(output)
    return {"compress_isal": [float(found[2])]} if found else {}


def ours_on_its_data(bench, head):
    """wd bench on the bytes that DPDK's program reads: Gbit/s."""
    result = bench.wd_bench("deflate", "--level", 1, "--size", "64K",
                            "--seconds", 0.5 if bench.quick else 1,
                            "--file", head)
    return {"wd": [result["gbit_per_s"]]}


def first_bytes(bench, count):
    path = f"{bench.room}/head"
    with open(bench.input, "rb") as source, open(path, "wb") as target:
        target.write(source.read(count))
    return path


def measure(bench):
    cases = {}
    for _ in range(bench.rounds):
        merge(cases, bench.program("blocks", bench.input, 65536, 41))
    speed = {name: [1 / sample for sample in samples]
             for name, samples in cases.items()}
    rows = [ratio("inline, speed", "ISA-L called directly", speed["inline"],
                  speed["direct"], least=0.97, middle=None)]
    if len(bench.cpus) > 1:
        rows.append(ratio("two workers, speed", "one worker",
                          speed["workers 2"], speed["workers 1"], least=1.85,
                          middle=None))

    skip = missing(COMPRESS_PERF, "dpdk-dev")
    if not skip and len(bench.cpus) < 2:
        skip = {"skip": f"{COMPRESS_PERF} needs two processors"}
    if skip:
        return rows + [skip]
    head = first_bytes(bench, 33554432)
    dpdk = {}
    for _ in range(bench.rounds):
        merge(dpdk, ours_on_its_data(bench, head))
        merge(dpdk, compress_isal(bench))
    rows.append(ratio("inline, speed", "DPDK compress_isal", dpdk["wd"],
                      dpdk["compress_isal"], least=1, middle=max))
    return rows
