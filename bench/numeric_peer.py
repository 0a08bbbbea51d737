"""Times scikit-learn and numpy on the rows of `weir bench numeric`, and writes the weights they find.

    python3 bench/numeric_peer.py --x x.f64 --y y.f64 --columns 100 --weights w.f64

Training is PCA(0.95, covariance_eigh) followed by Ridge, both on the same rows in memory, with one BLAS thread
and with all, of which the faster counts; the weights of the two folded together, and the bias behind them, go
to --weights. Prediction is one matrix-vector product, and the pipeline's own predict for a single row. Features
are the ten of every window of 64, stride 1.
"""

import argparse
import json
import time

import numpy


def best_of(times, work):
    """Returns the shortest time of some runs, and the last result."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
    return min(seconds), result


def train(x, y, options):
    from sklearn.decomposition import PCA
    from sklearn.linear_model import Ridge
    from threadpoolctl import threadpool_limits

    def fit():
        pca = PCA(n_components=options.energy, svd_solver="covariance_eigh")
        ridge = Ridge(alpha=options.penalty).fit(pca.fit_transform(x), y)
        return pca, ridge

    # On a busy machine the BLAS's own threads can cost more than they bring: the better counts.
    timed = []
    for threads in (1, None):
        with threadpool_limits(limits=threads):
            timed.append(best_of(options.passes, fit))
    return min(timed, key=lambda one: one[0])


def window_features(series, size, chunk=65536):
    windows = numpy.lib.stride_tricks.sliding_window_view(series, size)
    out = numpy.empty((len(windows), 10))
    for begin in range(0, len(windows), chunk):
        part = windows[begin:begin + chunk]
        to = out[begin:begin + chunk]
        mean = part.mean(axis=1)
        shifted = part - mean[:, None]
        variance = (shifted * shifted).mean(axis=1)
        to[:, 0], to[:, 1] = mean, variance
        to[:, 2] = (shifted ** 3).mean(axis=1) / variance ** 1.5
        to[:, 3], to[:, 4] = part.min(axis=1), part.max(axis=1)
        to[:, 5:] = numpy.abs(numpy.fft.rfft(part, axis=1)[:, :5]) / size
    return out


def row_p99_us(predict, x):
    seconds = []
    for i in range(2000):
        started = time.perf_counter()
        predict(x[i % len(x)][None, :])
        seconds.append(time.perf_counter() - started)
    return float(numpy.percentile(seconds, 99) * 1e6)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--x", required=True)
    parser.add_argument("--y", required=True)
    parser.add_argument("--columns", type=int, required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--energy", type=float, default=0.95)
    parser.add_argument("--penalty", type=float, default=1.0)
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--samples", type=int, default=131_072)
    options = parser.parse_args()
    import sklearn

    y = numpy.fromfile(options.y)
    x = numpy.fromfile(options.x).reshape(len(y), options.columns)
    train_s, (pca, ridge) = train(x, y, options)
    weight = pca.components_.T @ ridge.coef_
    bias = ridge.intercept_ - pca.mean_ @ weight
    numpy.concatenate([weight, [bias]]).tofile(options.weights)
    predict_s, _ = best_of(3, lambda: x @ weight + bias)
    series = 50 + 10 * numpy.sin(numpy.arange(options.samples) * 0.01)
    series += numpy.random.default_rng(1).random(options.samples)
    features_s, made = best_of(1, lambda: window_features(series, 64))
    print(json.dumps({
        "peer": "scikit-learn", "version": sklearn.__version__, "numpy": numpy.__version__,
        "train_s": train_s, "components": int(pca.n_components_),
        "predict_per_s": len(x) / predict_s,
        "predict_row_p99_us": row_p99_us(lambda r: ridge.predict(pca.transform(r)), x),
        "features_per_s": len(made) / features_s,
    }))


if __name__ == "__main__":
    main()
