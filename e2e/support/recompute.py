"""Recomputes the figures of a pair with statsmodels, from the CSV that the dashboard gives out.

Usage: recompute.py FILE.csv '{"lookback": 500, "window": 60, "fit": "walk_forward", "transform": "level"}'
Prints a JSON object. Nothing of the project is used: only the closes of the file are read.
"""

import csv
import json
import math
import sys

import numpy as np
import statsmodels.api as sm
from statsmodels.tsa.stattools import coint


def closes(path):
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("closed", "true") == "true"]
    return tuple(np.array([float(row[leg]) for row in rows]) for leg in ("y", "x"))


def least_squares(y, x):
    fit = sm.OLS(y, sm.add_constant(x)).fit()
    lags = math.ceil(1.3 * math.sqrt(len(y)))
    robust = fit.get_robustcov_results("HAC", maxlags=lags, use_correction=False, kernel="bartlett")
    return fit.params[0], fit.params[1], robust.bse[1]


def spreads(y, x, params):
    if params["fit"] == "in_sample":
        alpha, beta, _ = least_squares(y, x)
        return y - alpha - beta * x
    lookback, window = params["lookback"], params["window"]
    values = []
    for at in range(len(y) - window, len(y)):
        alpha, beta, _ = least_squares(y[at - lookback : at], x[at - lookback : at])
        values.append(y[at] - alpha - beta * x[at])
    return np.array(values)


def main():
    path, params = sys.argv[1], json.loads(sys.argv[2])
    y_close, x_close = closes(path)
    y, x = (np.log(y_close), np.log(x_close)) if params["transform"] == "log" else (y_close, x_close)
    window = params["window"]
    spread = spreads(y, x, params)
    recent = spread[-window:]
    returns = [np.diff(np.log(leg))[-window:] for leg in (y_close, x_close)]
    fitted = slice(None) if params["fit"] == "in_sample" else slice(-params["lookback"], None)
    alpha, beta, error = least_squares(y[fitted], x[fitted])
    whole_alpha, whole_beta, _ = least_squares(y, x)
    residuals = y - whole_alpha - whole_beta * x
    slope = sm.OLS(np.diff(residuals), sm.add_constant(residuals[:-1])).fit().params[1]
    statistic, p_value, _ = coint(y, x, trend="c", autolag="aic")
    print(
        json.dumps(
            {
                "bars": len(y),
                "alpha": alpha,
                "beta": beta,
                "betaSe": error,
                "spread": spread[-1],
                "z": (spread[-1] - recent.mean()) / recent.std(ddof=1),
                "correlation": np.corrcoef(*returns)[0, 1],
                "statistic": statistic,
                "p": p_value,
                "halfLife": -math.log(2) / slope,
            }
        )
    )


main()
