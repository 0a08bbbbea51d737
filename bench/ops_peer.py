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


def blas_of(module):
    """Name and version of the BLAS that came with a module."""
    blas = module.__config__.show(mode="dicts")["Build Dependencies"]["blas"]
    return f"{blas.get('name', 'BLAS')} {blas.get('version', '?')}"


def scipy_name():
    import scipy
    return "scipy " + scipy.__version__


def installed(*names):
    """The modules that are there, of those named; none is an error."""
    import importlib
    found = {}
    for name in names:
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            pass
    if not found:
        sys.exit("none of " + ", ".join(names) + " is installed")
    return found


def product(dtype):
    a = rng.uniform(-1, 1, (1024, 1024)).astype(dtype)
    b = rng.uniform(-1, 1, (1024, 1024)).astype(dtype)
    return [(f"{NUMPY} with {blas_of(np)}", lambda: a @ b)]


def inverse():
    import scipy.linalg
    a = rng.uniform(-1, 1, (1024, 1024)) + 1024 * np.eye(1024)
    return [(f"{scipy_name()} with {blas_of(scipy)}", lambda: scipy.linalg.inv(a))]


def solve():
    import scipy.linalg
    a = rng.uniform(-1, 1, (1024, 1024)) + 1024 * np.eye(1024)
    b = rng.uniform(-1, 1, (1024, 1024))
    return [(f"{scipy_name()} with {blas_of(scipy)}", lambda: scipy.linalg.solve(a, b))]


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


def map_column():
    x = rng.uniform(-1, 1, 32_000_000)
    y = np.empty_like(x)

    def chunks():  # a chunk stays in the cache between its two steps
        for i in range(0, len(x), 16384):
            part = y[i:i + 16384]
            np.multiply(x[i:i + 16384], 2, out=part)
            np.add(part, 1, out=part)

    def run():
        np.multiply(x, 2, out=y)
        np.add(y, 1, out=y)
    return [(NUMPY, run), (NUMPY + ", in chunks", chunks)]


def moments():
    import scipy.stats
    x = rng.uniform(-1, 1, 32_000_000)

    def chunks():  # powers about a mean of before, a chunk in the cache at a time
        shift, size = x[:4096].mean(), 16384
        sums, low, high = np.zeros(4), np.inf, -np.inf
        for i in range(0, len(x), size):
            d = x[i:i + size] - shift
            square = d * d
            sums += d.sum(), square.sum(), np.dot(square, d), np.dot(square, square)
            low, high = min(low, d.min()), max(high, d.max())
        n = len(x)
        m, a, b, c = sums / n
        variance = a - m * m
        third = b - 3 * m * a + 2 * m ** 3
        fourth = c - 4 * m * b + 6 * m * m * a - 3 * m ** 4
        return (shift + m, variance, third / variance ** 1.5, fourth / variance ** 2 - 3,
                low + shift, high + shift)

    def run():
        return x.mean(), x.var(), scipy.stats.skew(x), scipy.stats.kurtosis(x), x.min(), x.max()
    return [(NUMPY + ", " + scipy_name(), run), (NUMPY + ", by powers in chunks", chunks)]


