#!/usr/bin/env python3
"""Times Weir's transforms beside scipy.fft in one run, on one core.

usage: fft_peer.py [OPS_BENCH]     default: build/release/src/ops/ops_bench

Batches hold 2^17 values, the sizes of rfft_bench.cpp and fft_bench.cpp; each line is the median time of one
transform. Start it with `taskset -c 1`; both sides then share the core and its disturbances.
"""
import json
import statistics
import subprocess
import sys
import time

import numpy
import scipy
import scipy.fft

LENGTHS = [16, 17, 60, 64, 100, 128, 256, 1000, 1009, 1024, 4096, 16384, 65536]
VALUES = 1 << 17


def weir(bench):
    command = [bench, "--benchmark_filter=^(rfft|irfft|fft)/", "--benchmark_format=json",
               "--benchmark_min_time=0.02", "--benchmark_repetitions=5"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    medians = {}
    for run in report["benchmarks"]:
        if run.get("aggregate_name") == "median":
            name = run["run_name"].split("/")
            medians[name[0], int(name[1]), name[2]] = 1e9 / run["transforms/s"]
    return medians


def median_ns(call, batch):
    call()
    times = []
    for _ in range(15):
        begin = time.process_time_ns()
        call()
        times.append((time.process_time_ns() - begin) / batch)
    return statistics.median(times)


def main():
    bench = sys.argv[1] if len(sys.argv) > 1 else "build/release/src/ops/ops_bench"
    ours = weir(bench)
    print(f"numpy {numpy.__version__}, scipy {scipy.__version__}; ns of CPU a transform, one core")
    print(f"{'n':>7} {'rfft':>9} {'scipy':>9} {'ratio':>6} {'irfft':>9} {'scipy':>9} {'ratio':>6}"
          f" {'fft':>9} {'scipy':>9} {'ratio':>6}")
    for n in LENGTHS:
        batch = max(1, VALUES // n)
        real = numpy.random.default_rng(1).random((batch, n))
        bins = scipy.fft.rfft(real)
        values = real + 0j
        peers = {"rfft": median_ns(lambda: scipy.fft.rfft(real), batch),
                 "irfft": median_ns(lambda: scipy.fft.irfft(bins, n), batch),
                 "fft": median_ns(lambda: scipy.fft.fft(values), batch)}
        line = f"{n:>7}"
        for name, peer in peers.items():
            own = ours.get((name, n, "1" if name == "fft" else str(VALUES)))
            line += f" {own:>9.1f} {peer:>9.1f} {peer / own:>6.2f}" if own else f" {'':>26}"
        print(line)


if __name__ == "__main__":
    main()
