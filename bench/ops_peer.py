#!/usr/bin/env python3
"""The peers of `weir bench ops`: times one workload and prints its name and median as flat JSON.

usage: ops_peer.py WORKLOAD [--seconds N] [--threads N]

Where several libraries do the same, the fastest counts. Data and sizes are those of src/main/bench/ops.
"""
import argparse
import json
import os
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("workload")
parser.add_argument("--seconds", type=float, default=1)
parser.add_argument("--threads", type=int, default=1)
args = parser.parse_args()
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ[name] = str(args.threads)

import numpy as np  # noqa: E402  (threads are set before)

rng = np.random.default_rng(1)
NUMPY = "numpy " + np.__version__


def scipy_name():
    import scipy
    return "scipy " + scipy.__version__


def product(dtype):
    a = rng.uniform(-1, 1, (1024, 1024)).astype(dtype)
    b = rng.uniform(-1, 1, (1024, 1024)).astype(dtype)
    return [(NUMPY, lambda: a @ b)]


def inverse():
    import scipy.linalg
    a = rng.uniform(-1, 1, (1024, 1024)) + 1024 * np.eye(1024)
    return [(scipy_name(), lambda: scipy.linalg.inv(a))]


def solve():
    import scipy.linalg
    a = rng.uniform(-1, 1, (1024, 1024)) + 1024 * np.eye(1024)
    b = rng.uniform(-1, 1, (1024, 1024))
    return [(scipy_name(), lambda: scipy.linalg.solve(a, b))]


def spmv():
    import scipy.sparse
    n, mean = 1_000_000, 10
    columns = np.arange(n)[:, None] + np.arange(mean)[None, :]
    kept = columns < n
    offsets = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int32)
    a = scipy.sparse.csr_matrix((rng.uniform(0, 1, offsets[-1]), columns[kept].astype(np.int32), offsets), (n, n))
    x = rng.uniform(-1, 1, n)
    return [(scipy_name(), lambda: a @ x)]


def total():
    x = rng.uniform(-1, 1, 32_000_000)
    return [(NUMPY, lambda: x.sum())]


def moments():
    import scipy.stats
    x = rng.uniform(-1, 1, 32_000_000)

    def run():
        return x.mean(), x.var(), scipy.stats.skew(x), scipy.stats.kurtosis(x), x.min(), x.max()
    return [(NUMPY + ", " + scipy_name(), run)]


def features():
    import scipy.stats
    x = rng.uniform(-1, 1, 1_000_000)
    part = np.lib.stride_tricks.sliding_window_view(x[:100_000], 64)

    def run():  # a tenth of the series: the whole needs too much memory
        spectrum = np.abs(np.fft.rfft(part, axis=1)[:, :5]) / 64
        return part.mean(1), part.var(1), scipy.stats.skew(part, axis=1), part.min(1), part.max(1), spectrum
    return [(NUMPY + ", a tenth of the windows x 10", run, len(x) / 100_000)]


def sort():
    x = rng.integers(0, 2**64 - 1, 4 << 20, dtype=np.uint64)
    return [(NUMPY, lambda: np.sort(x))]


def argsort():
    x = rng.integers(0, 2**64 - 1, 4 << 20, dtype=np.uint64)
    return [(NUMPY, lambda: np.argsort(x, kind="stable"))]


def filter_rows():
    import polars as pl
    x = rng.uniform(-1, 1, 10_000_000)
    mask = x > 0
    series, bits = pl.Series(x), pl.Series(mask)
    return [(NUMPY, lambda: x[mask]), ("polars " + pl.__version__, lambda: series.filter(bits))]


def group(groups):
    import duckdb
    import pandas as pd
    import polars as pl
    keys = rng.integers(0, groups, 10_000_000)
    values = rng.uniform(-1, 1, 10_000_000)
    frame = pl.DataFrame({"k": keys, "v": values})
    pandas = pd.DataFrame({"k": keys, "v": values})
    db = duckdb.connect()
    db.execute(f"set threads = {args.threads}")
    db.execute("create table t as select * from pandas")
    return [("duckdb " + duckdb.__version__, lambda: db.execute("select k, sum(v) from t group by k").fetchnumpy()),
            ("polars " + pl.__version__, lambda: frame.group_by("k").agg(pl.col("v").sum())),
            ("pandas " + pd.__version__, lambda: pandas.groupby("k", sort=False)["v"].sum())]


def join(right):
    import duckdb
    import pandas as pd
    import polars as pl
    rows = {"k": rng.integers(0, right, 10_000_000), "l": np.arange(10_000_000)}
    keys = {"k": np.arange(right) * 7919 % right, "r": np.arange(right)}
    left, other = pl.DataFrame(rows), pl.DataFrame(keys)
    left_frame, right_frame = pd.DataFrame(rows), pd.DataFrame(keys)
    db = duckdb.connect()
    db.execute(f"set threads = {args.threads}")
    db.execute("create table a as select * from left_frame")
    db.execute("create table b as select * from right_frame")
    text = "select l, r from a join b using (k)"
    return [("duckdb " + duckdb.__version__, lambda: db.execute(text).fetchnumpy()),
            ("polars " + pl.__version__, lambda: left.join(other, on="k", how="inner"))]


def steps():
    import polars as pl
    frame = pl.DataFrame({"id": np.arange(1_000_000), "value": rng.uniform(-1, 1, 1_000_000)})

    def run():
        return (frame.lazy().filter(pl.col("value") > 0).with_columns(twice=pl.col("value") * 2 + 1)
                .sort("twice", descending=True, maintain_order=True).collect())
    return [("polars " + pl.__version__, run)]


def rfft(n, batch):
    import scipy.fft
    x = rng.uniform(-1, 1, (batch, n))
    return [(scipy_name(), lambda: scipy.fft.rfft(x, axis=1))]


WORKLOADS = {
    "multiply_f64": lambda: product(np.float64), "multiply_f32": lambda: product(np.float32),
    "inverse": inverse, "solve": solve, "spmv": spmv, "sum": total, "moments": moments,
    "features": features, "sort_u64": sort, "argsort_u64": argsort, "filter": filter_rows,
    "group_1k": lambda: group(1000), "group_100k": lambda: group(100_000),
    "group_1m": lambda: group(1_000_000), "join_100k": lambda: join(100_000),
    "join_1m": lambda: join(1_000_000), "steps": steps, "rfft_64": lambda: rfft(64, 4096),
    "rfft_1024": lambda: rfft(1024, 256), "rfft_65536": lambda: rfft(65536, 64),
}


def median_seconds(run, seconds):
    run()
    taken = []
    while len(taken) < 3 or sum(taken) < seconds:
        begin = time.perf_counter()
        run()
        taken.append(time.perf_counter() - begin)
    return sorted(taken)[len(taken) // 2]


if args.workload not in WORKLOADS:
    sys.exit(f"no workload {args.workload}; there are {', '.join(WORKLOADS)}")
best = None
for peer in WORKLOADS[args.workload]():
    scale = peer[2] if len(peer) > 2 else 1
    seconds = scale * median_seconds(peer[1], args.seconds)
    if best is None or seconds < best["seconds"]:
        best = {"peer": peer[0], "seconds": seconds}
print(json.dumps(best))
