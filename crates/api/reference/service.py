"""Pair analytics as one would serve them today: FastAPI, pandas, statsmodels, scipy and pykalman.

    DATABASE_URL=postgres://… python service.py

Reads the same bars from the same database as the API, answers the same series with the same tests (one ADF and
both directions of Engle-Granger; the API has four more), and is written to be quick where that costs nothing:
a pool of connections, a worker a core, orjson, the frames of ranges asked for before kept in memory.
Prints the port that it serves on. What it serves is `GET /analytics?y&x&model&fit&limit&endTime`.
"""

import os
import socket
import warnings
from functools import lru_cache

import numpy as np
import orjson
import pandas as pd
import statsmodels.api as sm
import uvicorn
from fastapi import FastAPI, Response
from psycopg_pool import ConnectionPool
from pykalman import KalmanFilter
from scipy.stats import theilslopes
from statsmodels.regression.rolling import RollingOLS
from statsmodels.tsa.stattools import adfuller, coint

warnings.simplefilter("ignore")
WINDOW, LOOKBACK = 60, 500

app = FastAPI()
pool = None


def bars(symbol, limit, end):
    global pool
    if pool is None:
        pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=8, open=True)
    with pool.connection() as connection:
        rows = connection.execute(
            """SELECT (extract(epoch FROM bucket) * 1000)::bigint, close FROM bars_1m
               WHERE symbol_id = (SELECT symbol_id FROM symbols WHERE symbol = %s)
                 AND bucket >= to_timestamp(%s / 1e3) - make_interval(mins => %s)
                 AND bucket <= to_timestamp(%s / 1e3)
               ORDER BY bucket DESC LIMIT %s""",
            (symbol, end, limit + 1, end, limit),
        ).fetchall()
    return pd.Series(dict(reversed(rows)), dtype=float)


@lru_cache(maxsize=256)
def frame(y, x, limit, end):
    return pd.concat({"y": bars(y, limit, end), "x": bars(x, limit, end)}, axis=1, join="inner")


def kalman(y, x):
    """The filter that tutorials use, in units that do not depend on the price."""
    start = sm.OLS(y[:LOOKBACK], sm.add_constant(x[:LOOKBACK])).fit()
    r = start.scale
    q = r / 100**2 * np.diag([1 / np.mean(x[:LOOKBACK] ** 2), 1.0])
    state = np.array([start.params[1], start.params[0]])
    covariance = start.cov_params()[::-1, ::-1]
    filter = KalmanFilter(
        transition_matrices=np.eye(2),
        observation_matrices=np.column_stack([x, np.ones_like(x)])[LOOKBACK:, None, :],
        transition_covariance=q,
        observation_covariance=r,
        initial_state_mean=state,
        initial_state_covariance=covariance,
    )
    means, _ = filter.filter(y[LOOKBACK:])
    before = np.vstack([state, means[:-1]])
    blank = np.full((LOOKBACK, 2), np.nan)
    return np.vstack([blank, means]), np.concatenate([blank[:, 0], y[LOOKBACK:] - before[:, 0] * x[LOOKBACK:] - before[:, 1]])


def coefficients(model, fit, y, x):
    if model == "kalman":
        return kalman(y, x)
    if fit == "walk_forward":
        params = RollingOLS(y, sm.add_constant(x), window=LOOKBACK).fit().params
        lines = np.vstack([[np.nan, np.nan], params[:-1]])[:, ::-1]
    elif model == "theil_sen":
        beta, alpha, _, _ = theilslopes(y, x)
        lines = np.tile([beta, alpha], (len(y), 1))
    else:
        line = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HAC", cov_kwds={"maxlags": int(np.ceil(1.3 * len(y) ** 0.5))})
        lines = np.tile([line.params[1], line.params[0]], (len(y), 1))
    return lines, y - lines[:, 0] * x - lines[:, 1]


def column(values):
    values = np.asarray(values, dtype=float)
    return np.where(np.isfinite(values), values.astype(object), None).tolist()


@app.get("/health")
def health():
    return {}


@app.get("/analytics")
def analytics(y: str, x: str, model: str = "ols", fit: str = "in_sample", limit: int = 1000, endTime: int = 0):
    warmup = WINDOW if fit == "in_sample" and model != "kalman" else LOOKBACK + WINDOW
    table = frame(y, x, limit + warmup, endTime)
    closes_y, closes_x = table["y"].to_numpy(), table["x"].to_numpy()
    lines, spread = coefficients(model, fit, closes_y, closes_x)
    series = pd.Series(spread)
    rolling = series.rolling(WINDOW)
    mean, sd = rolling.mean(), rolling.std()
    returns = np.log(table).diff()
    correlation = returns["y"].rolling(WINDOW).corr(returns["x"])
    shown = slice(-limit, None)
    last_y, last_x = closes_y[shown], closes_x[shown]
    residuals = sm.OLS(last_y, sm.add_constant(last_x)).fit().resid
    statistic, p, lags, *_ = adfuller(residuals)
    forth, back = coint(last_y, last_x), coint(last_x, last_y)
    answer = {
        "series": {
            "time": table.index[shown].tolist(),
            "y": last_y.tolist(),
            "x": last_x.tolist(),
            "beta": column(lines[shown, 0]),
            "alpha": column(lines[shown, 1]),
            "spread": column(spread[shown]),
            "spreadMean": column(mean[shown]),
            "spreadSd": column(sd[shown]),
            "z": column(((series - mean) / sd)[shown]),
            "correlation": column(correlation[shown]),
        },
        "tests": {
            "adfResiduals": {"statistic": float(statistic), "pValue": float(p), "lags": int(lags)},
            "engleGrangerYx": {"statistic": float(forth[0]), "pValue": float(forth[1])},
            "engleGrangerXy": {"statistic": float(back[0]), "pValue": float(back[1])},
        },
    }
    return Response(orjson.dumps(answer), media_type="application/json")


if __name__ == "__main__":
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.set_inheritable(True)
    print(listener.getsockname()[1], flush=True)
    uvicorn.run(
        "service:app",
        fd=listener.fileno(),
        workers=os.cpu_count(),
        # Its imports take long on a busy machine.
        timeout_worker_healthcheck=120,
        log_level="warning",
        access_log=False,
    )
