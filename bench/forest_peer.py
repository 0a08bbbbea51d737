"""Times scikit-learn's isolation forest on the rows of `weir bench forest`, and compares the scores.

    python3 bench/forest_peer.py fit --model model.json [--jobs 2]
    weir bench forest --model model.json --scores scores.f64
    python3 bench/forest_peer.py compare --scores scores.f64

`fit` trains on the first 100,000 rows, writes the model in Weir's import format, and prints the training
time and the rows scored a second. `compare` trains the same model again (same seed) and prints the largest
difference between score_samples and what Weir wrote; above 1e-6 it fails.
"""

import argparse
import json
import os
import pathlib
import sys
import time

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from export_sklearn import export  # noqa: E402

TRAIN_ROWS = 100_000


def unit(index):
    """SplitMix64 of `index`, its top 24 bits as a fraction."""
    z = (index + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    z = z ^ (z >> numpy.uint64(31))
    return (z >> numpy.uint64(40)).astype(numpy.float64) / 2**24


def bench_rows(rows, columns):
    """The rows that Weir's bench computes: sums of four uniform numbers, column c scaled by c + 1."""
    made = numpy.empty((rows, columns), dtype=numpy.float32)
    row = numpy.arange(rows, dtype=numpy.uint64)
    for c in range(columns):
        at = (row * numpy.uint64(columns) + numpy.uint64(c)) * numpy.uint64(4)
        total = unit(at)
        for k in range(1, 4):
            total = total + unit(at + numpy.uint64(k))
        made[:, c] = ((total - 2) * float(c + 1)).astype(numpy.float32)
    return made


def fitted(rows, options):
    from sklearn.ensemble import IsolationForest

    model = IsolationForest(n_estimators=options.trees, max_samples=options.psi,
                            random_state=options.seed, n_jobs=options.jobs)
    started = time.perf_counter()
    model.fit(rows[:TRAIN_ROWS])
    return model, time.perf_counter() - started


def fit(options):
    import sklearn

    rows = bench_rows(options.rows, options.columns)
    model, train_seconds = fitted(rows, options)
    if options.model:
        export(model, options.model)
    some = rows[:options.timed_rows]
    rates = []
    for _ in range(options.passes + 1):  # the first one warms
        started = time.perf_counter()
        model.score_samples(some)
        rates.append(len(some) / (time.perf_counter() - started))
    nodes = numpy.mean([e.tree_.node_count for e in model.estimators_])
    print(json.dumps({
        "peer": "scikit-learn", "version": sklearn.__version__, "jobs": options.jobs,
        "rows": options.rows, "columns": options.columns, "trees": options.trees,
        "nodes_per_tree": round(float(nodes), 1), "train_ms": round(train_seconds * 1e3, 1),
        "rows_per_second": round(float(numpy.median(rates[1:]))),
        "rows_per_second_best": round(max(rates[1:])),
    }))


def compare(options):
    scores = numpy.fromfile(options.scores, dtype="<f8")
    rows = bench_rows(len(scores), options.columns)
    # The training rows are the first ones of the same sequence, however many are compared.
    model, _ = fitted(bench_rows(max(len(scores), TRAIN_ROWS), options.columns), options)
    difference = float(numpy.max(numpy.abs(-model.score_samples(rows) - scores)))
    print(json.dumps({"rows": len(scores), "max_difference": difference}))
    return 0 if difference <= 1e-6 else 5


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["fit", "compare"])
    parser.add_argument("--rows", type=int, default=262_144)
    parser.add_argument("--columns", type=int, default=24)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--psi", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--timed-rows", type=int, default=131_072)
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--model", help="JSON to write (fit)")
    parser.add_argument("--scores", help="f64 scores that Weir wrote (compare)")
    options = parser.parse_args()
    numpy.seterr(over="ignore")
    if options.mode == "compare":
        if not options.scores:
            parser.error("compare needs --scores")
        return compare(options)
    return fit(options)


if __name__ == "__main__":
    sys.exit(main())
