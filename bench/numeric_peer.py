"""Times scikit-learn and numpy on the rows of `weir bench numeric`, and writes the weights they find.

    python3 bench/numeric_peer.py --x x.f64 --y y.f64 --columns 100 --weights w.f64
    python3 bench/numeric_peer.py                                   features only

Training is PCA(0.95, covariance_eigh) followed by Ridge, both on the same rows in memory, with one BLAS thread
and with all, of which the faster counts; the weights of the two folded together, and the bias behind them, go
to --weights. Prediction is one matrix-vector product, and the pipeline's own predict for a single row. Features
are the ten of every window of 64, strides 1 and 64. All times are medians.
"""

import argparse
import json
import time

import numpy


def median_of(times, work):
    """Returns the median time of some runs, and the last result."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
    return sorted(seconds)[times // 2], result


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
            timed.append(median_of(options.passes, fit))
    return min(timed, key=lambda one: one[0])


def window_features(series, size, stride, chunk=4096):
    """A chunk of windows and what is made of it stay in the cache."""
    windows = numpy.lib.stride_tricks.sliding_window_view(series, size)[::stride]
    out = numpy.empty((len(windows), 10))
    for begin in range(0, len(windows), chunk):
        part = windows[begin:begin + chunk]
        to = out[begin:begin + chunk]
        mean = part.mean(axis=1)
        shifted = part - mean[:, None]
        squares = shifted * shifted
        variance = squares.mean(axis=1)
        to[:, 0], to[:, 1] = mean, variance
        to[:, 2] = (squares * shifted).mean(axis=1) / (variance * numpy.sqrt(variance))
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


def models(options):
    """Trains, writes the weights, predicts."""
    import sklearn

    y = numpy.fromfile(options.y)
    x = numpy.fromfile(options.x).reshape(len(y), options.columns)
    train_s, (pca, ridge) = train(x, y, options)
    weight = pca.components_.T @ ridge.coef_
    bias = ridge.intercept_ - pca.mean_ @ weight
    numpy.concatenate([weight, [bias]]).tofile(options.weights)
    predict_s, _ = median_of(5, lambda: x @ weight + bias)
    return {"peer": "scikit-learn", "version": sklearn.__version__, "train_s": train_s,
            "components": int(pca.n_components_), "predict_per_s": len(x) / predict_s,
            "predict_row_p99_us": row_p99_us(lambda r: ridge.predict(pca.transform(r)), x)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--x")
    parser.add_argument("--y")
    parser.add_argument("--columns", type=int)
    parser.add_argument("--weights")
    parser.add_argument("--energy", type=float, default=0.95)
    parser.add_argument("--penalty", type=float, default=1.0)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--samples", type=int, default=131_072)
    options = parser.parse_args()
    found = {"numpy": numpy.__version__}
    if options.x:
        found.update(models(options))
    series = 50 + 10 * numpy.sin(numpy.arange(options.samples) * 0.01)
    series += numpy.random.default_rng(1).random(options.samples)
    for stride, key in ((1, "features_per_s"), (64, "features_64_per_s")):
        seconds, made = median_of(options.passes, lambda: window_features(series, 64, stride))
        found[key] = len(made) / seconds
    print(json.dumps(found))


if __name__ == "__main__":
    main()
