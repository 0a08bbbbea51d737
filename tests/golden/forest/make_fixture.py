"""Regenerates the scikit-learn fixtures of the forest: python3 make_fixture.py (needs scikit-learn).

import.json        a forest of 20 trees over 8 of the columns below, in the format Weir imports
import_scores.json -score_samples of rows 0..1999 of the same data, then of rows on its thresholds
distribution.json  over 200 seeds: nodes per tree, split frequencies, mean scores of 64 fixed points
"""

import json
import pathlib
import sys

import numpy
import sklearn
from sklearn.ensemble import IsolationForest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "tools"))
from export_sklearn import export  # noqa: E402

ROWS = 2000
SEEDS = 200
POINTS = 64


def unit(index):
    """SplitMix64 of `index`, its top 24 bits as a fraction: the same numbers as the C++ test computes."""
    z = (index.astype(numpy.uint64) + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    z = z ^ (z >> numpy.uint64(31))
    return (z >> numpy.uint64(40)).astype(numpy.float64) / 2**24


def data(rows):
    i = numpy.arange(rows, dtype=numpy.uint64) * numpy.uint64(8)
    u = [unit(i + numpy.uint64(k)) for k in range(8)]
    columns = [u[0], u[1] * u[1], numpy.floor(u[2] * 8), numpy.full(rows, 3.0),
               u[3] + u[4] + u[5], u[0] + u[6] / 8, numpy.floor(u[7] * 1.125), u[3] - u[4]]
    return numpy.stack(columns, axis=1).astype(numpy.float32)


def write(name, document):
    with open(HERE / name, "w", encoding="utf-8") as out:
        json.dump(document, out, separators=(",", ":"))
        out.write("\n")


def on_thresholds(model, rows):
    """Rows whose tested values are the thresholds of the first tree, rounded to f32."""
    made = rows[:200].copy()
    tree = model.estimators_[0].tree_
    features = model.estimators_features_[0]
    inner = [n for n in range(tree.node_count) if tree.children_left[n] >= 0]
    for k in range(len(made)):
        node = inner[k % len(inner)]
        made[k, features[tree.feature[node]]] = numpy.float32(tree.threshold[node])
    return made


def main():
    numpy.seterr(over="ignore")
    rows = data(ROWS)
    model = IsolationForest(n_estimators=20, max_samples=256, max_features=0.75, random_state=5)
    model.fit(rows)
    export(model, HERE / "import.json")
    edge = on_thresholds(model, rows)
    write("import_scores.json", {
        "scikit_learn": sklearn.__version__,
        "scores": [round(float(-s), 10) for s in model.score_samples(rows)],
        "edge_rows": [[float(x) for x in row] for row in edge],
        "edge_scores": [round(float(-s), 10) for s in model.score_samples(edge)],
    })
    nodes, splits, scores = [], [], []
    for seed in range(SEEDS):
        model = IsolationForest(n_estimators=20, max_samples=256, random_state=seed).fit(rows)
        trees = [e.tree_ for e in model.estimators_]
        nodes.append(numpy.mean([t.node_count for t in trees]))
        feature = numpy.concatenate([t.feature[t.feature >= 0] for t in trees])
        splits.append(numpy.bincount(feature, minlength=8) / len(feature))
        scores.append(-model.score_samples(rows[:POINTS]))
    document = {"scikit_learn": sklearn.__version__, "rows": ROWS, "seeds": SEEDS}
    for name, values in (("nodes", nodes), ("splits", splits), ("scores", scores)):
        values = numpy.asarray(values).reshape(SEEDS, -1)
        document[name] = {"mean": [round(float(v), 9) for v in values.mean(axis=0)],
                          "sd": [round(float(v), 9) for v in values.std(axis=0, ddof=1)]}
    write("distribution.json", document)


if __name__ == "__main__":
    main()
