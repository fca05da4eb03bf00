"""Scans every pair of a file of bars with statsmodels and with this crate, and compares.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python scan.py BARS.csv.gz [--bars N]
    OPENBLAS_NUM_THREADS=1 .venv/bin/python scan.py --simulated 28 100 500 [--bars N]

BARS has the columns symbol, open_time_ms and close (others are ignored), may be compressed, and the bars of all
symbols begin at the same times. Each unordered pair is tested in both directions: by statsmodels' `coint` on log
closes in a process a core, and by the scanner on a thread a core, which also computes what else it tells of a pair.

Prints both times, their ratio, the greatest difference of p over all tests and of q over all pairs (whose reference
is scipy's Benjamini-Hochberg of the reference's p), and which pairs either finds at q ≤ 0.05. Exit status 1 when p is
apart by more than 1e-6, or on two cores the scan of 28 symbols takes more than 3 s.

With --simulated there is no reference: time and memory of this crate over so many symbols of 1,000 bars each, which
show how both grow.
"""

import argparse
import itertools
import multiprocessing
import os
import sys
import time
import warnings

if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
    sys.exit("run with OPENBLAS_NUM_THREADS=1: a process a core, and no more")

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control
from statsmodels.tsa.stattools import coint

from compare import Ours, build, turn

LOGS = None


def p_value(pair):
    warnings.simplefilter("ignore")
    y, x = pair
    return coint(LOGS[y], LOGS[x])[1]


def simulated(symbols, bars):
    """Closes that wander, every other one with what all have in common."""
    random = np.random.default_rng([symbols, bars])
    steps = random.normal(scale=0.01, size=(symbols, bars))
    steps[::2] += random.normal(scale=0.01, size=bars)
    return list(100.0 * np.exp(np.cumsum(steps, axis=1)))


def scale(counts, bars):
    ours = Ours(build())
    print(f"{'symbols':>8}{'bars':>8}{'tests':>10}{'time':>10}{'a test':>12}{'memory':>10}")
    for symbols in counts:
        found = ours.prepare("scan_counts", simulated(symbols, bars))(1)
        (seconds,), tests = found["seconds"], found["figures"]["tests"]
        memory = (found["memory_kib_peak"] - found["memory_kib_before"]) / 1024
        print(f"{symbols:>8}{bars:>8,}{tests:>10,}{seconds:>8.2f} s{1e6 * seconds / tests:>9.0f} µs{memory:>7.1f} MB")


def main():
    global LOGS
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?")
    parser.add_argument("--bars", type=int, help="only the last so many bars")
    parser.add_argument("--simulated", type=int, nargs="+", metavar="SYMBOLS", help="no file, but so many symbols")
    arguments = parser.parse_args()
    if bool(arguments.simulated) == bool(arguments.file):
        parser.error("either a file, or --simulated")
    if arguments.simulated:
        return scale(arguments.simulated, arguments.bars or 1_000)
    frame = pd.read_csv(arguments.file, usecols=["symbol", "open_time_ms", "close"])
    closes = frame.pivot(index="open_time_ms", columns="symbol", values="close").sort_index()
    if closes.isna().any(axis=None):
        sys.exit("a symbol lacks bars that another one has")
    if arguments.bars:
        closes = closes.iloc[-arguments.bars :]
    names = list(closes.columns)
    series = [closes[name].to_numpy() for name in names]
    n, cores = len(closes), multiprocessing.cpu_count()
    print(f"{len(names)} symbols × {n:,} bars")

    # Its files are there as long as it is.
    ours = Ours(build())
    run = ours.prepare("scan", series)
    first = run(1)
    seconds = turn(run, first)
    figures = first["figures"]

    LOGS = [np.log(one) for one in series]
    tests = list(itertools.permutations(range(len(names)), 2))
    with multiprocessing.Pool(cores) as pool:
        start = time.perf_counter()
        reference = dict(zip(tests, pool.map(p_value, tests, chunksize=8)))
        took = time.perf_counter() - start

    found = {}
    for y, x, forth, back, _ in figures["pairs"]:
        found[y, x], found[x, y] = forth, back
    if found.keys() != reference.keys():
        sys.exit(f"{len(found)} tests instead of {len(reference)}; {figures['failures']} pairs failed")
    apart = max(abs(found[test] - p) for test, p in reference.items())
    pairs = [(y, x) for y, x, *_ in figures["pairs"]]
    p_pair = [min(1.0, 2 * min(reference[y, x], reference[x, y])) for y, x in pairs]
    adjusted = false_discovery_control(p_pair)
    apart_q = max(abs(q - a) for (*_, q), a in zip(figures["pairs"], adjusted))
    believed = [{pair for pair, q in zip(pairs, qs) if q <= 0.05} for qs in ([q for *_, q in figures["pairs"]], adjusted)]

    print(f"statsmodels, {cores} processes: {took:.1f} s for {len(reference)} tests")
    print(f"ours, {figures['threads']} threads: {seconds:.3f} s")
    print(f"ratio: {took / seconds:,.0f} ×")
    print(f"greatest difference of p: {apart:.1e}, of q: {apart_q:.1e}")
    print(f"q ≤ 0.05: {len(believed[0])} pairs by ours, {len(believed[1])} by the reference, {len(believed[0] ^ believed[1])} differ")
    for (y, x), (*_, q) in list(zip(pairs, figures["pairs"]))[:5]:
        print(f"  {names[y]} on {names[x]}: p {found[y, x]:.6f} (statsmodels {reference[y, x]:.6f}), q {q:.4f}")
    in_time = cores != 2 or len(names) != 28 or seconds <= 3.0
    verdict = "holds" if apart <= 1e-6 and in_time else "fails"
    print(f"budget scan, {len(names)} symbols, {n:,} bars: {seconds:.3f} s, {took / seconds:,.0f} × faster, p apart by {apart:.1e}: {verdict}")
    sys.exit(verdict == "fails")


if __name__ == "__main__":
    main()
