# SPDX-License-Identifier: MIT
"""What handing over an operation costs, in the thread that asks for it."""
from measure import merge, missing, ratio

TITLE = "No-op, inline: cycles for each operation"
CRYPTO_PERF = "dpdk-test-crypto-perf"


def null_crypto(bench):
    """DPDK's queue with nothing to do: cycles at burst 1 and 32."""
    ops = 500000 if bench.quick else 1000000
    output, _ = bench.command([
        CRYPTO_PERF, "--no-huge", "-m", "1024", "--no-pci",
        "-l", ",".join(map(str, bench.cpus)), "--vdev=crypto_null", "--",
        "--devtype", "crypto_null", "--ptest", "throughput",
        "--optype", "cipher-then-auth", "--cipher-algo", "null",
        "--cipher-op", "encrypt", "--cipher-key-sz", "0",
        "--cipher-iv-sz", "0", "--auth-algo", "null",
        "--auth-op", "generate", "--auth-key-sz", "0", "--auth-iv-sz", "0",
        "--digest-sz", "0", "--total-ops", str(ops), "--burst-sz", "1,32",
        "--buffer-sz", "64", "--pool-sz", "4096", "--silent"])
    cases = {}
    for line in output.splitlines():
        fields = line.split()
        if len(fields) == 10 and fields[0].isdigit():
            cases[f"crypto_null {fields[2]}"] = [float(fields[9])]
    return cases


def measure(bench):
    skip = missing(CRYPTO_PERF, "dpdk-dev")
    if not skip and len(bench.cpus) < 2:
        skip = {"skip": f"{CRYPTO_PERF} needs two processors"}
    cases = {}
    for _ in range(bench.rounds):
        merge(cases, bench.program("noop", 21))
        if not skip:
            merge(cases, null_crypto(bench))

    rows = []
    for burst, most in ((1, 0.35), (32, 0.2)):
        ours = cases[f"inline {burst}"]
        if skip:
            rows.append(skip)
        else:
            theirs = cases[f"crypto_null {burst}"]
            rows.append(ratio(f"inline, burst {burst}", "DPDK crypto_null",
                              ours, theirs, most=most, middle=min))
            rows.append(ratio(
                f"inline, burst {burst}, request written anew",
                "DPDK crypto_null", cases[f"inline {burst} anew"], theirs,
                middle=min))
            rows.append(ratio(f"shared by threads, burst {burst}",
                              "DPDK crypto_null", cases[f"shared {burst}"],
                              theirs, middle=min))
        rows.append(ratio(f"inline, burst {burst}",
                          "a bare ring and a call", ours,
                          cases[f"bare {burst}"]))
        rows.append(ratio(f"shared by threads, burst {burst}, one thread",
                          "inline", cases[f"shared {burst}"], ours))
        rows.append(ratio(f"shared by threads, burst {burst}, two threads",
                          "inline", cases[f"shared {burst} threads 2"], ours))
    rows.append(ratio("wd_send() and wd_recv()", "bursts of 1",
                      cases["inline 1 call"], cases["inline 1"]))
    return rows
