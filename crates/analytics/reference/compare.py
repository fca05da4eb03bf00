"""Times this crate and the Python references side by side, on the same input, in the same run.

    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt
    OPENBLAS_NUM_THREADS=1 .venv/bin/python compare.py [--quick] [--only WORK]

Builds examples/compare.rs in release mode and prints, for every row of the project's speed table that rests on
this crate: the reference's time, ours, their ratio, the budget, the verdict, and how far the figures are apart.
Then once more, one line for each row that has a budget (or whose figures disagree): `budget ROW: FIGURE, RATIO ×
faster, budget B: holds`, or `fails`. Exit status 1 when a budget is missed or figures disagree. `--quick` leaves
out what takes the references minutes.

All times are by the clock, and medians. Reference and crate take turns, three to nine times, so that whatever
else the machine does falls on both; a turn of ours is the median of as many repeats as fit a tenth of a second.
A reference that takes half a minute has one turn.

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
from statistics import median

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

    def prepare(self, work, series):
        """Something that runs the work so many times: seconds of each, figures, memory."""
        path = Path(self.directory.name) / work
        path.write_bytes(np.ascontiguousarray(np.vstack(series), dtype="<f8").tobytes())
        call = [self.executable, work, str(path), str(len(series))]
        return lambda n: json.loads(subprocess.run([*call, str(n)], stdout=subprocess.PIPE, check=True, text=True).stdout)

    def alone(self, work, series, turns=5):
        """Median seconds, and the output of the last turn."""
        run = self.prepare(work, series)
        first = run(1)
        took = [turn(run, first) for _ in range(turns)]
        return median(took), first["figures"], first

    def beside(self, work, series, reference):
        """Median seconds of ours and of the reference in turn, our figures, the reference's result."""
        run = self.prepare(work, series)
        first = run(1)
        ours, theirs, turns = [], [], 1
        while len(theirs) < turns:
            start = time.perf_counter()
            result = reference()
            theirs.append(time.perf_counter() - start)
            ours.append(turn(run, first))
            if len(theirs) == 1 and theirs[0] < LONG:
                turns = max(3, min(9, int(4.0 / theirs[0])))
        return median(ours), median(theirs), first["figures"], result


# Seconds of a reference's turn from which on it has only one.
LONG = 30.0


def turn(run, first):
    """Median seconds of repeats that fill a tenth of a second. The first, with cold caches, does not count."""
    repeats = max(3, min(500, int(0.1 / max(first["seconds"][0], 1e-6))))
    return median(run(1 + repeats)["seconds"][1:])


def apart(ours, reference, scale=1.0):
    """The greatest difference of pairs of figures, in the measure that agreement is defined by."""
    return max(abs(a - b) / max(abs(b), scale) for a, b in zip(ours, reference, strict=True))


ROWS = []
QUICK = "the reference takes too long for --quick"


VERDICTS = []


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
    if budget is not None or not agrees:
        said = [f"{duration(seconds)}"]
        if reference:
            said.append(f"{'about ' if mark == '~' else ''}{reference / seconds:,.0f} × faster")
        if budget is not None:
            said.append(f"budget {duration(budget)}")
        if not agrees:
            said.append(f"figures apart by {difference:.1e}")
        against = f" {note}" if note.startswith("against") else ""
        verdict = "holds" if met and agrees else "fails"
        VERDICTS.append(f"budget {work}, {n:,} bars{against}: {', '.join(said)}: {verdict}")


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
        if quick and n > 10_000:
            seconds, _, _ = ours.alone("adf", [spread])
            report("ADF, lags by AIC", n, seconds, None, note=QUICK)
            continue
        work = lambda: adfuller(spread, result_object=True)
        seconds, reference, figures, r = ours.beside("adf", [spread], work)
        assert figures["lag"] == r.lags, (figures["lag"], r.lags)
        difference = max(apart([figures["statistic"]], [r.statistic]), 1e-2 * apart([figures["p"]], [r.pvalue]))
        report("ADF, lags by AIC", n, seconds, reference, budgets.get(n), difference, 1e-8)


def engle_granger(ours, quick):
    for n in SIZES:
        y, x = make_pair(n)
        if quick and n > 10_000:
            seconds, _, _ = ours.alone("engle_granger", [y, x])
            report("Engle-Granger, both directions", n, seconds, None, note=QUICK)
            continue
        work = lambda: (coint(y, x), coint(x, y))
        seconds, reference, figures, (forth, back) = ours.beside("engle_granger", [y, x], work)
        difference = apart([figures["y_on_x"], figures["x_on_y"]], [forth[0], back[0]])
        report("Engle-Granger, both directions", n, seconds, reference, None, difference, 1e-8)


def scan(ours, quick):
    n = 5_000
    series = [make_pair(n, seed)[seed % 2] for seed in range(28)]
    sample = [(i, (i + 7) % len(series)) for i in range(3 if quick else 6)]
    work = lambda: [coint(np.log(series[i]), np.log(series[j])) for i, j in sample]
    seconds, took, figures, tests = ours.beside("scan", series, work)
    reference = took / len(sample) * figures["tests"] / figures["threads"]
    found = {}
    for y, x, forth, back, _ in figures["pairs"]:
        found[y, x], found[x, y] = forth, back
    difference = max(abs(found[pair] - test[1]) for pair, test in zip(sample, tests))
    note = "~a process a core supposed for the reference; scan.py compares every pair of real bars"
    report("Scan, 28 symbols", n, seconds, reference, 3.0, difference, 1e-6, note)
    for symbols in (100, 500):
        if quick and symbols > 100:
            continue
        series = [make_pair(n, seed)[seed % 2] for seed in range(symbols)]
        out = ours.prepare("scan", series)(1)
        grown = (out["memory_kib_peak"] - out["memory_kib_before"]) / 1024
        note = f"{len(out['figures']['pairs']):,} pairs; at peak {grown:.0f} MiB above the input's {8 * n * symbols / 2**20:.0f} MiB"
        report(f"Scan, {symbols} symbols", n, out["seconds"][0], None, note=note)


