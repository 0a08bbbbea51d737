"""Writes a fitted scikit-learn IsolationForest as the JSON that Weir imports.

    from export_sklearn import export
    export(model, "forest.json", names=["amount", "hour"])

    python3 tools/export_sklearn.py --columns amount,hour rows.csv forest.json   # fits, then exports

The file holds trees as plain arrays; nothing in it is ever executed when it is read.
"""

import argparse
import csv
import json
import math


def forest_document(model, names=None):
    """Returns the document of a fitted IsolationForest as nested lists and numbers."""
    columns = int(model.n_features_in_)
    every = list(range(columns))
    if names is None:
        fitted = getattr(model, "feature_names_in_", None)
        names = None if fitted is None else [str(name) for name in fitted]
    if names is not None and len(names) != columns:
        raise ValueError(f"{len(names)} names for {columns} features")
    trees = []
    for estimator, features in zip(model.estimators_, model.estimators_features_):
        tree = estimator.tree_
        subset = [int(f) for f in features]
        trees.append({
            "features": None if subset == every else subset,
            "feature": [int(f) for f in tree.feature],
            "threshold": [float(t) for t in tree.threshold],
            "left": [int(c) for c in tree.children_left],
            "right": [int(c) for c in tree.children_right],
            "n": [int(n) for n in tree.n_node_samples],
        })
    if not math.isfinite(model.offset_):
        raise ValueError("offset_ is not finite")
    return {
        "format": "weir.sklearn",
        "version": 1,
        "class": "IsolationForest",
        "n_features": columns,
        "names": names,
        "max_samples": int(model.max_samples_),
        "offset": float(model.offset_),
        "trees": trees,
    }


def export(model, path, names=None):
    """Writes the document of `model` to `path`."""
    with open(path, "w", encoding="utf-8") as out:
        json.dump(forest_document(model, names), out, separators=(",", ":"), allow_nan=False)
        out.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", help="CSV with a header")
    parser.add_argument("model", help="JSON to write")
    parser.add_argument("--columns", help="comma separated; default: all")
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--psi", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    import numpy
    from sklearn.ensemble import IsolationForest

    with open(options.rows, newline="", encoding="utf-8") as source:
        reader = csv.DictReader(source)
        names = options.columns.split(",") if options.columns else list(reader.fieldnames)
        rows = numpy.array([[float(row[name]) for name in names] for row in reader],
                           dtype=numpy.float32)
    model = IsolationForest(n_estimators=options.trees, max_samples=min(options.psi, len(rows)),
                            random_state=options.seed).fit(rows)
    export(model, options.model, names)


if __name__ == "__main__":
    main()