def features():
    import scipy.ndimage
    import scipy.stats
    x = rng.uniform(-1, 1, 1_000_000)
    size = 64
    part = np.lib.stride_tricks.sliding_window_view(x[:100_000], size)

    def powers():  # of windows written out, a chunk in the cache at a time
        windows = np.lib.stride_tricks.sliding_window_view(x, size)
        out = np.empty((len(windows), 10))
        for i in range(0, len(windows), 4096):
            w, to = windows[i:i + 4096], out[i:i + 4096]
            mean = w.mean(1)
            d = w - mean[:, None]
            square = d * d
            variance = square.mean(1)
            to[:, 0], to[:, 1], to[:, 3], to[:, 4] = mean, variance, w.min(1), w.max(1)
            to[:, 2] = (square * d).mean(1) / (variance * np.sqrt(variance))
            to[:, 5:] = np.abs(np.fft.rfft(w, axis=1)[:, :5]) / size
        return out

    def running():  # moments and bins as differences of running sums, extremes by a sliding filter
        def sums(values):
            total = np.concatenate([[0], np.cumsum(values)])
            return total[size:] - total[:-size]
        count = len(x) - size + 1
        out = np.empty((count, 10))
        shift = x.mean()
        d = x - shift
        m, a, b = sums(d) / size, sums(d * d) / size, sums(d * d * d) / size
        out[:, 0], out[:, 1] = m + shift, a - m * m
        out[:, 2] = (b - 3 * m * a + 2 * m ** 3) / out[:, 1] ** 1.5
        out[:, 3] = scipy.ndimage.minimum_filter1d(x, size)[size // 2:size // 2 + count]
        out[:, 4] = scipy.ndimage.maximum_filter1d(x, size)[size // 2:size // 2 + count]
        turns = np.exp(-2j * np.pi * np.arange(size) / size)
        at = np.arange(len(x))
        for k in range(5):
            out[:, 5 + k] = np.abs(sums(x * turns[k * at % size])) / size
        return out

    def run():  # a tenth of the series: the whole needs too much memory
        spectrum = np.abs(np.fft.rfft(part, axis=1)[:, :5]) / 64
        return part.mean(1), part.var(1), scipy.stats.skew(part, axis=1), part.min(1), part.max(1), spectrum
    return [(NUMPY + ", a tenth of the windows x 10", run, len(x) / 100_000),
            (NUMPY + ", by powers in chunks", powers),
            (f"{NUMPY}, {scipy_name()}, by running sums", running)]


def sort():
    x = rng.integers(0, 2**64 - 1, 4 << 20, dtype=np.uint64)
    return [(NUMPY, lambda: np.sort(x))]


def argsort():
    x = rng.integers(0, 2**64 - 1, 4 << 20, dtype=np.uint64)
    return [(NUMPY, lambda: np.argsort(x, kind="stable"))]


def filter_rows():
    x = rng.uniform(-1, 1, 10_000_000)
    mask = x > 0
    peers = [(NUMPY, lambda: x[mask])]
    if pl := installed("numpy", "polars").get("polars"):
        series, bits = pl.Series(x), pl.Series(mask)
        peers.append(("polars " + pl.__version__, lambda: series.filter(bits)))
    return peers


def group(groups):
    there = installed("duckdb", "polars", "pandas")
    rows = {"k": rng.integers(0, groups, 10_000_000), "v": rng.uniform(-1, 1, 10_000_000)}
    peers = []
    if duckdb := there.get("duckdb"):
        db = duckdb_with(duckdb, {"t": rows})
        text = "select k, sum(v) from t group by k"
        peers.append(("duckdb " + duckdb.__version__, lambda: db.execute(text).fetchnumpy()))
    if pl := there.get("polars"):
        frame = pl.DataFrame(rows)
        peers.append(("polars " + pl.__version__, lambda: frame.group_by("k").agg(pl.col("v").sum())))
    if pd := there.get("pandas"):
        pandas = pd.DataFrame(rows)
        peers.append(("pandas " + pd.__version__, lambda: pandas.groupby("k", sort=False)["v"].sum()))
    return peers


def duckdb_with(duckdb, tables):
    """A database with the columns of each table, in memory."""
    db = duckdb.connect()
    db.execute(f"set threads = {args.threads}")
    for name, rows in tables.items():
        db.register("columns_of_it", rows)
        db.execute(f"create table {name} as select * from columns_of_it")
        db.unregister("columns_of_it")
    return db


def join(right):
    there = installed("duckdb", "polars", "pandas")
    rows = {"k": rng.integers(0, right, 10_000_000), "l": np.arange(10_000_000)}
    keys = {"k": np.arange(right) * 7919 % right, "r": np.arange(right)}
    peers = []
    if duckdb := there.get("duckdb"):
        db = duckdb_with(duckdb, {"a": rows, "b": keys})
        text = "select l, r from a join b using (k)"
        peers.append(("duckdb " + duckdb.__version__, lambda: db.execute(text).fetchnumpy()))
    if pl := there.get("polars"):
        left, other = pl.DataFrame(rows), pl.DataFrame(keys)
        peers.append(("polars " + pl.__version__, lambda: left.join(other, on="k", how="inner")))
    if pd := there.get("pandas"):
        left_frame, right_frame = pd.DataFrame(rows), pd.DataFrame(keys)
        peers.append(("pandas " + pd.__version__, lambda: left_frame.merge(right_frame, on="k")))
    return peers


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
    "inverse": inverse, "solve": solve, "spmv": spmv, "sum": total, "map": map_column, "moments": moments,
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
