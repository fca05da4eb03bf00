"""Times this crate and the Python references side by side, on the same input, in the same run.

    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt
    OPENBLAS_NUM_THREADS=1 .venv/bin/python compare.py [--quick] [--only WORK]

Builds examples/compare.rs in release mode and prints, for every row of the project's speed table that rests on
this crate: the reference's time, ours, their ratio, the budget, the verdict, and how far the figures are apart.
Exit status 1 when a budget is missed or figures disagree. `--quick` leaves out what takes the references minutes.

Theirs is the least processor time of a few calls. Ours is the least of many repeats by the clock or the mean
processor time, whichever is less (the scan, on two threads: by the clock), so that what else the machine does
weighs on neither.

Where the reference cannot do a row in reasonable time, a share of it is timed and scaled up (marked ~), or it
is left out and the row says why.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
    sys.exit("run with OPENBLAS_NUM_THREADS=1: the references are compared on one thread, as ours runs")

import numpy as np
import pykalman
import statsmodels.api as sm
from scipy.stats import theilslopes
from sklearn.linear_model import HuberRegressor, TheilSenRegressor
from statsmodels.tsa.stattools import adfuller, coint
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from huber import huber_optimum, objective

warnings.simplefilter("ignore")
CRATE = Path(__file__).resolve().parent.parent
SIZES = (500, 2_000, 10_000, 50_000)


def make_pair(n, seed=1):
    """Prices of the size of BTC and ETH, cointegrated with a half-life of some seven bars."""
    rng = np.random.default_rng([seed, n])
    x = 3_000 + np.cumsum(rng.normal(scale=0.5, size=n))
    e = rng.normal(scale=3.0, size=n)
    spread = np.empty(n)
    level = 0.0
    for t in range(n):
        level = 0.9 * level + e[t]
        spread[t] = level
    return 5_000 + 18.0 * x + spread, x


def build():
    command = ["cargo", "build", "--release", "--package", "analytics", "--example", "compare", "--message-format=json"]
    out = subprocess.run(command, cwd=CRATE, stdout=subprocess.PIPE, check=True, text=True).stdout
    for line in out.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == "compare":
            return message["executable"]
    sys.exit("cargo built no executable")


class Ours:
    def __init__(self, executable):
        self.executable = executable
        self.directory = tempfile.TemporaryDirectory()

    def __call__(self, work, series, repeats=None):
        """Least seconds of many repeats, figures, memory. The repeats fill about a second."""
        path = Path(self.directory.name) / "input"
        path.write_bytes(np.ascontiguousarray(np.vstack(series), dtype="<f8").tobytes())
        call = [self.executable, work, str(path), str(len(series))]
        run = lambda n: json.loads(subprocess.run([*call, str(n)], stdout=subprocess.PIPE, check=True, text=True).stdout)
        first = run(1)
        if repeats is None:
            repeats = max(5, min(1_000, int(1.0 / max(first["seconds"][0], 1e-6))))
        out = run(repeats) if repeats > 1 else first
        # On a busy machine the clock runs on while others have the processor; the scan uses two threads.
        least, processor = min(out["seconds"]), out["processor_seconds"]
        if work != "scan" and processor:
            least = min(least, sum(processor) / len(processor))
        return least, out["figures"], out


def theirs(function, seconds=2.0):
    """Least processor seconds of a few calls, and the result."""
    took, result = [], None
    while not took or (sum(took) < seconds and len(took) < 20):
        start = time.process_time()
        result = function()
        took.append(time.process_time() - start)
    return min(took), result


def apart(ours, reference, scale=1.0):
    """The greatest difference of pairs of figures, in the measure that agreement is defined by."""
    return max(abs(a - b) / max(abs(b), scale) for a, b in zip(ours, reference, strict=True))


ROWS = []
QUICK = "the reference takes too long for --quick"


def report(work, n, seconds, reference, budget=None, difference=None, tolerance=None, note=""):
    """`reference` is seconds, or None with the reason in `note`; a leading ~ in `note` marks it as scaled up."""
    met = budget is None or seconds <= budget
    agrees = difference is None or difference <= tolerance
    ROWS.append(met and agrees)
    mark = "~" if note.startswith("~") else " "
    ratio = f"{reference / seconds:>11,.0f}×" if reference else " " * 12
    cells = (
        f"{work:<34}{n:>10,}",
        f"{mark}{duration(reference):>10}" if reference else f"{'–':>11}",
        f"{duration(seconds):>10}",
        ratio,
        f"{duration(budget) if budget else '':>10}",
        f"{'met' if met else 'MISSED':>7}" if budget else " " * 7,
        f"{difference:9.1e} (≤ {tolerance:.0e}){'' if agrees else ' DISAGREES'}" if difference is not None else "",
        note.lstrip("~ "),
    )
    print("  ".join(cells).rstrip(), flush=True)


def duration(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:,.3g} {unit}" if seconds < 1000 * size else f"{seconds / size:,.0f} {unit}"
    return f"{seconds * 1e9:.0f} ns"


# --- rows -------------------------------------------------------------------------------------------


def adf(ours, quick):
    budgets = {2_000: 1.5e-3, 10_000: 10e-3}
    for n in SIZES:
        y, x = make_pair(n)
        spread = sm.OLS(y, sm.add_constant(x)).fit().resid
        seconds, figures, _ = ours("adf", [spread])
        if quick and n > 10_000:
            report("ADF, lags by AIC", n, seconds, None, note=QUICK)
            continue
        reference, r = theirs(lambda: adfuller(spread, result_object=True))
        assert figures["lag"] == r.lags, (figures["lag"], r.lags)
        difference = max(apart([figures["statistic"]], [r.statistic]), 1e-2 * apart([figures["p"]], [r.pvalue]))
        report("ADF, lags by AIC", n, seconds, reference, budgets.get(n), difference, 1e-8)


def engle_granger(ours, quick):
    for n in SIZES:
        y, x = make_pair(n)
        seconds, figures, _ = ours("engle_granger", [y, x])
        if quick and n > 10_000:
            report("Engle-Granger, both directions", n, seconds, None, note=QUICK)
            continue
        reference, (forth, back) = theirs(lambda: (coint(y, x), coint(x, y)))
        difference = apart([figures["y_on_x"], figures["x_on_y"]], [forth[0], back[0]])
        report("Engle-Granger, both directions", n, seconds, reference, None, difference, 1e-8)


def scan(ours, quick):
    n, symbols = 5_000, 28
    series = [make_pair(n, seed)[seed % 2] for seed in range(symbols)]
    seconds, figures, _ = ours("scan", series)
    sample = [(series[i], series[(i + 7) % symbols]) for i in range(3 if quick else 6)]
    one, _ = theirs(lambda: [coint(a, b) for a, b in sample], seconds=0)
    reference = one / len(sample) * figures["tests"] / 2
    report("Engle-Granger scan, 28 symbols", n, seconds, reference, 3.0, note="~two processes supposed for the reference")


def johansen(ours, quick):
    for n in SIZES:
        y, x = make_pair(n)
        seconds, figures, _ = ours("johansen", [y, x])
        both = np.column_stack([y, x])
        reference, r = theirs(lambda: coint_johansen(both, 0, 1))
        difference = apart([figures["trace"], figures["max"]], [r.trace_stat[0], r.max_eig_stat[0]])
        report("Johansen", n, seconds, reference, None, difference, 1e-8)


def ols(ours, quick):
    for n in SIZES:
        y, x = make_pair(n)
        seconds, figures, _ = ours("ols", [y, x])
        kwds = {"maxlags": int(np.ceil(1.3 * np.sqrt(n))), "use_correction": False}
        reference, r = theirs(lambda: sm.OLS(y, sm.add_constant(x)).fit(cov_type="HAC", cov_kwds=kwds))
        difference = max(apart([figures["beta"]], [r.params[1]]), 0.1 * apart([figures["se_hac"]], [r.bse[1]], 0.0))
        report("OLS with HAC errors", n, seconds, reference, None, difference, 1e-10)


def theil_sen(ours, quick):
    budgets = {10_000: 5e-3}
    for n in SIZES:
        y, x = make_pair(n)
        seconds, figures, _ = ours("theil_sen", [y, x])
        if n > 10_000:
            report("Theil-Sen, exact", n, seconds, None, budgets.get(n), note="scipy would need 30 GB here")
            continue
        if quick and n > 2_000:
            report("Theil-Sen, exact", n, seconds, None, budgets.get(n), note=QUICK)
            continue
        reference, r = theirs(lambda: theilslopes(y, x))
        ours_figures = [figures["beta"], figures["alpha"] / np.abs(y).max(), figures["low"], figures["high"]]
        difference = apart(ours_figures, [r[0], r[1] / np.abs(y).max(), r[2], r[3]])
        report("Theil-Sen, exact", n, seconds, reference, budgets.get(n), difference, 1e-12, "against scipy")
        alone, line, _ = ours("theil_sen_line", [y, x])
        difference = apart([line["beta"], line["alpha"] / np.abs(y).max()], [r[0], r[1] / np.abs(y).max()])
        note = "against scipy, which has no form without the interval"
        report("Theil-Sen, no interval", n, alone, reference, budgets.get(n), difference, 1e-12, note)
        if n == 10_000:
            reference, _ = theirs(lambda: TheilSenRegressor(random_state=0).fit(x[:, None], y))
            report("Theil-Sen, exact", n, seconds, reference, budgets[n], note="against scikit-learn, which is inexact")


def walk_forward(ours, quick):
    n, lookback = 10_000, 500
    y, x = make_pair(n)
    scale = np.abs(y).max()
    fits = {
        "walk_forward_theil_sen": ("Theil-Sen, walk-forward × 500", 1.0, 1e-9, lambda v, u: theilslopes(v, u)[:2]),
        "walk_forward_huber": ("Huber, walk-forward × 500", None, 1e-8, lambda v, u: sklearn_huber(v, u)),
        "walk_forward_ols": ("OLS, walk-forward × 500", None, 1e-9, lambda v, u: np.polyfit(u, v, 1)),
    }
    for name, (label, budget, tolerance, fit) in fits.items():
        seconds, figures, _ = ours(name, [y, x])
        at = np.linspace(lookback, n - 1, 10 if quick else 30).astype(int)
        sample = lambda: [fit(y[t - lookback : t], x[t - lookback : t]) for t in at]
        took, found = theirs(sample, seconds=0)
        # scikit-learn stops short of its optimum, so the exact minimiser is what ours is held to.
        if "huber" in name:
            best = huber_optimum(y[at[-1] - lookback : at[-1]], x[at[-1] - lookback : at[-1]])
            beta, alpha = best["beta"], best["alpha"]
        else:
            beta, alpha = found[-1][:2]
        difference = apart([figures["beta"], figures["alpha"] / scale], [beta, alpha / scale])
        report(label, n, seconds, took / len(at) * (n - lookback), budget, difference, tolerance, "~")


def sklearn_huber(y, x):
    fit = HuberRegressor().fit(x[:, None], y)
    return fit.coef_[0], fit.intercept_


def kalman(ours, quick):
    delta = 1e-5
    for n in SIZES:
        y, x = make_pair(n)
        seconds, figures, _ = ours("kalman", [y, x])
        filter_ = pykalman.KalmanFilter(
            n_dim_obs=1, n_dim_state=2, initial_state_mean=np.zeros(2), initial_state_covariance=np.ones((2, 2)),
            transition_matrices=np.eye(2), observation_matrices=np.column_stack([x, np.ones(n)])[:, None, :],
            observation_covariance=1.0, transition_covariance=delta / (1 - delta) * np.eye(2),
        )  # fmt: skip
        reference, (means, _) = theirs(lambda: filter_.filter(y))
        scale = np.abs(y).max()
        difference = apart([figures["beta"], figures["alpha"] / scale], [means[-1, 0], means[-1, 1] / scale])
        report("Kalman", n, seconds, reference, 2e-3 if n == 50_000 else None, difference, 1e-9)


def huber(ours, quick):
    for n in SIZES:
        y, x = make_pair(n)
        seconds, figures, _ = ours("huber", [y, x])
        reference, r = theirs(lambda: HuberRegressor().fit(x[:, None], y))
        best = huber_optimum(y, x)
        scale = np.abs(y).max()
        difference = apart([figures["beta"], figures["alpha"] / scale], [best["beta"], best["alpha"] / scale])
        mine = objective(y, x, figures["beta"], figures["alpha"], figures["scale"])
        excess = objective(y, x, r.coef_[0], r.intercept_, r.scale_) / mine - 1
        note = f"scikit-learn's objective is {excess:.0e} above ours" if excess > -1e-12 else "OURS IS NOT THE LEAST"
        report("Huber", n, seconds, reference, 3e-3 if n == 50_000 else None, difference, 1e-8, note)
        ROWS[-1] &= excess > -1e-12


def million(ours, quick):
    """Time and peak memory at a million bars, where the references are not asked."""
    n = 1_000_000
    y, x = make_pair(n)
    for work, series, budget in (
        ("theil_sen", [y, x], 1.5), ("theil_sen_line", [y, x], 1.5), ("huber", [y, x], None), ("kalman", [y, x], None), ("ols", [y, x], None),
        ("adf", [y], None), ("engle_granger", [y, x], None), ("johansen", [y, x], None),
        ("half_life", [y], None), ("hurst", [y], None),
    ):  # fmt: skip
        seconds, _, out = ours(work, series, repeats=3)
        grown = (out["memory_kib_peak"] - out["memory_kib_before"]) / 1024
        size = 8 * n * len(series) / 2**20
        note = f"at peak {grown:.0f} MiB above the input's {size:.0f} MiB ({grown * 2**20 / n:.0f} bytes a bar)"
        report(work, n, seconds, None, budget, note=note)


WORKS = {
    "adf": adf, "engle_granger": engle_granger, "scan": scan, "johansen": johansen, "ols": ols, "huber": huber,
    "kalman": kalman, "theil_sen": theil_sen, "walk_forward": walk_forward, "million": million,
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=sorted(WORKS))
    arguments = parser.parse_args()
    ours = Ours(build())
    print(f"{'work':<34}{'n':>10}  {'reference':>11}  {'ours':>10}  {'ratio':>12}  {'budget':>10}  verdict  figures apart")
    for name, work in WORKS.items():
        if arguments.only in (None, name):
            work(ours, arguments.quick)
    missed = ROWS.count(False)
    print(f"{len(ROWS)} rows, {missed} missed or apart")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