def johansen(ours, quick):
    for n in SIZES:
        y, x = make_pair(n)
        both = np.column_stack([y, x])
        seconds, reference, figures, r = ours.beside("johansen", [y, x], lambda: coint_johansen(both, 0, 1))
        difference = apart([figures["trace"], figures["max"]], [r.trace_stat[0], r.max_eig_stat[0]])
        report("Johansen", n, seconds, reference, None, difference, 1e-8)


def ols(ours, quick):
    for n in SIZES:
        y, x = make_pair(n)
        kwds = {"maxlags": int(np.ceil(1.3 * np.sqrt(n))), "use_correction": False}
        work = lambda: sm.OLS(y, sm.add_constant(x)).fit(cov_type="HAC", cov_kwds=kwds)
        seconds, reference, figures, r = ours.beside("ols", [y, x], work)
        difference = max(apart([figures["beta"]], [r.params[1]]), 0.1 * apart([figures["se_hac"]], [r.bse[1]], 0.0))
        report("OLS with HAC errors", n, seconds, reference, None, difference, 1e-10)


def theil_sen(ours, quick):
    budgets = {10_000: 5e-3}
    for n in SIZES:
        y, x = make_pair(n)
        if n > 10_000:
            seconds, _, _ = ours.alone("theil_sen", [y, x])
            report("Theil-Sen, exact", n, seconds, None, budgets.get(n), note="scipy would need 30 GB here")
            continue
        if quick and n > 2_000:
            seconds, _, _ = ours.alone("theil_sen", [y, x])
            report("Theil-Sen, exact", n, seconds, None, budgets.get(n), note=QUICK)
            continue
        seconds, reference, figures, r = ours.beside("theil_sen", [y, x], lambda: theilslopes(y, x))
        ours_figures = [figures["beta"], figures["alpha"] / np.abs(y).max(), figures["low"], figures["high"]]
        difference = apart(ours_figures, [r[0], r[1] / np.abs(y).max(), r[2], r[3]])
        report("Theil-Sen, exact", n, seconds, reference, budgets.get(n), difference, 1e-12, "against scipy")
        alone, line, _ = ours.alone("theil_sen_line", [y, x])
        difference = apart([line["beta"], line["alpha"] / np.abs(y).max()], [r[0], r[1] / np.abs(y).max()])
        note = "against scipy, which has no form without the interval"
        report("Theil-Sen, no interval", n, alone, reference, budgets.get(n), difference, 1e-12, note)
        if n == 10_000:
            work = lambda: TheilSenRegressor(random_state=0).fit(x[:, None], y)
            seconds, reference, _, _ = ours.beside("theil_sen", [y, x], work)
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
        at = np.linspace(lookback, n - 1, 10 if quick else 30).astype(int)
        sample = lambda: [fit(y[t - lookback : t], x[t - lookback : t]) for t in at]
        seconds, took, figures, found = ours.beside(name, [y, x], sample)
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
        filter_ = pykalman.KalmanFilter(
            n_dim_obs=1, n_dim_state=2, initial_state_mean=np.zeros(2), initial_state_covariance=np.ones((2, 2)),
            transition_matrices=np.eye(2), observation_matrices=np.column_stack([x, np.ones(n)])[:, None, :],
            observation_covariance=1.0, transition_covariance=delta / (1 - delta) * np.eye(2),
        )  # fmt: skip
        seconds, reference, figures, (means, _) = ours.beside("kalman", [y, x], lambda: filter_.filter(y))
        scale = np.abs(y).max()
        difference = apart([figures["beta"], figures["alpha"] / scale], [means[-1, 0], means[-1, 1] / scale])
        report("Kalman", n, seconds, reference, 2e-3 if n == 50_000 else None, difference, 1e-9)


def huber(ours, quick):
    for n in SIZES:
        y, x = make_pair(n)
        work = lambda: HuberRegressor().fit(x[:, None], y)
        seconds, reference, figures, r = ours.beside("huber", [y, x], work)
        best = huber_optimum(y, x)
        scale = np.abs(y).max()
        difference = apart([figures["beta"], figures["alpha"] / scale], [best["beta"], best["alpha"] / scale])
        mine = objective(y, x, figures["beta"], figures["alpha"], figures["scale"])
        excess = objective(y, x, r.coef_[0], r.intercept_, r.scale_) / mine - 1
        note = f"scikit-learn's objective is {excess:.0e} above ours" if excess > -1e-12 else "OURS IS NOT THE LEAST"
        # Whoever finds a lower objective was right, however near the coefficients are.
        difference = difference if excess > -1e-12 else float("inf")
        report("Huber", n, seconds, reference, 3e-3 if n == 50_000 else None, difference, 1e-8, note)


def million(ours, quick):
    """Time and peak memory at a million bars, where the references are not asked."""
    n = 1_000_000
    y, x = make_pair(n)
    for work, series, budget in (
        ("theil_sen", [y, x], 1.5), ("theil_sen_line", [y, x], 1.5), ("huber", [y, x], None), ("kalman", [y, x], None), ("ols", [y, x], None),
        ("adf", [y], None), ("engle_granger", [y, x], None), ("johansen", [y, x], None),
        ("half_life", [y], None), ("hurst", [y], None),
    ):  # fmt: skip
        seconds, _, out = ours.alone(work, series, turns=1)
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
    print("\n".join(VERDICTS))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
